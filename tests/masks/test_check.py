"""What is refused before a fill, and what is put right with a note."""

from __future__ import annotations

import numpy as np
import pytest

from svbrdf_core import masks
from svbrdf_core.errors import MaskError


def square(height: int = 8, width: int = 12) -> masks.Mask:
    mask = np.zeros((height, width), np.float32)
    mask[2:4, 3:6] = 1
    return mask


def test_a_good_mask_passes_as_it_is() -> None:
    mask = square()
    checked, notes = masks.check(mask, (8, 12))
    assert checked is mask
    assert notes == ()


def test_empty_and_full() -> None:
    with pytest.raises(MaskError, match="The mask is empty"):
        masks.check(np.zeros((4, 4), np.float32), (4, 4))
    with pytest.raises(MaskError, match="whole picture.*paint less"):
        masks.check(np.full((4, 4), 0.5, np.float32), (4, 4))


def test_a_hole_that_resampling_loses_is_empty() -> None:
    mask = np.zeros((64, 64), np.float32)
    mask[0, 0] = 1
    with pytest.raises(MaskError, match="empty"):
        masks.check(mask, (8, 8))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.1, 1.1])
def test_values_outside_the_range(bad: float) -> None:
    mask = square()
    mask[0, 0] = bad
    with pytest.raises(MaskError, match="outside 0 to 1"):
        masks.check(mask, (8, 12))


def test_same_aspect_is_scaled_by_nearest_neighbour_with_a_note() -> None:
    checked, notes = masks.check(square(), (16, 24), "spot.png")
    np.testing.assert_array_equal(checked, np.kron(square(), np.ones((2, 2))))
    assert notes == ("spot.png is 12 x 8 and was scaled to 24 x 16 without smoothing.",)
    back, _ = masks.check(checked, (8, 12))
    np.testing.assert_array_equal(back, square())


@pytest.mark.parametrize("size", [(341, 512), (342, 512), (512, 341), (171, 256)])
def test_aspects_that_differ_by_rounding_pass(size: tuple[int, int]) -> None:
    large = (2048, 3072) if size[0] < size[1] else (3072, 2048)
    mask, notes = masks.fit(np.ones(size, np.float32), large)
    assert mask.shape == large
    assert len(notes) == 1


@pytest.mark.parametrize("size", [(12, 8), (8, 8), (16, 25), (100, 152), (0, 0)])
def test_another_aspect_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(MaskError, match="another shape"):
        masks.fit(square(*((200, 300) if size == (100, 152) else (8, 12))), size)


def test_sources_are_known_and_allowed() -> None:
    mask = np.array([[0, 0.5, 1, 0]], np.float32)
    np.testing.assert_array_equal(masks.source_mask(mask), [[True, False, False, True]])
    forbid = np.array([[0.1, 0, 0, 0]], np.float32)
    np.testing.assert_array_equal(masks.source_mask(mask, forbid), [[False, False, False, True]])
    with pytest.raises(MaskError, match="forbid less"):
        masks.source_mask(mask, np.ones((1, 4), np.float32))


def test_a_faint_mask_is_told() -> None:
    _, notes = masks.check(square() * np.float32(2 / 255), (8, 12))
    assert notes == ("The mask is nowhere whiter than 0.8%, so no more of the fill than that is seen.",)


@pytest.mark.parametrize("shape", [(), (8,), (8, 12, 1), (8, 12, 3)])
def test_another_number_of_axes_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(MaskError, match="give \\(H, W\\)"):
        masks.check(np.ones(shape, np.float32), (8, 12))


def test_a_forbidden_area_of_another_shape_is_refused() -> None:
    with pytest.raises(MaskError, match="forbidden area has the shape"):
        masks.source_mask(square(), square(8, 13))
