"""Every panel in every editor, in every state there is, drawn into a layout that takes what Blender's takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_args

import bpy
import pytest

from tests.blender.helper import part
from tests.blender.layouts import Drawn, Layout
from tests.blender.walls import fill_and_wait, fill_of, make_wall, pump, session_state

pytestmark = pytest.mark.usefixtures("fresh_session")
SPACES = ("VIEW_3D", "NODE_EDITOR", "IMAGE_EDITOR")


def panels(space: str) -> list[Any]:
    return [one for one in part("ui.panels").CLASSES if one.bl_space_type == space]


@contextmanager
def editor(space: str) -> Iterator[Any]:
    """An editor of this kind, as panels see it."""
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    area.type = space
    if space == "NODE_EDITOR":
        area.ui_type = "ShaderNodeTree"
    with bpy.context.temp_override(window=window, area=area):
        yield bpy.context


def draw_panels(space: str) -> Drawn:
    """Draw all panels of an editor's tab that are there now."""
    found = Drawn()
    with editor(space) as context:
        assert context.space_data.type == space
        for panel in panels(space):
            if panel.poll(context):
                panel.draw(SimpleNamespace(layout=Layout(found)), context)
    return found


def everywhere() -> Drawn:
    """Draw in all three editors, in which the same is drawn; nothing is changed by it."""
    updates: list[object] = []
    bpy.context.view_layer.update()
    bpy.app.handlers.depsgraph_update_post.append(lambda *_: updates.append(1))
    dirty, counts = bpy.data.is_dirty, [len(getattr(bpy.data, name)) for name in ("images", "materials", "objects")]
    first, second, third = [draw_panels(space) for space in SPACES]
    bpy.context.view_layer.update()
    bpy.app.handlers.depsgraph_update_post.pop()
    assert not updates and bpy.data.is_dirty == dirty
    assert counts == [len(getattr(bpy.data, name)) for name in ("images", "materials", "objects")]
    assert first.operators == second.operators == third.operators
    assert first.texts == second.texts == third.texts
    return first


def test_nothing_is_selected() -> None:
    found = everywhere()
    assert "Select an object that has a material." in found.text and "svbrdf.inpaint" not in found.buttons


def test_a_material_without_maps() -> None:
    bpy.ops.mesh.primitive_plane_add()
    bpy.context.object.data.materials.append(bpy.data.materials.new("Bare"))
    found = everywhere()
    assert "Bare" in found.texts and "svbrdf.inpaint" in found.buttons


def test_a_hole_and_what_the_button_says(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    everywhere()
    part("holes.mask").put_mask(material, part("holes.raster").box_mask((0.1, 0.1, 0.3, 0.3), (64, 64)))
    pump(lambda: part("session.selection").poll_hole() or "Fill 1 Hole in 4 Maps" in everywhere().texts)
    found = everywhere()
    assert "Fill 1 Hole in 4 Maps" in found.texts
    assert any(text.startswith("1 hole, ") and text.endswith(" of 64 x 64, 4 maps") for text in found.texts)
    assert {"svbrdf.paint_hole", "svbrdf.faces_hole", "svbrdf.box_hole", "svbrdf.clear_hole"} <= found.buttons
    for kind, prop in (("IMAGE", "hole_image"), ("ALPHA", "threshold")):
        material.svbrdf.hole = kind
        assert prop in everywhere().props


def test_it_runs_and_is_cancelled(tmp_path: Path) -> None:
    fill = fill_of(make_wall(tmp_path), train_steps=100_000)
    assert "svbrdf.cancel" in draw_panels("IMAGE_EDITOR").buttons
    pump(lambda: fill.status.preview is not None)
    found = draw_panels("VIEW_3D")  # which changes between two editors
    assert "svbrdf.inpaint" not in found.buttons and any(text.startswith("Filling") for text in found.texts)
    assert len(found.icons) == 1  # the live picture; in background mode all icons are 0
    part("session.filling").cancel(fill)
    assert "Cancelling…" in draw_panels("NODE_EDITOR").texts
    pump(lambda: not fill.active)
    found = everywhere()
    assert "svbrdf.inpaint" in found.buttons and "Cancelled" in found.texts


def test_results_history_and_service(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    fill = fill_and_wait(material, variations=3)
    pump(lambda: len(fill.thumbnails) == 3)
    found = everywhere()
    chosen = [values for name, values in found.operators if name == "svbrdf.choose"]
    assert [one["variation"] for one in chosen] == [1, 2, 3] and {one["job"] for one in chosen} == {fill.job}
    assert len(found.icons) == 3
    assert {"svbrdf.keep", "svbrdf.revert", "svbrdf.again", "svbrdf.draw"} <= found.buttons
    assert "Done" in found.texts and session_state().connection.service.address.url in found.texts
    assert "svbrdf.release" in found.buttons and "svbrdf.stop_service" not in found.buttons
    part("session.pictures").pictures.words = "A sentence of some length, about what could not be drawn just now."
    assert "A sentence of some length" in everywhere().text
    session_state().reset()
    found = everywhere()  # as another Blender finds it
    assert ("svbrdf.pick_up", {"job": fill.job}) in found.operators
    assert {"svbrdf.keep", "svbrdf.revert", "svbrdf.start_service"} <= found.buttons
    part("session.finishing").forget_record(fill.job)


def test_a_result_of_the_diffusion_is_varied_by_a_slider(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    fill_and_wait(material)
    assert "different" not in everywhere().props
    material = make_wall(tmp_path / "other", "Other")
    fill = fill_and_wait(material, train_steps=3)
    found = everywhere()
    assert "different" in found.props and "Another Seed" in found.texts
    material.svbrdf.different = 0.25
    assert "Vary This" in everywhere().texts
    assert bpy.ops.svbrdf.again(job=fill.job) == {"FINISHED"}
    varied = session_state().fills[0]
    pump(lambda: varied.resolved)
    assert varied.failure is None and varied.applied
    jobs = {job["id"]: job["request"] for job in session_state().connection.service.list_jobs()}
    assert jobs[varied.job]["method"]["from_step"] == 0.25 and jobs[varied.job]["former"] is not None
    material.svbrdf.different = 1.0
    bpy.ops.svbrdf.again(job=varied.job)
    own = session_state().fills[0]
    pump(lambda: own.resolved)
    request = next(job["request"] for job in session_state().connection.service.list_jobs() if job["id"] == own.job)
    assert request["method"]["from_step"] == 1 and request["former"] is None


@pytest.mark.parametrize("kind", get_args(part("client.errors").Kind))
def test_every_kind_of_trouble_and_what_mends_it(tmp_path: Path, kind: str) -> None:
    fill = fill_of(make_wall(tmp_path))
    part("session.filling").cancel(fill)
    fill.error = error = part("client").UserError(kind, f"A sentence on {kind}, with averyverylongword" + "x" * 90)
    session_state().error = error
    pump(lambda: not session_state().connecting)
    found = everywhere()
    assert (f"A sentence on {kind}" in found.text) == (kind != "cancelled")
    assert {name for name, _ in part("ui.widgets").FIXES.get(kind, ())} - {"svbrdf.inpaint"} <= found.buttons
    assert all(len(text) < 60 for text in found.texts if "A sentence" in text)


@pytest.mark.parametrize("method", ["patch", "diffusion", "auto"])
def test_the_settings_that_the_service_describes(tmp_path: Path, method: str) -> None:
    material = make_wall(tmp_path)
    material.svbrdf.method = method
    assert "svbrdf.start_service" in everywhere().buttons
    bpy.ops.svbrdf.connect()
    pump(lambda: session_state().connection is not None)
    everywhere()
    pump(lambda: material.svbrdf.settings_of == method)
    found = everywhere()
    described = part("session.settings").describe_method(method)
    assert ("svbrdf.preset" in found.buttons) == bool(described["presets"])
    assert len(found.props) > 12 or not material.svbrdf.settings
    for one in material.svbrdf.settings:
        assert one.title in found.texts


def test_a_linked_material(tmp_path: Path) -> None:
    bpy.data.libraries.write(str(tmp_path / "library.blend"), {make_wall(tmp_path)}, path_remap="ABSOLUTE")
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, here):
        here.materials = ["Wall"]
    bpy.context.object.active_material = here.materials[0]
    found = everywhere()
    assert "svbrdf.make_local" in found.buttons and "linked" in found.text


def test_drawing_is_quick(tmp_path: Path) -> None:
    material = make_wall(tmp_path)
    for _ in range(16):
        node = material.node_tree.nodes.new("ShaderNodeTexImage")
        node.image = bpy.data.images["wall_basecolor.png"]
    draw_panels("VIEW_3D")
    began = time.process_time()
    for _ in range(5):
        draw_panels("VIEW_3D")
    took = (time.process_time() - began) / 5
    assert took < 0.1, f"{took * 1000:.1f} ms"  # 7 ms on an idle machine


def test_every_operator_says_what_it_does() -> None:
    kinds = {getattr(getattr(bpy.ops, name), rest) for name in ("svbrdf",) for rest in dir(bpy.ops.svbrdf)}
    assert len(kinds) > 20
    for kind in kinds:
        about = kind.get_rna_type()
        assert about.description and about.name, kind.idname()
        assert not about.description.endswith("."), kind.idname()
    for error, fixes in part("ui.widgets").FIXES.items():
        assert error in get_args(part("client.errors").Kind)
        assert all(name.partition(".")[2] in dir(bpy.ops.svbrdf) for name, _ in fixes)
    draw_panels("VIEW_3D")
    assert all(one.__doc__ for one in part("ui.panels").CLASSES)
