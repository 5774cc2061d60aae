"""Sets as people have them on disk: content settles what names leave open; the rest is filled along or told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from svbrdf_core import formats
from svbrdf_core.errors import AmbiguousInput, InputError
from svbrdf_core.inpainting.repair import repair
from svbrdf_core.material import Material
from svbrdf_core.request import HoleSpec, InpaintRequest, LoadOptions, MaskShape, MethodChoice, OutputSpec
from svbrdf_core.run import Run

Samples = np.ndarray[Any, Any]


def noise(*shape: int, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def grey(depth: int = 3, seed: int = 1) -> Samples:
    return np.repeat(noise(16, 16, 1, seed=seed), depth, axis=2)


def normals(size: int = 32) -> Samples:
    """Return unit normals ``(size, size, 3)`` that lean far, encoded."""
    xy = np.random.default_rng(3).uniform(-0.6, 0.6, (size, size, 2))
    z = np.sqrt(1 - np.square(xy).sum(axis=2, keepdims=True))
    return np.asarray(np.round((np.concatenate([xy, z], axis=2) + 1) * 127.5), np.uint8)


def fill(material: Material) -> Material:
    """Return a material with all of it but a rim filled with what lies mirrored, so that every sample changes."""
    window = material.tensor()
    mask = np.zeros(window.shape[1:], np.float32)
    mask[4:-4, 4:-4] = 1
    return material.with_window(np.ascontiguousarray(window[:, ::-1, ::-1]), mask, 0, 0)


def test_a_maps_word_in_the_name_of_the_material(folder: Any) -> None:
    path = folder(
        Paint_Metallic_BaseColor=(16, 16, 3), Paint_Metallic_Normal=(16, 16, 3), Paint_Metallic_Roughness=grey(3)
    )
    material = Material.load(path)
    assert material.layout.names == ("basecolor", "normal", "roughness") or "metallic" not in material.maps
    assert material.maps["roughness"].places[0].channels == ((0, 1, 2),)


@pytest.mark.parametrize("depth", [1, 3])
def test_a_file_of_one_channel_is_not_a_packed_one(folder: Any, depth: int) -> None:
    path = folder(Wood_Rough_Metallic=grey(depth), Wood_Rough_Albedo=(16, 16, 3))
    assert "metallic" in Material.load(path).maps and "roughness" not in Material.load(path).maps
    alone = folder(Wood_Rough_Metallic=grey(depth))
    assert list(Material.load(alone / "Wood_Rough_Metallic.png").maps) == ["metallic"] or depth == 3


def test_a_grey_orm_is_told(folder: Any) -> None:
    material = Material.load(folder(T_Rock_D=(16, 16, 3), T_Rock_N=normals(16), T_Rock_ORM=grey(1)))
    assert any("T_Rock_ORM.png is not recognised" in text for text in material.warnings)
    assert [p.name for p in material.unrecognised] == ["T_Rock_ORM.png"]


def test_channels_that_no_name_speaks_of_are_filled_along(folder: Any, tmp_path: Path) -> None:
    sources = {"wall_d": noise(16, 16, 4), "wall_n": np.dstack([normals(16), noise(16, 16, 1, seed=7)])}
    material = Material.load(folder(**sources))
    assert material.layout.names == ("diffuse", "normal", "extra:wall_d.A", "extra:wall_n.A")
    assert len(material.notes) == 2 and all("is filled along as extra:" in note for note in material.notes)
    fill(material).save(tmp_path / "out")
    for name, old in sources.items():
        new = formats.read(tmp_path / "out" / f"{name}.png").samples
        assert (new[4:-4, 4:-4, 3] != old[4:-4, 4:-4, 3]).mean() > 0.9
        assert np.array_equal(new[4:-4, 4:-4, 3], old[::-1, ::-1, 3][4:-4, 4:-4])


def test_only_leaves_them_out_and_can_ask_for_them(folder: Any) -> None:
    path = folder(wall_d=noise(16, 16, 4), wall_n=normals(16))
    left = Material.load(path, only=["diffuse"])
    assert left.layout.names == ("diffuse",)
    assert any("choose extra:wall_d.A too" in note for note in left.notes)
    assert any("Not chosen and left as it is: normal (wall_n.png)" in note for note in left.notes)
    assert Material.load(path, only=["normal", "extra:wall_d.A"]).layout.names == ("normal", "extra:wall_d.A")
    with pytest.raises(InputError, match=r"no map extra:wall_n\.A"):
        Material.load(path, only=["extra:wall_n.A"])


def test_a_constant_channel_stays_constant(folder: Any, tmp_path: Path) -> None:
    two = normals()
    two[:, :, 2] = 255
    damaged = two.copy()
    damaged[10:14, 10:16] = (255, 0, 0)
    for name, samples in {"clean": two, "damaged": damaged}.items():
        material = Material.load(folder(T_Rock_Normal=samples))
        assert len(material.maps["normal"].places[0].channels) == 2, name
        if name == "clean":
            fill(material).save(tmp_path / "out")
            assert (formats.read(tmp_path / "out" / "T_Rock_Normal.png").samples[:, :, 2] == 255).all()
        else:
            assert "extra:T_Rock_Normal.B" in material.maps
    assert len(Material.load(folder(T_Rock_Normal=normals())).maps["normal"].places[0].channels) == 3


def test_normals_of_dxt5nm_are_read_from_alpha_and_green(folder: Any, tmp_path: Path) -> None:
    xyz = normals()
    packed = np.dstack([xyz[:, :, 1:2]] * 3 + [xyz[:, :, :1]])
    material = Material.load(folder(crate_Normal=packed))
    assert material.maps["normal"].places[0].channels == ((3,), (1, 0, 2))
    assert np.abs(material.tensor()[:3] - Material.load(folder(crate_Normal=xyz)).tensor()).max() < 0.05
    material = Material.load(folder(crate_Normal=packed))
    fill(material).save(tmp_path / "out")
    result = formats.read(tmp_path / "out" / "crate_Normal.png").samples
    assert np.abs(result[4:-4, 4:-4].astype(int) - packed[::-1, ::-1][4:-4, 4:-4]).max() <= 1
    with pytest.raises(InputError, match="three equal channels.*say so if it is a height"):
        Material.load(folder(crate_Normal=grey(3)))
    with pytest.raises(InputError, match="crate_Normal.png is grey, and .*say so if it is a height"):
        Material.load(folder(crate_Normal=grey(1)))


def test_bump_goes_along_with_a_displacement(folder: Any) -> None:
    path = folder(pk_Albedo=(16, 16, 3), pk_Bump=grey(1), pk_Displacement=grey(1, seed=2))
    assert Material.load(path).layout.names == ("diffuse", "height", "extra:bump")
    (path / "pk_Displacement.png").unlink()
    assert Material.load(path).layout.names == ("diffuse", "height")
    formats.write_png(path / "pk_Bump.png", normals(16))
    assert Material.load(path).layout.names == ("diffuse", "normal")


def test_a_map_option_adds_to_what_the_name_says(folder: Any) -> None:
    path = folder(fence_BaseColor=noise(16, 16, 4), fence_ORM=noise(16, 16, 3))
    material = Material.load(path, overrides={"opacity": "fence_BaseColor.png:A", "height": "fence_ORM.png:R"})
    assert material.layout.names == ("basecolor", "roughness", "metallic", "height", "opacity")
    assert material.maps["height"].places[0].channels == ((0,),)


def test_variants_go_along_and_depths_are_twins(folder: Any) -> None:
    path = folder(a_COL_VAR2=(16, 16, 3), a_COL_VAR1=(16, 16, 3), a_DISP=grey(1), a_DISP16=grey(1).astype(np.uint16))
    material = Material.load(path)
    assert material.maps["diffuse"].places[0].file.path.name == "a_COL_VAR1.png"
    assert "diffuse:a_COL_VAR2" in material.maps
    assert [p.file.bits for p in material.maps["height"].places] == [16, 8]
    for old in path.iterdir():
        old.unlink()
    with pytest.raises(AmbiguousInput, match="could both be diffuse"):
        Material.load(folder(a_diffuse=noise(16, 16, 1), a_diff=noise(16, 16, 3).astype(np.uint16)))


def test_a_file_that_is_not_asked_for_never_stops_the_others(folder: Any) -> None:
    path = folder(a_basecolor=(16, 16, 3), a_metallic=(16, 16, 1), a_roughness=(16, 16, 3))
    (path / "a_height.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"a_height\.png"):
        Material.load(path)
    material = Material.load(path, only=["basecolor"])  # and the roughness of three different channels is not looked at
    assert material.layout.names == ("basecolor",)
    assert any("a_height.png is left alone" in text for text in material.warnings)
    with pytest.raises(InputError, match=r"a_height\.png"):
        Material.load(path, only=["basecolor", "height"])


def test_many_strangers_are_told_in_few_sentences(folder: Any) -> None:
    material = Material.load(folder(a_diffuse=(16, 16, 3), **{f"holiday{n}": (8, 8, 3) for n in range(20)}))
    assert len(material.warnings) == 9 and "12 further images" in material.warnings[-1]


def test_pictures_that_letters_count_are_no_maps(folder: Any) -> None:
    with pytest.raises(InputError, match="No map is recognised"):
        Material.load(folder(photo_a=(16, 16, 3), photo_b=(16, 16, 3), photo_c=(16, 16, 3)))


def test_what_was_erased_is_opaque_again(folder: Any, tmp_path: Path) -> None:
    samples = np.dstack([noise(32, 32, 3), np.full((32, 32), 255, np.uint8)])
    samples[10:20, 12:20] = 0
    run = Run()
    request = InpaintRequest(
        source=LoadOptions(folder(stone_diffuse=samples)),
        hole=HoleSpec((MaskShape("alpha"),)),
        method=MethodChoice("poisson"),
        output=OutputSpec(tmp_path / "out"),
    )
    report = repair(request, run).report
    result = formats.read(tmp_path / "out" / "stone_diffuse.png").samples
    assert (result[:, :, 3] == 255).all() and (result[10:20, 12:20, :3] > 0).all()
    assert report["notes"] == run.notes and any("channel A" in note for note in run.notes)
    assert report["unrecognised"] == []
