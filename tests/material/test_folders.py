"""Where the maps of a material lie: in the folder that is given, or in the only one in it that has images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from svbrdf_core import formats
from svbrdf_core.cli.remedies import worded
from svbrdf_core.errors import InputError
from svbrdf_core.inpainting.prepare import prepare
from svbrdf_core.material import Material
from svbrdf_core.request import HoleSpec, InpaintRequest, InputFile, LoadOptions, MaskShape, OutputSpec
from svbrdf_core.run import Run


@pytest.fixture
def archive(folder: Any, tmp_path: Path) -> Path:
    """Return a folder as Poly Haven packs it: a scene, and the maps in a folder beside it."""
    home = tmp_path / "brick_4k"
    home.mkdir()
    (home / "brick_4k.blend").write_bytes(b"BLENDER")
    folder(brick_diff_4k=(16, 16, 3), brick_rough_4k=(16, 16)).rename(home / "textures")
    return home


def test_the_only_folder_with_images_is_taken_and_told(archive: Path) -> None:
    (archive / "docs").mkdir()
    material = Material.load(archive)
    assert material.layout.names == ("diffuse", "roughness")
    assert any("textures/" in note for note in material.notes)
    assert Material.load(archive, overrides={"ao": "brick_rough_4k.png"}).layout.names == ("diffuse", "ao")


def test_several_folders_with_images_are_named(archive: Path) -> None:
    (archive / "renders").mkdir()
    formats.write_png(archive / "renders" / "a.png", np.zeros((4, 4), np.uint8))
    with pytest.raises(InputError, match="renders/, textures/"):
        Material.load(archive)


def test_in_place_means_where_the_maps_are(archive: Path) -> None:
    hole = HoleSpec((MaskShape("rect:4,4,4,4"),))
    request = InpaintRequest(source=LoadOptions(archive), hole=hole, output=OutputSpec(archive, in_place=True))
    assert prepare(request, Run()).request.output.folder == archive / "textures"
    with pytest.raises(InputError, match="is the input folder"):
        prepare(InpaintRequest(source=LoadOptions(archive), hole=hole, output=OutputSpec(archive)), Run())


def test_the_mask_of_the_hole_is_no_map_of_the_set(folder: Any, tmp_path: Path) -> None:
    path = folder(brick_diff=(16, 16, 3), brick_mask=(16, 16), other_picture=(16, 16))
    assert Material.load(path).layout.names == ("diffuse", "opacity")
    white = np.zeros((16, 16), np.uint8)
    white[:15] = 255
    formats.write_png(path / "brick_mask.png", white)
    hole = HoleSpec((InputFile(path / "brick_mask.png"),))
    run = Run()
    found = prepare(
        InpaintRequest(source=LoadOptions(path), hole=hole, output=OutputSpec(tmp_path / "out")), run, here=False
    )
    assert found.material.layout.names == ("diffuse",)
    assert [p.name for p in found.material.unrecognised] == ["other_picture.png"]
    assert any("other_picture.png is not recognised" in note for note in run.notes)
    assert any("covers 94% of the material" in note and "(--invert)" in worded(note) for note in run.notes)


def test_images_of_other_kinds_alone_are_named(tmp_path: Path) -> None:
    (tmp_path / "wall.ktx2").write_bytes(b"x")
    with pytest.raises(InputError, match=r"only others \(wall\.ktx2\); convert them to PNG"):
        Material.load(tmp_path)
