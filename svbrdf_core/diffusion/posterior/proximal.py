"""DiffPIR: the estimate is moved to what is known by a proximal step, and the noise is told anew from it."""

from __future__ import annotations

import math

import torch

from svbrdf_core.diffusion.denoiser import Observed
from svbrdf_core.diffusion.posterior.known import needed, residual
from svbrdf_core.diffusion.samplers import Estimate, Noise, Solver, Step
from svbrdf_core.diffusion.schedule import NoiseLevel


def diffpir(zeta: float = 1.0, regularization: float = 8.0, noise_std: float = 0.0) -> Step:
    """Return the step of DiffPIR (Zhu et al. 2023, "Denoising diffusion models for plug-and-play", algorithm 1).

    Line 4 for a mask is ``(y + rho x_0) / (1 + rho)`` with rho = ``regularization`` sigma_n^2 / sigma_t^2, which is y
    itself without noise; line 7 keeps ``1 - zeta`` of the noise's variance, which line 5 tells from the moved estimate.

    Args:
        zeta: share of the noise that is fresh; the paper takes 1 for inpainting.
        regularization: lambda.
        noise_std: standard deviation of the noise of what is known, sigma_n.
    """

    def advance(
        denoise: Estimate, x: torch.Tensor, at: NoiseLevel, to: NoiseLevel, observed: Observed | None, noise: Noise
    ) -> torch.Tensor:
        rho = regularization * (noise_std / at.sigma) ** 2
        x0 = denoise(x, at)
        x0 = x0 + residual(needed(observed), x0) / (1 + rho)
        eps = (x / at.scale - x0) / at.sigma
        mixed = math.sqrt(1 - zeta) * eps + math.sqrt(zeta) * noise(x)
        return to.scale * (x0 + to.sigma * mixed)

    return Solver(advance)
