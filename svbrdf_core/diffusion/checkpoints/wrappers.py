"""Denoisers around networks of colour pictures: for one grey channel, and any size."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch

from svbrdf_core.diffusion.denoiser import Observed, crop
from svbrdf_core.diffusion.samplers import Noise
from svbrdf_core.diffusion.wrappers import Around
from svbrdf_core.tensors.torus import list_positions

SPREAD = math.sqrt(3)
"""Noise of a colour over that of the mean of its three channels."""


@dataclass(frozen=True)
class GreyAsColour(Around):
    """A denoiser of one channel that asks another about the colour picture whose channels are all that one.

    A network of colours was trained on noise that is another in each channel, and takes noise that is the same in all
    for part of the picture. So a grey picture with noise of sigma becomes a colour one with noise of sqrt(3) sigma: to
    x is added, in each channel, noise of that size without its mean over the channels. It is then exactly what the
    network knows, its mean over the channels is x, and for a grey picture that mean tells all that the three do. The
    answer is the mean of the three channels.

    Attributes:
        denoiser: the other, of three channels.
        noise: source of what is added.
    """

    noise: Noise

    @property
    def channels(self) -> tuple[str, ...]:
        """The one."""
        return ("grey.0",)

    @property
    def sigma_range(self) -> tuple[float, float]:
        """That of the other for grey."""
        low, high = self.denoiser.sigma_range
        return low / SPREAD, high / SPREAD

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None = None) -> torch.Tensor:
        """See `Denoiser`."""
        added = self.noise(x.expand(-1, 3, -1, -1))
        added = (added - added.mean(1, keepdim=True)) * (SPREAD * sigma).view(-1, 1, 1, 1)
        seen = None if observed is None else replace(observed, values=observed.values.expand(-1, 3, -1, -1))
        return self.denoiser(x + added, SPREAD * sigma, seen).mean(1, keepdim=True)


@dataclass(frozen=True)
class Padded(Around):
    """A denoiser of pictures of any size by one whose sides must be multiples of ``stride``: edges are mirrored."""

    stride: int

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None = None) -> torch.Tensor:
        """See `Denoiser`."""
        height, width = x.shape[2:]
        rows, columns = (self._mirror(length).to(x.device) for length in (height, width))
        seen = None if observed is None else observed.crop(rows, columns)
        return self.denoiser(crop(x, rows, columns), sigma, seen)[:, :, :height, :width]

    def _mirror(self, length: int) -> torch.Tensor:
        return torch.from_numpy(list_positions((0, length + -length % self.stride), length))
