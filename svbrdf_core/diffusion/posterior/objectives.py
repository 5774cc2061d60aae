"""Functions of pictures that guidance may climb: smoothness, a class, unit normals, coherent maps, a photograph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import torch
from torch.nn import functional

from svbrdf_core.diffusion.denoiser import Observed
from svbrdf_core.diffusion.posterior.guidance import LogProbability
from svbrdf_core.render import Part, View, render
from svbrdf_core.tensors.layout import ChannelLayout

Restore = Callable[[torch.Tensor], torch.Tensor]
"""Returns the maps of a material ``(B, C, H, W)``, in their own units, of pictures that a network knows."""

OFFSET = 0.01
"""Added before the logarithm of light, as in `svbrdf_core.metrics.renders`."""
STRONG = 0.75
"""The quantile of the known edges at which an edge counts half, as in `svbrdf_core.metrics.coherence`."""
TINY = 1e-6


def total_variation(observed: Observed) -> LogProbability:
    """Return minus the total variation in the hole (Rudin et al. 1992): smooth pictures are likely."""

    def log_probability(x0: torch.Tensor) -> torch.Tensor:
        return -(_edges(observed.fill(x0)) * observed.hole).sum((1, 2, 3))

    return log_probability


def of_class(classifier: Callable[[torch.Tensor], torch.Tensor], label: int) -> LogProbability:
    """Return the score of a class by a network that returns logits ``(B, K)`` (Dhariwal and Nichol 2021, sec. 4)."""

    def log_probability(x0: torch.Tensor) -> torch.Tensor:
        return classifier(x0).log_softmax(1)[:, label]

    return log_probability


def unit_normals(restore: Restore, layout: ChannelLayout, hole: torch.Tensor) -> LogProbability:
    """Return minus the squared distance of normals in a hole from vectors of length 1.

    Args:
        restore: of the maps, of which one is ``normal``.
        layout: of the maps.
        hole: ``(1, 1, H, W)``, 1 there.
    """
    of_normal = layout.slice_of("normal")

    def log_probability(x0: torch.Tensor) -> torch.Tensor:
        square = restore(x0)[:, of_normal].square().sum(1, keepdim=True)
        return -((square.clamp_min(TINY).sqrt() - 1).square() * hole).sum((1, 2, 3))

    return log_probability


def like_photograph(
    restore: Restore, layout: ChannelLayout, view: View, part: Part, photograph: torch.Tensor, hole: torch.Tensor
) -> LogProbability:
    """Return minus the squared distance of the rendering from a photograph, in the logarithm of linear light.

    Args:
        restore: of the maps.
        layout: of the maps.
        view: of camera and light.
        part: which part of the material the pictures are.
        photograph: ``(1, 3, H, W)``, linear light.
        hole: ``(1, 1, H, W)``, 1 where they are compared.
    """
    wanted = (photograph + OFFSET).log()

    def log_probability(x0: torch.Tensor) -> torch.Tensor:
        shown = render(restore(x0), layout, view, part=part).clamp_min(0)
        return -(((shown + OFFSET).log() - wanted).square() * hole).sum((1, 2, 3))

    return log_probability


@dataclass(frozen=True)
class _Usual:
    """How edges of two maps go together where they are known."""

    first: int
    second: int
    correlation: torch.Tensor


def coherent(observed: Observed, maps: Sequence[Sequence[int]]) -> LogProbability:
    """Return minus the correlation that the edges of maps lose in the hole, times its pixels.

    Edges are ``u = e^2 / (e^2 + q^2)``, q the upper quartile of the known ones, and correlations are compared pair by
    pair, as `svbrdf_core.metrics.coherence` does.

    Args:
        observed: one picture, what is known.
        maps: the numbers of the channels of each map.
    """
    inside = observed.hole
    # Edges at the rim of what is known are made of values that are not.
    known = 1 - functional.max_pool2d(inside, 3, 1, 1)
    scales = [torch.quantile(_edges(observed.values[:, list(at)])[known > 0], STRONG).clamp_min(TINY) for at in maps]

    def soft(x0: torch.Tensor, number: int) -> torch.Tensor:
        square = _edges(x0[:, list(maps[number])]).square()
        return square / (square + scales[number] ** 2)

    usual = [
        _Usual(a, b, _correlate(soft(observed.values, a), soft(observed.values, b), known)[0])
        for a, b in combinations(range(len(maps)), 2)
    ]

    def log_probability(x0: torch.Tensor) -> torch.Tensor:
        lost, whole = x0.new_zeros(len(x0)), observed.fill(x0)
        for pair in usual:
            here = _correlate(soft(whole, pair.first), soft(whole, pair.second), inside)
            lost = lost + pair.correlation.clamp_min(0) * (pair.correlation - here).clamp_min(0)
        return -lost * inside.sum()

    return log_probability


def _edges(x0: torch.Tensor) -> torch.Tensor:
    """Return the length of the gradients of all channels together, ``(B, 1, H, W)``."""
    down = functional.pad(x0.diff(dim=2), (0, 0, 0, 1))
    right = functional.pad(x0.diff(dim=3), (0, 1, 0, 0))
    return ((down.square() + right.square()).sum(1, keepdim=True) + TINY).sqrt()


def _correlate(one: torch.Tensor, other: torch.Tensor, where: torch.Tensor) -> torch.Tensor:
    """Return the correlations ``(B,)`` of two pictures ``(B, 1, H, W)`` where a mask says."""
    count = where.sum().clamp_min(1)

    def centred(values: torch.Tensor) -> torch.Tensor:
        return (values - (values * where).sum((1, 2, 3), keepdim=True) / count) * where

    a, b = centred(one), centred(other)
    lengths = (a.square().sum((1, 2, 3)) * b.square().sum((1, 2, 3)) + TINY).sqrt()
    return (a * b).sum((1, 2, 3)) / lengths
