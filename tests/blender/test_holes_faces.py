"""Holes from the selected faces of a mesh."""

from __future__ import annotations

import bmesh
import bpy
import numpy as np
import pytest

from tests.blender.hole_users import make_grid, make_textured, read_hole


def test_faces_selected_in_object_mode_become_a_hole_through_the_uv_map() -> None:
    material = make_textured()
    thing = make_grid(material)
    thing.data.polygons[0].select = True  # lower left
    assert bpy.ops.svbrdf.faces_hole(margin=0) == {"FINISHED"}
    wanted = np.zeros((32, 64), bool)
    wanted[24:, :16] = True
    assert np.array_equal(read_hole(material), wanted)
    assert material.svbrdf_hole.name == "Oak hole"
    assert material.svbrdf_hole.packed_file is not None
    assert material.svbrdf_hole.colorspace_settings.name == "Non-Color"


def test_faces_selected_in_edit_mode_are_taken_as_they_are_now() -> None:
    material = make_textured()
    thing = make_grid(material)
    bpy.ops.object.mode_set(mode="EDIT")
    shape = bmesh.from_edit_mesh(thing.data)
    shape.faces.ensure_lookup_table()
    shape.faces[15].select_set(True)  # upper right
    bmesh.update_edit_mesh(thing.data)
    assert bpy.ops.svbrdf.faces_hole(margin=2) == {"FINISHED"}
    assert thing.mode == "EDIT"
    wanted = np.zeros((32, 64), bool)
    wanted[:10, 46:] = True
    wanted[:10, :2] = wanted[30:, 46:] = wanted[30:, :2] = True  # the image repeats, and its margin too
    assert np.array_equal(read_hole(material), wanted)


def test_faces_go_through_the_uv_map_and_the_mapping_that_the_material_asks_for() -> None:
    material = make_textured()
    thing = make_grid(material)
    nodes, links = material.node_tree.nodes, material.node_tree.links
    mapping, uv = nodes.new("ShaderNodeMapping"), nodes.new("ShaderNodeUVMap")
    uv.uv_map = "second"
    mapping.inputs["Location"].default_value = (0.5, 0.25, 0)
    texture = next(node for node in nodes if node.type == "TEX_IMAGE")
    links.new(uv.outputs["UV"], mapping.inputs["Vector"])
    links.new(mapping.outputs["Vector"], texture.inputs["Vector"])
    thing.data.polygons[0].select = True  # lower left: 0..1/4
    with pytest.raises(RuntimeError, match='no UV map "second"'):
        bpy.ops.svbrdf.faces_hole(margin=0)
    second = thing.data.uv_layers.new(name="second")
    for loop in second.uv:
        loop.vector = (loop.vector.x + 1, 2 * loop.vector.y - 3)  # other images of the same pattern, mirrored later
    assert bpy.ops.svbrdf.faces_hole(margin=0) == {"FINISHED"}
    wanted = np.zeros((32, 64), bool)
    wanted[8:24, 32:48] = True
    assert np.array_equal(read_hole(material), wanted)
    texture.extension = "CLIP"
    with pytest.raises(RuntimeError, match="outside the image"):
        bpy.ops.svbrdf.faces_hole(margin=0)


def test_hidden_faces_are_left_out_and_those_of_all_objects_in_edit_mode_are_taken() -> None:
    material = make_textured()
    make_grid(material)
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_all(action="SELECT")
    bpy.ops.object.mode_set(mode="OBJECT")
    first = bpy.context.object
    thing = make_grid(material)
    thing.data.polygons[0].select = True
    thing.data.polygons[1].select = thing.data.polygons[1].hide = True
    assert bpy.ops.svbrdf.faces_hole(margin=0) == {"FINISHED"}
    assert read_hole(material).mean() == 1 / 16
    thing.data.polygons[1].hide = False
    first.select_set(True)
    bpy.ops.object.mode_set(mode="EDIT")
    assert {first.mode, thing.mode} == {"EDIT"}
    bpy.ops.mesh.select_all(action="DESELECT")
    for one, face in ((first, 5), (thing, 6)):
        shape = bmesh.from_edit_mesh(one.data)
        shape.faces.ensure_lookup_table()
        shape.faces[face].select_set(True)
        bmesh.update_edit_mesh(one.data)
    assert bpy.ops.svbrdf.faces_hole(margin=0) == {"FINISHED"}
    assert read_hole(material).mean() == 2 / 16
