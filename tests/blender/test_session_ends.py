"""Blender ended or killed while a fill runs, and the service that it started or found."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

from tests.blender.child import blender, ended, heard, linked
from tests.blender.walls import Running, desk, pump

pytestmark = pytest.mark.usefixtures("fresh_desk")
FILL = """
material = wall(Path({folder!r}))
bpy.ops.wm.save_as_mainfile(filepath={folder!r} + "/wall.blend")
fill = fill_of(material, training=100000)
pump(lambda: fill.status.phase == "running" and fill.recorded)
say(job=fill.job)
"""


def alive(process: int) -> bool:
    """Whether a process runs; one that ended and was not waited for is none."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_b2_killed_and_picked_up_by_another_blender(tmp_path: Path, running: Running) -> None:
    home = linked(tmp_path / "user")
    first = blender(home, FILL.format(folder=str(tmp_path)) + "\nimport time; time.sleep(600)")
    job = heard(first)["job"]
    first.kill()
    first.communicate()
    script = f"""
    bpy.ops.wm.open_mainfile(filepath={str(tmp_path / "wall.blend")!r})
    records = part("session.finishing").records()
    assert [one.job for one in records] == [{job!r}] and records[0].material == "Wall"
    assert "token" not in str(records).lower()
    assert bpy.ops.svbrdf.pick_up(job={job!r}) == {{"FINISHED"}}
    bpy.ops.svbrdf.pick_up(job={job!r})
    assert len(desk().fills) == 1  # twice is once
    pump(lambda: desk().fills[0].status.phase == "running")
    bpy.context.view_layer.objects.active = bpy.data.objects[0]
    bpy.ops.svbrdf.cancel()
    pump(lambda: not desk().fills[0].active)
    say(phase=desk().fills[0].status.phase)
    """
    second = blender(home, script)
    assert heard(second) == {"phase": "cancelled"}
    ended(second)


def test_b2_a_job_that_ended_meanwhile_is_put_in_when_chosen(tmp_path: Path) -> None:
    home = linked(tmp_path / "user")
    script = f"""
    bpy.ops.wm.save_as_mainfile(filepath={str(tmp_path / "wall.blend")!r})
    fill = fill_of(wall(Path({str(tmp_path)!r})))
    pump(lambda: fill.recorded)
    bpy.ops.wm.save_mainfile()
    say(job=fill.job)
    os._exit(0)
    """
    first = blender(home, script)
    job = heard(first)["job"]
    ended(first)
    script = f"""
    bpy.ops.wm.open_mainfile(filepath={str(tmp_path / "wall.blend")!r})
    bpy.ops.svbrdf.pick_up(job={job!r})
    fill = desk().fills[0]
    pump(lambda: fill.settled)
    say(applied=fill.applied, failure=str(fill.failure))
    bpy.context.view_layer.objects.active = bpy.data.objects[0]
    bpy.ops.svbrdf.choose(job=fill.job, variation=1)
    pump(lambda: fill.settled)
    say(note=fill.note, shown=shown(bpy.data.materials["Wall"])["normal"])
    """
    second = blender(home, script)
    assert heard(second) == {"applied": False, "failure": "None"}
    assert heard(second) == {"note": "", "shown": "wall_normal_inpaint.png"}
    ended(second)


def test_b2_quit_while_it_runs(tmp_path: Path, running: Running) -> None:
    home = linked(tmp_path / "user")
    process = blender(home, FILL.format(folder=str(tmp_path)) + "\nbpy.ops.wm.quit_blender()")
    job = heard(process)["job"]
    said = ended(process)
    assert "Traceback" not in said and "Error" not in said, said
    assert running.process.poll() is None  # it ran before, so it is not this Blender's to stop
    bpy.ops.svbrdf.connect()
    pump(lambda: desk().connection is not None)
    assert desk().connection.service.get_job(job)["state"] == "running"
    desk().connection.service.cancel_job(job)


@pytest.mark.parametrize("how", ["quit_blender", "disable", "starting"])
def test_b4_a_service_started_here_ends_with_blender(tmp_path: Path, how: str) -> None:
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    home = linked(tmp_path / "user")
    script = f"""
    part("session.user").preferences().program = os.environ["SVBRDF_PROGRAM"]
    bpy.ops.svbrdf.start_service()
    started = desk().started
    pump(lambda: desk().connection is not None if {how!r} != "starting" else started.running)
    ours = started.running
    say(process=ours._process.pid)
    if {how!r} == "quit_blender":
        bpy.ops.wm.quit_blender()
    if {how!r} == "disable":
        addon_utils.disable({"bl_ext.user_default.svbrdf_inpaint"!r})
        say(runs=ours.is_running())
    """
    process = blender(home, script, XDG_RUNTIME_DIR=str(runtime), XDG_DATA_HOME=str(tmp_path / "data"))
    service = heard(process)["process"]
    if how == "disable":
        assert heard(process) == {"runs": False}
    said = ended(process)
    assert "Traceback" not in said, said
    assert not alive(service)
    assert not list(runtime.rglob("service.json"))
