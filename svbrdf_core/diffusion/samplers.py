"""The sampling loop and the steps it takes from one noise level to the next."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import torch

from svbrdf_core.diffusion.denoiser import Denoiser, Observed
from svbrdf_core.diffusion.schedule import NoiseLevel
from svbrdf_core.run import Run

Estimate = Callable[[torch.Tensor, NoiseLevel], torch.Tensor]
"""Returns E[x_0 | x] for noisy pictures ``(B, C, H, W)`` of a level, given what is observed."""

Noise = Callable[[torch.Tensor], torch.Tensor]
"""Returns noise of unit variance of a tensor's shape, type and device."""


class Step(Protocol):
    """One step of a sampler to a lower noise level.

    A step is written for levels of any scale. One that would rather not is given levels whose variance explodes
    (`svbrdf_core.diffusion.schedule.explode`); the scale of all is 1 then.
    """

    @property
    def needs_gradient(self) -> bool:
        """Whether it derives by x; gradients are recorded only then."""
        ...

    def __call__(
        self,
        denoise: Estimate,
        x: torch.Tensor,
        at: NoiseLevel,
        to: NoiseLevel,
        observed: Observed | None,
        noise: Noise,
    ) -> torch.Tensor:
        """Return a sample at ``to`` from one at ``at``."""
        ...


@dataclass(frozen=True)
class Solver:
    """A `Step` that is a function."""

    advance: Callable[[Estimate, torch.Tensor, NoiseLevel, NoiseLevel, Observed | None, Noise], torch.Tensor]
    needs_gradient: bool = False

    def __call__(
        self,
        denoise: Estimate,
        x: torch.Tensor,
        at: NoiseLevel,
        to: NoiseLevel,
        observed: Observed | None,
        noise: Noise,
    ) -> torch.Tensor:
        """See `Step`."""
        return self.advance(denoise, x, at, to, observed, noise)


def sample(
    denoise: Denoiser,
    observed: Observed | None,
    levels: Sequence[NoiseLevel],
    step: Step,
    start: torch.Tensor,
    noise: Noise,
    run: Run,
) -> torch.Tensor:
    """Return a sample at the last level.

    Levels may rise, as those of RePaint do (Lugmayr et al. 2022, algorithm 1, line 9): noise is added then, and no step
    taken.

    Args:
        denoise: any denoiser.
        observed: what is known, for denoisers and steps that look at it.
        levels: at least two; the last one is usually 0.
        step: taken wherever the noise falls or stays.
        start: a sample at the first level, ``(B, C, H, W)``.
        noise: source of all noise.
        run: asked before and told after each step.

    Raises:
        Cancelled: the run was cancelled.
    """

    def estimate(x: torch.Tensor, at: NoiseLevel) -> torch.Tensor:
        return denoise(at.unscale(x), at.batched_sigma(x), observed)

    x = start
    with torch.set_grad_enabled(step.needs_gradient):
        for number, (at, to) in enumerate(pairwise(levels), 1):
            run.check()
            x = add_noise(x, at, to, noise) if to.sigma > at.sigma else step(estimate, x, at, to, observed, noise)
            x = x.detach()
            run.report("sampling", number / (len(levels) - 1))
    return x


def add_noise(x: torch.Tensor, at: NoiseLevel, to: NoiseLevel, noise: Noise) -> torch.Tensor:
    """Return a sample at a higher level, q(x_to | x_at)."""
    rise = to.scale * math.sqrt(to.sigma**2 - at.sigma**2)
    return (to.scale / at.scale) * x + rise * noise(x)


def ddim(eta: float = 0.0) -> Step:
    """Return the step of Song et al. 2021 (DDIM), eq. 12 and 16.

    Args:
        eta: share of the ancestral noise that is added, 0 (none) to 1.
    """

    def advance(
        denoise: Estimate, x: torch.Tensor, at: NoiseLevel, to: NoiseLevel, observed: Observed | None, noise: Noise
    ) -> torch.Tensor:
        x0 = denoise(x, at)
        kept, fresh = split_noise(at.sigma, to.sigma, eta)
        eps = (x - at.scale * x0) / (at.scale * at.sigma)
        x = to.scale * x0 + (to.scale * kept) * eps
        return x + (to.scale * fresh) * noise(x) if fresh else x

    return Solver(advance)


def ancestral() -> Step:
    """Return the step of Ho et al. 2020 (DDPM), algorithm 2, with the posterior variance of eq. 7: DDIM with eta 1."""
    return ddim(1.0)


def split_noise(sigma: float, to: float, eta: float) -> tuple[float, float]:
    """Return how much of the noise at ``to`` is what x held, and how much is fresh (Song et al. 2021, eq. 16).

    The squares add up to that of ``to``.
    """
    fresh = min(to, eta * to * math.sqrt(max(0.0, 1 - (to / sigma) ** 2)))
    return math.sqrt(max(0.0, (to - fresh) * (to + fresh))), fresh


@dataclass(frozen=True)
class GaussianNoise:
    """Noise from a generator, on the generator's device."""

    generator: torch.Generator

    def __call__(self, like: torch.Tensor) -> torch.Tensor:
        """Return noise of the shape and type of a tensor."""
        return torch.randn(like.shape, generator=self.generator, dtype=like.dtype, device=like.device)
