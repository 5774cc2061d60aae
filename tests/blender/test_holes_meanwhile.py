"""A hole is being painted, and the user does something else: nothing is lost, and the tools come back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import addon_utils
import bpy
import pytest

from tests.blender.helper import NAME, part
from tests.blender.hole_users import assert_nothing_left, borrowed, make_user, paint, read_hole, stroke, tools

painting = part("holes.painting")


def use_the_users_brush() -> None:
    """Take the own brush while painting, and spoil it and everything else."""
    kept = bpy.context.scene.svbrdf_painting
    if bpy.app.version < part("holes.brush_assets").SINCE:
        paint().brush = kept.brush
    else:
        bpy.ops.brush.asset_activate(**kept.read().values["asset"])
    shared = borrowed.unified_settings(bpy.context.scene)
    paint().brush.color, paint().brush.size = (1, 0, 0), 5
    shared.color, shared.size, shared.use_unified_size = (0, 1, 0), 6, False
    paint().canvas, paint().mode, paint().use_cavity = None, "MATERIAL", False


def another_mode() -> None:
    bpy.ops.object.mode_set(mode="OBJECT")


def delete_the_image() -> None:
    bpy.data.images.remove(bpy.context.scene.svbrdf_painting.image)


def delete_the_brush() -> None:
    bpy.data.brushes.remove(bpy.data.brushes["Inpaint hole"])


def delete_the_material() -> None:
    bpy.data.materials.remove(bpy.context.scene.svbrdf_painting.material)


def begin_again() -> None:
    bpy.ops.svbrdf.paint_hole()


@pytest.mark.parametrize(
    "meanwhile",
    [use_the_users_brush, another_mode, delete_the_image, delete_the_brush, delete_the_material, begin_again],
)
def test_whatever_the_user_does_meanwhile_the_tools_come_back(meanwhile: Callable[[], None]) -> None:
    """Contract B2."""
    thing = make_user()
    before = tools()
    bpy.ops.svbrdf.paint_hole()
    meanwhile()
    assert bpy.ops.svbrdf.paint_done() == {"FINISHED"}
    assert (thing.mode, tools()) == ("OBJECT", before)
    assert_nothing_left()


def test_the_object_is_deleted_while_painting() -> None:
    """Contract B2."""
    thing = make_user()
    before = tools()
    bpy.ops.svbrdf.paint_hole()
    bpy.data.objects.remove(thing)
    assert bpy.ops.svbrdf.paint_done() == {"FINISHED"}
    assert tools() == before
    assert_nothing_left()


def test_the_canvas_of_the_user_is_deleted_while_painting() -> None:
    """Contract B2."""
    make_user()
    bpy.ops.svbrdf.paint_hole()
    bpy.data.images.remove(bpy.data.images["wood"])
    bpy.ops.svbrdf.paint_done()
    assert paint().canvas is None
    assert_nothing_left()


def test_undo_before_the_beginning_gives_everything_back() -> None:
    """Contract B2."""
    make_user()
    before = tools()
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.svbrdf.paint_hole()
    bpy.ops.ed.undo_push(message="paint")
    bpy.ops.ed.undo()
    painting.resolve_undo(bpy.context)  # what a timer does in the window
    assert bpy.context.object.mode == "OBJECT"
    assert tools() == before
    assert_nothing_left()
    bpy.ops.ed.redo()
    painting.resolve_undo(bpy.context)
    assert bpy.context.object.mode == "TEXTURE_PAINT" and paint().brush.name.startswith("Inpaint hole")
    assert paint().canvas == bpy.data.materials["Oak"].svbrdf_hole
    assert bpy.ops.svbrdf.paint_done() == {"FINISHED"}
    assert (bpy.context.object.mode, tools()) == ("OBJECT", before)
    assert_nothing_left()


def test_a_file_saved_while_painting_can_be_loaded_and_ended(tmp_path: Path) -> None:
    """Contract B2."""
    make_user()
    before = tools()
    bpy.ops.svbrdf.paint_hole()
    stroke()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "half.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert not bpy.context.scene.svbrdf_painting.active
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "half.blend"))
    assert bpy.context.scene.svbrdf_painting.active
    assert read_hole(bpy.data.materials["Oak"]).mean() == 1 / 4  # what was painted is saved, though nobody asked for it
    assert bpy.ops.svbrdf.paint_done() == {"FINISHED"}
    assert tools() == before
    assert_nothing_left()


def test_switching_the_add_on_off_ends_painting() -> None:
    thing = make_user()
    before = tools()
    bpy.ops.svbrdf.paint_hole()
    addon_utils.disable(NAME)
    assert (thing.mode, tools()) == ("OBJECT", before)
    addon_utils.enable(NAME)
    assert_nothing_left()
