"""Objects of several material slots, and several objects: a hole is of the material that the painted faces show."""

from __future__ import annotations

import bmesh
import bpy
import numpy as np
import pytest
from mathutils import Matrix

from tests.blender.helper import part
from tests.blender.hole_users import assert_nothing_left, make_grid, make_textured, read_hole, tools
from tests.blender.layouts import Drawn, Layout

overlay = part("holes.overlay")


def make_two() -> tuple[bpy.types.Object, bpy.types.Material, bpy.types.Material]:
    """Return a grid whose upper half shows the second of two materials."""
    first, second = make_textured(), make_textured()
    second.name = "Brick"
    thing = make_grid(first)
    thing.data.materials.append(second)
    for number, face in enumerate(thing.data.polygons):
        face.material_index, face.select = int(number >= 8), number % 3 == 0
    return thing, first, second


def selected(thing: bpy.types.Object) -> list[int]:
    return [face.index for face in thing.data.polygons if face.select]


def drawn() -> Drawn:
    said = Drawn()
    part("ui.panels")._draw_main(Layout(said), bpy.context)
    part("ui.panels")._draw_hole(Layout(said), bpy.context)
    return said


@pytest.mark.parametrize("mode", ["OBJECT", "EDIT"])
def test_only_faces_of_the_material_take_paint_and_the_users_selection_is_given_back(mode: str) -> None:
    thing, first, _ = make_two()
    bpy.context.scene.tool_settings.mesh_select_mode = (False, False, True)
    bpy.ops.object.mode_set(mode="TEXTURE_PAINT")
    bpy.ops.object.mode_set(mode=mode)
    before, chosen = tools(), selected(thing)
    assert bpy.ops.svbrdf.paint_hole() == {"FINISHED"}
    assert thing.data.use_paint_mask and selected(thing) == list(range(8))
    assert bpy.context.scene.svbrdf_painting.material == first
    assert "Faces that show “Oak” take paint" in drawn().text
    assert bpy.ops.svbrdf.paint_done() == {"FINISHED"}
    assert (thing.mode, tools()) == (mode, before)
    bpy.ops.object.mode_set(mode="OBJECT")
    assert not thing.data.use_paint_mask and selected(thing) == chosen
    assert_nothing_left()


def test_in_edit_mode_meanwhile_the_selection_is_given_back_as_well() -> None:
    thing, *_ = make_two()
    chosen = selected(thing)
    bpy.ops.svbrdf.paint_hole()
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.svbrdf.paint_done()
    assert [face.index for face in bmesh.from_edit_mesh(thing.data).faces if face.select] == chosen


def test_an_object_of_one_material_is_painted_without_a_mask() -> None:
    thing = make_grid(make_textured())
    bpy.ops.svbrdf.paint_hole()
    assert not thing.data.use_paint_mask and not selected(thing)


def test_strokes_go_by_the_slot_that_is_chosen_while_a_hole_is_painted() -> None:
    thing, first, second = make_two()
    chosen = selected(thing)
    bpy.ops.svbrdf.paint_hole()
    thing.active_material_index = 1
    part("session.timer").poll()
    memory = bpy.context.scene.svbrdf_painting
    assert memory.active and memory.material == second and memory.image == second.svbrdf_hole
    assert bpy.context.scene.tool_settings.image_paint.canvas == second.svbrdf_hole
    assert selected(thing) == list(range(8, 16))
    assert "“Oak” has a hole too" in drawn().text
    bpy.ops.svbrdf.paint_done()
    assert thing.mode == "OBJECT" and selected(thing) == chosen
    assert first.svbrdf_hole is not None


def test_strokes_on_another_object_go_into_its_own_material_or_nowhere() -> None:
    thing, first, _ = make_two()
    third = make_textured()
    other = make_grid(third)
    bpy.context.view_layer.objects.active = thing
    bpy.ops.svbrdf.paint_hole()
    bpy.context.view_layer.objects.active = other
    bpy.ops.object.mode_set(mode="TEXTURE_PAINT")
    part("session.timer").poll()
    memory = bpy.context.scene.svbrdf_painting
    assert memory.active and memory.thing == other and memory.material == third
    assert memory.image != first.svbrdf_hole
    bpy.ops.svbrdf.paint_done()
    bpy.context.view_layer.objects.active = thing
    bpy.ops.svbrdf.paint_hole()
    other.active_material = None  # now nothing can be painted there
    bpy.context.view_layer.objects.active = other
    bpy.ops.object.mode_set(mode="TEXTURE_PAINT")
    part("session.timer").poll()
    assert not memory.active


def test_a_material_that_no_face_shows_cannot_be_painted_on_the_surface() -> None:
    thing, *_ = make_two()
    for face in thing.data.polygons:
        face.material_index = 0
    thing.active_material_index = 1
    with pytest.raises(RuntimeError, match='No face of "Grid" shows the material "Brick"'):
        bpy.ops.svbrdf.paint_hole()
    assert thing.mode == "OBJECT"
    assert_nothing_left()


def test_selected_faces_become_a_hole_of_the_material_that_they_show_alone() -> None:
    thing, first, second = make_two()
    for face in thing.data.polygons:
        face.select = face.index in (9, 10)
    with pytest.raises(RuntimeError, match="choose the slot of “Brick”"):
        bpy.ops.svbrdf.faces_hole(margin=0)
    assert first.svbrdf_hole is None
    thing.active_material_index = 1
    bpy.ops.svbrdf.paint_hole()  # when the faces that take paint are selected
    assert bpy.ops.svbrdf.faces_hole(margin=0) == {"FINISHED"}
    assert read_hole(second).mean() == 2 / 16 and first.svbrdf_hole is None


def test_slots_are_offered_where_there_are_several() -> None:
    thing, *_ = make_two()
    assert "active_material_index" in drawn().props
    thing.active_material_index = 1
    bpy.ops.object.material_slot_remove()
    assert "active_material_index" not in drawn().props


VIEWS = {
    "orthographic": (
        (0.02, 0, 0, 0),
        (0, 0.02, 0, 0),
        (0, 0, -1e-3, 0),
        (0, 0, 0, 1),
    ),  # clip end 1000, as Blender has it
    "perspective": ((2, 0, 0, 0), (0, 2, 0, 0), (0, 0, -1.00002, -0.0200002), (0, 0, -1, 0)),  # 0.01 to 1000
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("distance", [0.5, 5.0, 20.0])
def test_the_red_lies_before_the_surface_and_behind_what_stands_in_front_of_it(view: str, distance: float) -> None:
    window, eye = Matrix(VIEWS[view]), Matrix.Translation((0, 0, -distance))

    def depth(matrix: Matrix, height: float) -> float:
        at = np.array(matrix) @ (0.1, 0.2, height, 1)
        return float(at[2] / at[3])

    red = depth(overlay.pull_forward(window, eye), 0.0)
    assert red < depth(window @ eye, 0.0) - 8 * 2**-23  # steps of a depth buffer of 24 bits
    assert red > depth(window @ eye, max(0.005 * distance, 0.005))
