"""UDIM images: a hole over several tiles is filled, kept and taken back, and the other tiles stay as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.helper import part
from tests.blender.walls import make_surface, store_image

pytestmark = pytest.mark.usefixtures("fresh_session")

SIDE = 48
PLACES = {1001: (0, 0), 1002: (1, 0), 1011: (0, 1)}
"""Column and row of each tile, rows upward."""
BOX = (0.8, 0.3, 1.2, 0.6)
"""Over the edge of 1001 and 1002, in tiles."""


def make_hero(folder: Path) -> Any:
    """Return a material of two UDIM images in a folder, on the active object."""
    surface = make_surface(side=2 * SIDE)
    material = bpy.data.materials.new("Hero")
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    tree = material.node_tree
    shader = next(node for node in tree.nodes if node.type == "BSDF_PRINCIPLED")
    for role, plug in (("basecolor", "Base Color"), ("roughness", "Roughness")):
        for number, (column, row) in PLACES.items():
            tile = surface[role][row * SIDE : (row + 1) * SIDE, column * SIDE : (column + 1) * SIDE]
            bpy.data.images.remove(store_image(folder, f"hero_{role}.{number}", tile))
        texture = tree.nodes.new("ShaderNodeTexImage")
        texture.name, texture.image = role, load_tiles(folder / f"hero_{role}.1001.png")
        texture.image.colorspace_settings.name = "sRGB" if role == "basecolor" else "Non-Color"
        tree.links.new(texture.outputs[0], shader.inputs[plug])
    bpy.ops.mesh.primitive_plane_add(size=2)
    bpy.context.object.data.materials.append(material)
    uvs = bpy.context.object.data.uv_layers[0].uv
    for place in uvs:
        place.vector = (place.vector[0] * 2, place.vector[1])
    return material


def load_tiles(path: Path) -> Any:
    image = bpy.data.images.load(str(path))
    image.source = "TILED"
    assert {tile.number for tile in image.tiles} == set(PLACES)
    return image


def image_of(material: Any, role: str) -> Any:
    return material.node_tree.nodes[role].image


def tiles_of(image: Any) -> dict[int, bytes]:
    found: dict[int, bytes] = part("images.tiles").all_tiles(image)
    return found


def samples(data: bytes) -> Any:
    """Return the bytes ``(h, w, 4)`` of a picture, bottom row first."""
    making, reading = part("images.making"), part("images.reading")
    image = making.load_packed(data, ".png")
    values = np.round(reading.to_rgba(reading.read_samples(image)) * 255).astype(np.uint8)
    bpy.data.images.remove(image)
    return values


def check(before: dict[int, bytes], after: dict[int, bytes]) -> None:
    """See that two tiles changed in the box and nowhere else, and the third is the same bytes."""
    assert after[1011] == before[1011]
    rows = slice(int(0.3 * SIDE) - 1, int(0.6 * SIDE) + 1)
    for number, columns in ((1001, slice(int(0.8 * SIDE) - 1, SIDE)), (1002, slice(0, int(0.2 * SIDE) + 1))):
        changed = (samples(before[number]) != samples(after[number])).any(axis=2)
        assert changed.any()
        changed[rows, columns] = False
        assert not changed.any()


def test_fill_revert_and_keep_beside(tmp_path: Path) -> None:
    material = make_hero(tmp_path)
    old = {role: image_of(material, role) for role in ("basecolor", "roughness")}
    before = {role: tiles_of(image) for role, image in old.items()}
    assert bpy.ops.svbrdf.inpaint(material="Hero", box=BOX, mode="BESIDE") == {"FINISHED"}
    for role, image in old.items():
        new = image_of(material, role)
        assert new != image and new.source == "TILED" and "<UDIM>" in new.filepath
        check(before[role], tiles_of(new))
        assert new.colorspace_settings.name == image.colorspace_settings.name
    assert bpy.ops.svbrdf.revert() == {"FINISHED"}
    assert {role: image_of(material, role) for role in old} == old
    assert bpy.ops.svbrdf.inpaint(material="Hero", box=BOX, mode="BESIDE", keep=True) == {"FINISHED"}
    new = image_of(material, "basecolor")
    assert Path(bpy.path.abspath(new.filepath)) == tmp_path / "hero_basecolor_inpaint.<UDIM>.png"
    assert not len(new.packed_files) and {tile.number for tile in new.tiles} == set(PLACES)
    check(before["basecolor"], {n: (tmp_path / f"hero_basecolor_inpaint.{n}.png").read_bytes() for n in PLACES})
    assert (tmp_path / "hero_basecolor.1001.png").read_bytes() == before["basecolor"][1001]


def test_keep_in_the_place_of_the_old_files(tmp_path: Path) -> None:
    material = make_hero(tmp_path)
    before = tiles_of(image_of(material, "basecolor"))
    assert bpy.ops.svbrdf.inpaint(material="Hero", box=BOX, mode="REPLACE", keep=True) == {"FINISHED"}
    check(before, {n: (tmp_path / f"hero_basecolor.{n}.png").read_bytes() for n in PLACES})
    for number, data in before.items():
        assert (tmp_path / f"hero_basecolor.{number}.before-inpaint.png").read_bytes() == data


def test_what_is_painted_on_the_surface_is_filled_on_the_tiles(tmp_path: Path) -> None:
    material = make_hero(tmp_path)
    before = tiles_of(image_of(material, "basecolor"))
    bpy.ops.svbrdf.paint_hole()
    canvas = bpy.context.scene.svbrdf_painting.image
    stroke = np.zeros((2 * SIDE, 2 * SIDE, 4), np.float32)  # bottom row first, as Blender has it
    stroke[18:26, SIDE - 8 : SIDE + 8] = 1
    canvas.pixels.foreach_set(stroke.ravel())
    canvas.update()
    bpy.ops.svbrdf.paint_done()
    assert bpy.ops.svbrdf.inpaint(material="Hero", mode="BESIDE") == {"FINISHED"}
    check(before, tiles_of(image_of(material, "basecolor")))


def test_painted_tiles_that_are_not_saved_are_told(tmp_path: Path) -> None:
    material = make_hero(tmp_path)
    image = image_of(material, "basecolor")
    image.pixels.foreach_set(np.ones(SIDE * SIDE * 4, np.float32))
    image.update()
    rows = part("session.selection").select(material, anew=True).rows
    reasons = {row.use.role: row.reason for row in rows}
    assert "are not saved as they are now" in reasons["basecolor"] and reasons["roughness"] == ""


def test_a_tiled_mask_image_is_a_hole(tmp_path: Path) -> None:
    material = make_hero(tmp_path)
    before = tiles_of(image_of(material, "basecolor"))
    for number in PLACES:
        mask = np.zeros((SIDE, SIDE, 3), np.float32)
        columns = {1001: slice(40, SIDE), 1002: slice(0, 8), 1011: slice(0, 0)}[number]
        mask[16:28, columns] = 1
        bpy.data.images.remove(store_image(tmp_path, f"mask.{number}", mask))
    mask_image = load_tiles(tmp_path / "mask.1001.png")
    assert bpy.ops.svbrdf.inpaint(material="Hero", hole_image=mask_image.name, mode="BESIDE") == {"FINISHED"}
    check(before, tiles_of(image_of(material, "basecolor")))


def test_only_tiles_near_the_hole_are_sent(tmp_path: Path) -> None:
    material = make_hero(tmp_path)
    bpy.ops.svbrdf.box_hole(box=(1.2, 0.2, 1.6, 0.5))
    request, images = part("session.filling").build_request(material)
    assert set(images) == {f"{at}.{number}.png" for at in (0, 1) for number in (1001, 1002, 1011)}
    assert request.source.overrides == {"basecolor": "0.1001.png", "roughness": "1.1001.png"}
    (mask,) = request.hole.masks
    assert mask.shape == (2 * SIDE, 2 * SIDE) and mask[SIDE:, SIDE:].any() and not mask[:SIDE].any()


def test_faces_and_painting_go_by_a_picture_of_all_tiles(tmp_path: Path) -> None:
    material = make_hero(tmp_path)
    where = part("holes.surface").uv_placement_of(material)
    corners = part("holes.surface").uv_to_image(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]), where.matrix)
    assert where.size == (2 * SIDE, 2 * SIDE) and np.allclose(corners, np.array([[0, 0], [0.5, 0.5], [1, 1]]))
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    assert bpy.ops.svbrdf.faces_hole(margin=0) == {"FINISHED"}
    bpy.ops.object.mode_set(mode="OBJECT")
    hole = part("holes.mask").read_mask(material.svbrdf_hole, where.size)
    assert hole[SIDE:].all() and not hole[:SIDE].any()  # the plane lies on 1001 and 1002
    bpy.ops.svbrdf.clear_hole()
    bpy.ops.svbrdf.paint_hole()
    canvas = bpy.context.scene.svbrdf_painting.image
    assert tuple(canvas.size) == (2 * SIDE, 2 * SIDE) and canvas.source == "FILE"
    bpy.ops.svbrdf.paint_done()


def test_a_single_image_beside_tiles_is_told(tmp_path: Path) -> None:
    material = make_hero(tmp_path)
    plain = store_image(tmp_path, "plain", make_surface(side=SIDE)["roughness"])
    plain.colorspace_settings.name = "Non-Color"
    material.node_tree.nodes["roughness"].image = plain
    rows = part("session.selection").select(material, anew=True).rows
    reasons = {row.use.role: row.reason for row in rows}
    assert reasons["basecolor"] == "" and "is no UDIM" in reasons["roughness"]
    assert bpy.ops.svbrdf.inpaint(material="Hero", box=BOX, mode="BESIDE") == {"FINISHED"}
    assert image_of(material, "roughness") == plain
