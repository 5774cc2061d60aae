"""Figures of source maps whose answer is known, and of a fill that has only one place to come from."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import svbrdf_core as sv
from svbrdf_core.explain.copies import count_uses, find_regions, label_pieces, measure_copies, offsets_of
from svbrdf_core.methods import SourceMap
from svbrdf_core.patch import Orientation, PatchSettings
from svbrdf_core.patch.orientation import list_orientations, locate_origin

SIZE = (40, 60)
FLAT = (False, False)


def shifted(shifts: NDArray[np.int64], top: int = 10, left: int = 20) -> SourceMap:
    """Return the map of a rectangle ``(h, w)`` of pixels, each copied from that far down and right, ``(h, w, 2)``."""
    rows, cols = (axis.ravel().astype(np.int32) for axis in np.indices(shifts.shape[:2]))
    rows, cols = rows + np.int32(top), cols + np.int32(left)
    down, right = shifts[..., 0].ravel(), shifts[..., 1].ravel()
    return SourceMap(
        rows,
        cols,
        ((rows + down) % SIZE[0]).astype(np.int32),
        ((cols + right) % SIZE[1]).astype(np.int32),
        np.zeros(len(rows), np.int8),
        (Orientation(),),
    )


def allowed(sources: SourceMap) -> NDArray[np.bool_]:
    out = np.ones(SIZE, np.bool_)
    out[sources.rows, sources.cols] = False
    return out


def test_one_shift_is_one_coherent_piece() -> None:
    sources = shifted(np.full((8, 12, 2), (3, -15)))
    found = measure_copies(sources, allowed(sources), FLAT)
    assert (found.pieces, found.mean_piece, found.typical_piece, found.coherence) == (1, 96, 96, 1)
    assert (found.pixels, found.distinct, found.most, found.turned) == (96, 96, 1, 0)
    assert found.distance == pytest.approx(np.hypot(3, 15))
    assert found.used == pytest.approx(96 / (40 * 60 - 96))


def test_two_shifts_are_two_pieces_with_a_join() -> None:
    shifts = np.full((8, 12, 2), (3, -15))
    shifts[:, 9:] = (-9, 20)
    sources = shifted(shifts)
    found = measure_copies(sources, allowed(sources), FLAT)
    pairs = 7 * 12 + 8 * 11
    assert (found.pieces, found.mean_piece) == (2, 48)
    assert found.typical_piece == pytest.approx((72**2 + 24**2) / 96)
    assert found.coherence == pytest.approx((pairs - 8) / pairs)


def test_one_source_for_all_is_used_by_all() -> None:
    ys, xs = np.indices((8, 12))
    sources = shifted(np.stack([-ys, -xs], -1))
    found = measure_copies(sources, allowed(sources), FLAT)
    assert (found.most, found.distinct, found.coherence, found.pieces) == (96, 1, 0, 96)
    uses = count_uses(sources, SIZE)
    assert uses[10, 20] == 96 and uses.sum() == 96


def test_pieces_and_distances_go_on_across_edges_that_meet() -> None:
    sources = shifted(np.full((8, 12, 2), (0, 55)))  # five to the left, round the edge
    assert measure_copies(sources, allowed(sources), (True, True)).distance == 5
    around = SourceMap(
        sources.rows, (sources.cols + 30) % SIZE[1], sources.source_rows, (sources.source_cols + 30) % SIZE[1],
        sources.orientation, sources.orientations,
    )  # fmt: skip
    assert measure_copies(around, allowed(around), (True, True)).pieces == 1
    assert measure_copies(around, allowed(around), FLAT).pieces == 2
    down, right = offsets_of(around, SIZE, (True, True))
    assert set(down) == {0} and set(right) == {-5}


@pytest.mark.parametrize("number", range(8))
def test_a_turned_piece_is_coherent_too(number: int) -> None:
    ways = list_orientations(True, True)
    way = ways[number]
    rows, cols = (axis.ravel().astype(np.int32) for axis in np.indices((6, 9)))
    from_row, from_col = locate_origin(rows + 3, cols + 4, way, *SIZE)
    sources = SourceMap(rows, cols, from_row, from_col, np.full(54, number, np.int8), ways)
    labels, coherence = label_pieces(sources, SIZE, FLAT)
    assert coherence == 1 and labels.max() == 0
    other = SourceMap(rows, cols, from_row, from_col, np.full(54, (number + 1) % 8, np.int8), ways)
    assert label_pieces(other, SIZE, FLAT)[1] < 1


def test_the_region_that_was_used_most_is_found() -> None:
    uses = np.zeros((80, 160), np.int64)
    uses[21:29, 41:59] = 2  # the third row and column of eight
    uses[75, 150] = 5
    first, second = find_regions(uses, np.ones((80, 160), np.bool_))
    assert (first.box, second.box) == ((40, 20, 20, 10), (140, 70, 20, 10))
    assert first.share == pytest.approx(288 / 293) and first.even == pytest.approx(1 / 64)


def test_a_hole_whose_surroundings_occur_once_more_comes_from_there() -> None:
    """Noise is nowhere like itself; its left half again, on the right, is the one place that fits."""
    rng = np.random.default_rng(0)
    half = {"diffuse": rng.random((64, 64, 3)), "roughness": rng.random((64, 64))}
    maps = {name: np.concatenate([values, values], 1).astype(np.float32) for name, values in half.items()}
    material = sv.Material.from_arrays("twice", maps)
    hole = np.zeros((64, 128), np.float32)
    hole[24:38, 20:36] = 1
    fill = sv.inpaint(material, hole, settings=PatchSettings(blend=False), device="cpu")
    assert fill.sources is not None
    found = measure_copies(fill.sources, hole == 0, FLAT)
    down, right = offsets_of(fill.sources, (64, 128), FLAT)
    assert (down == 0).all() and (right == 64).all()
    assert (found.pieces, found.coherence, found.distance) == (1, 1, 64)
    assert all(80 <= region.box[0] < 112 for region in found.regions)
    assert (fill.canvas.tensor() == material.tensor()).all()
