"""Which maps a folder holds, what is said about it, and which option settles a doubt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
import pytest

from svbrdf_core import formats
from svbrdf_core.cli.remedies import worded
from svbrdf_core.errors import AmbiguousInput, InputError
from svbrdf_core.material import Material


def maps_of(path: Path, **options: Any) -> tuple[str, ...]:
    return Material.load(path, **options).layout.names


def test_one_picture_alone_is_a_material(folder: Any, tmp_path: Path) -> None:
    path = folder(rusty_metal=(8, 8, 3))
    assert maps_of(path) == ("basecolor",)
    assert Material.load(path / "rusty_metal.png").name == "rusty_metal"
    formats.write_png(tmp_path / "drawing.png", np.zeros((8, 9), np.uint8))
    drawing = Material.load(tmp_path / "drawing.png")
    assert drawing.layout.counts == (1,)


def test_a_file_with_a_map_name_is_that_map(folder: Any) -> None:
    path = folder(wall_rough=(8, 8), other=(8, 8, 3))
    assert maps_of(path / "wall_rough.png") == ("roughness",)


def refusal(path: Path) -> str:
    """Return why a material is refused, in the words of the command line."""
    with pytest.raises(InputError) as caught:
        Material.load(path)
    assert "--" not in str(caught.value)  # in which no other surface speaks
    return worded(caught.value.sentence)


def test_sets_are_listed_with_the_option(folder: Any) -> None:
    path = folder(a_diffuse=(8, 8, 3), a_normal=(8, 8, 3), b_diffuse=(8, 8, 3))
    assert "(a, b); choose one (--set NAME)." in refusal(path)
    assert maps_of(path, set_name="B") == ("diffuse",)
    with pytest.raises(InputError, match="choose one of a, b"):
        Material.load(path, set_name="c")


def test_two_resolutions_are_two_sets(folder: Any) -> None:
    path = folder(a_1K_Color=(8, 8, 3), a_2K_Color=(16, 16, 3), a_2K_Roughness=(16, 16))
    with pytest.raises(AmbiguousInput, match="a_1k, a_2k"):
        Material.load(path)
    assert Material.load(path, set_name="a_2k").height == 16


def test_rivals_name_the_option(folder: Any) -> None:
    path = folder(a_rough=(8, 8), a_roughness=(8, 8))
    said = refusal(path)
    assert "a_rough.png and a_roughness.png" in said and "say which is (--map roughness=a_rough.png)" in said
    assert maps_of(path, overrides={"roughness": "a_roughness.png"}) == ("roughness",)


def test_unequal_channels_name_the_option(folder: Any) -> None:
    path = folder(diffuse=(8, 8, 3), roughness=(8, 8, 3))
    assert "(--map roughness=roughness.png:G)" in refusal(path)
    material = Material.load(path, overrides={"roughness": "roughness.png:B"})
    assert material.maps["roughness"].places[0].channels == ((2,),)


def test_an_alone_map_and_a_packed_one_are_twins(folder: Any) -> None:
    path = folder(a_diffuse=(8, 8, 3), a_roughness=(8, 8), a_orm=(8, 8, 3))
    places = Material.load(path).maps["roughness"].places
    assert [p.file.path.name for p in places] == ["a_roughness.png", "a_orm.png"]


def test_overrides(folder: Any) -> None:
    path = folder(one=(8, 8, 3), two=(8, 8, 3), three=(8, 8, 4))
    assert "(--map diffuse=FILE)" in refusal(path)
    material = Material.load(
        path,
        overrides={"diffuse": "one.png", "normal": "two.png:RGB", "glossiness": "three.png:A", "ao": "three.png:R"},
    )
    assert material.layout.names == ("diffuse", "normal", "roughness", "ao", "extra:three.B", "extra:three.G")
    assert material.maps["roughness"].places[0].inverted
    for bad in ({"diffuse": "none.png"}, {"diffuse": "one.png:Q"}, {"sheen": "one.png"}, {"diffuse": "three.png:RGBA"}):
        with pytest.raises(InputError):
            Material.load(path, overrides=bad)


def test_only_and_also(folder: Any) -> None:
    path = folder(diffuse=(8, 8, 3), roughness=(8, 8), scribbles=(8, 8))
    assert maps_of(path) == ("diffuse", "roughness")
    assert maps_of(path, only=["roughness"]) == ("roughness",)
    assert maps_of(path, also={"extra:scribbles"}) == ("diffuse", "roughness", "extra:scribbles")
    with pytest.raises(InputError, match="extra:scribbles"):
        Material.load(path, also=["extra:nothing"])
    with pytest.raises(InputError, match="it has diffuse, roughness"):
        Material.load(path, only=["height"])


def test_colour_is_base_colour_in_a_metallic_set(folder: Any) -> None:
    assert maps_of(folder(albedo=(8, 8, 3), roughness=(8, 8))) == ("diffuse", "roughness")
    assert maps_of(folder(metallic=(8, 8))) == ("basecolor", "roughness", "metallic")


def test_previews_and_other_files_make_no_noise(folder: Any) -> None:
    path = folder(a_diffuse=(8, 8, 3), a_preview=(8, 8, 3), thumb=(4, 4, 3))
    (path / "a.blend").write_bytes(b"BLENDER")
    (path / "readme.txt").write_text("hi")
    material = Material.load(path)
    assert material.layout.names == ("diffuse",)
    assert material.warnings == ()


def test_an_undecided_normal_says_so(folder: Any) -> None:
    path = folder(normal=np.full((64, 64, 3), (128, 128, 255), np.uint8))
    assert "(--normal directx)" in worded(Material.load(path).warnings[0])
    assert not Material.load(path, normal="opengl").warnings
    assert Material.load(path, normal="directx").maps["normal"].places[0].directx


def test_strip_look_alikes_stay_pictures(folder: Any) -> None:
    path = folder(trim=(16, 64, 3))
    material = Material.load(path)
    assert material.layout.names == ("basecolor",)
    assert (material.height, material.width) == (16, 64)


def test_a_strip_keeps_its_photo(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    strip = rng.integers(0, 256, (16, 80, 3), dtype=np.uint8)
    strip[:, 16:32] = (128, 128, 255)
    strip[:, 48:64] = strip[:, 48:64, :1]
    formats.write_png(tmp_path / "s.png", strip)
    material = Material.load(tmp_path / "s.png")
    assert material.layout.names == ("diffuse", "normal", "roughness", "specular")
    assert "strip of 5 tiles" in material.warnings[0]
    fill = np.full((10, 16, 16), 0.5, np.float32)
    material.with_window(fill, np.ones((16, 16), np.float32), 0, 0).save(tmp_path / "out")
    result = formats.read(tmp_path / "out" / "s.png").samples
    assert np.array_equal(result[:, :16], strip[:, :16])
    assert (result[:, 32:] == 128).all()
    picture = Material.load(tmp_path / "s.png", overrides={"basecolor": "s.png"})
    assert (picture.layout.names, picture.width) == (("basecolor",), 80)


def test_layers_of_one_exr_are_maps(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)

    def field() -> np.ndarray:
        return rng.random((16, 16)).astype(np.float32)

    channels = {f"baseColor.{c}": field() for c in "RGB"} | {f"normal.{c}": field() for c in "XYZ"}
    channels |= {"roughness": field(), "height.V": field(), "objectId": field()}
    OpenEXR.File({"type": OpenEXR.scanlineimage}, channels).write(str(tmp_path / "material.exr"))
    material = Material.load(tmp_path)
    names = ("basecolor", "normal", "roughness", "height", "extra:material.objectId")
    assert material.layout.names == names
    assert material.maps["basecolor"].places[0].channel_names == ("baseColor.R", "baseColor.G", "baseColor.B")
    assert maps_of(tmp_path, overrides={"ao": "material.exr:objectId"}, only=["ao"]) == ("ao",)
    formats.write_png(tmp_path / "screenshot 2.png", np.zeros((4, 9), np.uint8))
    formats.write_png(tmp_path / "sketch.png", np.zeros((4, 9), np.uint8))
    assert maps_of(tmp_path) == names


def test_sizes_of_another_aspect_are_refused(folder: Any) -> None:
    path = folder(diffuse=(16, 16, 3), roughness=(16, 8))
    with pytest.raises(InputError, match="another aspect"):
        Material.load(path)


def test_missing_and_empty_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        Material.load(tmp_path / "none")
    with pytest.raises(InputError, match="no image"):
        Material.load(tmp_path)


def test_a_broken_file_of_the_set_is_refused_and_a_foreign_one_told(folder: Any) -> None:
    path = folder(diffuse=(8, 8, 3), notes=(8, 8, 3))
    (path / "notes.png").write_bytes(b"not an image")
    assert any("notes.png" in w for w in Material.load(path).warnings)
    (path / "roughness.png").write_bytes(b"not an image")
    with pytest.raises(InputError, match=r"roughness\.png"):
        Material.load(path)


def test_max_pixels(folder: Any) -> None:
    path = folder(diffuse=(64, 64, 3))
    with pytest.raises(InputError, match="limit"):
        Material.load(path, max_pixels=1000)
