"""Moments of sampling: what a network looked at, before some of the steps of a sampler.

A network with layers of attention is recorded (`svbrdf_core.diffusion.checkpoints.attention`). Of one without, which
sees only as far as its convolutions reach, the influence on the middle of the hole is measured
(`svbrdf_core.diffusion.influence`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

if TYPE_CHECKING:
    from svbrdf_core.diffusion.checkpoints.attention import AttendedLayer
    from svbrdf_core.diffusion.influence import Influence
    from svbrdf_core.diffusion.watching import SamplerState
    from svbrdf_core.learned.filling import AttentionMap

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
MOMENTS = 5
"""Steps that are looked at, of each sample; the first and the last among them."""


@dataclass(frozen=True)
class Moment:
    """One step of one sample.

    Attributes:
        number: of the step, from 1.
        count: steps of the sample.
        noise: share of the noise in the noisy picture's standard deviation, sigma / sqrt(1 + sigma^2): from nearly 1,
            nothing but noise, down to 0.
        channels: names of the channels, as ``normal.0``.
        hole: ``(h, w)`` of what was sampled.
        wrap: whether rows and columns of that go on at the other side.
        known: ``(C, h, w)``, the known values, 0 in the hole.
        influence: on the middle of the hole; None if the network has attention.
        passes: the layers of attention of each pass of the network that saw the hole; none if it has no attention.
    """

    number: int
    count: int
    noise: float
    channels: tuple[str, ...]
    hole: Bools
    wrap: tuple[bool, bool]
    known: Floats
    influence: Influence | None = None
    passes: tuple[tuple[AttendedLayer, ...], ...] = ()


@dataclass
class Recorder:
    """Takes `Moment` after `Moment` of samplers, and attention maps, as shown; see `svbrdf_core.run.Run.on_state`."""

    moments: list[Moment] = field(default_factory=list)
    maps: list[AttentionMap] = field(default_factory=list)

    def __call__(self, state: SamplerState | AttentionMap) -> None:
        """Look at a state if its step is one of those that are looked at, and keep an attention map."""
        from svbrdf_core.learned.filling import AttentionMap

        if isinstance(state, AttentionMap):
            self.maps.append(state)
        elif state.number in choose_steps(state.count):
            self.moments.append(take_moment(state))


def choose_steps(count: int) -> list[int]:
    """Return the numbers of the steps that are looked at, evenly from the first to the last."""
    return sorted({round(number) for number in np.linspace(1, count, MOMENTS)})


def find_middle(hole: Bools) -> tuple[int, int]:
    """Return row and column of the pixel of a hole that is farthest from what is known."""
    depth = ndimage.distance_transform_edt(np.pad(hole, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(np.argmax(depth)), hole.shape)
    return int(row), int(column)


def take_moment(state: SamplerState) -> Moment:
    """Return what a network looks at in a state."""
    import torch

    from svbrdf_core.diffusion.checkpoints.attention import Recorded, find_attention
    from svbrdf_core.diffusion.denoiser import Denoiser
    from svbrdf_core.diffusion.influence import measure_influence
    from svbrdf_core.diffusion.watching import leave

    passes: list[tuple[AttendedLayer, ...]] = []
    attentive = False

    def record(denoiser: Denoiser, network: torch.nn.Module) -> Denoiser:
        nonlocal attentive
        attentive = attentive or bool(find_attention(network))
        return Recorded(denoiser, network, lambda found: passes.append(tuple(found)))

    denoiser = state.make_denoiser(record)
    hole = state.observed.hole[0, 0].cpu().numpy() > 0
    influence: Influence | None = None
    if attentive:
        with torch.no_grad():
            denoiser(state.level.unscale(state.x), state.level.batched_sigma(state.x), state.observed)
    else:
        denoiser = state.make_denoiser(leave)
        influence = measure_influence(denoiser, state.x, state.level, state.observed, find_middle(hole))
    return Moment(
        state.number,
        state.count,
        float(state.level.sigma / (1 + state.level.sigma**2) ** 0.5),
        denoiser.channels,
        hole,
        state.window.wrap,
        state.observed.values[0].cpu().numpy(),
        influence,
        tuple(passes),
    )
