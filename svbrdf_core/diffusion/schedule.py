"""Noise levels of forward processes, and the timesteps of networks that were trained on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch


def precise_dtype(device: torch.device) -> torch.dtype:
    """Return float64, or float32 on devices that have no float64."""
    return torch.float32 if device.type == "mps" else torch.float64


@dataclass(frozen=True)
class NoiseLevel:
    """The law of a noisy picture, x = s (x_0 + sigma n) with n of unit variance (Karras et al. 2022, appendix B.2).

    With s = 1 the variance explodes; with s = (1 + sigma^2)^-1/2 it is preserved.

    Attributes:
        sigma: standard deviation of the noise relative to x_0; 0 is no noise.
        scale: s.
    """

    sigma: float
    scale: float = 1.0

    def unscale(self, x: torch.Tensor) -> torch.Tensor:
        """Return x / s, in float64 where the device has it: scaling that back gives the very x."""
        return x if self.scale == 1 else x.to(precise_dtype(x.device)) / self.scale

    def batched_sigma(self, x: torch.Tensor) -> torch.Tensor:
        """Return sigma ``(B,)`` for a batch ``(B, C, H, W)``."""
        return torch.full((len(x),), self.sigma, dtype=precise_dtype(x.device), device=x.device)


@dataclass(frozen=True)
class Schedule:
    """The timesteps 0 (no noise) to T of a discrete forward process that preserves the variance.

    Attributes:
        alphas_cumprod: float64 ``(T + 1,)``, the product of all 1 - beta up to each timestep (Ho et al. 2020, section
            2); it falls from 1 and stays above 0.
    """

    alphas_cumprod: torch.Tensor

    def __post_init__(self) -> None:
        products = self.alphas_cumprod
        if products[0] != 1 or not (products.diff() < 0).all() or products[-1] <= 0:
            raise ValueError("alphas_cumprod must fall from 1 and stay above 0")

    @property
    def last(self) -> int:
        """T."""
        return len(self.alphas_cumprod) - 1

    @cached_property
    def sigmas(self) -> torch.Tensor:
        """Noise relative to x_0 at each timestep, float64 ``(T + 1,)``; it rises from 0."""
        return ((1 - self.alphas_cumprod) / self.alphas_cumprod).sqrt()

    def level(self, t: int) -> NoiseLevel:
        """Return the noise level of a timestep."""
        return NoiseLevel(self.sigmas[t].item(), self.alphas_cumprod[t].sqrt().item())

    def levels(self, steps: int) -> list[NoiseLevel]:
        """Return the levels of ``steps`` evenly spaced timesteps from T down, and level 0 after them."""
        return [self.level(t) for t in (*self.timesteps(steps), 0)]

    def timesteps(self, steps: int) -> list[int]:
        """Return ``steps`` timesteps, evenly spaced from T down to at least 1."""
        return [max(1, round(self.last * (steps - number) / steps)) for number in range(steps)]

    def timestep_of(self, sigma: torch.Tensor) -> torch.Tensor:
        """Return the timesteps ``(B,)`` at noise levels ``(B,)``; fractions lie between those of the schedule."""
        table = self.sigmas.to(sigma)
        above = torch.searchsorted(table, sigma.contiguous()).clamp(1, self.last)
        fraction = (sigma - table[above - 1]) / (table[above] - table[above - 1])
        return above - 1 + fraction.clamp(0, 1)

    def add_noise(self, x0: torch.Tensor, t: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Return x_t ~ q(x_t | x_0) for pictures ``(B, C, H, W)`` at timesteps ``(B,)`` (Ho et al. 2020, eq. 4)."""
        # Roots are taken before the move: not every device has float64.
        signal, added = (
            part.sqrt().to(x0)[t].view(-1, 1, 1, 1) for part in (self.alphas_cumprod, 1 - self.alphas_cumprod)
        )
        return signal * x0 + added * noise


def make_linear(steps: int = 1000, first: float = 1e-4, last: float = 0.02) -> Schedule:
    """Return the schedule of Cherel et al. 2024 (section III.A): beta from ``first`` to ``last``."""
    beta = torch.linspace(first, last, steps, dtype=torch.float64)
    return Schedule(torch.cat([torch.ones(1, dtype=torch.float64), torch.cumprod(1 - beta, 0)]))


def make_cosine(steps: int = 1000) -> Schedule:
    """Return the schedule of Nichol and Dhariwal 2021, eq. 17, without its offset: more steps at middling noise."""
    time = torch.arange(steps + 1, dtype=torch.float64) / steps
    return Schedule(torch.cos(time * (math.pi / 2)).square().clamp_min(1e-6 * (2 - time)))


SCHEDULES = {"cosine": make_cosine, "linear": make_linear}


def explode(levels: Sequence[NoiseLevel]) -> list[NoiseLevel]:
    """Return the same noise at scale 1, for steps that are written for a variance that explodes."""
    return [NoiseLevel(level.sigma) for level in levels]
