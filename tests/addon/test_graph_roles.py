"""What a service is told of the maps, read by the engine that will fill them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from blender_addon.graph import Node, Use, assign_roles, normal_convention, trace
from svbrdf_core.errors import AmbiguousInput
from svbrdf_core.material import Material
from tests.addon.trees import image, tree


def write(folder: Path, name: str, mode: str) -> None:
    rng = np.random.default_rng(int(name[0]))
    bands = len(mode)
    pixels = rng.integers(0, 255, (8, 8, bands), dtype=np.uint8)
    Image.fromarray(pixels[:, :, 0] if bands == 1 else pixels).save(folder / name)


def test_the_engine_understands_packed_and_inverted_maps(tmp_path: Path) -> None:
    split = Node("split", "ShaderNodeSeparateColor", {"mode": "RGB"})
    invert = Node("invert", "ShaderNodeInvert", values={"Fac": (1.0,)})
    normal = Node("normal", "ShaderNodeNormalMap")
    found = trace(
        tree(
            split,
            invert,
            normal,
            image("colour"),
            image("mask"),
            image("dx"),
            shader__Base_Color="colour.Color",
            shader__Alpha="colour.Alpha",
            split__Color="mask.Color",
            shader__Metallic="split.Red",
            invert__Color="split.Blue",
            shader__Roughness="invert.Color",
            normal__Color="dx.Color",
            shader__Normal="normal.Normal",
        )
    )
    names = {"colour.png": "0.png", "mask.png": "1.png", "dx.png": "2.png"}
    for name, mode in (("0.png", "RGBA"), ("1.png", "RGBA"), ("2.png", "RGB")):
        write(tmp_path, name, mode)
    said = assign_roles(found.uses, names, grey=[])
    assert said == {
        "basecolor": "0.png", "normal": "2.png", "glossiness": "1.png:B", "metallic": "1.png:R", "opacity": "0.png:A",
        "extra:mask.png.G": "1.png:G",
    }  # fmt: skip
    wanted = ["roughness" if role == "glossiness" else role for role in said]
    material = Material.load(tmp_path, overrides=said, only=wanted, normal="opengl")
    assert set(material.maps) == {
        "basecolor", "normal", "roughness", "metallic", "opacity", "extra:mask.png.G",
    }  # fmt: skip
    assert material.maps["roughness"].places[0].inverted
    assert material.maps["roughness"].places[0].channel_names == ("B",)


def test_a_coloured_image_where_a_number_is_wanted_is_plain_data(tmp_path: Path) -> None:
    uses = (Use("roughness", "rust", "RGB"),)
    write(tmp_path, "0.png", "RGB")
    with pytest.raises(AmbiguousInput):
        Material.load(tmp_path, overrides=assign_roles(uses, {"rust": "0.png"}, grey=["rust"]))
    said = assign_roles(uses, {"rust": "0.png"}, grey=[])
    assert set(Material.load(tmp_path, overrides=said).maps) == {"extra:roughness"}


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_grey_image_is_told_of_whole_and_once(tmp_path: Path, mode: str) -> None:
    uses = (
        Use("roughness", "grey", "R", inverted=True), Use("metallic", "grey", "G"), Use("extra:grey.B", "grey", "B"),
    )  # fmt: skip
    pixels = np.random.default_rng(0).integers(0, 255, (8, 8), dtype=np.uint8)
    Image.fromarray(pixels).convert(mode).save(tmp_path / "0.png")
    said = assign_roles(uses, {"grey": "0.png"}, grey=["grey"])
    assert said == {"glossiness": "0.png"}
    place = Material.load(tmp_path, overrides=said).maps["roughness"].places[0]
    assert sum(len(group) for group in place.channels) == len(mode)


def test_images_that_are_not_sent_are_not_told_of() -> None:
    assert assign_roles((Use("basecolor", "a", "RGB"), Use("ao", "b", "RGB")), {"b": "0.png"}, grey=["b"]) == {
        "ao": "0.png"
    }


def test_the_convention_of_the_normal_map() -> None:
    assert normal_convention((Use("basecolor", "a", "RGB"), Use("normal", "b", "RGB", directx=True))) == "directx"
    assert normal_convention((Use("normal", "b", "RGB"),)) == "opengl"
    assert normal_convention((Use("basecolor", "a", "RGB"),)) == "auto"


def test_a_file_without_alpha_is_not_asked_for_it(tmp_path: Path) -> None:
    uses = (Use("basecolor", "photo", "RGB"), Use("opacity", "photo", "A"))
    write(tmp_path, "0.png", "RGB")
    said = assign_roles(uses, {"photo": "0.png"}, grey=[], opaque=["photo"])
    assert said == {"basecolor": "0.png"}
    assert set(Material.load(tmp_path, overrides=said).maps) == {"basecolor"}
