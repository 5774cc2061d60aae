"""Painting a hole begins and ends, and the user's tools are as they were."""

from __future__ import annotations

import bpy
import pytest

from tests.blender.hole_users import assert_nothing_left, make_user, paint, read_hole, stroke, tools


@pytest.mark.parametrize("mode", ["OBJECT", "EDIT", "TEXTURE_PAINT", "SCULPT"])
def test_painting_gives_mode_brush_and_canvas_back(mode: str) -> None:
    thing = make_user(mode)
    before = tools()
    assert bpy.ops.svbrdf.paint_hole() == {"FINISHED"}
    hole = bpy.data.materials["Oak"].svbrdf_hole
    assert thing.mode == "TEXTURE_PAINT"
    assert paint().brush.name == "Inpaint hole" and tuple(paint().brush.color) == (1, 1, 1)
    assert paint().mode == "IMAGE" and paint().canvas == hole
    assert tuple(hole.size) == (64, 32) and not read_hole(bpy.data.materials["Oak"]).any()
    assert bpy.ops.svbrdf.paint_done() == {"FINISHED"}
    assert (thing.mode, tools()) == (mode, before)
    assert_nothing_left()


def test_what_was_painted_is_packed_at_the_end() -> None:
    make_user()
    bpy.ops.svbrdf.paint_hole()
    stroke()
    image = bpy.data.materials["Oak"].svbrdf_hole
    assert image.is_dirty
    bpy.ops.svbrdf.paint_done()
    assert not image.is_dirty
    image.reload()  # from what is packed
    assert read_hole(bpy.data.materials["Oak"]).mean() == 1 / 4


def test_a_second_time_what_was_painted_is_there_to_go_on() -> None:
    make_user()
    bpy.ops.svbrdf.paint_hole()
    stroke()
    bpy.ops.svbrdf.paint_done()
    bpy.ops.svbrdf.paint_hole()
    assert read_hole(bpy.data.materials["Oak"]).mean() == 1 / 4
    assert bpy.ops.svbrdf.clear_hole() == {"FINISHED"}
    assert not read_hole(bpy.data.materials["Oak"]).any()
    assert paint().canvas == bpy.data.materials["Oak"].svbrdf_hole


@pytest.mark.parametrize("mode", ["OBJECT", "EDIT"])
def test_behind_a_mapping_node_strokes_go_through_a_uv_map_of_their_own(mode: str) -> None:
    thing = make_user()
    nodes, links = (getattr(bpy.data.materials["Oak"].node_tree, name) for name in ("nodes", "links"))
    mapping, uv = nodes.new("ShaderNodeMapping"), nodes.new("ShaderNodeUVMap")
    mapping.inputs["Scale"].default_value = (2, 3, 1)
    mapping.inputs["Location"].default_value = (0.25, 0, 0)
    links.new(uv.outputs["UV"], mapping.inputs["Vector"])
    links.new(mapping.outputs["Vector"], next(node for node in nodes if node.type == "TEX_IMAGE").inputs["Vector"])
    layers = thing.data.uv_layers
    layers.active = layers.new(name="other")
    bpy.ops.svbrdf.paint_hole()
    own = thing.data.uv_layers.active
    assert own.name == "Inpaint hole" and not own.active_render
    for before, now in zip(thing.data.uv_layers["UVMap"].uv, own.uv, strict=True):
        assert tuple(now.vector) == pytest.approx((2 * before.vector.x + 0.25, 3 * before.vector.y), abs=1e-6)
    bpy.ops.object.mode_set(mode=mode)
    bpy.ops.svbrdf.paint_done()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert [layer.name for layer in thing.data.uv_layers] == ["UVMap", "other"]
    assert thing.data.uv_layers.active.name == "other"
    assert_nothing_left()


def test_what_cannot_be_painted_on_is_said_and_changes_nothing() -> None:
    thing = make_user()
    before = tools()
    thing.data.uv_layers.remove(thing.data.uv_layers[0])
    with pytest.raises(RuntimeError, match="has no UV map"):
        bpy.ops.svbrdf.paint_hole()
    assert (thing.mode, tools()) == ("OBJECT", before)
    thing.data.uv_layers.new(name="UVMap")
    nodes, links = (getattr(bpy.data.materials["Oak"].node_tree, name) for name in ("nodes", "links"))
    where = nodes.new("ShaderNodeTexCoord").outputs["Generated"]
    links.new(where, next(node for node in nodes if node.type == "TEX_IMAGE").inputs["Vector"])
    with pytest.raises(RuntimeError, match="without a UV map"):
        bpy.ops.svbrdf.paint_hole()
    assert (thing.mode, tools()) == ("OBJECT", before)
    thing.active_material = None
    assert not bpy.ops.svbrdf.paint_hole.poll()
    assert not bpy.ops.svbrdf.paint_done.poll()
    assert not bpy.ops.svbrdf.clear_hole.poll()
    assert_nothing_left()
