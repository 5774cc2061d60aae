"""Every folder of ../shared/materials_raw reads as its manifest says, and as the prepared material it matches."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import zoom

from svbrdf_core.errors import AmbiguousInput
from svbrdf_core.material import Material

# folder: layout names, and for each map the files, channels, and marks (dx: DirectX, ~: inverted)
EXPECTED = {
    "WoodFloor051_1K-JPG": {
        "diffuse": ["WoodFloor051_1K-JPG_Color.jpg:RGB"],
        "normal": ["WoodFloor051_1K-JPG_NormalGL.jpg:RGB", "WoodFloor051_1K-JPG_NormalDX.jpg:RGB dx"],
        "roughness": ["WoodFloor051_1K-JPG_Roughness.jpg:L"],
        "height": ["WoodFloor051_1K-JPG_Displacement.jpg:L"],
        "ao": ["WoodFloor051_1K-JPG_AmbientOcclusion.jpg:L"],
    },
    "Metal007_1K-JPG": {
        "basecolor": ["Metal007_1K_Color.jpg:RGB"],
        "normal": ["Metal007_1K_NormalGL.jpg:RGB"],
        "roughness": ["Metal007_1K_Roughness.jpg:L"],
        "metallic": ["Metal007_1K_Metalness.jpg:L"],
        "height": ["Metal007_1K_Displacement.jpg:L"],
    },
    "rosewood_veneer1_1k": {
        "diffuse": ["rosewood_veneer1_diff_1k.jpg:RGB"],
        "normal": ["rosewood_veneer1_nor_gl_1k.png:RGB"],
        "roughness": ["rosewood_veneer1_rough_1k.png:G"],
    },
    "tile_scifi_floor_panel": {
        "basecolor": ["tile_scifi_floor_panel_albedo.png:RGB"],
        "normal": ["tile_scifi_floor_panel_normal.png:RGB dx"],
        "roughness": ["tile_scifi_floor_panel_orm.png:G"],
        "metallic": ["tile_scifi_floor_panel_orm.png:B"],
        "ao": ["tile_scifi_floor_panel_orm.png:R"],
    },
    "ground037_packed": {
        "diffuse": ["ground037_alb_ht.png:RGB"],
        "normal": ["ground037_nrm_rgh.png:RGB"],
        "roughness": ["ground037_nrm_rgh.png:A"],
        "height": ["ground037_alb_ht.png:A"],
    },
    "plane_exr": {
        "basecolor": ["base_color.exr:RGB"],
        "roughness": ["roughness.exr:L"],
        "metallic": ["metallic.exr:L"],
    },
}
STRIPS = {
    "ds18_leather_x_metal_17": 288,
    "ds19_burnt_wood_07": 512,
    "ds19_creature_scales_26": 512,
    "ds19_metal_plating_23": 512,
    "ds19_synthetic_foam_21": 512,
}


def described(material: Material) -> dict[str, list[str]]:
    return {
        name: [
            f"{p.file.path.name}:{''.join(p.channel_names)}{' dx' if p.directx else ''}{' ~' if p.inverted else ''}"
            for p in binding.places
        ]
        for name, binding in material.maps.items()
    }


@pytest.mark.parametrize("name", EXPECTED)
def test_folder_is_recognised(raw: Path, name: str) -> None:
    assert described(Material.load(raw / name)) == EXPECTED[name]


def test_every_folder_of_the_manifest_is_covered(raw: Path) -> None:
    with (raw / "MANIFEST.csv").open(newline="", encoding="utf-8") as stream:
        assert {row["folder"] for row in csv.DictReader(stream)} == {*EXPECTED, "deschaintre_strips"}


def test_several_strips_are_told_apart(raw: Path) -> None:
    with pytest.raises(AmbiguousInput, match="choose one") as caught:
        Material.load(raw / "deschaintre_strips")
    assert all(name in str(caught.value) for name in STRIPS)


@pytest.mark.parametrize(("name", "size"), STRIPS.items())
def test_strip(raw: Path, name: str, size: int) -> None:
    material = Material.load(raw / "deschaintre_strips", set_name=name)
    assert material.layout.names == ("diffuse", "normal", "roughness", "specular")
    assert (material.height, material.width) == (size, size)
    assert material.tensor().shape == (10, size, size)
    alone = Material.load(raw / "deschaintre_strips" / f"{name}.png")
    assert np.array_equal(alone.window(5, 5, 9, 9), material.window(5, 5, 9, 9))


def test_the_16_bit_normal_keeps_its_depth(raw: Path) -> None:
    place = Material.load(raw / "rosewood_veneer1_1k").maps["normal"].places[0]
    assert place.file.dtype == np.uint16
    assert place.file.full_scale == 65535


PAIRS = {
    "WoodFloor051_1K-JPG": "wood_floor051",
    "Metal007_1K-JPG": "metal007",
    "rosewood_veneer1_1k": "rosewood_veneer1",
    "tile_scifi_floor_panel": "scifi_floor_panel",
    "ground037_packed": "ground037",
    **{name: name for name in STRIPS},
}


@pytest.mark.parametrize("name", PAIRS)
def test_it_agrees_with_the_prepared_material(raw: Path, dev: Path, name: str) -> None:
    material = Material.load(
        raw / ("deschaintre_strips" if name in STRIPS else name), set_name=name if name in STRIPS else None
    )
    prepared = Material.load(dev / PAIRS[name])
    for key in set(material.maps) & set(prepared.maps):
        ours = material.tensor()[material.layout.slice_of(key)]
        theirs = prepared.tensor()[prepared.layout.slice_of(key)]
        if name in STRIPS and key in ("diffuse", "specular"):
            ours = np.where(ours <= 0.0031308, ours * 12.92, 1.055 * ours ** (1 / 2.4) - 0.055)
        factor = theirs.shape[1] / ours.shape[1]
        small = ours if factor == 1 else zoom(ours, (1, factor, factor), order=1, grid_mode=True, mode="nearest")
        if key == "normal":
            small = small / np.linalg.norm(small, axis=0)
        # The preparation resized with another filter; a wrong channel, sign or curve is far beyond this.
        assert np.abs(small - theirs).mean() < (0.02 if factor != 1 else 0.005), key


def test_handedness_from_content_is_right_wherever_it_is_claimed(raw: Path, dev: Path) -> None:
    # All prepared normals are OpenGL; a wrong claim would show as DirectX.
    for path in sorted(p for p in dev.iterdir() if p.is_dir()):
        assert not Material.load(path).maps["normal"].places[0].directx, path.name
    assert Material.load(raw / "tile_scifi_floor_panel").maps["normal"].places[0].directx


@pytest.mark.parametrize("name", [*EXPECTED, "deschaintre_strips"])
def test_a_saved_repair_changes_the_hole_alone(raw: Path, tmp_path: Path, name: str) -> None:
    strip = "ds18_leather_x_metal_17" if name == "deschaintre_strips" else None
    material = Material.load(raw / name, set_name=strip)
    mask = np.zeros((40, 40), np.float32)
    mask[10:30, 5:35] = 1
    window = material.window(10, 12, 40, 40)
    fill = np.ascontiguousarray(window[:, ::-1])
    material.with_window(fill, mask, 10, 12).save(tmp_path / "out")
    result = Material.load(tmp_path / "out")
    assert described(result).keys() == described(material).keys()
    before, after = material.tensor(), result.tensor()
    outside = np.ones(before.shape[1:], bool)
    outside[20:40, 17:47] = False
    assert np.array_equal(before[:, outside], after[:, outside])
    got = after[:, 10:50, 12:52]
    assert np.abs(got - np.where(mask > 0, fill, window)).max() < 0.02


@pytest.mark.parametrize("only", ["facade005", "wood_floor051"])
def test_prepared_materials_round_trip(dev: Path, tmp_path: Path, only: str) -> None:
    material = Material.load(dev / only)
    report = material.save(tmp_path / "out")
    for path in report.files:
        assert path.read_bytes() == (dev / only / path.name).read_bytes()
