"""Sliced Wasserstein distance: by hand, by SciPy on each direction, and as a distance between samples."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy import stats

from svbrdf_core.tensors.wasserstein import sliced_wasserstein


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def sample(count: int, width: int, seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return rng(seed).standard_normal((count, width), np.float32)


@pytest.mark.parametrize("sizes", [(40, 40), (40, 17), (6, 9), (1, 5)])
def test_it_is_the_mean_of_the_distances_on_lines(sizes: tuple[int, int]) -> None:
    a, b = (sample(n, 3, seed) for seed, n in enumerate(sizes))
    axes = rng(5).standard_normal((8, 3), np.float32)
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    expected = np.mean([stats.wasserstein_distance(a @ axis, b @ axis) for axis in axes])
    assert sliced_wasserstein(a, b, rng(5), directions=8) == pytest.approx(expected, rel=1e-4)


def test_a_shift_on_a_line_is_its_length() -> None:
    a = sample(30, 1, 0)
    assert sliced_wasserstein(a, a + np.float32(2.5), rng()) == pytest.approx(2.5, rel=1e-5)
    assert sliced_wasserstein(a, rng(1).permutation(a), rng()) == 0


def test_twice_the_same_sample_in_another_number_is_at_0() -> None:
    a = sample(30, 4, 0)
    assert sliced_wasserstein(a, np.concatenate([a, a]), rng()) == pytest.approx(0, abs=1e-6)


def test_it_grows_with_the_difference_and_needs_no_pairs() -> None:
    a, b = sample(2000, 20, 0), sample(1500, 20, 1)
    found = [sliced_wasserstein(a, b * np.float32(scale), rng()) for scale in (1, 0.8, 0.5)]
    assert found[0] < 0.05 < found[1] < found[2]
    assert sliced_wasserstein(a, b, rng()) == pytest.approx(sliced_wasserstein(b, a, rng()), rel=1e-5)


def test_samples_that_have_no_distance_are_refused() -> None:
    with pytest.raises(ValueError, match="no distance"):
        sliced_wasserstein(sample(3, 2, 0), sample(3, 4, 0), rng())
    with pytest.raises(ValueError, match="no distance"):
        sliced_wasserstein(sample(3, 2, 0), sample(0, 2, 0), rng())


def test_two_thousand_patches_take_milliseconds() -> None:
    a, b = sample(2000, 300, 0), sample(1999, 300, 1)
    seconds = []
    for _ in range(5):
        started = time.process_time()
        sliced_wasserstein(a, b, rng())
        seconds.append(time.process_time() - started)
    assert min(seconds) < 1.0
