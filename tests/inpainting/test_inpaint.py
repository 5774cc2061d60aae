"""Fills of materials in memory: mixed sizes, several holes, NaN, cancelling."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import svbrdf_core as sv
from svbrdf_core.example import make_example

SIZE = 96


def square(top: int = 30, left: int = 40, side: int = 20, size: int = SIZE) -> NDArray[np.float32]:
    mask = np.zeros((size, size), np.float32)
    mask[top : top + side, left : left + side] = 1
    return mask


def traced(fill: sv.Fill[sv.Material]) -> sv.SourceMap:
    assert fill.sources is not None
    return fill.sources


@pytest.fixture(scope="module")
def bricks() -> sv.Material:
    return sv.Material.from_arrays("bricks", make_example("bricks", SIZE, 0).clean)


def test_every_filled_pixel_has_a_source_outside_the_hole(bricks: sv.Material) -> None:
    mask = square()
    fill = sv.inpaint(bricks, mask, settings=sv.PatchSettings(blend=False), device="cpu")
    sources = traced(fill)
    assert len(sources.rows) == (mask > 0).sum()
    assert (mask[sources.source_rows, sources.source_cols] == 0).all()
    before, after = bricks.tensor(), fill.canvas.tensor()
    copies = before[:, sources.source_rows, sources.source_cols]
    assert np.abs(after[:, sources.rows, sources.cols] - copies).max() < 1 / 255
    assert (after[:, mask == 0] == before[:, mask == 0]).all()


def test_nothing_comes_from_the_forbidden(bricks: sv.Material) -> None:
    forbid = np.zeros((SIZE, SIZE), np.float32)
    forbid[:, 60:] = 1
    fill = sv.inpaint(bricks, square(), forbid=forbid, device="cpu")
    assert (traced(fill).source_cols < 60).all()


def test_everything_forbidden_leaves_nothing_to_copy(bricks: sv.Material) -> None:
    with pytest.raises(sv.SvbrdfError, match=r"forbid|copy"):
        sv.inpaint(bricks, square(), forbid=np.ones((SIZE, SIZE), np.float32), device="cpu")


def test_smaller_maps_are_filled_with_the_rest() -> None:
    clean = make_example("bricks", SIZE, 0).clean
    small = clean["roughness"][::2, ::2].copy()
    material = sv.Material.from_arrays("m", {"diffuse": clean["diffuse"], "roughness": small})
    mask = square()
    small_hole = mask[::2, ::2] > 0
    broken = {"diffuse": clean["diffuse"].copy(), "roughness": small.copy()}
    broken["diffuse"][mask > 0] = 255
    broken["roughness"][small_hole] = 0
    fill = sv.inpaint(sv.Material.from_arrays("m", broken), mask, device="cpu")
    at = material.layout.slice_of("roughness")
    filled = fill.canvas.tensor()[at][0, ::2, ::2]
    assert np.abs(filled[small_hole].mean() - small[small_hole].mean() / 255) < 0.1


def test_a_soft_mask_blends() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(40, 60, (SIZE, SIZE), dtype=np.uint8)
    values[30:50, 40:60] = 250
    mask = square()
    mask[mask > 0] = 0.5
    filled = sv.inpaint(sv.Material.from_arrays("m", {"roughness": values}), mask, device="cpu").canvas.tensor()[0]
    inside = filled[30:50, 40:60] * 255
    assert 140 < inside.mean() < 160


def test_holes_far_apart_are_all_filled() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(40, 60, (1400, 700), dtype=np.uint8)
    mask = np.zeros(values.shape, np.float32)
    mask[100:110, 100:110] = mask[1300:1310, 600:610] = mask[0:4, 690:700] = 1
    broken = np.where(mask > 0, 255, values).astype(np.uint8)
    fill = sv.inpaint(sv.Material.from_arrays("m", {"roughness": broken}), mask, device="cpu")
    assert fill.canvas.tensor()[0][mask > 0].max() < 62 / 255
    assert len(traced(fill).rows) == (mask > 0).sum()


def test_nan_in_the_hole_is_filled_and_nan_outside_is_told() -> None:
    height = np.random.default_rng(0).random((SIZE, SIZE)).astype(np.float32) * 3
    height[35:45, 45:55] = np.nan
    material = sv.Material.from_arrays("m", {"height": height})
    filled = sv.inpaint(material, square(), device="cpu").canvas.tensor()
    assert np.isfinite(filled).all()
    with pytest.raises(sv.MaskError, match="nan"):
        sv.inpaint(material, square(top=35, left=60, side=8), device="cpu")


@pytest.mark.parametrize("tileable", [False, True])
def test_a_line_drawing_alone_is_a_material(tileable: bool) -> None:
    drawing = np.full((64, 64), 255, np.uint8)
    drawing[::8] = 0
    mask = square(20, 20, 15, 64)
    broken = np.where(mask > 0, 128, drawing).astype(np.uint8)
    fill = sv.inpaint(sv.Material.from_arrays("lines", {"diffuse": broken}), mask, tileable=tileable, device="cpu")
    assert np.abs(fill.canvas.tensor()[0] - drawing / 255).max() < 0.05


def test_a_mask_of_another_size_is_resampled_with_a_word_or_refused(bricks: sv.Material) -> None:
    fill = sv.inpaint(bricks, square(15, 20, 10, 48), device="cpu")
    assert len(traced(fill).rows) == 400
    assert any("48" in note for note in fill.notes)
    with pytest.raises(sv.MaskError):
        sv.inpaint(bricks, np.ones((20, 90), np.float32), device="cpu")


def test_an_unknown_method_names_the_known(bricks: sv.Material) -> None:
    with pytest.raises(sv.InputError, match="patch"):
        sv.inpaint(bricks, square(), method="magic", device="cpu")


def test_cancelling_stops_within_a_step_and_changes_nothing(bricks: sv.Material) -> None:
    asked: list[int] = []

    def stop_at_the_fourth() -> bool:
        asked.append(len(asked))
        return len(asked) > 3

    before = bricks.tensor()
    with pytest.raises(sv.Cancelled):
        sv.inpaint(bricks, square(), device="cpu", run=sv.Run(should_stop=stop_at_the_fourth))
    assert len(asked) == 4
    assert (bricks.tensor() == before).all()


def test_progress_runs_from_0_to_1(bricks: sv.Material) -> None:
    seen: list[sv.Progress] = []
    sv.inpaint(bricks, square(), device="cpu", run=sv.Run(on_progress=seen.append))
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] == 1
    assert len(set(fractions)) > 2


def test_energy_tells_a_good_fill_from_a_bad_one() -> None:
    clean = make_example("bricks", SIZE, 0).clean
    fine = sv.inpaint(sv.Material.from_arrays("m", clean), square(), device="cpu")
    far = np.ones((SIZE, SIZE), np.float32)
    far[:16, :16] = 0  # one corner is all it may copy from
    poor = sv.inpaint(sv.Material.from_arrays("m", clean), square(), forbid=far, device="cpu")
    assert fine.energy is not None and poor.energy is not None
    assert fine.energy < poor.energy


def test_the_source_map_can_be_drawn(bricks: sv.Material) -> None:
    fill = sv.inpaint(bricks, square(), settings=sv.PatchSettings(rotations=True, mirrors=True), device="cpu")
    picture = traced(fill).draw(SIZE, SIZE)
    assert picture.shape == (SIZE, SIZE, 3)
    row, col = traced(fill).rows[7], traced(fill).cols[7]
    assert picture[row, col, 0] == int(traced(fill).source_cols[7] * (255 / (SIZE - 1)))
