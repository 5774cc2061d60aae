"""The free-form brush and the picture of a mask."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from svbrdf_core import masks
from svbrdf_core.errors import MaskError


def test_same_seed_same_mask() -> None:
    first, again, other = (masks.brush((64, 96), np.random.default_rng(seed)) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@given(st.integers(0, 2**32), st.tuples(st.integers(1, 90), st.integers(1, 90)), st.booleans())
def test_hard_and_never_empty(seed: int, size: tuple[int, int], tileable: bool) -> None:
    mask = masks.brush(size, np.random.default_rng(seed), tileable=tileable)
    assert mask.shape == size
    assert mask.dtype == np.float32
    assert set(np.unique(mask)) <= {0, 1}
    assert mask.any()


def test_numbers_of_the_paper() -> None:
    areas = [masks.brush((512, 512), np.random.default_rng(seed)).mean() for seed in range(40)]
    assert 0.06 < np.mean(areas) < 0.2
    pieces = [len(masks.components(masks.brush((2048, 2048), np.random.default_rng(seed)))) for seed in range(20)]
    assert max(pieces) == 3


def test_width_is_in_pixels() -> None:
    one = masks.BrushSettings(strokes=(1, 1), vertices=(2, 2), width=(20, 20), length=(0.2, 0))
    mask = masks.brush((512, 512), np.random.default_rng(2), one, tileable=True)
    length = 0.2 * 512 * 2**0.5
    assert mask.sum() == pytest.approx(length * 20 + np.pi * 100, rel=0.02)


def test_strokes_wrap_on_the_torus() -> None:
    one = masks.BrushSettings(strokes=(1, 1), vertices=(2, 2), width=(20, 20), length=(0.2, 0))
    for seed in range(10):
        mask = masks.brush((256, 256), np.random.default_rng(seed), one, tileable=True)
        assert len(masks.components(mask, tileable=True)) == 1


def test_no_room() -> None:
    with pytest.raises(MaskError, match="no room"):
        masks.brush((0, 5), np.random.default_rng(0))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("channels", [None, 1, 3])
def test_overlay_tints_the_hole_and_rings_it(dtype: type, channels: int | None) -> None:
    grey = 0.5 if dtype is np.float32 else np.iinfo(dtype).max // 2
    shape = (20, 20) if channels is None else (20, 20, channels)
    mask = np.zeros((20, 20), np.float32)
    mask[8:12, 8:12] = 1
    mask[0, 0] = 0.5
    shown = masks.overlay(np.full(shape, grey, dtype), mask, colour=(255, 0, 0), opacity=0.5, outline=1)
    assert shown.shape == (20, 20, 3)
    assert shown.dtype == np.uint8
    np.testing.assert_allclose(shown[15, 15], 127, atol=1)
    np.testing.assert_allclose(shown[9, 9], (191, 64, 64), atol=1)
    np.testing.assert_allclose(shown[0, 0], (159, 96, 96), atol=1)
    assert shown[7, 9].tolist() == [255, 0, 0]
    assert (shown == (255, 0, 0)).all(axis=2).sum() == 16 + 2


def test_overlay_leaves_its_input_alone() -> None:
    picture = np.zeros((8, 8, 3), np.uint8)
    mask = np.zeros((8, 8), np.float32)
    mask[4, 4] = 1
    masks.overlay(picture, mask)
    assert not picture.any()
