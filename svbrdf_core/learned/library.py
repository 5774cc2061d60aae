"""A library of materials as examples: crops of standardised maps with holes, and which maps each has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch.nn import functional

from svbrdf_core.learned.layers import average_down
from svbrdf_core.learned.networks import Shown
from svbrdf_core.learned.settings import StartName
from svbrdf_core.learning.crops import CropBatch, MaskedPicture
from svbrdf_core.learning.holes import Floats
from svbrdf_core.tensors.layout import ChannelLayout

MOSAIC = 12
"""Pixels along a side of a mosaic's tile (``mosaic_unit_size`` of Biradar et al., table I)."""
SWEEPS = 200
"""Of the relaxation that lays a membrane."""


@dataclass(frozen=True)
class Exemplar:
    """One material to learn from, in channels that all of a library have between them.

    Attributes:
        name: what users call it.
        picture: standardised, ``(C, H, W)``; channels that it lacks are 0.
        present: bool ``(C,)``, which it has.
        mean: float32 ``(C,)``, of its channels; 0 of those that it lacks.
        scale: float32 ``(C,)``, what one standard deviation is.
        layout: its own maps, with those that are constant.
        usual: float32 ``(K,)``, the mean of each channel of the layout.
        places: intp ``(C,)``, the number in the layout of each channel; -1 of those that it lacks.
    """

    name: str
    picture: MaskedPicture
    present: NDArray[np.bool_]
    mean: Floats
    scale: Floats
    layout: ChannelLayout
    usual: Floats
    places: NDArray[np.intp]

    def restore(self, values: torch.Tensor) -> torch.Tensor:
        """Return the material's own maps ``(1, K, h, w)`` in their own units of standardised ones ``(C, h, w)``."""
        maps = torch.from_numpy(self.usual).to(values)[None, :, None, None].expand(1, -1, *values.shape[1:])
        mine = np.flatnonzero(self.present)
        scale, mean = (torch.from_numpy(of[mine]).to(values)[:, None, None] for of in (self.scale, self.mean))
        places = torch.from_numpy(self.places[mine]).to(values.device)
        return maps.index_copy(1, places, (values[torch.from_numpy(mine)] * scale + mean)[None])


@dataclass(frozen=True)
class Examples:
    """A batch of crops with holes, all float32.

    Attributes:
        x0: ``(B, C, h, w)``, the truth; 0 where it is not known.
        shown: what a network is shown of it.
        inside: ``(B, C, h, w)``, 1 where it is to be painted and known.
        sources: which exemplar each is of.
    """

    x0: torch.Tensor
    shown: Shown
    inside: torch.Tensor
    sources: Sequence[int]

    def part(self, which: slice) -> Examples:
        """Return some of them."""
        return Examples(self.x0[which], self.shown.part(which), self.inside[which], self.sources[which])


def make_examples(batch: CropBatch, sources: Sequence[int], present: torch.Tensor, start: StartName) -> Examples:
    """Return examples of a batch of crops.

    Args:
        batch: crops, where they are known, and their holes.
        sources: which exemplar each is of.
        present: ``(B, C)``, 1 for channels that the network is shown and asked for.
        start: what stands in the holes.
    """
    x0, known, hole = batch
    here = present[:, :, None, None]
    x0, seen = x0 * here, here * known * (1 - hole)
    shown = Shown(begin(x0 * known, seen, hole, here, start), seen, hole)
    return Examples(x0, shown, here * known * hole, sources)


def begin(
    draft: torch.Tensor, seen: torch.Tensor, hole: torch.Tensor, present: torch.Tensor, start: StartName
) -> torch.Tensor:
    """Return pictures ``(B, C, H, W)`` with something to start with in their holes.

    Args:
        draft: what is known, and for a mosaic what else may stand in the hole.
        seen: 1 where a channel is known and shown.
        hole: ``(B, 1, H, W)``.
        present: 1 for channels that are there, ``(B, C, 1, 1)``.
        start: of what kind.
    """
    if start == "hole":
        return draft * seen
    inside = average_down(draft, MOSAIC) if start == "mosaic" else lay_membrane(draft * seen, seen)
    return torch.where(seen > 0, draft, inside * hole) * present


def lay_membrane(values: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Return pictures ``(B, C, H, W)`` with a membrane over what is not known: Laplace's equation, relaxed.

    The seed's ``hole_ns`` lets Navier-Stokes of OpenCV, which takes pictures of 8 bits, begin; both carry the rim in.
    """
    out = torch.where(known > 0, values, _spread(values, known))
    for _ in range(SWEEPS):
        around = functional.avg_pool2d(functional.pad(out, (1, 1, 1, 1), mode="replicate"), 3, 1)
        out = torch.where(known > 0, values, around)
    return out


def _spread(values: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Return the weighted mean of what is known at ever coarser scales, which is where the relaxation begins."""
    if min(values.shape[2:]) <= 2:
        return values.sum((2, 3), keepdim=True) / known.sum((2, 3), keepdim=True).clamp_min(1) + 0 * values
    small, weight = (functional.avg_pool2d(x, 2, ceil_mode=True) for x in (values * known, known))
    means = torch.where(weight > 0, small / weight.clamp_min(1e-6), small)
    below = torch.where(weight > 0, means, _spread(means, (weight > 0).to(values)))
    return functional.interpolate(below, values.shape[2:], mode="bilinear", align_corners=False)


def discount(hole: torch.Tensor, factor: float) -> torch.Tensor:
    """Return the weight of each pixel of holes ``(B, 1, H, W)``: a factor for each pixel to what is known.

    Yu et al. 2018, section 3.2: deep inside, many fills are as good as the truth.
    """
    depth = np.stack([ndimage.distance_transform_edt(mask) for mask in hole[:, 0].cpu().numpy() > 0])
    return torch.from_numpy(np.float32(factor) ** depth.astype(np.float32))[:, None].to(hole)


def drop_maps(
    present: NDArray[np.bool_], groups: Sequence[Sequence[int]], share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Return which channels ``(B, C)`` are left when whole maps are taken away at random; one map stays."""
    out = present.copy()
    for row in out:
        there = [list(group) for group in groups if row[list(group)].any()]
        gone = rng.random(len(there)) < share
        gone[rng.integers(len(there))] = False
        for group, drop in zip(there, gone, strict=True):
            row[group] &= not drop
    return out
