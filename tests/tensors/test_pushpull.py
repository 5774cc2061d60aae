"""Smooth fills by coarser scales: exact outside, between what is around, of any shape."""

from __future__ import annotations

import numpy as np
import pytest

from svbrdf_core.tensors.pushpull import push_pull


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (13, 8), (32, 33)])
def test_known_pixels_stay_and_others_are_between_them(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    picture = rng.random((3, *size)).astype(np.float32)
    known = rng.random(size) < 0.3
    known.flat[0] = True
    given = np.where(known, picture, np.float32(np.nan))
    filled = push_pull(given, known)
    assert (filled[:, known] == picture[:, known]).all() and filled.dtype == np.float32
    low, high = (of(picture[:, known], 1)[:, None, None] for of in (np.min, np.max))
    assert (filled >= low - 1e-6).all() and (filled <= high + 1e-6).all()


def test_a_gradient_goes_on_through_a_hole() -> None:
    y, x = np.mgrid[:64, :64].astype(np.float32)
    slope = (x + 2 * y)[None]
    known = np.ones((64, 64), np.bool_)
    known[20:44, 20:44] = False
    away = np.abs(push_pull(slope, known) - slope)[0, 20:44, 20:44]
    mean = np.abs(slope[:, known].mean() - slope)[0, 20:44, 20:44]
    assert away.mean() < 0.5 * mean.mean()


def test_where_nothing_is_known_there_are_zeros() -> None:
    assert not push_pull(np.ones((2, 5, 6), np.float32), np.zeros((5, 6), np.bool_)).any()
