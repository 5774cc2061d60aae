"""The onion peel: a hole filled from the rim inwards, ring by ring.

Newson et al. 2017, section 3.5: each ring of the hole is matched by what is known of its patches, reconstructed, and
counts as known for the next ring.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.patch.backend import Backend
from svbrdf_core.patch.cpu_backend.kernels import FAR, R
from svbrdf_core.patch.level import Level, modes
from svbrdf_core.patch.types import Bools, Field, Ints
from svbrdf_core.run import Run

ALL_PAIRS = 400_000
"""A ring with fewer target-source pairs than this is matched exhaustively."""
DRAWS = (60, 15, 15, 15)
"""Random sources a patch tries in each search round of its ring."""
QUANTILE = 0.75
"""Of a pixel's patch distances, the one that sets the spread of its votes (Newson et al. 2017, section 3.2)."""
NEAR = 16
"""Pixels around those that have no source within which one is looked for first."""


def peel_onion(
    backend: Backend,
    level: Level,
    run: Run,
    bias_of: Callable[[Field], Any],
) -> Field:
    """Fill the level's hole ring by ring; every target has a source afterwards.

    Args:
        backend: the device.
        level: its image is filled, too.
        run: cancelling and randomness.
        bias_of: returns the backend's bias for the next ring, given the field so far.
    """
    known = level.known.copy()
    field = backend.field(level)
    while not known.all():
        run.check()
        ring = _ring(known, level.wrap)
        ys, xs = _indices(_list_targets(ring, level))
        field = _match_ring(backend, level, field, bias_of(field), known, ys, xs, run.generator)
        ring_ys, ring_xs = _indices(ring)
        values = backend.vote(level, field, QUANTILE, ring_ys, ring_xs)
        backend.write_pixels(level, ring_ys, ring_xs, values)
        known |= ring
    return _complete_field(backend, level, field)


def _ring(known: Bools, wrap: tuple[bool, bool]) -> Bools:
    near = np.asarray(ndimage.maximum_filter(known.astype(np.uint8), 3, mode=modes(wrap)), np.bool_)
    ring = ~known & near
    return ring if ring.any() else ~known


def _list_targets(ring: Bools, level: Level) -> Bools:
    """Return the targets centred on the ring, or as near to it as the picture's border allows."""
    ys, xs = np.nonzero(ring)
    height, width = level.shape
    if not level.wrap[0]:
        ys = np.clip(ys, R, height - R - 1)
    if not level.wrap[1]:
        xs = np.clip(xs, R, width - R - 1)
    targets = np.zeros_like(ring)
    targets[ys, xs] = True
    return targets


def _match_ring(
    backend: Backend,
    level: Level,
    field: Field,
    bias: Any,
    known: Bools,
    ys: Ints,
    xs: Ints,
    generator: np.random.Generator,
) -> Field:
    if len(ys) * len(level.source_ys) <= ALL_PAIRS:
        return backend.search_ring(level, field, bias, known, ys, xs, 0, 0)
    for draws in DRAWS:
        field = backend.search_ring(level, field, bias, known, ys, xs, draws, int(generator.integers(1 << 31)))
    return field


def _complete_field(backend: Backend, level: Level, field: Field) -> Field:
    """Give targets outside the hole the source their nearest matched neighbour implies."""
    rows, cols, cost = backend.numpy(field)
    return backend.field(level, *spread_sources(rows, cols, cost < FAR, level.is_target, level.valid))


def spread_sources(rows: Ints, cols: Ints, matched: Bools, wanted: Bools, valid: Bools) -> tuple[Ints, Ints]:
    """Extend a field to the wanted pixels by the offset of the nearest matched one, moved to a valid source."""
    ys, xs = np.nonzero(wanted & ~matched)
    from_y, from_x = find_nearest(matched, ys, xs)
    rows, cols = rows.copy(), cols.copy()
    rows[ys, xs], cols[ys, xs] = move_to_valid(
        rows[from_y, from_x] + ys - from_y, cols[from_y, from_x] + xs - from_x, valid
    )
    return rows, cols


def move_to_valid(rows: Ints, cols: Ints, valid: Bools) -> tuple[Ints, Ints]:
    """Move sources to the nearest pixel that a patch may be centred on."""
    rows = np.clip(rows, 0, valid.shape[0] - 1)
    cols = np.clip(cols, 0, valid.shape[1] - 1)
    rows, cols = rows.astype(np.int32), cols.astype(np.int32)
    at = np.nonzero(~valid[rows, cols])
    rows[at], cols[at] = find_nearest(valid, rows[at], cols[at])
    return rows, cols


def find_nearest(there: Bools, ys: NDArray[Any], xs: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the nearest pixel that is there for each of some pixels; only their surroundings are read if these do."""
    if not len(ys):
        return ys, xs
    for margin in (NEAR, max(there.shape)):
        rows, cols = (
            slice(max(int(at.min()) - margin, 0), min(int(at.max()) + margin + 1, size))
            for at, size in zip((ys, xs), there.shape, strict=True)
        )
        nearest = ndimage.distance_transform_edt(~there[rows, cols], return_distances=False, return_indices=True)
        found_y, found_x = (at[ys - rows.start, xs - cols.start] for at in nearest)
        found_y, found_x = found_y + rows.start, found_x + cols.start
        if there[rows, cols].any() and np.hypot(found_y - ys, found_x - xs).max() <= margin:
            break
    return found_y, found_x


def _indices(picture: Bools) -> tuple[Ints, Ints]:
    ys, xs = np.nonzero(picture)
    return ys.astype(np.int32), xs.astype(np.int32)
