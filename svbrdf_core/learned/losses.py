"""Losses made for materials: what renderings show, and edges that maps have in common."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from svbrdf_core.diffusion.denoiser import Observed
from svbrdf_core.diffusion.posterior.objectives import OFFSET, coherent
from svbrdf_core.learned.library import Examples, Exemplar
from svbrdf_core.render import View, render
from svbrdf_core.tensors.maps import kind_of


def weigh_error(error: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Return the weighted mean of errors ``(B, C, H, W)`` of each example, ``(B,)``."""
    return (error * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3)).clamp_min(1)


def rendering_error(
    examples: Examples, painted: torch.Tensor, exemplars: Sequence[Exemplar], views: Sequence[View]
) -> torch.Tensor:
    """Return the mean of ``|log(x + 0.01) - log(y + 0.01)|`` of renderings in the hole, ``(B,)``.

    The rendering loss of Deschaintre et al. (2018), section 4.2. Maps that an example was not shown are as in truth.

    Args:
        examples: with ``B`` crops.
        painted: ``(B, C, h, w)``, standardised.
        exemplars: the materials that crops are of.
        views: lights and cameras, one for each example.
    """
    errors: list[torch.Tensor] = []
    for number, (source, view) in enumerate(zip(examples.sources, views, strict=True)):
        exemplar, inside = exemplars[source], examples.inside[number]
        layout = exemplar.layout
        light = [
            (render(_unit_normals(exemplar.restore(values), exemplar), layout, view).clamp_min(0) + OFFSET).log()
            for values in (examples.x0[number], torch.lerp(examples.x0[number], painted[number], inside))
        ]
        where = inside.amax(0)
        errors.append(((light[1] - light[0]).abs().mean(1)[0] * where).sum() / where.sum().clamp_min(1))
    return torch.stack(errors)


def _unit_normals(maps: torch.Tensor, exemplar: Exemplar) -> torch.Tensor:
    """Return maps whose normals have length 1, which painted ones need not have."""
    parts = list(torch.split(maps, list(exemplar.layout.counts), 1))
    for number, name in enumerate(exemplar.layout.names):
        if kind_of(name) == "normal":
            parts[number] = torch.nn.functional.normalize(parts[number], dim=1, eps=1e-3)
    return torch.cat(parts, 1)


def coherence_error(examples: Examples, painted: torch.Tensor, groups: Sequence[Sequence[int]]) -> torch.Tensor:
    """Return the correlation that edges of maps lose in the hole against those of the truth outside, ``(B,)``."""
    lost: list[torch.Tensor] = []
    for number in range(len(painted)):
        here = slice(number, number + 1)
        inside = examples.inside[here]
        maps = [group for group in groups if inside[:, group].any()]
        hole = inside.amax(1, keepdim=True)
        if len(maps) < 2 or not hole.any() or bool((hole > 0).all()):
            lost.append(painted.new_zeros(1))
            continue
        score = coherent(Observed(examples.x0[here] * (1 - hole), hole), maps)
        lost.append(-score(painted[here]) / hole.sum())
    return torch.cat(lost)
