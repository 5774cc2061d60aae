"""Diversity of variations and statistics of patches, by hand, by SciPy and on fills whose order is known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import linalg

from svbrdf_core.errors import InputError
from svbrdf_core.metrics import diversity, patch_statistics
from svbrdf_core.metrics.patches import frechet, kernel
from svbrdf_core.tensors.layout import ChannelLayout
from tests.metrics.conftest import Case, Floats, pebbles

GREY = ChannelLayout(("roughness",), (1,))


def test_diversity_is_the_root_of_the_mean_square_over_all_pairs(case: Case) -> None:
    rng = np.random.default_rng(1)
    fills = [case.with_hole(rng.random(case.truth.shape, np.float32)) for _ in range(4)]
    found = diversity([fill[6:7] for fill in fills], GREY, case.hole)
    pairs = [np.mean((a[6][case.hole] - b[6][case.hole]) ** 2) for a, b in itertools.combinations(fills, 2)]
    known = case.truth[6][~case.hole]  # all of it lies within 64 pixels of the hole, but for a few
    assert found["diversity/roughness"] == pytest.approx(np.sqrt(np.mean(pairs) / (2 * known.var())), rel=0.02)
    assert found["diversity"] == found["diversity/roughness"]


def test_diversity_is_0_for_one_fill_and_1_for_places_that_have_nothing_to_do_with_each_other(case: Case) -> None:
    assert diversity([case.truth, case.truth], case.layout, case.hole)["diversity"] == 0
    fills = [case.with_hole(pebbles(seed=seed)) for seed in range(20, 26)]
    assert diversity(fills, case.layout, case.hole)["diversity"] == pytest.approx(1, abs=0.15)


def test_diversity_leaves_constant_maps_out_and_wants_two_fills(case: Case) -> None:
    flat = np.full_like(case.truth[6:7], 0.5)
    assert diversity([flat, flat], GREY, case.hole) == {}
    with pytest.raises(InputError, match="two or more"):
        diversity([case.truth], case.layout, case.hole)
    with pytest.raises(InputError, match="10 channels"):
        diversity([case.truth, case.truth[:4]], case.layout, case.hole)


def test_the_frechet_distance_by_hand_and_by_the_root_of_a_matrix() -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal((400, 5)) @ rng.standard_normal((5, 5))
    assert frechet(x, x) == pytest.approx(0, abs=1e-9)
    assert frechet(x, x + np.array([3.0, 0, 4, 0, 0])) == pytest.approx(25)
    assert frechet(x, 2 * (x - x.mean(0)) + x.mean(0)) == pytest.approx(np.trace(np.cov(x, rowvar=False)))
    y = rng.standard_normal((300, 5))
    one, other = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = linalg.sqrtm(one @ other).real
    expected = np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(one + other - 2 * root)
    assert frechet(x, y) == pytest.approx(float(expected))


def test_the_kernel_distance_by_loops() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((7, 4)), rng.standard_normal((5, 4)) + 1

    def alike(a: np.ndarray[tuple[int, ...], np.dtype[np.float64]], b: object) -> float:
        return float((a @ np.asarray(b) / 4 + 1) ** 3)

    within = [np.mean([alike(a, b) for i, a in enumerate(z) for j, b in enumerate(z) if i != j]) for z in (x, y)]
    across = np.mean([alike(a, b) for a in x for b in y])
    assert kernel(x, y) == pytest.approx(float(sum(within) - 2 * across))


def test_the_kernel_distance_is_unbiased() -> None:
    rng = np.random.default_rng(4)
    values = [kernel(*rng.standard_normal((2, 40, 3))) for _ in range(300)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(300)


def test_patches_rank_fills(case: Case, smooth: Floats, moved: Floats) -> None:
    def far(filled: Floats) -> dict[str, float]:
        return patch_statistics(filled, case.layout, case.hole)

    flat = case.with_hole(np.broadcast_to(case.truth.mean((1, 2), keepdims=True), case.truth.shape))
    other = case.with_hole(np.roll(case.truth, (41, 57), (1, 2)))
    for name in ("patch/frechet", "patch/kernel"):
        good, blurred, constant = (far(fill)[name] for fill in (other, smooth, flat))
        assert good < blurred < constant, name
    assert far(other)["patch/frechet"] < far(moved)["patch/frechet"], "maps that do not belong together are seen"
    assert far(other) == far(other)


def test_too_few_patches_have_no_statistics(case: Case) -> None:
    speck = np.zeros_like(case.hole)
    speck[60:66, 60:66] = True
    assert patch_statistics(case.truth, case.layout, speck) == {}


def test_patches_that_leave_the_picture_are_not_looked_at(case: Case) -> None:
    edge = np.zeros_like(case.hole)
    edge[:20] = True
    assert patch_statistics(case.truth, case.layout, edge) == {}
