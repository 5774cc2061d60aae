"""Further maps of a kind, such as a second normal map: read, filled and written as maps of that kind, not as data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from svbrdf_core import formats
from svbrdf_core.errors import InputError
from svbrdf_core.inpainting.fill import inpaint
from svbrdf_core.material import Material
from svbrdf_core.material.overrides import map_use
from svbrdf_core.metrics.registry import describe
from svbrdf_core.patch import PatchSettings
from svbrdf_core.tensors.maps import order_key, spec_of

SIDE = 40


def normals(seed: int) -> NDArray[np.uint8]:
    vectors = np.random.default_rng(seed).normal(0, 0.3, (SIDE, SIDE, 3))
    vectors[:, :, 2] = 1
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    return np.asarray((vectors * 127.5 + 127.5).round(), np.uint8)


@pytest.fixture
def layered(tmp_path: Path) -> Path:
    """Two normal maps and two base colours, as a layered material has them."""
    folder = tmp_path / "layered"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("wall_COL_VAR1", "wall_COL_VAR2"):
        formats.write_png(folder / f"{name}.png", rng.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8))
    formats.write_png(folder / "wall_NRM_VAR1.png", normals(1))
    formats.write_png(folder / "wall_NRM_VAR2.png", normals(2))
    return folder


def test_variants_are_maps_of_their_kind(layered: Path) -> None:
    material = Material.load(layered, normal="directx")
    assert material.layout.names == ("diffuse", "diffuse:wall_COL_VAR2", "normal", "normal:wall_NRM_VAR2")
    for name in ("normal", "normal:wall_NRM_VAR2"):
        at = material.layout.slice_of(name)
        assert np.allclose(np.linalg.norm(material.tensor()[at], axis=0), 1, atol=1e-5)
        assert material.maps[name].places[0].directx
    assert Material.load(layered, only=["normal:wall_NRM_VAR2"]).layout.names == ("normal:wall_NRM_VAR2",)


def test_the_hole_of_a_second_normal_map_holds_unit_normals_and_nothing_else_changes(
    layered: Path, tmp_path: Path
) -> None:
    material = Material.load(layered, overrides={"normal:detail": "wall_NRM_VAR2.png"}, normal="opengl")
    assert "normal:detail" in material.maps and "normal:wall_NRM_VAR2" not in material.maps
    mask = np.zeros((SIDE, SIDE), np.float32)
    mask[14:22, 12:24] = 1
    inpaint(material, mask, settings=PatchSettings(levels=1, iterations=2, mirrors=True)).canvas.save(tmp_path / "out")
    for path in layered.iterdir():
        old, new = formats.read(path).samples, formats.read(tmp_path / "out" / path.name).samples
        assert np.array_equal(old[mask == 0], new[mask == 0]) and (old[mask > 0] != new[mask > 0]).mean() > 0.9
        if "NRM" in path.name:
            length = np.linalg.norm(new[mask > 0].astype(float) / 127.5 - 1, axis=1)
            assert np.abs(length - 1).max() < 0.02


@pytest.mark.parametrize(
    ("word", "name", "inverted"),
    [("normal:detail", "normal:detail", False), ("gloss:a:b", "roughness:a:b", True), ("extra:x", "extra:x", False)],
)
def test_a_map_and_a_name(word: str, name: str, inverted: bool) -> None:
    use = map_use(word)
    assert (use.map, use.inverted) == (name, inverted)
    assert order_key("normal") < order_key(name) or name.startswith("normal")
    assert [metric.map for metric in describe([f"psnr/{name}"])] == [name]


@pytest.mark.parametrize("word", ["normal:", "extra:", "sheen:x", ":x"])
def test_no_map(word: str) -> None:
    with pytest.raises(InputError):
        map_use(word)
    with pytest.raises(KeyError):
        spec_of(word)


def test_a_second_version_of_a_map_belongs_to_its_set(layered: Path) -> None:
    for old, new in {"COL_VAR1": "color", "NRM_VAR1": "normal", "NRM_VAR2": "normal_2"}.items():
        (layered / f"wall_{old}.png").rename(layered / f"wall_{new}.png")
    (layered / "wall_COL_VAR2.png").unlink()
    material = Material.load(layered, normal="opengl")
    assert material.layout.names == ("diffuse", "normal", "normal:wall_normal_2")
    formats.write_png(layered / "wall_color_2.png", normals(0))
    with pytest.raises(InputError, match=r"2 sets \(wall, wall_2\)"):  # which may be two of a kind
        Material.load(layered)


def test_arrays_of_a_further_map() -> None:
    arrays: dict[str, Any] = {"diffuse": normals(0), "normal": normals(1), "normal:detail": normals(2)}
    assert Material.from_arrays("mine", arrays).layout.names == ("diffuse", "normal", "normal:detail")
