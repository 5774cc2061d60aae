"""RePaint: what is known is put into each noisy sample, with noise of the sample's level."""

from __future__ import annotations

import torch

from svbrdf_core.diffusion.denoiser import Observed
from svbrdf_core.diffusion.posterior.known import needed, noisy_known
from svbrdf_core.diffusion.samplers import Estimate, Noise, Solver, Step, ancestral
from svbrdf_core.diffusion.schedule import NoiseLevel


def repaint() -> Step:
    """Return the step of RePaint (Lugmayr et al. 2022, algorithm 1, lines 4 to 8).

    An ancestral step, with fresh noisy known pixels in place of its own. The levels come from
    `svbrdf_core.diffusion.posterior.times.resample_times`; without jumps it is the replacement of Song et al. 2021
    ("Score-based generative modeling", appendix I.2), whose holes ignore what is around them.
    """
    down = ancestral()

    def advance(
        denoise: Estimate, x: torch.Tensor, at: NoiseLevel, to: NoiseLevel, observed: Observed | None, noise: Noise
    ) -> torch.Tensor:
        seen = needed(observed)
        return torch.where(seen.hole > 0, down(denoise, x, at, to, observed, noise), noisy_known(seen, x, to, noise))

    return Solver(advance)
