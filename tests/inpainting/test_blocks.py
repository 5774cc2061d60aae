"""Blocks of a large unknown area, and examples beside the canvas."""

from __future__ import annotations

import weakref

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from svbrdf_core.errors import FillError, InputError, MaskError
from svbrdf_core.inpainting.bands import measure_edge_steps
from svbrdf_core.inpainting.blocks import MARGIN, plan_blocks
from svbrdf_core.inpainting.examples import Example, check_examples
from svbrdf_core.inpainting.fill import inpaint
from svbrdf_core.material import Material
from svbrdf_core.methods import FillResult, InpaintProblem, Method
from svbrdf_core.patch import PatchSettings
from svbrdf_core.run import Run

SIDE = 64


def dots(seed: int, side: int = SIDE) -> Material:
    """Return dots that are red where they are high, on a grey ground of noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:side, :side]
    dot = ((y % 16 - 8) ** 2 + (x % 16 - 8) ** 2 < 20).astype(np.float32)
    noise = rng.normal(0, 4, (side, side, 1))
    colour = np.where(dot[..., None] > 0, (200, 40, 40), (110, 110, 110)) + noise
    return Material.from_arrays(
        f"dots{seed}",
        {"basecolor": np.clip(colour, 0, 255).astype(np.uint8), "height": (dot * 200 + 20).astype(np.uint8)},
    )


def free(material: Material) -> Example:
    return Example(material, np.ones((material.height, material.width), np.bool_))


@settings(max_examples=40)
@given(st.integers(20, 90), st.integers(20, 90), st.integers(0, 40), st.integers(0, 40), st.integers(8, 40))
def test_blocks_cover_a_hole_once_and_begin_beside_what_is_known(
    height: int, width: int, top: int, left: int, side: int
) -> None:
    hole = np.ones((height, width), np.bool_)
    hole[min(top, height - 8) :, min(left, width - 8) :][:8, :8] = False
    count = np.zeros(hole.shape, int)
    known = ~hole
    for window in plan_blocks(hole, side):
        (piece,) = window.pieces
        box = np.s_[piece.top : piece.top + piece.height, piece.left : piece.left + piece.width]
        assert max(piece.height, piece.width) <= side
        context = window.context
        assert known[context.top : context.top + context.height, context.left : context.left + context.width].any(), (
            "there is something to go on from"
        )
        assert piece.top - MARGIN <= context.top <= piece.top
        count[box] += hole[box]
        known[box] = True
    assert (count[hole] == 1).all() and (count[~hole] == 0).all()


def test_a_canvas_is_filled_from_its_example_alone_and_what_was_known_stays() -> None:
    material = dots(0)
    canvas = material.on_canvas(0, 16, 96, 96)
    mask = np.ones((96, 96), np.float32)
    mask[:64, 16:80] = 0
    done = inpaint(canvas, mask, examples=[free(material)], block=32).canvas.tensor()
    assert np.array_equal(done[:, :64, 16:80], material.tensor())
    new = done[:, mask > 0]
    high = new[3] > 0.5
    assert 0.1 < high.mean() < 0.4, "there are dots"
    # A pixel that is a piece of its own is levelled in colour, but not in a height of two values.
    assert ((new[0] - new[1] > 0.3) != high).mean() < 2e-3, "all maps at once"


def test_a_sheet_begins_with_a_piece_of_the_example_and_differs_by_seed() -> None:
    material = dots(1)
    sheet = material.on_canvas(0, 0, 48, 80)
    fills = [
        inpaint(sheet, np.ones((48, 80), np.float32), examples=[free(material)], block=40, seed=seed).canvas.tensor()
        for seed in (0, 0, 1)
    ]
    assert np.array_equal(fills[0], fills[1]) and not np.array_equal(fills[0], fills[2])
    assert 0.1 < (fills[0][3] > 0.5).mean() < 0.4


def test_a_hole_is_filled_from_another_material_alone() -> None:
    target, other = dots(0), dots(2)
    values = other.tensor()
    values[2] = 1.0
    blue = other.with_window(values, np.ones((SIDE, SIDE), np.float32), 0, 0)
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[20:44, 20:44] = 1
    nothing = np.ones((SIDE, SIDE))
    exact = PatchSettings(blend=False)
    done = inpaint(target, mask, settings=exact, examples=[free(blue)], forbid=nothing, tileable=True).canvas.tensor()
    assert (done[2][mask > 0] == 1).all()
    assert np.array_equal(done[:, mask == 0], target.tensor()[:, mask == 0])


def blobs(seed: int) -> Material:
    """Return hills that do not go on across the edges."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal((128, 128)), 4)
    height = np.clip(0.5 + 0.18 * noise / noise.std(), 0, 1) * 65535
    return Material.from_arrays(f"blobs{seed}", {"height": height.astype(np.uint16)})


def test_edges_meet_where_they_are_filled_from_another_material() -> None:
    """An example lies beside what a method sees, which so goes on across no edge: the edges must be in its middle."""
    target, other = blobs(0), blobs(1)
    mask = np.zeros((128, 128), np.float32)
    mask[:20] = mask[-20:] = mask[:, :20] = mask[:, -20:] = 1
    done = inpaint(target, mask, examples=[free(other)], forbid=np.ones((128, 128)), tileable=True)
    assert measure_edge_steps(target).worst((True, True)) > 5
    assert measure_edge_steps(done.canvas).worst((True, True)) < 2


def test_an_example_needs_the_same_maps() -> None:
    target = dots(0)
    flat = Material.from_arrays("flat", {"basecolor": np.zeros((32, 32, 3), np.uint8)})
    with pytest.raises(InputError, match="flat has no height"):
        check_examples([free(flat)], target.layout)
    with pytest.raises(FillError, match="nothing to copy from"):
        nothing = Example(target, np.zeros((SIDE, SIDE), np.bool_))
        inpaint(target, np.pad(np.ones((8, 8)), 28), examples=[nothing])


def test_the_hole_is_checked_beside_an_example_too() -> None:
    """It may cover everything; else it is like any other."""
    target, mask, run = dots(0), np.pad(np.ones((8, 8)), 28), Run()
    inpaint(target, mask / 100, examples=[free(dots(1))], run=run)
    assert any("nowhere whiter than 1.0%" in note for note in run.notes)
    bad: list[tuple[np.ndarray, np.ndarray | None, str]] = [
        (0 * mask, None, "empty"), (mask * np.nan, None, "NaN"), (mask[..., None], None, "has the shape"),
        (mask, mask[:5], "forbidden area has the shape"),
    ]  # fmt: skip
    for wrong, forbid, sentence in bad:
        with pytest.raises(MaskError, match=sentence):
            inpaint(target, wrong, examples=[free(dots(1))], forbid=forbid)


@pytest.mark.parametrize("axis", [0, 1])
def test_one_axis_goes_round_and_the_other_does_not(axis: int) -> None:
    """The same as the fill of a picture that is rolled so that the edges are in its middle."""
    material = dots(3)
    mask = np.zeros((SIDE, SIDE), np.float32)
    lines = [np.s_[:6], np.s_[-6:]]
    for line in lines:
        mask[line if axis == 0 else (slice(None), line)] = 1
    fill = inpaint(material, mask, tileable=(axis == 0, axis == 1))
    values = np.roll(material.tensor(), SIDE // 2, axis + 1)
    rolled = material.with_window(values, np.ones((SIDE, SIDE), np.float32), 0, 0)
    expected = inpaint(rolled, np.roll(mask, SIDE // 2, axis)).canvas.tensor()
    assert np.array_equal(fill.canvas.tensor(), np.roll(expected, -SIDE // 2, axis + 1))
    assert fill.sources is not None
    done, at = fill.canvas.tensor(), fill.sources
    same = (done[3][at.rows, at.cols] > 0.5) == (material.tensor()[3][at.source_rows, at.source_cols] > 0.5)
    assert same.mean() > 0.95, "sources are told in the picture's own pixels"


def test_what_a_block_was_filled_with_is_not_kept_beside_the_canvas() -> None:
    """A sheet has thousands of blocks, and each sees its examples."""
    given_back: list[weakref.ref[object]] = []
    alive: list[int] = []

    def fill(problem: InpaintProblem, settings: object, run: Run) -> FillResult:
        tensor = problem.tensor.copy()
        alive.append(sum(one() is not None for one in given_back))
        given_back.append(weakref.ref(tensor))
        return FillResult(tensor, energy=1.0)

    canvas, mask = dots(0).on_canvas(0, 0, 192, 64), np.ones((192, 64), np.float32)
    mask[:64] = 0
    done = inpaint(canvas, mask, method=Method("copies", "copies", fill), examples=[free(dots(0))], block=16)
    assert len(alive) == 32 and max(alive) <= 1 and done.energy == 1.0
