"""Denoisers: what every sampler asks, whatever network answers, and networks trained on discrete schedules as such."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import torch

from svbrdf_core.diffusion.schedule import Schedule


@dataclass(frozen=True)
class Observed:
    """What is known of a batch of pictures, or of one picture that all samples are of (B = 1).

    Attributes:
        values: float32 ``(B, C, H, W)``, 0 in the hole.
        hole: float32 ``(B, 1, H, W)``, 1 in the hole and 0 elsewhere.
    """

    values: torch.Tensor
    hole: torch.Tensor

    def fill(self, inside: torch.Tensor) -> torch.Tensor:
        """Return the known values with others ``(B, C, H, W)`` in the hole."""
        return torch.where(self.hole > 0, inside, self.values)

    def expand(self, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Return values and hole for a batch of ``count``."""
        return self.values.expand(count, -1, -1, -1), self.hole.expand(count, -1, -1, -1)

    def crop(self, rows: torch.Tensor, columns: torch.Tensor) -> Observed:
        """Return the part at these row and column numbers."""
        return Observed(crop(self.values, rows, columns), crop(self.hole, rows, columns))

    def select(self, channels: list[int]) -> Observed:
        """Return some of the channels."""
        return replace(self, values=self.values[:, channels])


class Denoiser(Protocol):
    """The mean of the pictures that may lie below a noise: E[x_0 | x_0 + sigma n = x], n of unit variance.

    The variance explodes: x_0 is not scaled. A gradient may flow from the result to ``x``.
    """

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels, as ``normal.0``."""
        ...

    @property
    def sigma_range(self) -> tuple[float, float]:
        """Least and largest noise it was trained for."""
        ...

    @property
    def conditional(self) -> bool:
        """Whether it looks at what is known; if not, ``observed`` changes nothing."""
        ...

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None = None) -> torch.Tensor:
        """Return the mean, ``(B, C, H, W)`` of the network's type.

        Args:
            x: noisy pictures, ``(B, C, H, W)``; float64 is rounded where a network begins.
            sigma: noise of each, ``(B,)``.
            observed: what is known; a conditional denoiser needs it.
        """
        ...


Predictor = Callable[[torch.Tensor, torch.Tensor, Observed | None], torch.Tensor]
"""A network: from x_t ``(B, C, H, W)``, t ``(B,)`` of 0 to T and what is known, what it was trained to predict."""


@dataclass(frozen=True)
class _DiscreteDenoiser:
    """A network trained on a schedule that preserves the variance: x_t = sqrt(alphas_cumprod) (x_0 + sigma n)."""

    predict: Predictor
    schedule: Schedule
    channels: tuple[str, ...]
    conditional: bool
    recover: Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
    """Returns x_0 from the prediction, x and sigma."""

    @property
    def sigma_range(self) -> tuple[float, float]:
        return self.schedule.sigmas[1].item(), self.schedule.sigmas[-1].item()

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None = None) -> torch.Tensor:
        wide = sigma.view(-1, 1, 1, 1)
        # The product is rounded once, so that x_t that was unscaled by its `NoiseLevel` is x_t again.
        x_t = (x / (1 + wide.square()).sqrt()).to(torch.float32)
        predicted = self.predict(x_t, self.schedule.timestep_of(sigma), observed)
        return self.recover(predicted.float(), x, wide).to(torch.float32)


def from_x0(predict: Predictor, schedule: Schedule, channels: tuple[str, ...], *, conditional: bool) -> Denoiser:
    """Return a network that predicts x_0 as a denoiser."""
    return _DiscreteDenoiser(predict, schedule, channels, conditional, lambda x0, x, sigma: x0)


def from_eps(predict: Predictor, schedule: Schedule, channels: tuple[str, ...], *, conditional: bool) -> Denoiser:
    """Return a network that predicts the noise as a denoiser: x_0 = x - sigma eps (Ho et al. 2020, eq. 15)."""
    return _DiscreteDenoiser(predict, schedule, channels, conditional, lambda eps, x, sigma: x - sigma * eps)


def from_v(predict: Predictor, schedule: Schedule, channels: tuple[str, ...], *, conditional: bool) -> Denoiser:
    """Return a network that predicts the velocity as a denoiser.

    v = sqrt(a) eps - sqrt(1 - a) x_0 (Salimans and Ho 2022, appendix D), a = 1 / (1 + sigma^2), so
    x_0 = (x - sigma sqrt(1 + sigma^2) v) / (1 + sigma^2).
    """

    def recover(v: torch.Tensor, x: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        growth = 1 + sigma.square()
        return (x - sigma * growth.sqrt() * v) / growth

    return _DiscreteDenoiser(predict, schedule, channels, conditional, recover)


def crop(tensor: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """Return ``(B, C, h, w)`` at these row and column numbers."""
    return tensor[:, :, rows[:, None], columns]
