"""DDRM: a step of its own in each direction that the measurement knows, which for a hole is each pixel."""

from __future__ import annotations

import math

import torch

from svbrdf_core.diffusion.denoiser import Observed
from svbrdf_core.diffusion.posterior.known import needed
from svbrdf_core.diffusion.samplers import Estimate, Noise, Solver, Step
from svbrdf_core.diffusion.schedule import NoiseLevel


def ddrm(eta: float = 0.85, eta_b: float = 1.0, noise_std: float = 0.0) -> Step:
    """Return the step of DDRM (Kawar et al. 2022, "Denoising diffusion restoration models", eq. 8) for inpainting.

    The singular values of a mask are 1 where pixels are known and 0 in the hole. In the hole noise is kept as far as
    ``1 - eta^2`` says; where more is known than a sample at that level has, the pixel is drawn around
    ``(1 - eta_b) x_0 + eta_b y``, and otherwise it is drawn to the known one as far as that one's noise allows.

    Args:
        eta: share of fresh noise; 0.85 is the paper's.
        eta_b: share of the known pixels; 1 is the paper's.
        noise_std: standard deviation of the noise of what is known, sigma_y.
    """

    def advance(
        denoise: Estimate, x: torch.Tensor, at: NoiseLevel, to: NoiseLevel, observed: Observed | None, noise: Noise
    ) -> torch.Tensor:
        seen = needed(observed)
        x0 = denoise(x, at)
        fresh = noise(x)
        stay = math.sqrt(1 - eta**2) * to.sigma
        in_hole = x0 + stay * (x / at.scale - x0) / at.sigma + eta * to.sigma * fresh
        if to.sigma >= noise_std:
            spread = math.sqrt(max(0.0, to.sigma**2 - (eta_b * noise_std) ** 2))
            outside = x0 + eta_b * (seen.values - x0) + spread * fresh
        else:
            outside = x0 + stay * (seen.values - x0) / noise_std + eta * to.sigma * fresh
        return to.scale * torch.where(seen.hole > 0, in_hole, outside)

    return Solver(advance)
