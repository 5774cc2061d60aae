"""What richness does: rare sources count, shares follow the surroundings, repeats cost, seeds differ."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from scipy import ndimage

from svbrdf_core.patch import PatchFill, PatchSettings, fill
from svbrdf_core.patch.level import Level, build_level
from svbrdf_core.patch.rarity import HIGHEST, LOWEST, RANKS, TASTE, Rarity, find_surroundings
from svbrdf_core.patch.richness import count_uses, distance_to_surroundings
from svbrdf_core.patch.types import Bools, Floats
from svbrdf_core.run import Run
from svbrdf_core.tensors.pyramid import Plane
from tests.patch.cases import LAYOUTS, box, texture, weave

TORCH = pytest.param(
    "cpu:0",
    marks=[
        pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed"),
        pytest.mark.filterwarnings("ignore::DeprecationWarning:torch"),
    ],
)


def dotted(height: int, width: int, seed: int = 0) -> Floats:
    """Make a nearly flat map ``(1, H, W)`` with a few bright dots, about one patch in eight near one."""
    rng = np.random.default_rng(seed)
    dots = (rng.random((height, width)) < 0.004).astype(np.float32)
    image = 6 * ndimage.gaussian_filter(dots, 1.2) + 0.01 * rng.standard_normal((height, width))
    return np.asarray(image[None] + 0.2, np.float32)


def level_of(image: Floats, hole: Bools) -> Level:
    plane = Plane(np.ascontiguousarray(image.transpose(1, 2, 0)), ~hole, np.ones_like(hole))
    return build_level(plane, [plane], (False, False))


def grain_beside_flat(size: int = 96) -> tuple[Floats, Floats]:
    """Make a map whose lower part is grain and whose upper part is flat, and a hole in the grain."""
    image = texture(1, size, size, blur=2.0)
    image[:, : size // 2] = 0.5 + 0.02 * (image[:, : size // 2] - 0.5)
    return image, box(size, size, size * 5 // 8, size * 3 // 8, size // 4, size // 4)


def energy_in(fill_: Floats, truth: Floats, mask: Floats) -> float:
    """Return the gradient energy in the hole over the truth's."""
    inside = mask[:, 1:] * mask[:, :-1] > 0
    energies = [float((np.diff(values, axis=-1)[:, inside] ** 2).mean()) for values in (fill_, truth)]
    return energies[0] / energies[1]


def spread_of(fills: list[PatchFill]) -> float:
    """Return the part of the hole that differs, in the mean over all pairs of fills."""
    rows = [f.source_rows * 10_000 + f.source_cols for f in fills]
    return float(np.mean([(a != b).mean() for i, a in enumerate(rows) for b in rows[:i]]))


def test_rare_sources_cost_less() -> None:
    image = dotted(80, 80)
    level = level_of(image, box(80, 80, 30, 30, 12, 12) > 0)
    rarity = Rarity.measure(level, 0.7, np.random.default_rng(0))
    near_a_dot = ndimage.maximum_filter(image[0], 7)[level.source_ys, level.source_xs] > 0.4
    assert near_a_dot.any() and not near_a_dot.all()
    weight = rarity.weight[level.valid]
    assert weight[near_a_dot].mean() < 0.8 * weight[~near_a_dot].mean()
    slack = np.exp(5 * TASTE)
    assert weight.min() >= LOWEST / slack and weight.max() <= HIGHEST * slack
    ranks = rarity.rank[level.valid]
    assert ranks[near_a_dot].mean() > ranks[~near_a_dot].mean()
    assert np.bincount(ranks, minlength=RANKS) == pytest.approx(len(ranks) / RANKS, rel=0.1)


def test_an_exponent_of_0_leaves_only_taste() -> None:
    level = level_of(dotted(64, 64), box(64, 64, 20, 20, 12, 12) > 0)
    weights = [Rarity.measure(level, 0.0, np.random.default_rng(seed)).weight[level.valid] for seed in (0, 1)]
    for weight in weights:
        assert np.log(weight).std() == pytest.approx(TASTE, rel=0.1)
    assert not np.array_equal(weights[0], weights[1])


def test_sources_that_are_all_alike_weigh_alike() -> None:
    level = level_of(np.full((1, 40, 40), 0.5, np.float32), box(40, 40, 14, 14, 10, 10) > 0)
    weight = Rarity.measure(level, 0.7, np.random.default_rng(0)).weight
    assert np.isfinite(weight).all() and np.abs(np.log(weight)).max() < 6 * TASTE


def test_what_is_used_more_than_around_gets_dearer() -> None:
    level = level_of(texture(1, 64, 64), box(64, 64, 24, 24, 12, 12) > 0)
    rarity = Rarity.measure(level, 0.7, np.random.default_rng(0))
    ones = np.ones(RANKS, np.float32)
    only_common = rarity.correct(ones, np.zeros(500, np.int32), 0.35)
    assert only_common[0] > 1 and (only_common[1:] < 1).all()
    as_around = np.repeat(np.arange(RANKS, dtype=np.int32), np.round(1e5 * rarity.expected).astype(int))
    assert rarity.correct(ones, as_around, 0.35) == pytest.approx(ones, abs=1e-2)
    factors = ones
    for _ in range(50):
        factors = rarity.correct(factors, np.zeros(500, np.int32), 0.35)
    assert 0.25 <= factors.min() and factors.max() <= 4


def test_the_surroundings_are_sources_near_the_hole() -> None:
    hole = box(100, 100, 40, 40, 10, 10) > 0
    level = level_of(texture(1, 100, 100), hole)
    near = find_surroundings(level)
    assert near.any() and (level.valid[near]).all()
    assert ndimage.distance_transform_cdt(~hole, "chessboard")[near].max() <= 10
    assert near[45, 35] and not near[45, 10]


def test_uses_are_counted_as_means_of_nine() -> None:
    level = level_of(texture(1, 40, 40), box(40, 40, 14, 14, 8, 8) > 0)
    rows, cols = np.full(level.shape, 30, np.int32), np.full(level.shape, 7, np.int32)
    uses = count_uses(level, rows, cols)
    assert uses[30, 7] == pytest.approx(len(level.ys) / 9) and uses[31, 8] == uses[30, 7] and uses[33, 7] == 0


def test_a_smear_is_farther_from_the_surroundings_than_a_fill() -> None:
    image = texture(3, 90, 90)
    hole = box(90, 90, 30, 30, 24, 24) > 0
    level = level_of(image, hole)
    picture = image.transpose(1, 2, 0)
    elsewhere, smear = picture.copy(), picture.copy()
    elsewhere[30:54, 30:54] = picture[60:84, 5:29]
    smear[30:54, 30:54] = ndimage.gaussian_filter(picture, (2, 2, 0))[30:54, 30:54]
    distances = [
        distance_to_surroundings(level, np.ascontiguousarray(p), find_surroundings(level))
        for p in (picture, elsewhere, smear)
    ]
    assert max(distances[:2]) < 0.6 * distances[2]


@pytest.mark.parametrize("device", ["cpu", TORCH])
@pytest.mark.parametrize("tileable", [False, True])
def test_grain_beside_something_flat_stays_grain(device: str, tileable: bool) -> None:
    truth, mask = grain_beside_flat()
    energy = {}
    for richness in (0.0, 1.0):
        chosen = PatchSettings(richness=richness, blend=False)
        runs = [Run(device, np.random.default_rng(seed)) for seed in (0, 1)]
        fills = [fill(truth, LAYOUTS[1], mask, chosen, tileable=tileable, run=run).tensor for run in runs]
        energy[richness] = float(np.exp(np.mean([np.log(energy_in(found, truth, mask)) for found in fills])))
    assert 0.6 < energy[1.0] < 1.25
    assert energy[0.0] < 0.25  # or this asks nothing


@pytest.mark.parametrize("richness", [0.5, 1.0, 2.0])
def test_a_weave_is_still_continued_exactly(richness: float) -> None:
    truth, mask = weave(4, 60, 64), box(60, 64, 20, 22, 16, 16)
    result = fill(np.where(mask > 0, 0, truth), LAYOUTS[4], mask, PatchSettings(richness=richness))
    assert np.array_equal(result.tensor, truth)


def test_seeds_differ_on_a_material_so_small_that_all_sources_are_tried() -> None:
    tensor, mask = texture(4, 36, 36, blur=1.5), box(36, 36, 13, 13, 9, 9)
    fills = [
        fill(tensor, LAYOUTS[4], mask, PatchSettings(), run=Run(generator=np.random.default_rng(seed)))
        for seed in (0, 1, 2, 0)
    ]
    assert np.array_equal(fills[0].tensor, fills[3].tensor)
    assert spread_of(fills[:3]) > 0.2


def test_a_richness_out_of_bounds_is_refused() -> None:
    for richness in (-0.1, 2.5, float("nan")):
        with pytest.raises(ValueError, match="richness"):
            PatchSettings(richness=richness)
