"""What users do while a fill runs: nothing crashes, no pixel is lost, and they are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.helper import part
from tests.blender.walls import desk, fill_of, pixels, pump, shown, wall

pytestmark = pytest.mark.usefixtures("fresh_desk")
LONG = 100_000


def before(material: Any) -> dict[str, Any]:
    return {name: pixels(name).copy() for name in shown(material).values()}


def unharmed(images: dict[str, Any]) -> bool:
    return all(np.array_equal(pixels(name), samples) for name, samples in images.items())


def until(fill: Any, *phases: str) -> None:
    pump(lambda: fill.status.phase in phases)


def cancel(fill: Any) -> None:
    part("session.filling").cancel(fill)


@pytest.mark.parametrize("phase", ["before", "connecting", "sending", "running"])
def test_b2_cancelled_in_any_phase_and_twice(tmp_path: Path, phase: str) -> None:
    material = wall(tmp_path)
    images, nodes = before(material), shown(material)
    fill = fill_of(material, training=LONG)
    if phase != "before":
        pump(lambda: fill.watch is not None)
    if phase == "sending":
        until(fill, "sending", "queued", "running")
    if phase == "running":
        until(fill, "running")
    cancel(fill)
    cancel(fill)
    pump(lambda: not fill.active and fill.settled and not desk().background.busy)
    assert fill.result is None
    assert shown(material) == nodes and unharmed(images)
    if fill.job:
        assert desk().connection.service.get_job(fill.job)["state"] == "cancelled"


def test_b2_cancelled_by_its_operator_in_the_fill_of_this_material_alone(tmp_path: Path) -> None:
    one, other = wall(tmp_path, "One"), wall(tmp_path, "Other")
    bpy.context.object.active_material = one
    fills = fill_of(one, training=LONG), fill_of(other, training=LONG)
    until(fills[0], "queued", "running")
    assert bpy.ops.svbrdf.cancel() == {"FINISHED"}
    pump(lambda: not fills[0].active)
    assert fills[0].cancelled and not fills[1].cancelled and fills[1].active


def test_b2_undo_and_redo_while_it_runs(tmp_path: Path) -> None:
    material = wall(tmp_path)
    bpy.ops.ed.undo_push(message="wall")
    bpy.ops.mesh.primitive_plane_add("EXEC_DEFAULT", True)
    fill = fill_of(material)
    bpy.ops.ed.undo()
    pump(lambda: fill.watch is not None)
    bpy.ops.ed.redo()
    pump(lambda: fill.settled)
    assert fill.failure is None and not fill.note, fill.note
    assert all("_inpaint" in name for name in shown(bpy.data.materials["Wall"]).values())
    bpy.ops.ed.undo()
    assert not any("_inpaint" in name for name in shown(bpy.data.materials["Wall"]).values())


def test_b2_undo_beyond_the_beginning_of_the_material(tmp_path: Path) -> None:
    bpy.ops.ed.undo_push(message="empty")
    material = wall(tmp_path)
    bpy.ops.ed.undo_push(message="wall")
    fill = fill_of(material)
    bpy.ops.ed.undo()
    assert "Wall" not in bpy.data.materials
    pump(lambda: fill.settled)
    assert "is gone" in fill.note and not fill.applied
    bpy.ops.ed.redo()
    bpy.ops.svbrdf.choose(job=fill.job, variation=1)
    pump(lambda: fill.settled)
    assert fill.applied and shown(bpy.data.materials["Wall"])["roughness"].endswith("_inpaint.png")


def test_b2_the_material_deleted_and_another_of_its_name_made(tmp_path: Path) -> None:
    material = wall(tmp_path)
    fill = fill_of(material)
    bpy.data.materials.remove(material)
    other = wall(tmp_path)
    assert other.name == "Wall"
    nodes = shown(other)
    pump(lambda: fill.settled)
    assert fill.note == 'The material "Wall" is gone; the repaired maps stay with the service.'
    assert shown(other) == nodes
    assert part("session.target").fills_of(other) == []


def test_b2_one_image_deleted(tmp_path: Path) -> None:
    material = wall(tmp_path)
    fill = fill_of(material)
    gone = shown(material)["roughness"]
    bpy.data.images.remove(bpy.data.images[gone])
    pump(lambda: fill.settled)
    assert fill.note == f'The image "{gone}" is gone; its repaired map was left out.'
    assert shown_or_none(material)["roughness"] is None
    assert shown_or_none(material)["basecolor"] == "wall_basecolor_inpaint.png"


def shown_or_none(material: Any) -> dict[str, str | None]:
    nodes = [node for node in material.node_tree.nodes if node.type == "TEX_IMAGE"]
    return {node.name: node.image.name if node.image else None for node in nodes}


def test_b2_all_images_deleted(tmp_path: Path) -> None:
    material = wall(tmp_path)
    fill = fill_of(material)
    for name in shown(material).values():
        bpy.data.images.remove(bpy.data.images[name])
    pump(lambda: fill.settled)
    assert fill.note.startswith("All images of this fill are gone") and not fill.applied


def test_b2_the_object_deleted(tmp_path: Path) -> None:
    material = wall(tmp_path)
    material.use_fake_user = True
    fill = fill_of(material)
    bpy.data.objects.remove(bpy.context.object)
    pump(lambda: fill.settled)
    assert fill.applied and shown(material)["basecolor"] == "wall_basecolor_inpaint.png"


def test_b2_material_and_images_renamed(tmp_path: Path) -> None:
    material = wall(tmp_path)
    fill = fill_of(material)
    material.name = "Mauer"
    bpy.data.images[shown(material)["basecolor"]].name = "Farbe"
    pump(lambda: fill.settled)
    assert fill.applied and shown(material)["basecolor"] == "Farbe_inpaint"


def test_b2_nodes_that_show_other_images_now_are_left_alone(tmp_path: Path) -> None:
    material = wall(tmp_path)
    fill = fill_of(material)
    for node in material.node_tree.nodes:
        if node.type == "TEX_IMAGE":
            node.image = bpy.data.images.new("other", 8, 8)
    nodes = shown(material)
    pump(lambda: fill.settled)
    assert fill.note == "The material shows other images than those this result was made of; fill anew."
    assert shown(material) == nodes and not len(material.svbrdf_changes)


def test_b2_painted_on_while_it_runs(tmp_path: Path) -> None:
    material = wall(tmp_path)
    fill = fill_of(material)
    old = bpy.data.images[shown(material)["basecolor"]]
    old.pixels.foreach_set(np.full(len(old.pixels), 0.25, np.float32))
    old.update()
    pump(lambda: fill.settled)
    assert "unsaved changes" in fill.note
    bpy.ops.svbrdf.revert()
    assert shown(material)["basecolor"] == old.name
    assert np.allclose(pixels(old.name), 0.25, atol=0.01)
