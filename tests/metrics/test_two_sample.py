"""The two-sample test of fills: what it finds, what it does not, and the same by scikit-learn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.metrics import roc_auc_score

import svbrdf_core as sv
from svbrdf_core.metrics import measure
from svbrdf_core.metrics.scene import scene
from svbrdf_core.metrics.texture import describe_pixels
from svbrdf_core.metrics.tiles import SIDE, find_tiles
from svbrdf_core.metrics.two_sample import FOLDS, RIDGE, auc, cross_validate, expand
from svbrdf_core.tensors.layout import ChannelLayout
from tests.metrics.conftest import LAYOUT, Bools, Floats, pebbles

SHARED = Path(__file__).parents[3] / "shared"
NULL = 0.15
"""More than independent samples of one field come to: twice the deviation of holes of about forty tiles."""


def square(side: int, whole: int = 288) -> Bools:
    hole = np.zeros((whole, whole), bool)
    at = (whole - side) // 2
    hole[at : at + side, at : at + side] = True
    return hole


def stroke(whole: int = 288) -> Bools:
    """Return two waves, 12 pixels thick."""
    rows, columns = np.mgrid[:whole, :whole]
    wave = whole / 2 + 30 * np.sin(columns / 30)
    near = np.minimum(np.abs(rows - wave + 40), np.abs(rows - wave - 40))
    inside: Bools = (near < 6) & (np.abs(columns - whole / 2) < 110)
    return inside


def tell(filled: Floats, truth: Floats | None, hole: Bools, layout: ChannelLayout = LAYOUT) -> float:
    return measure(filled, truth, layout, hole, groups=("statistics",))["two_sample"]


@pytest.fixture(scope="module")
def truth() -> Floats:
    return pebbles(288, 0)


def blur(truth: Floats) -> Floats:
    soft: Floats = ndimage.gaussian_filter(truth, (0, 1, 1))
    return soft


def enlarge(truth: Floats) -> Floats:
    large: Floats = np.stack([ndimage.zoom(c, 1.5, order=1)[: truth.shape[1], : truth.shape[2]] for c in truth])
    return large


def brighten(truth: Floats) -> Floats:
    bright: Floats = truth + np.float32(0.3) * truth.std((1, 2), keepdims=True)
    return bright


def take_maps_from_other_places(truth: Floats) -> Floats:
    moved = truth.copy()
    for number, name in enumerate(LAYOUT.names):
        at = LAYOUT.slice_of(name)
        moved[at] = np.roll(truth[at], (31 * number, 43 * number), (1, 2))
    return moved


FAULTS: dict[str, Callable[[Floats], Floats]] = {
    f.__name__: f for f in (blur, enlarge, brighten, take_maps_from_other_places)
}


@pytest.mark.parametrize("hole", [square(48), square(100), stroke()], ids=["48", "100", "stroke"])
def test_the_truth_against_itself_is_0(truth: Floats, hole: Bools) -> None:
    assert tell(truth, truth, hole) == 0


@pytest.mark.parametrize("hole", [square(112), stroke()], ids=["square", "stroke"])
def test_independent_samples_of_one_field_differ_by_nothing(hole: Bools) -> None:
    """In the mean: the truth is a sample too, so each pair has one of its own."""
    found = []
    for seed in range(8):
        truth, other = pebbles(288, 2 * seed + 10), pebbles(288, 2 * seed + 11)
        found.append(tell(np.where(hole, other, truth), truth, hole))
    assert abs(np.mean(found)) < 3 * np.std(found, ddof=1) / np.sqrt(len(found))
    assert np.abs(found).max() < NULL


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("hole", [square(112), stroke()], ids=["square", "stroke"])
def test_faults_are_found(truth: Floats, hole: Bools, fault: str) -> None:
    filled = np.where(hole, FAULTS[fault](pebbles(288, 1)), truth).astype(np.float32)
    assert tell(filled, truth, hole) > NULL


@pytest.mark.parametrize("fault", FAULTS)
def test_the_size_of_the_hole_makes_no_difference(truth: Floats, fault: str) -> None:
    other = FAULTS[fault](pebbles(288, 1))
    small, large = (tell(np.where(hole, other, truth), truth, hole) for hole in (square(48), square(160)))
    assert small == pytest.approx(large, abs=0.2) and min(small, large) > NULL


def test_without_a_truth_the_figure_is_that_against_chance(truth: Floats) -> None:
    hole = square(64)
    filled = np.where(hole, blur(truth), truth)
    alone, usual = tell(filled, None, hole), tell(truth, None, hole)
    assert abs(usual) < NULL < alone <= 0.5
    assert tell(filled, truth, hole) == pytest.approx(alone - usual)


@pytest.mark.parametrize("hole", [square(112), stroke()], ids=["square", "stroke"])
def test_the_windows_alone_tell_nothing_apart(hole: Bools) -> None:
    """In white noise only the shape of what is looked at could."""
    layout = ChannelLayout(("diffuse", "roughness"), (3, 1))
    found = []
    for seed in range(6):
        noise = np.random.default_rng(seed).random((4, 288, 288), np.float32)
        found.append(tell(noise, None, hole, layout))
    assert abs(np.mean(found)) < 0.05


def test_what_is_not_looked_at_has_no_say(truth: Floats) -> None:
    hole = stroke()
    tiles, _ = find_tiles(hole, ~hole, np.random.default_rng(0))
    torn = np.where(hole, truth, 7)
    for one, other in zip(describe_pixels(truth, tiles, LAYOUT), describe_pixels(torn, tiles, LAYOUT), strict=True):
        assert np.allclose(one, other, atol=1e-5)


def test_known_tiles_are_known_apart_and_near() -> None:
    hole = square(64)
    known = ~hole
    known[:90] = False
    inside, around = find_tiles(hole, known, np.random.default_rng(0))
    assert len(inside.spots) == 16 and inside.shapes.all()
    assert len(around.spots) == 48 and around.shapes.shape == (48, SIDE, SIDE)
    seen = np.zeros(hole.shape, int)
    for row, column in around.spots:
        seen[row : row + SIDE, column : column + SIDE] += 1
    assert seen.max() == 1 and known[seen > 0].all()
    assert ndimage.distance_transform_edt(~hole)[seen > 0].max() < 64


def test_a_grey_level_in_a_constant_map_is_found(truth: Floats) -> None:
    hole = square(64)
    flat = truth.copy()
    flat[6] = 0.5
    filled = flat.copy()
    filled[6, hole] += 0.1
    assert tell(filled, flat, hole) > NULL
    filled[6, hole] = np.nextafter(np.float32(0.5), np.float32(1))
    assert abs(tell(filled, flat, hole)) < 0.01


def test_holes_without_room_for_tiles_have_no_figure(truth: Floats) -> None:
    assert "two_sample" not in measure(truth, truth, LAYOUT, square(12), groups=("statistics",))


def test_a_single_map_is_judged_too(truth: Floats) -> None:
    hole, layout = square(64), ChannelLayout(("roughness",), (1,))
    assert tell(np.where(hole, blur(truth), truth)[6:7], truth[6:7], hole, layout) > NULL


def sample() -> tuple[Floats, Bools, NDArray[np.intp]]:
    rng = np.random.default_rng(2)
    inside = rng.random(400) < 0.3
    features = rng.standard_normal((400, 12), np.float32) + 0.4 * inside[:, None] * np.arange(12) / 12
    return expand(features.astype(np.float32)), inside, rng.integers(0, FOLDS, 400)


def test_scikit_learn_finds_the_same() -> None:
    x, inside, blocks = sample()
    plain, balanced = [], []
    for block in range(FOLDS):
        learn, ask = blocks != block, blocks == block
        share = np.where(inside[learn], 0.5 / inside[learn].sum(), 0.5 / (~inside[learn]).sum())
        ridge = Ridge(alpha=RIDGE).fit(x[learn].astype(float), np.where(inside[learn], 1, -1), share)
        plain.append(roc_auc_score(inside[ask], ridge.predict(x[ask].astype(float))))
        classifier = RidgeClassifier(alpha=RIDGE * learn.sum(), class_weight="balanced")
        classifier.fit(x[learn].astype(float), inside[learn])
        balanced.append(roc_auc_score(inside[ask], classifier.decision_function(x[ask].astype(float))))
    found = cross_validate(x, inside, blocks)
    assert found == pytest.approx(np.mean(plain), abs=1e-4)
    assert found == pytest.approx(np.mean(balanced), abs=1e-4)
    assert 0.6 < found < 1


def test_the_area_under_the_curve_is_scikit_learns_with_ties_too() -> None:
    rng = np.random.default_rng(3)
    positive = rng.random(200) < 0.4
    for score in (rng.random(200) + positive, rng.integers(0, 4, 200).astype(float)):
        assert auc(score, positive) == pytest.approx(roc_auc_score(positive, score))


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "materials").is_dir(), reason="the shared materials are not beside the clone")
@pytest.mark.parametrize("name", ["ground037", "terrazzo018", "bark014", "rock058"])
def test_on_real_materials_blur_shows_and_the_material_itself_does_not(name: str) -> None:
    material = sv.Material.load(SHARED / "materials" / name, only=LAYOUT.names)
    values, hole = material.tensor(), square(128, material.height)
    near = tell(np.where(hole, np.roll(values, (7, 5), (1, 2)), values), values, hole, material.layout)
    soft = tell(np.where(hole, blur(values), values), values, hole, material.layout)
    assert abs(near) < NULL < soft


def test_the_figure_is_the_same_twice_and_across_pieces(truth: Floats) -> None:
    hole = square(64)
    filled = np.where(hole, pebbles(288, 1), truth)
    assert tell(filled, truth, hole) == tell(filled, truth, hole)
    specks = np.zeros((288, 288), bool)
    specks[20:60, 20:60] = specks[220:260, 220:260] = True
    assert scene(truth, truth, LAYOUT, specks, 16).hole.sum() == specks.sum()
    assert tell(truth, truth, specks) == 0
