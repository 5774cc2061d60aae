"""A material filled by the real service, by the operators that buttons and scripts call."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.blender.walls import HOLE, box, inside, make_wall, pixels, shown_images

pytestmark = pytest.mark.usefixtures("fresh_session")


def test_a_script_fills_all_maps_and_changes_nothing_outside(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    before = {role: pixels(name).copy() for role, name in shown_images(material).items()}
    assert bpy.ops.svbrdf.inpaint(material="Wall", box=box(*HOLE), seed=1, mode="BESIDE") == {"FINISHED"}
    after = {role: pixels(name) for role, name in shown_images(material).items()}
    assert all("_inpaint" in name for name in shown_images(material).values())
    for role in before:
        changed = np.abs(after[role] - before[role]).max(2) > 0
        assert not (changed & ~inside()).any(), role
    assert np.abs(after["basecolor"] - before["basecolor"]).max() > 0


def test_undo_brings_the_old_images_back_and_redo_the_new(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    bpy.ops.ed.undo_push(message="before")
    old = shown_images(material)
    bpy.ops.svbrdf.inpaint("EXEC_DEFAULT", True, box=box(*HOLE))  # as a click does; scripts make no steps of undo
    new = shown_images(bpy.data.materials["Wall"])
    assert new != old
    bpy.ops.ed.undo()
    assert shown_images(bpy.data.materials["Wall"]) == old
    bpy.ops.ed.redo()
    assert shown_images(bpy.data.materials["Wall"]) == new


def test_settings_of_a_script_reach_the_service_in_the_first_fill(tmp_path: Path) -> None:
    make_wall(tmp_path)
    with pytest.raises(RuntimeError, match="nonsense"):
        bpy.ops.svbrdf.inpaint(box=box(*HOLE), settings='{"nonsense": 1}')
    with pytest.raises(RuntimeError, match="settings is a JSON object"):
        bpy.ops.svbrdf.inpaint(box=box(*HOLE), settings="[")


def test_a_material_that_nothing_shows_is_looked_at_anew_after_each_change(tmp_path: Path) -> None:
    material, other = make_wall(tmp_path), make_wall(tmp_path, "Other")
    material.use_fake_user = True
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    assert bpy.ops.svbrdf.inpaint(material="Wall", box=box(*HOLE)) == {"FINISHED"}
    material.node_tree.nodes["basecolor"].image = other.node_tree.nodes["basecolor"].image
    assert bpy.ops.svbrdf.inpaint(material="Wall", box=box(*HOLE)) == {"FINISHED"}
    assert shown_images(material)["basecolor"] == "other_basecolor_inpaint.png"
    material.node_tree.nodes.remove(material.node_tree.nodes["basecolor"])
    assert bpy.ops.svbrdf.inpaint(material="Wall", box=box(*HOLE)) == {"FINISHED"}


def test_what_is_kept_needs_no_hole_any_more(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    bpy.ops.svbrdf.inpaint(box=box(*HOLE))
    assert material.svbrdf_hole is not None  # for another seed
    assert bpy.ops.svbrdf.keep() == {"FINISHED"}
    assert material.svbrdf_hole is None and not len(material.svbrdf_changes)
    bpy.ops.svbrdf.inpaint(box=box(*HOLE), keep=True)
    assert material.svbrdf_hole is None
