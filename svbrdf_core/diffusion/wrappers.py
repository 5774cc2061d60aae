"""Denoisers made of others: of single maps, on a torus, in another range of values, or kept in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from svbrdf_core.diffusion.denoiser import Denoiser, Observed, crop


@dataclass(frozen=True)
class PerMap:
    """A denoiser of many channels that asks others about some of them at a time, as pictures of their own.

    Attributes:
        channels: of the whole.
        parts: numbers of channels, and who denoises these. A channel that is given several times (a grey map to
            a network of colours) gets the mean of the answers.
    """

    channels: tuple[str, ...]
    parts: Sequence[tuple[Sequence[int], Denoiser]]

    def __post_init__(self) -> None:
        if {number for numbers, _ in self.parts for number in numbers} != set(range(len(self.channels))):
            raise ValueError("the parts must hold all channels and no others")
        if any(len(numbers) != len(denoiser.channels) for numbers, denoiser in self.parts):
            raise ValueError("a part must have as many channels as its denoiser")

    @property
    def sigma_range(self) -> tuple[float, float]:
        """The noise that all parts were trained for."""
        ranges = [denoiser.sigma_range for _, denoiser in self.parts]
        return max(low for low, _ in ranges), min(high for _, high in ranges)

    @property
    def conditional(self) -> bool:
        """Whether any part looks at what is known."""
        return any(denoiser.conditional for _, denoiser in self.parts)

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None = None) -> torch.Tensor:
        """See `Denoiser`."""
        total = torch.zeros(x.shape, device=x.device)
        count = torch.zeros(len(self.channels), device=x.device)
        for numbers, denoiser in self.parts:
            chosen = list(numbers)
            found = denoiser(x[:, chosen], sigma, None if observed is None else observed.select(chosen))
            index = torch.tensor(chosen, device=x.device)
            total = total.index_add(1, index, found)
            count = count.index_add(0, index, torch.ones(len(chosen), device=x.device))
        return total / count[:, None, None]


@dataclass(frozen=True)
class Around:
    """What a denoiser around one other has of that one, unless it says otherwise.

    Attributes:
        denoiser: the other.
    """

    denoiser: Denoiser

    @property
    def channels(self) -> tuple[str, ...]:
        """Those of the other."""
        return self.denoiser.channels

    @property
    def sigma_range(self) -> tuple[float, float]:
        """That of the other."""
        return self.denoiser.sigma_range

    @property
    def conditional(self) -> bool:
        """Whether the other looks at what is known."""
        return self.denoiser.conditional


@dataclass(frozen=True)
class ValueRange(Around):
    """A denoiser of values v that asks another about (v - offset) / factor, the values that one was trained on.

    Attributes:
        denoiser: the other.
        offset: of each channel, or one for all.
        factor: above 0; one for all channels, as the noise of all is the same.
    """

    offset: Sequence[float]
    factor: float

    @property
    def sigma_range(self) -> tuple[float, float]:
        """That of the other in these values."""
        low, high = self.denoiser.sigma_range
        return low * self.factor, high * self.factor

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None = None) -> torch.Tensor:
        """See `Denoiser`."""
        offset = torch.tensor(self.offset, dtype=x.dtype, device=x.device)[:, None, None]
        if observed is not None:
            values = ((observed.values - offset) / self.factor).to(observed.values)
            observed = Observed(values * (1 - observed.hole), observed.hole)
        found = self.denoiser((x - offset) / self.factor, sigma / self.factor, observed)
        return found * self.factor + offset.to(found)


@dataclass(frozen=True)
class Clipped(Around):
    """A denoiser that asks another, and keeps its answers in a range.

    A network that was not trained long, or that predicts the noise where there is almost nothing else, says nonsense
    about x_0. What is not taken back goes into the next sample, and a solver that goes up and down in the noise makes
    it grow without end; published samplers clip it (Ho et al. 2020, Lugmayr et al. 2022, their code).

    Attributes:
        denoiser: the other.
        low: least value of each channel, or one for all.
        high: largest value of each channel, or one for all.
    """

    low: Sequence[float]
    high: Sequence[float]

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None = None) -> torch.Tensor:
        """See `Denoiser`."""
        found = self.denoiser(x, sigma, observed)
        low, high = (torch.tensor(ends, dtype=found.dtype, device=found.device) for ends in (self.low, self.high))
        return found.clamp(low[:, None, None], high[:, None, None])


@dataclass(frozen=True)
class OnTorus(Around):
    """A denoiser of pictures that go on at the other side, by one that knows nothing of that: edges are repeated.

    Attributes:
        denoiser: the other; sees ``margin`` more pixels at both ends of each axis that wraps.
        wrap: whether rows and columns go on at the other side.
        margin: how far the other sees, in pixels; a multiple of what its sides must be multiples of.
    """

    wrap: tuple[bool, bool]
    margin: int

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None = None) -> torch.Tensor:
        """See `Denoiser`."""
        height, width = x.shape[2:]
        margins = [self.margin if wraps else 0 for wraps in self.wrap]
        rows, columns = (
            torch.arange(-margin, length + margin, device=x.device) % length
            for margin, length in zip(margins, (height, width), strict=True)
        )
        seen = None if observed is None else observed.crop(rows, columns)
        found = self.denoiser(crop(x, rows, columns), sigma, seen)
        return found[:, :, margins[0] :, margins[1] :][:, :, :height, :width]
