"""PNG files as the add-on writes them are read by others, without loss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from blender_addon.client import arrays
from svbrdf_core.formats import read_image


def noise(dtype: Any, height: int, width: int, channels: int) -> NDArray[Any]:
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max + 1, (height, width, channels)).astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (3, 5), (9, 64), (100, 1)])
def test_png_is_read_back_by_the_engine(tmp_path: Path, dtype: Any, channels: int, height: int, width: int) -> None:
    array = noise(dtype, height, width, channels)
    for samples in (array, array[::-1, ::-1], np.zeros_like(array)):
        (tmp_path / "it.png").write_bytes(arrays.encode_png(samples))
        found = read_image(tmp_path / "it.png").samples
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found.reshape(array.shape), samples)


def test_png_of_flat_and_smooth_pictures_is_small() -> None:
    assert len(arrays.encode_png(np.full((512, 512, 3), 7, np.uint8))) < 512 * 512 * 3 / 50
    smooth = np.broadcast_to(np.arange(512, dtype=np.uint16)[:, None, None] * 100, (512, 512, 3))
    assert len(arrays.encode_png(smooth)) < smooth.size * 2 / 10


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 5), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_arrays_that_no_png_holds_are_refused(array: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="no PNG holds samples"):
        arrays.encode_png(array)
