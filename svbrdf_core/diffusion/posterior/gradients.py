"""Solvers that derive by x how far the estimate is from what is known: DPS, MCG and PiGDM."""

from __future__ import annotations

import math

import torch

from svbrdf_core.diffusion.denoiser import Observed
from svbrdf_core.diffusion.posterior.known import needed, noisy_known, residual
from svbrdf_core.diffusion.posterior.tracking import Tracked, track
from svbrdf_core.diffusion.samplers import Estimate, Noise, Solver, Step, ancestral, ddim
from svbrdf_core.diffusion.schedule import NoiseLevel


def dps(step_size: float = 1.0) -> Step:
    """Return the step of DPS (Chung et al. 2023, "Diffusion posterior sampling", algorithm 1).

    After an ancestral step x_{t-1} goes down the gradient of ``|y - H x_0(x_t)|^2`` by x_t, by ``step_size`` over
    ``|y - H x_0(x_t)|`` of each picture.

    Args:
        step_size: zeta' of a schedule of 1000 steps, in which the paper takes 0.3 to 1.
    """

    def advance(
        denoise: Estimate, x: torch.Tensor, at: NoiseLevel, to: NoiseLevel, observed: Observed | None, noise: Noise
    ) -> torch.Tensor:
        tracked = track(denoise, x, at)
        below = ancestral()(tracked.estimate, tracked.x, at, to, observed, noise)
        return below - _descend(tracked, needed(observed), at, to, step_size)

    return Solver(advance, needs_gradient=True)


def mcg(step_size: float = 1.0) -> Step:
    """Return the step of MCG (Chung et al. 2022, "Improving diffusion models for inverse problems", algorithm 1).

    As `dps`, and then the known pixels are put in with noise (eq. 14, 15), as RePaint does.

    Args:
        step_size: alpha is this over the distance from what is known, see `dps`.
    """
    down = dps(step_size)

    def advance(
        denoise: Estimate, x: torch.Tensor, at: NoiseLevel, to: NoiseLevel, observed: Observed | None, noise: Noise
    ) -> torch.Tensor:
        seen = needed(observed)
        return torch.where(seen.hole > 0, down(denoise, x, at, to, observed, noise), noisy_known(seen, x, to, noise))

    return Solver(advance, needs_gradient=True)


def pigdm(eta: float = 1.0) -> Step:
    """Return the step of PiGDM (Song et al. 2023, "Pseudoinverse-guided diffusion models", algorithm 1).

    A DDIM step, to which ``(H^+ y - H^+ H x_0)^T d x_0 / d x_t`` (eq. 8, times r_t^2) is added, times the scales of x_t
    and of the result, so that x_0 itself is moved by the derivative by ``x_t`` over its scale.

    Args:
        eta: share of the ancestral noise; 1 is the paper's.
    """
    down = ddim(eta)

    def advance(
        denoise: Estimate, x: torch.Tensor, at: NoiseLevel, to: NoiseLevel, observed: Observed | None, noise: Noise
    ) -> torch.Tensor:
        tracked = track(denoise, x, at)
        below = down(tracked.estimate, tracked.x, at, to, observed, noise)
        pull = tracked.pull_back(residual(needed(observed), tracked.x0))
        return below + to.scale * pull

    return Solver(advance, needs_gradient=True)


def _descend(tracked: Tracked, observed: Observed, at: NoiseLevel, to: NoiseLevel, step_size: float) -> torch.Tensor:
    """Return a step along the gradient of the squared distance from what is known, in a variance that is preserved."""
    away = residual(observed, tracked.x0)
    distance = away.detach().flatten(1).norm(dim=1).clamp_min(1e-12).view(-1, 1, 1, 1)
    gradient = tracked.pull_back(-2 * away)
    step: torch.Tensor = gradient / distance
    return (step_size * to.scale / (_scale(to) * _scale(at))) * step


def _scale(level: NoiseLevel) -> float:
    """Return the scale at which the variance of pictures of unit variance is preserved."""
    return 1 / math.sqrt(1 + level.sigma**2)
