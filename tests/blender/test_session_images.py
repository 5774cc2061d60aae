"""Images of every kind, filled by the real service: what lies outside the hole is the same in each, to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.helper import part
from tests.blender.pictures import write
from tests.blender.walls import SIDE, fill_and_wait, fill_of, inside, make_surface, make_wall, pixels, shown_images

pytestmark = pytest.mark.usefixtures("fresh_session")


def node(material: Any, role: str) -> Any:
    return material.node_tree.nodes[role]


def samples(role: str = "basecolor", seed: int = 5) -> Any:
    """Samples (H, W, 4), top row first, between those of 8 bits."""
    found = np.ones((SIDE, SIDE, 4), np.float32)
    found[..., :3] = make_surface(seed)[role][::-1] * 0.9 + 0.0137
    return found


def check(material: Any, before: dict[str, Any], roles: dict[str, str]) -> None:
    """Every map was filled, and differs from what it was within the hole alone."""
    after = shown_images(material)
    assert after.keys() == roles.keys()
    for role, name in roles.items():
        assert after[role] != name, f"{role} was not filled"
        now, old = pixels(after[role]), before[role]
        assert now.shape == old.shape
        side = old.shape[0]
        hole = inside() if side == SIDE else inside()[::2, ::2]
        changed = np.abs(now - old).max(2) > 0
        assert not (changed & ~hole).any(), role
        if role == "basecolor":
            assert changed.any()


def fill_and_check(material: Any) -> Any:
    roles = shown_images(material)
    before = {role: pixels(name).copy() for role, name in roles.items()}
    fill = fill_and_wait(material)
    check(material, before, roles)
    assert "gone" not in fill.note and "could not" not in fill.note, fill.note
    return fill


def packed(image: Any, folder: Path) -> Any:
    image.pack()
    return image


def dirty(image: Any, folder: Path) -> Any:
    painted = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(painted)
    painted[:400] = 0.25
    image.pixels.foreach_set(painted)
    image.update()
    assert image.is_dirty
    return image


def generated(image: Any, folder: Path) -> Any:
    made = bpy.data.images.new("generated", SIDE, SIDE)
    made.pixels.foreach_set(samples()[::-1].ravel())
    made.update()
    return made


def generated_float(image: Any, folder: Path) -> Any:
    made = bpy.data.images.new("generated", SIDE, SIDE, float_buffer=True)
    made.pixels.foreach_set((samples()[::-1] * (3, 3, 3, 1)).astype(np.float32).ravel())
    made.update()
    return made


def png16(image: Any, folder: Path) -> Any:
    return bpy.data.images.load(str(write(folder / "deep.png", "png16", samples())))


def exr_half(image: Any, folder: Path) -> Any:
    return bpy.data.images.load(str(write(folder / "half.exr", "exr_half", samples())))


def exr_full(image: Any, folder: Path) -> Any:
    return bpy.data.images.load(str(write(folder / "full.exr", "exr_full", samples())))


def tiff(image: Any, folder: Path) -> Any:
    return bpy.data.images.load(str(write(folder / "deep.tif", "tif", samples())))


def linked(image: Any, folder: Path) -> Any:
    bpy.data.libraries.write(str(folder / "library.blend"), {image}, path_remap="ABSOLUTE")
    with bpy.data.libraries.load(str(folder / "library.blend"), link=True) as (_, here):
        here.images = [image.name]
    assert here.images[0].library is not None
    return here.images[0]


@pytest.mark.parametrize(
    "kind",
    [packed, dirty, generated, generated_float, png16, exr_half, exr_full, tiff, linked],
    ids=lambda f: f.__name__,
)
def test_an_image_of_each_kind(tmp_path: Path, kind: Callable[[Any, Path], Any]) -> None:
    """Contract B3."""
    material = make_wall(tmp_path)
    texture = node(material, "basecolor")
    texture.image = kind(texture.image, tmp_path)
    old = texture.image
    depth, is_float, space = old.depth, old.is_float, old.colorspace_settings.name
    fill_and_check(material)
    new = texture.image
    assert new.is_float == is_float and new.colorspace_settings.name == space
    assert is_float is False or new.depth == depth or kind is png16
    assert new.packed_file is not None and not new.is_dirty  # so that saving the file keeps it


def test_a_missing_image_is_named_and_the_others_are_filled(tmp_path: Path) -> None:
    """Contract B3."""
    material = make_wall(tmp_path)
    gone = node(material, "roughness").image
    (tmp_path / "wall_roughness.png").unlink()
    gone.reload()
    reasons = {row.use.role: row.reason for row in part("session.selection").select(material, anew=True).rows}
    assert "wall_roughness.png" in reasons.pop("roughness") and not any(reasons.values())
    fill_and_wait(material)
    names = shown_images(material)
    assert names.pop("roughness") == "wall_roughness.png"
    assert all(name.endswith("_inpaint.png") for name in names.values())


def test_a_udim_is_named_and_the_others_are_filled(tmp_path: Path) -> None:
    """Contract B3."""
    material = make_wall(tmp_path)
    tiled = bpy.data.images.new("tiles", 32, 32, tiled=True)
    node(material, "metallic").image = tiled
    reasons = {row.use.role: row.reason for row in part("session.selection").select(material, anew=True).rows}
    assert "UDIM" in reasons["metallic"]
    fill_and_wait(material)
    assert shown_images(material)["metallic"] == "tiles"
    assert shown_images(material)["basecolor"] == "wall_basecolor_inpaint.png"


def test_only_a_udim_is_a_sentence(tmp_path: Path) -> None:
    """Contract B3."""
    material = make_wall(tmp_path)
    for role in shown_images(material):
        node(material, role).image = bpy.data.images.new("tiles", 32, 32, tiled=True)
    with pytest.raises(RuntimeError, match="UDIM"):
        bpy.ops.svbrdf.inpaint()


def test_a_linked_material_is_refused_with_the_button_that_helps(tmp_path: Path) -> None:
    """Contract B3."""
    material = make_wall(tmp_path)
    bpy.data.libraries.write(str(tmp_path / "library.blend"), {material}, path_remap="ABSOLUTE")
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, here):
        here.materials = ["Wall"]
    theirs = here.materials[0]
    bpy.context.object.active_material = theirs
    with pytest.raises(part("client").UserError, match="is linked; make it local first") as caught:
        fill_of(theirs)
    assert "svbrdf.make_local" in [name for name, _ in part("ui.widgets").FIXES[caught.value.kind]]
    assert bpy.ops.svbrdf.make_local() == {"FINISHED"}
    own = bpy.context.object.active_material
    assert own.library is None
    fill_and_wait(own)
    assert all("_inpaint" in name for name in shown_images(own).values())
    assert not any("_inpaint" in name for name in shown_images(theirs).values())
