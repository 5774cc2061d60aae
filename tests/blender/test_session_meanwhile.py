"""What users do while a fill runs: nothing crashes, no pixel is lost, and they are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.helper import part
from tests.blender.walls import fill_of, make_wall, pixels, pump, session_state, shown_images

pytestmark = pytest.mark.usefixtures("fresh_session")
LONG = 100_000


def before(material: Any) -> dict[str, Any]:
    return {name: pixels(name).copy() for name in shown_images(material).values()}


def are_unharmed(images: dict[str, Any]) -> bool:
    return all(np.array_equal(pixels(name), samples) for name, samples in images.items())


def until(fill: Any, *phases: str) -> None:
    pump(lambda: fill.status.phase in phases)


def cancel(fill: Any) -> None:
    part("session.filling").cancel(fill)


@pytest.mark.parametrize("phase", ["before", "connecting", "sending", "running"])
def test_cancelled_in_any_phase_and_twice(tmp_path: Path, phase: str) -> None:
    """Contract B2."""
    material = make_wall(tmp_path)
    images, nodes = before(material), shown_images(material)
    fill = fill_of(material, train_steps=LONG)
    if phase != "before":
        pump(lambda: fill.watch is not None)
    if phase == "sending":
        until(fill, "sending", "queued", "running")
    if phase == "running":
        until(fill, "running")
    cancel(fill)
    cancel(fill)
    pump(lambda: not fill.active and fill.resolved and not session_state().background.busy)
    assert fill.result is None
    assert shown_images(material) == nodes and are_unharmed(images)
    if fill.job:
        service = session_state().connection.service
        pump(lambda: service.get_job(fill.job)["state"] != "cancelling")
        assert service.get_job(fill.job)["state"] == "cancelled"


def test_cancelled_by_its_operator_in_the_fill_of_this_material_alone(tmp_path: Path) -> None:
    """Contract B2."""
    one, other = make_wall(tmp_path, "One"), make_wall(tmp_path, "Other")
    bpy.context.object.active_material = one
    fills = fill_of(one, train_steps=LONG), fill_of(other, train_steps=LONG)
    until(fills[0], "queued", "running")
    assert bpy.ops.svbrdf.cancel() == {"FINISHED"}
    pump(lambda: not fills[0].active)
    assert fills[0].cancelled and not fills[1].cancelled
    assert fills[1].active, (fills[1].status, fills[1].error)


def test_undo_and_redo_while_it_runs(tmp_path: Path) -> None:
    """Contract B2."""
    material = make_wall(tmp_path)
    bpy.ops.ed.undo_push(message="wall")
    bpy.ops.mesh.primitive_plane_add("EXEC_DEFAULT", True)
    fill = fill_of(material)
    bpy.ops.ed.undo()
    pump(lambda: fill.watch is not None)
    bpy.ops.ed.redo()
    pump(lambda: fill.resolved)
    assert fill.failure is None and not fill.note, fill.note
    assert all("_inpaint" in name for name in shown_images(bpy.data.materials["Wall"]).values())
    bpy.ops.ed.undo()
    assert not any("_inpaint" in name for name in shown_images(bpy.data.materials["Wall"]).values())


def test_undo_beyond_the_beginning_of_the_material(tmp_path: Path) -> None:
    """Contract B2."""
    bpy.ops.ed.undo_push(message="empty")
    material = make_wall(tmp_path)
    bpy.ops.ed.undo_push(message="wall")
    fill = fill_of(material)
    bpy.ops.ed.undo()
    assert "Wall" not in bpy.data.materials
    pump(lambda: fill.resolved)
    assert "is gone" in fill.note and not fill.applied
    bpy.ops.ed.redo()
    bpy.ops.svbrdf.choose(job=fill.job, variation=1)
    pump(lambda: fill.resolved)
    assert fill.applied and shown_images(bpy.data.materials["Wall"])["roughness"].endswith("_inpaint.png")


def test_a_material_deleted_is_not_mistaken_for_another_of_its_name(tmp_path: Path) -> None:
    """Contract B2."""
    material = make_wall(tmp_path)
    fill = fill_of(material)
    bpy.data.materials.remove(material)
    other = make_wall(tmp_path)
    assert other.name == "Wall"
    nodes = shown_images(other)
    pump(lambda: fill.resolved)
    assert fill.note == 'The material "Wall" is gone; the repaired maps stay with the service.'
    assert shown_images(other) == nodes
    assert part("session.context").fills_of(other) == []


def test_one_image_deleted_is_left_out_and_named(tmp_path: Path) -> None:
    """Contract B2."""
    material = make_wall(tmp_path)
    fill = fill_of(material)
    gone = shown_images(material)["roughness"]
    bpy.data.images.remove(bpy.data.images[gone])
    pump(lambda: fill.resolved)
    assert fill.note == f'The image "{gone}" is gone; its repaired map was left out.'
    assert shown_or_none(material)["roughness"] is None
    assert shown_or_none(material)["basecolor"] == "wall_basecolor_inpaint.png"


def shown_or_none(material: Any) -> dict[str, str | None]:
    nodes = [node for node in material.node_tree.nodes if node.type == "TEX_IMAGE"]
    return {node.name: node.image.name if node.image else None for node in nodes}


def test_all_images_deleted_is_a_sentence(tmp_path: Path) -> None:
    """Contract B2."""
    material = make_wall(tmp_path)
    fill = fill_of(material)
    for name in shown_images(material).values():
        bpy.data.images.remove(bpy.data.images[name])
    pump(lambda: fill.resolved)
    assert fill.note.startswith("All images of this fill are gone") and not fill.applied


def test_the_object_deleted_does_no_harm(tmp_path: Path) -> None:
    """Contract B2."""
    material = make_wall(tmp_path)
    material.use_fake_user = True
    fill = fill_of(material)
    bpy.data.objects.remove(bpy.context.object)
    pump(lambda: fill.resolved)
    assert fill.applied and shown_images(material)["basecolor"] == "wall_basecolor_inpaint.png"


def test_a_material_and_images_that_were_renamed_are_found(tmp_path: Path) -> None:
    """Contract B2."""
    material = make_wall(tmp_path)
    fill = fill_of(material)
    material.name = "Mauer"
    bpy.data.images[shown_images(material)["basecolor"]].name = "Farbe"
    pump(lambda: fill.resolved)
    assert fill.applied and shown_images(material)["basecolor"] == "Farbe_inpaint"


def test_nodes_that_show_other_images_now_are_left_alone(tmp_path: Path) -> None:
    """Contract B2."""
    material = make_wall(tmp_path)
    fill = fill_of(material)
    for node in material.node_tree.nodes:
        if node.type == "TEX_IMAGE":
            node.image = bpy.data.images.new("other", 8, 8)
    nodes = shown_images(material)
    pump(lambda: fill.resolved)
    assert fill.note == "The material shows other images than those this result was made of; fill anew."
    assert shown_images(material) == nodes and not len(material.svbrdf_changes)


def test_an_image_painted_on_while_it_runs_keeps_its_strokes(tmp_path: Path) -> None:
    """Contract B2."""
    material = make_wall(tmp_path)
    fill = fill_of(material)
    old = bpy.data.images[shown_images(material)["basecolor"]]
    old.pixels.foreach_set(np.full(len(old.pixels), 0.25, np.float32))
    old.update()
    pump(lambda: fill.resolved)
    assert "unsaved changes" in fill.note
    bpy.ops.svbrdf.revert()
    assert shown_images(material)["basecolor"] == old.name
    assert np.allclose(pixels(old.name), 0.25, atol=0.01)
