"""Noise levels: how much of a picture is left at each, and the step from one to a lower one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch

Denoise = Callable[[torch.Tensor, int], torch.Tensor]
"""Takes a noisy picture ``(B, C, H, W)`` and its level; returns what is believed to be below the noise."""


@dataclass(frozen=True)
class Schedule:
    """The levels 0 (no noise) to T of a forward process.

    Attributes:
        abar: float64 ``(T + 1,)``, the product of all 1 - beta up to each level (Ho et al. 2020, section 2); it falls
            from 1 and stays above 0.
    """

    abar: torch.Tensor

    def __post_init__(self) -> None:
        if self.abar[0] != 1 or not (self.abar.diff() < 0).all() or self.abar[-1] <= 0:
            raise ValueError("abar must fall from 1 and stay above 0")

    @property
    def last(self) -> int:
        """T."""
        return len(self.abar) - 1

    def noisy(self, x0: torch.Tensor, level: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Return x_t ~ q(x_t | x_0) for pictures ``(B, C, H, W)`` at levels ``(B,)`` (Ho et al. 2020, eq. 4)."""
        # Roots are taken before the move: not every device has float64.
        kept, added = (part.sqrt().to(x0)[level].view(-1, 1, 1, 1) for part in (self.abar, 1 - self.abar))
        return kept * x0 + added * noise

    def levels(self, count: int) -> list[int]:
        """Return ``count`` levels, evenly spaced from T down to at least 1."""
        return [max(1, round(self.last * (count - number) / count)) for number in range(count)]


def linear(steps: int = 1000, first: float = 1e-4, last: float = 0.02) -> Schedule:
    """Return the schedule of Cherel et al. 2024 (section III.A): beta from ``first`` to ``last``."""
    beta = torch.linspace(first, last, steps, dtype=torch.float64)
    return Schedule(torch.cat([torch.ones(1, dtype=torch.float64), torch.cumprod(1 - beta, 0)]))


def cosine(steps: int = 1000) -> Schedule:
    """Return the schedule of Nichol and Dhariwal 2021, eq. 17, without its offset: more steps at middling noise."""
    share = torch.arange(steps + 1, dtype=torch.float64) / steps
    return Schedule(torch.cos(share * (math.pi / 2)).square().clamp_min(1e-6 * (2 - share)))


def sample(
    denoise: Denoise,
    start: torch.Tensor,
    schedule: Schedule,
    levels: Sequence[int],
    generator: torch.Generator,
    eta: float = 1.0,
) -> torch.Tensor:
    """Return a picture below the noise ``start``.

    Song et al. 2021 (DDIM), eq. 12 and 16. With ``eta`` 1 and all levels from T to 1 it is the ancestral sampling of Ho
    et al. 2020 with sigma_t^2 = (1 - abar_{t-1}) / (1 - abar_t) beta_t; with 0 it adds no noise.

    Args:
        denoise: predicts x_0.
        start: noise of unit variance, ``(B, C, H, W)``.
        schedule: the levels.
        levels: falling, from T; the step after the last one leads to level 0.
        generator: source of all noise.
        eta: share of the ancestral noise that is added, 0 to 1.
    """
    x = start
    abar = schedule.abar.tolist()
    for level, lower in pairwise((*levels, 0)):
        x0 = denoise(x, level)
        here, there = abar[level], abar[lower]
        sigma = eta * math.sqrt((1 - there) / (1 - here) * (1 - here / there))
        noise = (x - math.sqrt(here) * x0) / math.sqrt(1 - here)
        x = math.sqrt(there) * x0 + math.sqrt(max(0.0, 1 - there - sigma**2)) * noise
        if sigma:
            x = x + sigma * torch.randn(x.shape, generator=generator, dtype=x.dtype, device=x.device)
    return x
