"""Mask pictures of every depth, written as real files."""

from __future__ import annotations

from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
from PIL import Image

from svbrdf_core import masks
from svbrdf_core.errors import InputError, MaskError

HOLE = np.zeros((6, 8), bool)
HOLE[1:4, 2:5] = True


def save(tmp_path: Path, samples: np.ndarray, mode: str | None = None) -> Path:
    path = tmp_path / "mask.png"
    image = Image.fromarray(samples)
    (image.convert(mode) if mode else image).save(path)
    return path


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "P"])
def test_white_is_the_hole_in_every_png_mode(tmp_path: Path, mode: str) -> None:
    mask = masks.read(save(tmp_path, HOLE.astype(np.uint8) * 255, mode))
    assert mask.dtype == np.float32
    np.testing.assert_array_equal(mask, HOLE)


@pytest.mark.parametrize("channels", [1, 3])
def test_16_bit_png_keeps_its_softness(tmp_path: Path, channels: int) -> None:
    soft = np.linspace(0, 65535, 48).astype(np.uint16).reshape(6, 8)
    path = tmp_path / "mask.png"
    path.write_bytes(imagecodecs.png_encode(np.stack([soft] * channels, axis=2).squeeze()))
    np.testing.assert_allclose(masks.read(path), soft / 65535, atol=1e-7)


def test_one_bit_png(tmp_path: Path) -> None:
    path = save(tmp_path, HOLE)
    with Image.open(path) as image:
        assert image.mode == "1"
    np.testing.assert_array_equal(masks.read(path), HOLE)


def test_palette_counts_by_colour_not_by_index(tmp_path: Path) -> None:
    image = Image.fromarray(HOLE.astype(np.uint8), mode=None).convert("P")
    image.putpalette([255, 255, 255, 0, 0, 0])
    image.save(tmp_path / "mask.png")
    np.testing.assert_array_equal(masks.read(tmp_path / "mask.png"), ~HOLE)


def test_float_tiff(tmp_path: Path) -> None:
    soft = np.linspace(0, 1, 48, dtype=np.float32).reshape(6, 8)
    tifffile.imwrite(tmp_path / "mask.tif", soft)
    np.testing.assert_array_equal(masks.read(tmp_path / "mask.tif"), soft)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 255.0, -1.0])
def test_float_values_that_are_no_mask_are_refused(tmp_path: Path, bad: float) -> None:
    soft = np.full((6, 8), 0.5, np.float32)
    soft[0, 0] = bad
    tifffile.imwrite(tmp_path / "mask.tif", soft)
    with pytest.raises(MaskError, match=r"mask\.tif .* 0 \(known\)"):
        masks.read(tmp_path / "mask.tif")


def test_ringing_of_a_resize_is_clipped() -> None:
    assert masks.from_image(np.array([[-0.005, 1.005]])).tolist() == [[0, 1]]


def test_missing_and_broken_files(tmp_path: Path) -> None:
    with pytest.raises(MaskError, match="There is no mask file"):
        masks.read(tmp_path / "none.png")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    with pytest.raises(InputError):
        masks.read(tmp_path / "broken.png")


def test_five_channels_are_no_mask() -> None:
    with pytest.raises(MaskError, match="1 to 4 channels"):
        masks.from_image(np.zeros((4, 4, 5), np.uint8))


def test_a_red_blob_is_a_whole_hole() -> None:
    picture = np.zeros((6, 8, 3), np.uint8)
    picture[HOLE] = (255, 0, 0)
    np.testing.assert_array_equal(masks.from_image(picture), HOLE)


class TestAlphaOfAMask:
    def test_constant_alpha_is_ignored(self) -> None:
        picture = np.zeros((6, 8, 4), np.uint8)
        picture[HOLE, :3] = 255
        np.testing.assert_array_equal(masks.from_image(picture), HOLE)

    def test_paint_on_an_empty_layer_counts_by_alpha(self) -> None:
        picture = np.zeros((6, 8, 4), np.uint8)
        picture[HOLE, 3] = 255
        np.testing.assert_array_equal(masks.from_image(picture), HOLE)

    def test_colour_and_alpha_that_both_vary_are_multiplied(self) -> None:
        picture = np.zeros((1, 3, 4), np.uint8)
        picture[0] = [(255, 255, 255, 255), (255, 255, 255, 51), (0, 0, 0, 255)]
        np.testing.assert_allclose(masks.from_image(picture), [[1, 0.2, 0]], rtol=1e-6)


def test_transparent_pixels_of_a_map_are_the_hole() -> None:
    np.testing.assert_allclose(masks.from_alpha(np.array([[255, 0, 51]], np.uint8)), [[0, 1, 0.8]], rtol=1e-6)


def test_not_a_number_in_any_channel() -> None:
    tensor = np.zeros((2, 2, 3))
    tensor[0, 0, 0], tensor[1, 1, 2] = np.nan, np.inf
    np.testing.assert_array_equal(masks.from_nonfinite(tensor), [[1, 0, 0], [0, 0, 1]])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_colour_key_at_every_depth(dtype: type) -> None:
    scale = 1 / 255 if dtype is np.float32 else np.iinfo(dtype).max // 255
    colour: np.ndarray = (np.array([[255, 250], [0, 3], [255, 255]])[:, None] * scale).astype(dtype)
    np.testing.assert_array_equal(masks.from_key(colour, (255, 0, 255)), [[True, False]])
    np.testing.assert_array_equal(masks.from_key(colour, (255, 0, 255), 4), [[True, False]])
    np.testing.assert_array_equal(masks.from_key(colour, (255, 0, 255), 5), [[True, True]])


def test_colour_key_on_a_grey_map() -> None:
    np.testing.assert_array_equal(masks.from_key(np.array([[[0, 9]]], np.uint8), (9, 9, 9)), [[False, True]])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("ending", ["png", "npy", "tiff"])
def test_yes_and_no_as_numbers_are_a_whole_hole(tmp_path: Path, dtype: type, ending: str) -> None:
    """As NumPy writes what was compared: one of 255 would let nothing of a fill be seen."""
    path = tmp_path / f"mask.{ending}"
    samples: np.ndarray = HOLE.astype(dtype)
    if ending == "npy":
        np.save(path, samples)
    elif ending == "tiff":
        tifffile.imwrite(path, samples)
    else:
        path.write_bytes(imagecodecs.png_encode(samples))
    np.testing.assert_array_equal(masks.read(path), HOLE)
    layer = np.stack([np.zeros_like(samples), samples], axis=2)  # paint on an empty layer
    np.testing.assert_array_equal(masks.from_image(layer), HOLE)
