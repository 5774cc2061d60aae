"""Noise schedules by the names that schedulers of diffusers give them."""

from __future__ import annotations

import math

import torch

from svbrdf_core.diffusion.schedule import Schedule


def make_squared_cosine(steps: int, largest: float = 0.999) -> Schedule:
    """Return the schedule of Nichol and Dhariwal 2021, eq. 17, with its offset; no beta is above ``largest``."""
    time = torch.arange(steps + 1, dtype=torch.float64) / steps
    products = torch.cos((time + 0.008) / 1.008 * (math.pi / 2)).square()
    return make_schedule((1 - products[1:] / products[:-1]).clamp_max(largest))


def make_scaled_linear(steps: int, first: float, last: float) -> Schedule:
    """Return the schedule of latent diffusion (Rombach et al. 2022): the roots of beta are evenly spaced."""
    return make_schedule(torch.linspace(first**0.5, last**0.5, steps, dtype=torch.float64).square())


def make_sigmoid(steps: int, first: float, last: float) -> Schedule:
    """Return the schedule of GeoDiff (Xu et al. 2022): beta is a sigmoid of time, from -6 to 6."""
    rise = torch.sigmoid(torch.linspace(-6, 6, steps, dtype=torch.float64))
    return make_schedule(rise * (last - first) + first)


def make_schedule(betas: torch.Tensor) -> Schedule:
    """Return the schedule of these betas, float64 ``(T,)``.

    Raises:
        ValueError: one is not between 0 and 1, or there is none.
    """
    if not len(betas):
        raise ValueError("there must be a beta")
    return Schedule(torch.cat([torch.ones(1, dtype=torch.float64), torch.cumprod(1 - betas, 0)]))
