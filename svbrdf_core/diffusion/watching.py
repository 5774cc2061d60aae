"""A sampler as those see it who look inside: what it has before each of its steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, pairwise

import torch
from torch import nn

from svbrdf_core.diffusion.denoiser import Denoiser, Observed
from svbrdf_core.diffusion.samplers import Estimate, Noise, Step
from svbrdf_core.diffusion.schedule import NoiseLevel
from svbrdf_core.diffusion.window import SampledWindow

Wrap = Callable[[Denoiser, nn.Module], Denoiser]
"""Returns what stands in the place of a denoiser that is one network, given both."""


def leave(denoiser: Denoiser, network: nn.Module) -> Denoiser:
    """Return the denoiser as it is."""
    return denoiser


@dataclass(frozen=True)
class SamplerState:
    """A sampler before a step to a lower noise level: what `svbrdf_core.run.Run.on_state` is shown.

    Attributes:
        make_denoiser: returns the denoiser anew, with something around each network in it. Noise that it draws is its
            own, so that asking it changes nothing of the sample.
        observed: what is known in the window.
        window: the part of the picture that is sampled.
        x: the sample, ``(1, C, h, w)``, at the scale of its level.
        level: its noise.
        number: of the step, from 1.
        count: of all steps.
    """

    make_denoiser: Callable[[Wrap], Denoiser]
    observed: Observed
    window: SampledWindow
    x: torch.Tensor
    level: NoiseLevel
    number: int
    count: int


@dataclass(frozen=True)
class WatchedStep:
    """A step that shows what it begins with.

    Attributes:
        step: the step.
        show: is shown a sample, its level, and the number of the step from 1.
    """

    step: Step
    show: Callable[[torch.Tensor, NoiseLevel, int], None]
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def needs_gradient(self) -> bool:
        """Whether the step derives by x."""
        return self.step.needs_gradient

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
        self.show(x, at, next(self.numbers))
        return self.step(denoise, x, at, to, observed, noise)


def count_steps(levels: Sequence[NoiseLevel]) -> int:
    """Return the steps that `sample` takes along levels; where the noise rises it takes none."""
    return sum(to.sigma <= at.sigma for at, to in pairwise(levels))
