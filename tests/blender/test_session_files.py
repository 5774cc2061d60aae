"""Files loaded, and the add-on disabled, while a fill runs: nothing crashes, no pixel is lost, no fill is."""

from __future__ import annotations

from pathlib import Path

import addon_utils
import bpy
import numpy as np
import pytest

from tests.blender.helper import NAME, part
from tests.blender.walls import fill_and_wait, fill_of, make_wall, pixels, pump, session_state, shown_images

pytestmark = pytest.mark.usefixtures("fresh_session")


def test_nothing_is_put_into_another_file_by_itself(tmp_path: Path) -> None:
    """Contract B2."""
    make_wall(tmp_path / "a")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "wall.blend"))
    fill = fill_of(bpy.data.materials["Wall"])
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "wall.blend"))
    material = bpy.data.materials["Wall"]
    nodes = shown_images(material)
    pump(lambda: fill.resolved)
    assert shown_images(material) == nodes and not fill.applied
    assert part("session.context").fills_of(material) == [fill]  # which is offered, and can be chosen
    bpy.ops.svbrdf.choose(job=fill.job, variation=1)
    pump(lambda: fill.resolved)
    assert fill.applied and shown_images(material)["basecolor"] == "wall_basecolor_inpaint.png"


def test_a_new_file_leaves_the_fill_running(tmp_path: Path) -> None:
    """Contract B2."""
    fill = fill_of(make_wall(tmp_path))
    pump(lambda: fill.watch is not None)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    pump(lambda: fill.resolved)
    assert fill.result is not None and not fill.applied and not len(bpy.data.materials)


def test_disabled_while_it_runs_and_enabled_again(tmp_path: Path) -> None:
    """Contract B2."""
    material = make_wall(tmp_path)
    nodes = shown_images(material)
    images = {name: pixels(name).copy() for name in nodes.values()}
    fill = fill_of(material, train_steps=100_000)
    pump(lambda: fill.status.phase == "running")
    pump(lambda: fill.recorded)
    addon_utils.disable(NAME)
    assert not bpy.app.timers.is_registered(part("session.timer").poll)
    addon_utils.enable(NAME)
    assert shown_images(material) == nodes and not session_state().fills
    assert all(np.array_equal(pixels(name), samples) for name, samples in images.items())
    assert bpy.ops.svbrdf.pick_up(job=fill.job) == {"FINISHED"}
    again = session_state().fills[0]
    pump(lambda: again.status.phase == "running")
    part("session.filling").cancel(again)
    pump(lambda: not again.active)
    assert again.status.phase == "cancelled"


def test_disabled_while_the_service_is_looked_for_nothing_is_sent_later(tmp_path: Path) -> None:
    """Contract B2."""
    material = make_wall(tmp_path)
    fill = fill_of(material)
    addon_utils.disable(NAME)
    addon_utils.enable(NAME)
    assert fill_and_wait(material).applied
    assert fill.watch is None
