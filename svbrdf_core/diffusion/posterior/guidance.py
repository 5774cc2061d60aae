"""Guidance: any step, drawn to pictures of which a function says that they are likely."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from svbrdf_core.diffusion.denoiser import Observed
from svbrdf_core.diffusion.posterior.tracking import track
from svbrdf_core.diffusion.samplers import Estimate, Noise, Solver, Step, split_noise
from svbrdf_core.diffusion.schedule import NoiseLevel

LogProbability = Callable[[torch.Tensor], torch.Tensor]
"""How likely pictures ``(B, C, H, W)`` are, ``(B,)``, up to a constant: differentiable, and of each picture alone."""


LIMIT = 1.0
"""How far guidance moves a pixel in a step at the most, in deviations of the step's noise: steep functions stay in
bounds."""


def guided(step: Step, log_probability: LogProbability, weight: float = 1.0) -> Step:
    """Return a step whose result goes up the gradient of a function of x_0 by x_t.

    ``x_{t-1} + weight Sigma d log p(x_0(x_t)) / d x_t``, Sigma being the variance of the ancestral step (Dhariwal and
    Nichol 2021, "Diffusion models beat GANs", algorithm 1). Their classifier sees x_t; ours sees the estimate, so that
    any function of a clean picture will do (Bansal et al. 2023, "Universal guidance", eq. 6).

    Args:
        step: any; one that derives too shares its pass of the network.
        log_probability: of pictures without noise.
        weight: s; 0 is no guidance.
    """

    def advance(
        denoise: Estimate, x: torch.Tensor, at: NoiseLevel, to: NoiseLevel, observed: Observed | None, noise: Noise
    ) -> torch.Tensor:
        tracked = track(denoise, x, at)
        below = step(tracked.estimate, tracked.x, at, to, observed, noise)
        _, fresh = split_noise(at.sigma, to.sigma, 1.0)
        # Sigma and x_t of the paper are those of a process that preserves the variance.
        rescale = math.sqrt((1 + at.sigma**2) / (1 + to.sigma**2))
        uphill = tracked.pull_back(derive(log_probability, tracked.x0))
        moved = (weight * fresh**2 * rescale * uphill).clamp(-LIMIT * fresh, LIMIT * fresh)
        return below + to.scale * moved

    return Solver(advance, needs_gradient=True)


def derive(log_probability: LogProbability, x0: torch.Tensor) -> torch.Tensor:
    """Return the gradient of a function of pictures ``(B, C, H, W)`` by them, 0 where they do not matter to it."""
    leaf = x0.detach().requires_grad_()
    value = log_probability(leaf).sum()
    if not value.requires_grad:
        return torch.zeros_like(leaf)
    (found,) = torch.autograd.grad(value, leaf)
    return found.nan_to_num(0.0, 0.0, 0.0)
