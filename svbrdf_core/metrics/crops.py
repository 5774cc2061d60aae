"""Crops of a material's renderings as the network of ST-LPIPS sees them, for sets of crops from many materials."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from svbrdf_core.metrics import network
from svbrdf_core.metrics.renders import Placement, encode_light, render_views
from svbrdf_core.metrics.scene import Bools, Floats
from svbrdf_core.metrics.windows import ScoredWindow

if TYPE_CHECKING:
    import torch

SIDE = 32
"""Pixels a crop's side; it is shown to the network at twice the size, which is the least that this takes."""
MOST = 64
"""Crops of one hole at most, evenly spread, so that no large one rules the set."""
VIEWS = 3
"""Of the nine views those with light and camera far away: a crop looks the same wherever it lies."""
FEATURES = 64
LAYER, CHANNELS, CELLS = 2, 4, 4
"""The layer that is kept where it lies, what is left of its channels, and cells along each side."""
BATCH = 16

Doubles = NDArray[np.float64]


class Crops(NamedTuple):
    """Features of crops, ``(n, 64)`` each.

    Attributes:
        pooled: the mean over a crop of all five layers.
        spatial: one layer in 4 x 4 cells, so that it counts what lies where.
    """

    pooled: Doubles
    spatial: Doubles


def describe_crops(values: Floats, mask: Bools, place: Placement) -> Crops:
    """Return the features of crops of 32 x 32 pixels that lie whole in a mask, none over another.

    Each layer has length 1 at each place, as in ST-LPIPS, and is the mean over three renderings. The 1152 channels of
    all layers, and the 384 of the one that is kept in place (as sFID does, Nash et al. 2021), are brought to 64
    numbers by fixed random projections: few holes have more crops than 1152.

    Args:
        values: ``(C, h, w)``, units of the tensor.
        mask: ``(h, w)``.
        place: where the tensor lies in its material.
    """
    corners = find_crops(mask)
    if not len(corners):
        return Crops(np.zeros((0, FEATURES)), np.zeros((0, FEATURES)))
    from svbrdf_core.render import nine_views

    whole = np.nan_to_num(values).astype(np.float32)
    lit = encode_light(render_views(whole, ScoredWindow(0, 0, whole, None, mask, ~mask), place, nine_views()[:VIEWS]))
    cut = np.stack([lit[:, :, y : y + SIDE, x : x + SIDE] for y, x in corners])
    return _see(cut)


def find_crops(mask: Bools) -> NDArray[np.intp]:
    """Return the first row and column ``(n, 2)`` of crops in a mask, on the grid that most of them fit in."""
    if min(mask.shape) < SIDE:
        return np.zeros((0, 2), np.intp)
    whole: Bools = np.asarray(np.all(sliding_window_view(mask, (SIDE, SIDE)), (2, 3)))
    count = {(y, x): int(whole[y::SIDE, x::SIDE].sum()) for y in range(SIDE) for x in range(SIDE)}
    top, left = max(count, key=lambda at: count[at])
    grid = np.zeros_like(whole)
    grid[top::SIDE, left::SIDE] = True
    found = np.argwhere(whole & grid)
    return found[np.linspace(0, len(found) - 1, MOST).round().astype(np.intp)] if len(found) > MOST else found


def _see(pictures: Floats) -> Crops:
    """Return the features of crops ``(n, views, 3, SIDE, SIDE)`` of values 0..1."""
    import torch
    from torch.nn.functional import interpolate

    count = len(pictures)
    flat = torch.from_numpy(pictures.reshape(-1, 3, SIDE, SIDE))
    parts = []
    with torch.inference_mode():
        for at in range(0, len(flat), BATCH):
            large = interpolate(
                flat[at : at + BATCH], (network.SMALLEST, network.SMALLEST), mode="bilinear", align_corners=False
            )
            parts.append(_project(network.shift_tolerant().layers(large)))
    found = (torch.cat(part).double().view(count, -1, FEATURES).mean(1) for part in zip(*parts, strict=True))
    return Crops(*(part.numpy() for part in found))


def _project(layers: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the two kinds of features ``(n, FEATURES)`` of what five layers see."""
    import torch
    from torch.nn.functional import adaptive_avg_pool2d, normalize

    unit = [normalize(layer, dim=1, eps=1e-10) for layer in layers]
    pooled = torch.cat([layer.mean((2, 3)) for layer in unit], 1)
    rng = np.random.default_rng(0)
    whole, part = (
        torch.from_numpy(rng.standard_normal(shape).astype(np.float32))
        for shape in ((pooled.shape[1], FEATURES), (unit[LAYER].shape[1], CHANNELS))
    )
    cells = adaptive_avg_pool2d(unit[LAYER], CELLS)
    return pooled @ whole, torch.einsum("nchw,cd->ndhw", cells, part).flatten(1)
