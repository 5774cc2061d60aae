"""A material of arrays, as another program hands it over, is repaired like one of images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from svbrdf_core.formats import read_image
from tests.cli.conftest import SIZE, Svbrdf, tree


@pytest.fixture
def arrays(bricks: Path) -> Path:
    """Return the folder of maps with arrays of several types in the place of its images."""
    kinds = {"diffuse": ">f4", "normal": "<f4", "roughness": "<f2", "height": ">u2"}
    for path in sorted(bricks.iterdir()):
        raster = read_image(path)
        kind = kinds.get(path.stem, "|u1")
        values = raster.samples / raster.info.full_scale
        if path.stem == "normal":
            values = values * 2 - 1
        scale = {"u2": 65535, "u1": 255}.get(kind[1:], 1)
        stored = (values * scale).astype(kind)
        np.save(path.with_suffix(".npy"), stored[:, :, 0] if stored.shape[2] == 1 else stored)
        path.unlink()
    return bricks


def test_a_material_of_arrays_is_repaired(svbrdf: Svbrdf, arrays: Path, mask: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "mask.npy", read_image(mask).samples[:, :, 0])
    before = tree(arrays)
    ran = svbrdf("inpaint", arrays, "-m", tmp_path / "mask.npy", "-o", tmp_path / "out", "--json")
    assert ran.code == 0, ran.err
    assert ran.json["maps"] == ["diffuse", "normal", "roughness", "specular", "height", "ao"]
    assert tree(arrays) == before and sorted(tree(tmp_path / "out")) == sorted(before)
    hole = read_image(mask).samples[:, :, 0] > 0
    for name in before:
        old, new = np.load(arrays / name), np.load(tmp_path / "out" / name)
        assert (old.dtype, old.shape) == (new.dtype, new.shape) and old.shape[:2] == (SIZE, SIZE)
        assert old[~hole].tobytes() == new[~hole].tobytes(), name
        assert (old[hole] != new[hole]).any(), name
    normal = np.load(tmp_path / "out" / "normal.npy")[hole]
    assert np.abs(np.linalg.norm(normal, axis=-1) - 1).max() < 1e-5


def test_what_arrays_are_is_told(svbrdf: Svbrdf, arrays: Path) -> None:
    ran = svbrdf("info", arrays)
    assert ran.code == 0 and "diffuse.npy" in ran.out
