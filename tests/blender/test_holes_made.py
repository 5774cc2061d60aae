"""Holes from boxes and images, and what is said if there can't be one."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.blender.helper import part
from tests.blender.hole_users import make_grid, make_textured, read_hole

mask = part("holes.mask")
UserError = part("client").UserError


def test_a_box_is_added_to_what_was_there_or_replaces_it() -> None:
    material = make_textured()
    make_grid(material)
    assert bpy.ops.svbrdf.box_hole(box=(0, 0, 0.25, 0.25)) == {"FINISHED"}
    assert bpy.ops.svbrdf.box_hole(box=(1, 1, 0.5, 0.5), extend=True) == {"FINISHED"}
    wanted = np.zeros((32, 64), bool)
    wanted[24:, :16] = wanted[:16, 32:] = True
    assert np.array_equal(read_hole(material), wanted)
    assert bpy.ops.svbrdf.box_hole(box=(0, 0, 1, 0.5)) == {"FINISHED"}
    assert np.array_equal(read_hole(material), np.arange(32)[:, None].repeat(64, 1) >= 16)
    assert bpy.ops.svbrdf.clear_hole() == {"FINISHED"}
    assert material.svbrdf_hole is None
    assert [image.name for image in bpy.data.images if "hole" in image.name] == []


def test_undo_brings_the_hole_before_back() -> None:
    material = make_textured()
    make_grid(material)
    bpy.ops.ed.undo_push(message="begin")
    for box in ((0, 0, 0.25, 0.25), (0, 0, 0.5, 0.5)):
        bpy.ops.svbrdf.box_hole(box=box)
        bpy.ops.ed.undo_push(message="box")
    assert read_hole(bpy.data.materials["Oak"]).mean() == 1 / 4
    bpy.ops.ed.undo()
    assert read_hole(bpy.data.materials["Oak"]).mean() == 1 / 16
    bpy.ops.ed.redo()
    assert read_hole(bpy.data.materials["Oak"]).mean() == 1 / 4


def test_what_cannot_be_a_hole_is_said_in_a_sentence() -> None:
    material = make_textured()
    thing = make_grid(material)
    with pytest.raises(RuntimeError, match="No face is selected"):
        bpy.ops.svbrdf.faces_hole()
    with pytest.raises(RuntimeError, match="box is empty"):
        bpy.ops.svbrdf.box_hole(box=(2, 2, 3, 3))
    thing.data.polygons[0].select = True
    thing.data.materials.append(bpy.data.materials.new("Steel"))
    thing.data.polygons[0].material_index = 1
    with pytest.raises(RuntimeError, match='None of the selected faces shows the material "Oak"'):
        bpy.ops.svbrdf.faces_hole()
    thing.data.polygons[0].material_index = 0
    thing.data.uv_layers.remove(thing.data.uv_layers[0])
    with pytest.raises(RuntimeError, match="no UV map"):
        bpy.ops.svbrdf.faces_hole()
    with pytest.raises(UserError, match="No mask image"):
        mask.read_hole(material, mask.HoleRequest("IMAGE"), (32, 64))


def test_a_mask_image_and_alpha_are_read_at_any_size() -> None:
    material = make_textured()
    image = bpy.data.images.new("mask", 8, 4, alpha=True)
    values = np.zeros((4, 8, 4), np.float32)
    values[..., 3] = 1
    values[0, 0, :3] = 1  # the lower left texel
    values[3, 7, 3] = 0  # the upper right one
    image.pixels.foreach_set(values.reshape(-1))
    painted = mask.read_hole(material, mask.HoleRequest("IMAGE", image=image), (8, 16))
    assert painted.dtype == np.uint8 and painted.max() == 255
    assert np.argwhere(painted).tolist() == [[6, 0], [6, 1], [7, 0], [7, 1]]
    clear = mask.read_hole(material, mask.HoleRequest("ALPHA", image=image), (2, 4))
    assert np.argwhere(clear).tolist() == [[0, 3]]


def test_the_state_counts_when_pixels_or_nodes_change_and_not_when_things_move() -> None:
    material = make_textured()
    thing = make_grid(material)
    bpy.ops.svbrdf.paint_hole()
    bpy.context.view_layer.update()
    before = mask.count_changes()
    thing.location.x = 3
    bpy.context.view_layer.update()
    assert mask.count_changes() == before
    material.svbrdf_hole.update_tag()  # as a stroke does
    bpy.context.view_layer.update()
    painted = mask.count_changes()
    assert painted > before
    next(node for node in material.node_tree.nodes if node.type == "TEX_IMAGE").image = None
    bpy.context.view_layer.update()
    assert mask.count_changes() > painted


def test_a_linked_material_is_refused_with_a_sentence(tmp_path: Path) -> None:
    make_textured()
    bpy.data.materials["Oak"].use_fake_user = True
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, wanted):
        wanted.materials = ["Oak"]
    make_grid(bpy.data.materials["Oak"])
    with pytest.raises(RuntimeError, match="is linked; make it local first"):
        bpy.ops.svbrdf.box_hole(box=(0, 0, 1, 1))
