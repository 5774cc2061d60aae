"""Diversity of variations and statistics of patches, by hand and on fills whose order is known."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from svbrdf_core.errors import InputError
from svbrdf_core.metrics import diversity, patch_statistics
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


def test_blur_lies_among_the_known_patches_and_leaves_most_of_them_out(case: Case, smooth: Floats) -> None:
    """What precision rewards, recall does not."""
    truth, blurred = (patch_statistics(fill, case.layout, case.hole) for fill in (case.truth, smooth))
    assert blurred["patch/precision"] >= truth["patch/precision"] - 0.02
    assert blurred["patch/recall"] < truth["patch/recall"] - 0.1
    assert abs(truth["patch/kernel"]) < 3 * truth["patch/kernel_error"]
    assert blurred["patch/kernel"] > truth["patch/kernel"]


def test_too_few_patches_have_no_statistics(case: Case) -> None:
    speck = np.zeros_like(case.hole)
    speck[60:66, 60:66] = True
    assert patch_statistics(case.truth, case.layout, speck) == {}


def test_patches_that_leave_the_picture_are_not_looked_at(case: Case) -> None:
    edge = np.zeros_like(case.hole)
    edge[:20] = True
    assert patch_statistics(case.truth, case.layout, edge) == {}
