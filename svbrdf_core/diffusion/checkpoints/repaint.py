"""Resampling of what is known: RePaint."""

from __future__ import annotations

import torch

from svbrdf_core.diffusion.denoiser import Observed
from svbrdf_core.diffusion.samplers import Estimate, Noise, Solver, Step, ancestral
from svbrdf_core.diffusion.schedule import NoiseLevel, Schedule


def repaint(schedule: Schedule, steps: int, jump_length: int, jump_n_sample: int) -> tuple[list[NoiseLevel], Step]:
    """Return the noise levels and the step of RePaint (Lugmayr et al. 2022, algorithm 1).

    Args:
        schedule: what the network was trained on.
        steps: levels between noise and picture, evenly spaced.
        jump_length: levels that each jump goes back up, in one draw from q(x_t+j given x_t) (section 4.2).
        jump_n_sample: how often the levels of a jump are gone down through; 1 never goes back.
    """
    down = schedule.levels(steps)
    levels = down[:1]
    for number in range(1, steps + 1):
        levels.append(down[number])
        left = steps - number - 1  # as the published code counts: 0 at the last level that has noise
        if left >= 0 and left % jump_length == 0 and left < steps - jump_length:
            for _ in range(jump_n_sample - 1):
                levels += down[number - jump_length : number + 1]
    reverse = ancestral()

    def advance(
        denoise: Estimate, x: torch.Tensor, at: NoiseLevel, to: NoiseLevel, observed: Observed | None, noise: Noise
    ) -> torch.Tensor:
        if observed is None:
            raise ValueError("RePaint needs what is known")
        unknown = reverse(denoise, x, at, to, observed, noise)
        return torch.where(observed.hole > 0, unknown, to.scale * (observed.values + to.sigma * noise(x)))

    return levels, Solver(advance)
