"""One map of a material, alone in a file: as it is stored, whatever else its file holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import svbrdf_core as sv
from svbrdf_core.formats import write_exr


@pytest.fixture
def packed(tmp_path: Path) -> sv.Material:
    """Return a material whose roughness is the green of a 16-bit ORM file, with half-float normals."""
    random = np.random.default_rng(0)
    (tmp_path / "rock").mkdir()
    sv.write_png(tmp_path / "rock" / "rock_basecolor.png", random.integers(0, 255, (8, 12, 3), np.uint8))
    sv.write_png(tmp_path / "rock" / "rock_orm.png", random.integers(0, 65535, (8, 12, 3), np.uint16))
    write_exr(tmp_path / "rock" / "rock_normal.exr", random.random((8, 12, 3), np.float32).astype(np.float16))
    return sv.Material.load(tmp_path / "rock", normal="opengl")


def test_npy_holds_the_stored_samples_of_a_packed_map(packed: sv.Material, tmp_path: Path) -> None:
    sv.write_map(packed, "roughness", tmp_path / "out.npy", "npy")
    stored = np.load(tmp_path / "out.npy", allow_pickle=False)
    whole = sv.read_image(tmp_path / "rock" / "rock_orm.png").samples
    assert stored.dtype == np.uint16 and np.array_equal(stored[:, :, 0], whole[:, :, 1])


def test_png_and_exr_hold_the_same(packed: sv.Material, tmp_path: Path) -> None:
    sv.write_map(packed, "basecolor", tmp_path / "out.png", "png")
    sv.write_map(packed, "basecolor", tmp_path / "out.exr", "exr")
    samples = sv.read_image(tmp_path / "rock" / "rock_basecolor.png").samples
    assert np.array_equal(sv.read_image(tmp_path / "out.png").samples, samples)
    assert np.array_equal(sv.read_image(tmp_path / "out.exr").samples, (samples / 255).astype(np.float32))


def test_edits_are_in_it(packed: sv.Material) -> None:
    window = np.full((packed.layout.n_channels, 2, 2), 0.5, np.float32)
    edited = packed.with_window(window, np.ones((2, 2), np.float32), 1, 1)
    assert (edited.read_stored("roughness")[1:3, 1:3] == 32768).all()
    assert np.array_equal(edited.read_stored("roughness")[4:], packed.read_stored("roughness")[4:])


def test_a_png_holds_no_floats(packed: sv.Material, tmp_path: Path) -> None:
    sv.write_map(packed, "normal", tmp_path / "out.npy", "npy")
    assert np.load(tmp_path / "out.npy", allow_pickle=False).dtype == np.float16
    with pytest.raises(sv.InputError, match="float16, which a PNG cannot"):
        sv.write_map(packed, "normal", tmp_path / "out.png", "png")
    assert not (tmp_path / "out.png").exists()


def test_a_map_that_is_not_there(packed: sv.Material, tmp_path: Path) -> None:
    with pytest.raises(sv.InputError, match="no map 'height'"):
        sv.write_map(packed, "height", tmp_path / "out.png", "png")
