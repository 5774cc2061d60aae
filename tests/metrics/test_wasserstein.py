"""Wasserstein figures of fills: 1 for the truth, about 1 for more of the same, and more for what is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from svbrdf_core.metrics import measure
from svbrdf_core.tensors.layout import ChannelLayout
from tests.metrics.conftest import LAYOUT, Bools, Floats, pebbles
from tests.metrics.test_two_sample import FAULTS, square, stroke

ALL = {"wasserstein", "wasserstein/1", "wasserstein/2", "wasserstein/4"}


def far(filled: Floats, truth: Floats | None, hole: Bools, layout: ChannelLayout = LAYOUT) -> dict[str, float]:
    found = measure(filled, truth, layout, hole, groups=("statistics",))
    return {name: value for name, value in found.items() if name.startswith("wasserstein")}


@pytest.fixture(scope="module")
def truth() -> Floats:
    return pebbles(288, 0)


@pytest.mark.parametrize("hole", [square(48), square(160), stroke()], ids=["48", "160", "stroke"])
def test_the_truth_is_at_1(truth: Floats, hole: Bools) -> None:
    assert far(truth, truth, hole) == dict.fromkeys(ALL, pytest.approx(1, abs=1e-12))


@pytest.mark.parametrize("hole", [square(64), stroke()], ids=["square", "stroke"])
@pytest.mark.parametrize("with_truth", [True, False])
def test_independent_samples_of_one_field_are_about_1(hole: Bools, with_truth: bool) -> None:
    found = []
    for seed in range(8):
        truth, other = pebbles(288, 2 * seed + 10), pebbles(288, 2 * seed + 11)
        found.append(far(np.where(hole, other, truth), truth if with_truth else None, hole))
    for name in ALL:
        assert 0.7 < np.exp(np.mean([np.log(figures[name]) for figures in found])) < 1.4, name


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_farther_than_other_samples(truth: Floats, fault: str) -> None:
    hole = square(96)
    sound = [far(np.where(hole, pebbles(288, seed), truth), truth, hole)["wasserstein/1"] for seed in range(1, 5)]
    broken = [
        far(np.where(hole, FAULTS[fault](pebbles(288, seed)), truth), truth, hole)["wasserstein/1"]
        for seed in range(1, 5)
    ]
    assert np.median(broken) > 1.1 * np.median(sound)


def test_blur_shows_at_the_finest_scale_and_a_shift_of_the_tone_at_all(truth: Floats) -> None:
    hole = square(96)
    soft = far(np.where(hole, ndimage.gaussian_filter(truth, (0, 2, 2)), truth), truth, hole)
    assert soft["wasserstein/1"] > 1.5 and soft["wasserstein/1"] > soft["wasserstein/4"]
    assert min(far(np.where(hole, FAULTS["brighten"](truth), truth), truth, hole).values()) > 1.3


def test_the_size_of_the_hole_makes_little_difference(truth: Floats) -> None:
    soft = ndimage.gaussian_filter(pebbles(288, 1), (0, 1.5, 1.5))
    small, large = (far(np.where(hole, soft, truth), truth, hole) for hole in (square(64), square(160)))
    assert 0.5 < small["wasserstein/1"] / large["wasserstein/1"] < 2


def test_nothing_varies_and_nothing_fits() -> None:
    flat = np.full((1, 288, 288), 0.5, np.float32)
    layout = ChannelLayout(("roughness",), (1,))
    assert far(flat, flat, square(48), layout) == dict.fromkeys(ALL, 1)
    assert far(flat, None, square(48), layout) == dict.fromkeys(ALL, 1)
    assert far(flat, flat, square(5), layout) == {}


def test_the_figure_is_the_same_twice(truth: Floats) -> None:
    hole = square(64)
    filled = np.where(hole, pebbles(288, 1), truth)
    assert far(filled, None, hole) == far(filled, None, hole)
