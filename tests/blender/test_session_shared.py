"""One file or image in several places: loaded twice, laid out in two ways, its alpha the hole, shown in an editor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.helper import part
from tests.blender.layouts import Drawn, Layout
from tests.blender.test_session_images import node
from tests.blender.walls import HOLE, SIDE, fill_and_wait, inside, make_wall, pixels, pump, shown_images

pytestmark = pytest.mark.usefixtures("fresh_session")


def load_twice(material: Any) -> Any:
    """Let the metallic map be the blue of the base colour's file, which is loaded a second time for it."""
    tree, texture = material.node_tree, node(material, "metallic")
    first = node(material, "basecolor").image
    texture.image = bpy.data.images.load(first.filepath, check_existing=False)
    texture.image.colorspace_settings.name = "Non-Color"
    parts = tree.nodes.new("ShaderNodeSeparateColor")
    shader = next(one for one in tree.nodes if one.type == "BSDF_PRINCIPLED")
    tree.links.new(texture.outputs[0], parts.inputs[0])
    tree.links.new(parts.outputs[2], shader.inputs["Metallic"])
    return texture.image


@pytest.mark.parametrize("mode", ["BESIDE", "REPLACE"])
def test_a_file_that_is_loaded_twice_is_filled_once_and_written_once(tmp_path: Path, mode: str) -> None:
    material = make_wall(tmp_path)
    twin = load_twice(material)
    old = pixels(twin.name).copy()
    fill_and_wait(material, mode=mode)
    one, other = (node(material, name).image for name in ("basecolor", "metallic"))
    assert one != other and one.colorspace_settings.name == "sRGB" and other.colorspace_settings.is_data
    assert np.array_equal(pixels(one.name), pixels(other.name))
    assert not np.array_equal(pixels(one.name)[inside()], old[inside()])
    assert np.array_equal(pixels(one.name)[~inside()], old[~inside()])
    assert bpy.ops.svbrdf.keep() == {"FINISHED"}
    assert one.filepath == other.filepath
    ours = sorted(path.name for path in tmp_path.glob("wall_basecolor*"))
    assert ours == {
        "BESIDE": ["wall_basecolor.png", "wall_basecolor_inpaint.png"],
        "REPLACE": ["wall_basecolor.before-inpaint.png", "wall_basecolor.png"],
    }[mode]  # fmt: skip


def test_both_datablocks_of_a_file_are_given_back(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    load_twice(material)
    before = shown_images(material)
    fill_and_wait(material, mode="REPLACE")
    assert bpy.ops.svbrdf.revert() == {"FINISHED"}
    assert shown_images(material) == before and not len(material.svbrdf_changes)


def test_occlusion_that_lies_on_another_uv_map_keeps_its_channel(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    tree, packed = material.node_tree, node(material, "roughness").image
    shader = next(one for one in tree.nodes if one.type == "BSDF_PRINCIPLED")
    tree.nodes.remove(node(material, "metallic"))
    parts, mixed = tree.nodes.new("ShaderNodeSeparateColor"), tree.nodes.new("ShaderNodeMix")
    tree.links.new(node(material, "roughness").outputs[0], parts.inputs[0])
    tree.links.new(parts.outputs[1], shader.inputs["Roughness"])
    tree.links.new(parts.outputs[2], shader.inputs["Metallic"])
    occlusion, second, red = (tree.nodes.new("ShaderNode" + kind) for kind in ("TexImage", "UVMap", "SeparateColor"))
    occlusion.name, occlusion.image, second.uv_map = "occlusion", packed, "second"
    tree.links.new(second.outputs[0], occlusion.inputs[0])
    tree.links.new(occlusion.outputs[0], red.inputs[0])
    mixed.data_type, mixed.blend_type = "RGBA", "MULTIPLY"
    mixed.inputs[0].default_value = 1.0
    tree.links.new(node(material, "basecolor").outputs[0], mixed.inputs[6])
    tree.links.new(red.outputs[0], mixed.inputs[7])
    tree.links.new(mixed.outputs[2], shader.inputs["Base Color"])
    values = np.random.default_rng(5).random((SIDE, SIDE, 4), np.float32)
    values[..., 3] = 1
    packed.pixels.foreach_set(values.ravel())
    packed.save()
    bpy.context.object.data.uv_layers.new(name="second")
    selection = part("session.selection").select(material, anew=True)
    assert {row.use.channels for row in selection.rows if row.image == packed} == {"G", "B"}
    assert any("ambient occlusion) lies otherwise" in left.reason for left in selection.left)
    old = pixels(packed.name).copy()
    fill_and_wait(material)
    new = pixels(node(material, "roughness").image.name)
    changed = (new != old)[inside()].any(0)
    assert list(changed[:3]) == [False, True, True]
    assert np.array_equal(new[~inside()], old[~inside()])


def make_decal(material: Any) -> Any:
    """Give the base colour an alpha with a transparent hole, which is the material's alpha."""
    image = node(material, "basecolor").image
    values = pixels(image.name).copy()
    values[..., 3] = 1 - inside()
    png = part("client.arrays").encode_png((values * 255 + 0.5).astype(np.uint8))
    Path(image.filepath).write_bytes(png)
    image.reload()
    tree = material.node_tree
    shader = next(one for one in tree.nodes if one.type == "BSDF_PRINCIPLED")
    tree.links.new(node(material, "basecolor").outputs["Alpha"], shader.inputs["Alpha"])
    material.svbrdf.hole = "ALPHA"
    return image


@pytest.mark.parametrize("ticked", [False, True])
def test_the_alpha_that_tells_the_hole_is_filled_if_it_is_ticked_alone(tmp_path: Path, ticked: bool) -> None:
    material = make_wall(tmp_path)
    old = make_decal(material)
    drawn = Drawn()
    part("session.selection").select(material, anew=True)
    part("ui.panels")._draw_maps(Layout(drawn), bpy.context)
    assert "The alpha of “wall_basecolor.png” says what is filled, and stays" in drawn.text
    if ticked:
        bpy.ops.svbrdf.toggle_map(role="opacity")
    before = pixels(old.name).copy()
    assert bpy.ops.svbrdf.inpaint(material="Wall") == {"FINISHED"}
    new = pixels(node(material, "basecolor").image.name)
    assert not np.array_equal(new[inside()][:, :3], before[inside()][:, :3])
    assert np.array_equal(new[..., 3], before[..., 3]) != ticked
    assert np.array_equal(new[~inside()], before[~inside()])


def test_editors_follow_the_material_from_result_to_result_and_back(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    space = editor()
    space.image = node(material, "basecolor").image
    bpy.ops.ed.undo_push(message="before")
    fill = fill_and_wait(material, variations=2, hole=HOLE)
    assert space.image == node(material, "basecolor").image and space.image.name == "wall_basecolor_inpaint.png"
    other = next(one.number for one in fill.result.variations if one.number != material.svbrdf.variation)
    bpy.ops.svbrdf.choose(job=fill.job, variation=other)
    pump(lambda: fill.resolved and material.svbrdf.variation == other)
    assert space.image is not None and space.image == node(material, "basecolor").image
    waits = part("holes.mask").is_waiting
    assert not waits(material)  # no red over the result
    bpy.ops.svbrdf.box_hole(box=(0.1, 0.1, 0.2, 0.2))
    assert waits(material)  # though the result is not kept
    bpy.ops.svbrdf.revert()
    assert space.image is not None and space.image.name == "wall_basecolor.png"


def test_an_editor_shows_the_old_image_when_the_result_is_undone(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    editor().image = node(material, "basecolor").image
    bpy.ops.ed.undo_push(message="before")
    fill_and_wait(material)
    assert editor().image.name == "wall_basecolor_inpaint.png"
    bpy.ops.ed.undo()
    assert shown_images(bpy.data.materials["Wall"])["basecolor"] == "wall_basecolor.png"
    assert editor().image is not None and editor().image.name == "wall_basecolor.png"


def editor() -> Any:
    """Return what an Image editor shows; one is opened where there is none."""
    area = bpy.context.window_manager.windows[0].screen.areas[0]
    area.type = "IMAGE_EDITOR"
    return area.spaces.active
