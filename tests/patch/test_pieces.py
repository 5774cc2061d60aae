"""Pieces fill a hole from valid places, continue what meets the rim, and go where a guide says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.csgraph import maximum_flow

from svbrdf_core.patch import fill
from svbrdf_core.patch.correlate import Correlator
from svbrdf_core.patch.cpu_backend import cuts
from svbrdf_core.patch.cpu_backend.kernels import R
from svbrdf_core.patch.guide import Guide
from svbrdf_core.patch.level import Level, build_level
from svbrdf_core.patch.pieces import lay_pieces
from svbrdf_core.patch.types import Bools, Floats, Ints, PatchSettings
from svbrdf_core.tensors.pyramid import Plane
from tests.patch.cases import LAYOUTS, box, texture, turned, weave


def level_of(
    image: Floats,
    hole: Bools,
    *,
    wrap: tuple[bool, bool] = (False, False),
    allowed: Bools | None = None,
    turns: int = 0,
) -> Level:
    """Make a level of a picture ``(C, H, W)``, nothing in the hole, with turned copies as further sources."""
    shown = np.where(hole[..., None], 0, image.transpose(1, 2, 0)).astype(np.float32)
    plane = Plane(shown, ~hole, np.ones_like(hole) if allowed is None else allowed)
    return build_level(plane, [plane, *(turned(plane, turn) for turn in range(1, turns + 1))], wrap)


def laid(level: Level, field: tuple[Ints, Ints]) -> Floats:
    """Return the picture with each target copied from its source, ``(H, W, C)``."""
    source = level.source.reshape(level.source.shape[0], -1, level.channels)[R:-R, R:-R]
    out = source[: level.shape[0], : level.shape[1]].copy()
    at = level.is_target & ~level.known
    out[at] = source[field[0][at], field[1][at]]
    return out


def check_sources(level: Level, field: tuple[Ints, Ints]) -> None:
    rows, cols = field
    assert rows.shape == cols.shape == level.shape
    assert rows.dtype == cols.dtype == np.int32
    assert level.valid[rows[level.is_target], cols[level.is_target]].all()


def line(height: int, width: int, row: int, thickness: int = 3) -> Floats:
    """Make a faint texture with one bright horizontal line."""
    image = 0.3 * texture(2, height, width, seed=5)
    image[:, row : row + thickness] += 2
    return image


SHAPES = {
    "square": box(60, 70, 20, 25, 20, 20) > 0,
    "border": box(60, 70, 0, 25, 15, 20) > 0,
    "corner": box(60, 70, 44, 52, 16, 18) > 0,
    "two": (box(60, 70, 5, 5, 9, 9) + box(60, 70, 35, 40, 12, 14)) > 0,
    "brush": np.abs(np.subtract.outer(np.arange(60), 10 + 0.5 * np.arange(70))) < 5,
    "pixel": box(60, 70, 30, 30, 1, 1) > 0,
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("wrap", [(False, False), (True, True), (False, True)])
def test_every_target_gets_a_valid_source(shape: str, wrap: tuple[bool, bool]) -> None:
    level = level_of(texture(3, 60, 70), SHAPES[shape], wrap=wrap)
    check_sources(level, lay_pieces(level, np.random.default_rng(0)))


@pytest.mark.parametrize("turns", [1, 3])
def test_turned_copies_are_sources_too(turns: int) -> None:
    allowed = box(60, 70, 0, 0, 60, 24) > 0
    level = level_of(texture(3, 60, 70), SHAPES["square"], allowed=allowed, turns=turns)
    rows, cols = lay_pieces(level, np.random.default_rng(1))
    check_sources(level, (rows, cols))
    assert (rows[level.is_target] >= level.starts[1]).any()


def test_a_picture_that_is_met_only_by_its_turned_copy_takes_it() -> None:
    stripes = np.tile((np.arange(70) // 4 % 2).astype(np.float32), (1, 60, 1))
    stripes[:, :, 40:] = np.tile((np.arange(60) // 4 % 2).astype(np.float32)[:, None], (1, 1, 30))
    hole = box(60, 70, 22, 10, 16, 16) > 0
    allowed = box(60, 70, 0, 40, 60, 30) > 0
    level = level_of(stripes, hole, allowed=allowed, turns=1)
    rows, cols = lay_pieces(level, np.random.default_rng(1))
    assert (rows[hole] >= level.starts[1]).mean() > 0.9
    assert np.abs(laid(level, (rows, cols)) - stripes.transpose(1, 2, 0))[hole].mean() < 0.1


def test_forbidden_places_are_not_used() -> None:
    allowed = box(60, 70, 0, 0, 60, 24) > 0
    level = level_of(texture(3, 60, 70), SHAPES["square"], allowed=allowed)
    rows, cols = lay_pieces(level, np.random.default_rng(0))
    check_sources(level, (rows, cols))
    assert cols[level.is_target].max() < 24


def test_a_hole_that_is_nearly_everything_is_filled_by_what_is_left() -> None:
    level = level_of(texture(1, 40, 40), box(40, 40, 10, 0, 30, 40) > 0)
    check_sources(level, lay_pieces(level, np.random.default_rng(0)))


@pytest.mark.parametrize("seed", range(4))
def test_where_no_large_piece_fits_smaller_ones_are_laid(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Half of a small picture is its hole: each search for a large piece is in vain, and there is a pixel for each."""
    searches: list[int] = []
    search = Correlator.find

    def counted(*given: Any) -> Any:
        searches.append(1)
        return search(*given)

    monkeypatch.setattr(Correlator, "find", counted)
    level = level_of(texture(3, 48, 48), box(48, 48, 8, 8, 30, 36) > 0)
    check_sources(level, lay_pieces(level, np.random.default_rng(seed)))
    assert len(searches) < 150


@pytest.mark.parametrize("seed", range(3))
def test_what_repeats_is_met_exactly(seed: int) -> None:
    image = weave(3, 70, 80, (11, 13))
    level = level_of(image, box(70, 80, 25, 30, 22, 22) > 0)
    field = lay_pieces(level, np.random.default_rng(seed))
    assert np.array_equal(laid(level, field), image.transpose(1, 2, 0))


@pytest.mark.parametrize("seed", range(3))
def test_what_repeats_is_met_across_the_borders_of_a_torus(seed: int) -> None:
    image = weave(3, 66, 78, (11, 13))
    hole = np.roll(box(66, 78, 25, 30, 22, 22) > 0, (30, 40), (0, 1))
    assert hole[0].any()
    assert hole[:, 0].any()
    level = level_of(image, hole, wrap=(True, True))
    field = lay_pieces(level, np.random.default_rng(seed))
    assert np.array_equal(laid(level, field), image.transpose(1, 2, 0))


@pytest.mark.parametrize("seed", range(4))
def test_a_line_goes_on_through_the_hole(seed: int) -> None:
    hole = box(64, 96, 18, 30, 26, 26) > 0
    level = level_of(line(64, 96, 31), hole)
    picture = laid(level, lay_pieces(level, np.random.default_rng(seed)))
    bright = picture.min(-1) > 1
    assert bright[31:34, 30:56].mean() > 0.95
    assert not bright[18:29, 30:56].any()
    assert not bright[37:44, 30:56].any()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("row", [20, 34])
def test_a_guide_says_where_what_the_rim_leaves_open_goes(row: int, seed: int) -> None:
    """A band runs through the right half only; the hole in the left half shows one where the guide does."""
    image = 0.3 * texture(2, 64, 120, seed=5)
    image[:, 28:36, 60:] += 2
    level = level_of(image, box(64, 120, 14, 14, 34, 26) > 0)
    wish = np.full((64, 120, 2), 0.15, np.float32)
    wish[row : row + 8] += 2
    for guide in (Guide.of(level, 1, [wish]), None):
        picture = laid(level, lay_pieces(level, np.random.default_rng(seed), guide=guide))
        bright = (picture.min(-1) > 1) & ~level.known
        if guide is None:
            assert not bright.any()
        else:
            assert bright[row : row + 8].sum() > 0.5 * 8 * 26
            assert bright[row : row + 8].sum() > 0.8 * bright.sum()


def test_the_same_generator_lays_the_same_pieces_and_another_others() -> None:
    level = level_of(texture(3, 60, 70), SHAPES["square"])
    first, again, other = (lay_pieces(level, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("seed", range(20))
def test_a_cut_is_a_minimum_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    height, width = rng.integers(1, 9, 2)
    count = height * width
    excess = rng.integers(-50, 51, count)
    capacity = rng.integers(0, 30, (4, count)) * (rng.random((4, count)) < 0.8)
    ys, xs = np.divmod(np.arange(count), width)
    steps = ((0, 1), (0, -1), (1, 0), (-1, 0))
    edges = []
    for k, (dy, dx) in enumerate(steps):
        inside = (ys + dy >= 0) & (ys + dy < height) & (xs + dx >= 0) & (xs + dx < width)
        capacity[k, ~inside] = 0
        edges += [(i, i + dy * width + dx, capacity[k, i]) for i in np.flatnonzero(inside)]
    links = edges + [(count, i, max(e, 0)) for i, e in enumerate(excess)]
    links += [(i, count + 1, max(-e, 0)) for i, e in enumerate(excess)]
    heads, tails, flows = np.array(links).T
    graph = sparse.csr_array((flows.astype(np.int32), (heads, tails)), (count + 2, count + 2))
    cost, taken = cuts.cut_grid(excess.copy(), capacity.copy(), int(width), cuts.HUGE)
    assert cost == maximum_flow(graph, count, count + 1).flow_value
    crossing = sum(flow for i, j, flow in edges if not taken[i] and taken[j])
    assert cost == crossing + excess[taken].clip(0).sum() + (-excess[~taken]).clip(0).sum()


def test_a_cut_of_pictures_is_the_cheapest_of_all() -> None:
    """Every choice of eight pixels between two sources is tried."""
    rng = np.random.default_rng(0)
    source = rng.random((30 + 2 * R, 40 + 2 * R, 2)).astype(np.float32)
    rows, cols = (np.ascontiguousarray(n, np.int32) for n in np.mgrid[5:9, 5:11])
    new_rows, new_cols = rows + np.int32(9), cols + np.int32(14)
    state = np.full((4, 6), cuts.KNOWN, np.int8)
    state[1:3, 1:5] = cuts.FREE
    state[1:3, 5] = cuts.KEPT
    rows[1:3, 3:], cols[1:3, 3:] = rows[1:3, 3:] + 15, cols[1:3, 3:] + 2
    rows[1:3, 1:3] += 12
    unary = rng.normal(0, 1.5, (4, 6)).astype(np.float32)

    def cost(take: Bools) -> float:
        at = np.where(take, new_rows, rows), np.where(take, new_cols, cols)
        seams = cuts.measure_seams(source, state, at[0].astype(np.int32), at[1].astype(np.int32))
        return float(seams.sum() + unary[take].sum())

    choices = []
    for number in range(256):
        take = np.zeros((4, 6), np.bool_)
        take[1:3, 1:5] = np.array([number >> bit & 1 for bit in range(8)]).reshape(2, 4)
        choices.append(cost(take))
    excess, capacity = cuts.weigh_cut(source, state, rows, cols, new_rows, new_cols, unary)
    base = np.minimum(excess, 0).sum()
    flow, taken = cuts.cut_grid(excess, capacity, 6, cuts.HUGE)
    taken = taken.reshape(4, 6) & (state == cuts.FREE)
    assert cost(taken) == pytest.approx(min(choices), abs=0.05)
    assert min(choices) < min(choices[0], choices[-1]) - 0.1
    assert (base + flow) / cuts.UNIT == pytest.approx(min(choices) - choices[0], abs=0.05)


def test_a_fill_may_start_from_pieces() -> None:
    tensor, mask = texture(4, 96, 96), box(96, 96, 30, 30, 30, 30)
    found = fill(tensor, LAYOUTS[4], mask, PatchSettings(pieces=2, levels=3))
    hole = mask > 0
    assert np.array_equal(found.tensor[:, ~hole], tensor[:, ~hole])
    assert not hole[found.source_rows, found.source_cols].any()
