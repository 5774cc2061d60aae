"""A picture that repeats says by which shift; one that does not says so, too."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.patch.level import Level, build_level
from svbrdf_core.patch.regular import find_shift
from svbrdf_core.tensors.pyramid import Plane


def level_of(image: NDArray[np.float32], hole: tuple[slice, slice]) -> Level:
    known = np.ones(image.shape[:2], np.bool_)
    known[hole] = False
    plane = Plane(np.where(known[..., None], image, 0).astype(np.float32), known, np.ones_like(known))
    return build_level(plane, [plane], (False, False))


def test_the_period_is_found() -> None:
    tile = np.random.default_rng(0).standard_normal((20, 28, 2)).astype(np.float32)
    shift = find_shift(level_of(np.tile(tile, (6, 5, 1)), (slice(50, 66), slice(60, 80))))
    assert shift is not None
    assert shift.dy % 20 == 0
    assert shift.dx % 28 == 0
    assert shift.score > 0.99


def test_noise_has_none_worth_trying() -> None:
    noise = np.random.default_rng(1).standard_normal((120, 140, 2)).astype(np.float32)
    shift = find_shift(level_of(noise, (slice(50, 66), slice(60, 80))))
    assert shift is None or shift.score < 0.3


def test_a_hole_that_no_shift_clears_has_none() -> None:
    tile = np.random.default_rng(0).standard_normal((20, 20, 1)).astype(np.float32)
    assert find_shift(level_of(np.tile(tile, (5, 5, 1)), (slice(20, 80), slice(20, 80)))) is None
