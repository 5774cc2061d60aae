"""DDNM and DDNM+: the estimate has the known pixels put in, and the hole is what the denoiser says."""

from __future__ import annotations

import math

import torch

from svbrdf_core.diffusion.denoiser import Observed
from svbrdf_core.diffusion.posterior.known import needed, residual
from svbrdf_core.diffusion.samplers import Estimate, Noise, Solver, Step, ddim, split_noise
from svbrdf_core.diffusion.schedule import NoiseLevel


def ddnm(eta: float = 1.0) -> Step:
    """Return the step of DDNM (Wang et al. 2023, "Zero-shot image restoration", algorithm 1) for inpainting.

    x_0 = A^+ y + (I - A^+ A) x_0 (line 4, eq. 13), then p(x_{t-1} | x_t, x_0) (line 5, eq. 6).

    Args:
        eta: share of the ancestral noise; 1 is that of the paper's eq. 6.
    """
    down = ddim(eta)

    def advance(
        denoise: Estimate, x: torch.Tensor, at: NoiseLevel, to: NoiseLevel, observed: Observed | None, noise: Noise
    ) -> torch.Tensor:
        seen = needed(observed)
        return down(lambda y, level: seen.fill(denoise(y, level)), x, at, to, observed, noise)

    return Solver(advance)


def ddnm_plus(noise_std: float = 0.0) -> Step:
    """Return the step of DDNM+ (Wang et al. 2023, algorithm 2, eq. 17 to 19) for inpainting from noisy known pixels.

    The known pixels are taken over as far as their own noise is not more than a sample has at that level, and less is
    added to them then. Without noise it is `ddnm`, and the levels of
    `svbrdf_core.diffusion.posterior.times.travel_times` are what tells them apart.

    Args:
        noise_std: standard deviation of the noise of what is known, sigma_y.
    """

    def advance(
        denoise: Estimate, x: torch.Tensor, at: NoiseLevel, to: NoiseLevel, observed: Observed | None, noise: Noise
    ) -> torch.Tensor:
        seen = needed(observed)
        kept, fresh = split_noise(at.sigma, to.sigma, 1.0)
        share = 1 - kept / at.sigma  # of x_0 in the mean of x_to
        trust = 1.0 if fresh >= share * noise_std else fresh / (share * noise_std)
        x0 = denoise(x, at)
        x0 = x0 + trust * residual(seen, x0)
        eps = (x - at.scale * x0) / (at.scale * at.sigma)
        less = math.sqrt(max(0.0, fresh**2 - (share * trust * noise_std) ** 2))
        added = torch.where(seen.hole > 0, fresh, less) * noise(x) if fresh else 0.0
        return to.scale * (x0 + kept * eps + added)

    return Solver(advance)
