"""Sharpness, total variation, seam and coherence on fills whose figures are known by hand."""

from __future__ import annotations

import math
from importlib.util import find_spec

import numpy as np
import pytest
from scipy import ndimage

from svbrdf_core.metrics import measure
from svbrdf_core.tensors.layout import ChannelLayout
from tests.metrics.conftest import Bools, Case, Floats

GREY = ChannelLayout(("roughness",), (1,))


def structure(case: Case, filled: Floats, *, truth: bool = True) -> dict[str, float]:
    return measure(filled, case.truth if truth else None, case.layout, case.hole, groups=("structure",))


def grey(values: Floats, truth: Floats | None, hole: Bools) -> dict[str, float]:
    return measure(values[None], None if truth is None else truth[None], GREY, hole, groups=("structure",))


def test_sharpness_is_the_ratio_of_the_gradients_energy(case: Case) -> None:
    values = case.truth.copy()
    at = case.layout.slice_of("roughness")
    values[at] = 0.5 + 0.5 * (case.truth[at] - 0.5)  # half the contrast
    found = structure(case, case.with_hole(values))
    assert found["sharpness/roughness"] == pytest.approx(0.25, rel=1e-2)
    assert found["tv/roughness"] == pytest.approx(0.5, rel=5e-2)  # a quarter of an 8-bit step is added to both
    assert found["sharpness/diffuse"] == pytest.approx(1)
    count = len(case.layout.names)
    assert found["sharpness"] == pytest.approx(0.25 ** (1 / count), rel=1e-2)


def test_sharpness_against_sums_of_numpy(case: Case, smooth: Floats) -> None:
    def energy(values: Floats, power: int) -> float:
        part = values[6, 60:108, 50:102].astype(np.float64)
        steps = [np.abs(np.diff(part, axis=axis)) ** power for axis in (0, 1)]
        return float(sum(s.sum() for s in steps)) / sum(s.size for s in steps)

    found = structure(case, smooth)
    assert found["sharpness/roughness"] == pytest.approx(energy(smooth, 2) / energy(case.truth, 2), rel=1e-3)
    assert found["tv/roughness"] == pytest.approx(energy(smooth, 1) / energy(case.truth, 1), rel=2e-2)


def test_blur_is_seen_without_the_truth_too(case: Case, smooth: Floats) -> None:
    assert 0.7 < structure(case, case.truth, truth=False)["sharpness"] < 1.4
    assert structure(case, smooth, truth=False)["sharpness"] < 0.5


def test_total_variation_is_set_against_the_known_patches_with_and_without_the_truth(
    case: Case, smooth: Floats
) -> None:
    blurred, untouched = structure(case, smooth), structure(case, case.truth)
    assert blurred["tv_known/roughness"] < 0.6 < 0.8 < untouched["tv_known/roughness"] < 1.25
    alone = structure(case, smooth, truth=False)
    assert alone["tv_known/roughness"] == blurred["tv_known/roughness"]
    assert "tv/roughness" in blurred and "tv/roughness" not in alone


def test_a_step_of_the_tone_is_a_seam(case: Case) -> None:
    at = case.layout.slice_of("diffuse")
    values = case.truth.copy()
    values[at] = values[at] + 0.3
    for truth in (True, False):
        untouched, stepped = (structure(case, v, truth=truth) for v in (case.truth, case.with_hole(values)))
        assert untouched["seam/diffuse"] == pytest.approx(1, abs=1e-6 if truth else 0.4)
        assert stepped["seam/diffuse"] > 3
        assert stepped["seam/roughness"] == pytest.approx(untouched["seam/roughness"])


def test_a_border_along_a_joint_is_no_seam_where_the_truth_is_known() -> None:
    truth = np.random.default_rng(0).normal(0.3, 0.01, (96, 96)).astype(np.float32)
    hole = np.zeros((96, 96), bool)
    hole[32:64, 32:64] = True
    truth[hole] += 0.3
    filled = np.where(hole, truth[32, 32], truth)  # one grey: smoother than the truth, no seam
    assert grey(truth, truth, hole)["seam"] == pytest.approx(1)
    assert grey(filled, truth, hole)["seam"] == pytest.approx(1, abs=0.05)
    assert grey(truth, None, hole)["seam"] > 5


def test_the_seam_of_a_step_by_hand() -> None:
    """Stripes of 0 and 0.1 side by side: all jumps along rows are 0.1, and the step makes those at the border 0.2."""
    truth = np.tile(np.array([0.4, 0.5], np.float32), (96, 48))
    hole = np.zeros((96, 96), bool)
    hole[32:64, 32:64] = True
    filled = truth.copy()
    filled[32:64, 32:64] += 0.1 * np.tile([-1.0, 1.0], (32, 16))
    found = grey(filled, truth, hole)
    # At the left and right border jumps are 0.2 against 0.1; above and below they are 0.1 against 0.
    assert found["seam/roughness"] > 1.9
    assert grey(truth, truth, hole)["seam/roughness"] == pytest.approx(1, abs=0.02)


def test_a_piece_pasted_from_elsewhere_shows(case: Case) -> None:
    rolled = np.roll(case.truth, (41, 57), (1, 2))
    assert structure(case, case.with_hole(rolled))["seam"] > 1.3


def test_coherence_is_one_where_nothing_was_touched(case: Case) -> None:
    assert structure(case, case.truth)["coherence"] == pytest.approx(1, abs=0.15)


def test_coherence_is_lost_where_maps_come_from_different_places(case: Case, moved: Floats) -> None:
    together = case.with_hole(np.roll(case.truth, (41, 57), (1, 2)))
    assert structure(case, together)["coherence"] > 0.8
    assert abs(structure(case, moved)["coherence"]) < 0.25


def test_blur_wins_no_coherence(case: Case) -> None:
    blurred = case.with_hole(ndimage.gaussian_filter(case.truth, (0, 8, 8)))
    assert structure(case, blurred)["coherence"] < 0.3


def test_figures_without_a_value_are_left_out(case: Case) -> None:
    alone = measure(case.truth[6:7], case.truth[6:7], GREY, case.hole, groups=("structure",))
    assert "coherence" not in alone and "sharpness" in alone
    flat = np.full_like(case.truth[6], 0.5)
    assert grey(flat, flat, case.hole) == {}
    speck = np.zeros_like(case.hole)
    speck[60:63, 60:63] = True
    tiny = measure(case.truth, case.truth, case.layout, speck, groups=("structure",))
    assert "coherence" not in tiny
    assert all(math.isfinite(value) for value in tiny.values())


def test_a_constant_fill_of_a_map_with_detail_has_none(case: Case) -> None:
    values = case.truth.copy()
    values[6] = 0.5
    found = structure(case, case.with_hole(values))
    assert found["sharpness/roughness"] < 0.02
    assert all(math.isfinite(value) for value in found.values())


def test_only_known_pixels_are_compared_with(case: Case) -> None:
    """A flat part of the surroundings that is not known makes no jump look unusual."""
    torn = case.truth.copy()
    torn[:, :30] = 0.5
    known = np.ones_like(case.hole)
    known[:40] = False
    groups = ("structure", "render") if find_spec("torch") else ("structure",)
    whole = measure(case.truth, None, case.layout, case.hole, groups=groups, known=known)
    assert measure(torn, None, case.layout, case.hole, groups=groups, known=known) == pytest.approx(whole, rel=1e-2)
    assert measure(torn, None, case.layout, case.hole, groups=groups)["seam"] > 1.1 * whole["seam"]
