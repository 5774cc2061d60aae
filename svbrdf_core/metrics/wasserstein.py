"""Sliced Wasserstein distance of a fill's patches of all maps from the known ones nearby, at three scales."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.metrics.scene import Bools, Floats, ScoredHole
from svbrdf_core.metrics.tiles import standardize
from svbrdf_core.tensors.wasserstein import sliced_wasserstein

SCALES = (1, 2, 4)
"""Pixels between a patch's samples, each the mean of a square as wide."""
SIDE = 5
"""Samples a patch's side: it spans 5, 10 and 20 pixels."""
SHARE = 0.5
"""Part of a patch's pixels that must lie in the hole; whole ones have no room in a stroke."""
MOST, LEAST = 1024, 64
"""Patches on either side at most and at least."""
TRIED = 48
"""Shifts of the hole along each side that are tried, to lay it elsewhere, and about how many of its places are."""
FAINT = 1e-3
"""Added to distances, which are in deviations of the maps: without detail on either side the figure is 1."""

Spots = NDArray[np.intp]


def wasserstein(scene: ScoredHole) -> dict[str, float]:
    """Return ``wasserstein/1``, ``/2`` and ``/4``, and ``wasserstein``, their geometric mean; 1 is best.

    Each is the sliced Wasserstein distance of the fill's patches (5 x 5 samples of all maps, standardised) from those
    of the known region, over that of the truth's patches at the same places. Without a truth it is over the
    mean distance of four known places of the hole's shape from the rest, so that 1 is as the material differs from
    itself.
    A scale at which patches do not fit is left out.
    """
    filled, truth = standardize(scene)
    found = {}
    for scale in SCALES:
        ratio = _ratio(scene, filled, truth, scale)
        if ratio is not None:
            found[f"wasserstein/{scale}"] = ratio
    if not found:
        return {}
    mean = math.exp(sum(math.log(max(ratio, FAINT)) for ratio in found.values()) / len(found))
    return {"wasserstein": mean, **found}


def _ratio(scene: ScoredHole, filled: Floats, truth: Floats | None, scale: int) -> float | None:
    inside, around = _places(scene, scale)
    spots = np.argwhere(inside)
    elsewhere = [] if scene.truth is not None or not len(spots) else _lay_elsewhere(spots, around)
    pairs = [(spots, np.argwhere(around)), *((np.argwhere(m), np.argwhere(around & ~m)) for m in elsewhere)]
    count = min(MOST, *(len(places) for pair in pairs for places in pair))
    if count < LEAST or (scene.truth is None and not elsewhere):
        return None
    rng = np.random.default_rng(scale)
    drawn = [[_draw(places, count, rng) for places in pair] for pair in pairs]
    (here, there), *others = drawn
    level = _Level(filled, scale)
    of_fill = _distance(level.patches(here), level.patches(there))
    if truth is not None:
        usual = _distance(_Level(truth, scale).patches(here), level.patches(there))
    else:
        usual = float(np.mean([_distance(level.patches(one), level.patches(rest)) for one, rest in others]))
    return (of_fill + FAINT) / (usual + FAINT)


def _distance(a: Floats, b: Floats) -> float:
    return sliced_wasserstein(a, b, np.random.default_rng(0))  # the same directions for all that is compared


class _Level:
    """A standardised picture whose pixels are means of squares."""

    def __init__(self, values: Floats, scale: int) -> None:
        self.means = ndimage.uniform_filter(values, (0, scale, scale)) if scale > 1 else values
        self.offsets = (np.arange(SIDE) - SIDE // 2) * scale

    def patches(self, spots: Spots) -> Floats:
        """Return the patches around some pixels in rows, ``(n, C * SIDE^2)``."""
        rows = spots[:, 0, None, None] + self.offsets[:, None]
        columns = spots[:, 1, None, None] + self.offsets
        patches: Floats = np.moveaxis(self.means[:, rows, columns], 0, 1).reshape(len(spots), -1)
        return patches


def _places(scene: ScoredHole, scale: int) -> tuple[Bools, Bools]:
    """Return the middles of patches that lie in the hole for the most part, and of those that are known."""
    span = SIDE * scale
    window = span + 1 - span % 2  # odd, so that it reaches as far on both sides
    seen = ndimage.minimum_filter(scene.hole | scene.known, window, mode="constant", cval=0)
    share = ndimage.uniform_filter(scene.hole.astype(np.float32), window, mode="constant")
    known = ndimage.minimum_filter(scene.known, window, mode="constant", cval=0)
    return scene.hole & seen & (share >= SHARE), known


def _lay_elsewhere(spots: Spots, around: Bools) -> list[Bools]:
    """Return the hole's shape laid over the known region, once towards each corner where most of it finds room.

    Patches of a stroke overlap more, and say less, than as many from all around: it is compared with its like.
    """
    steps = [np.linspace(-size, size, TRIED).round().astype(np.intp) for size in around.shape]
    shifts = np.stack(np.meshgrid(*steps, indexing="ij"), -1).reshape(-1, 2)
    few = spots[:: -(-len(spots) // TRIED)]
    room = _look_up(around, few + shifts[:, None]).sum(1)
    found = []
    for down in (False, True):
        for right in (False, True):
            quarter = ((shifts[:, 0] >= 0) == down) & ((shifts[:, 1] >= 0) == right)
            moved = spots + shifts[quarter][room[quarter].argmax()]
            laid = np.zeros_like(around)
            laid[tuple(moved[_look_up(around, moved)].T)] = True
            found.append(laid)
    return [laid for laid in found if laid.any()]


def _look_up(mask: Bools, spots: Spots) -> Bools:
    """Return whether places ``(…, 2)`` lie in a mask; those outside the picture do not."""
    size = np.array(mask.shape)
    inside = ((spots >= 0) & (spots < size)).all(-1)
    at = np.clip(spots, 0, size - 1)
    found: Bools = inside & mask[at[..., 0], at[..., 1]]
    return found


def _draw(spots: Spots, count: int, rng: np.random.Generator) -> Spots:
    return rng.choice(spots, count, replace=False) if len(spots) > count else spots
