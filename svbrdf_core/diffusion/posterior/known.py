"""What solvers do with what is known."""

from __future__ import annotations

import torch

from svbrdf_core.diffusion.denoiser import Observed
from svbrdf_core.diffusion.samplers import Noise
from svbrdf_core.diffusion.schedule import NoiseLevel


def needed(observed: Observed | None) -> Observed:
    """Return what is known.

    Raises:
        ValueError: nothing was given.
    """
    if observed is None:
        raise ValueError("this solver fills what is not known; say what is")
    return observed


def noisy_known(observed: Observed, like: torch.Tensor, to: NoiseLevel, noise: Noise) -> torch.Tensor:
    """Return a sample of q(x_to | x_0) of what is known, ``(B, C, H, W)`` of the shape of ``like``."""
    return to.scale * (observed.values + to.sigma * noise(like))


def residual(observed: Observed, x0: torch.Tensor) -> torch.Tensor:
    """Return y - H x_0 ``(B, C, H, W)``, 0 in the hole."""
    return (observed.values - x0) * (1 - observed.hole)
