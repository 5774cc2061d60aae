"""Blender ended or killed while a fill runs, and the service that it started or found."""

from __future__ import annotations

from pathlib import Path

import bpy
import pytest

from tests.blender.child import blender, hear, link_addon, wait_for_end
from tests.blender.walls import Running, pump, session_state

pytestmark = [pytest.mark.usefixtures("fresh_session"), pytest.mark.ends]
FILL = """
material = make_wall(Path({folder!r}))
bpy.ops.wm.save_as_mainfile(filepath={folder!r} + "/wall.blend")
fill = fill_of(material, train_steps=100000)
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


def test_a_job_of_a_killed_blender_is_picked_up_by_another(tmp_path: Path, running: Running) -> None:
    """Contract B2."""
    home = link_addon(tmp_path / "user")
    first = blender(home, FILL.format(folder=str(tmp_path)) + "\nimport time; time.sleep(600)")
    job = hear(first)["job"]
    first.kill()
    first.communicate()
    script = f"""
    bpy.ops.wm.open_mainfile(filepath={str(tmp_path / "wall.blend")!r})
    records = part("session.finishing").read_records()
    assert [one.job for one in records] == [{job!r}] and records[0].material == "Wall"
    assert "token" not in str(records).lower()
    assert bpy.ops.svbrdf.pick_up(job={job!r}) == {{"FINISHED"}}
    bpy.ops.svbrdf.pick_up(job={job!r})
    assert len(session_state().fills) == 1  # twice is once
    pump(lambda: session_state().fills[0].status.phase == "running")
    bpy.context.view_layer.objects.active = bpy.data.objects[0]
    bpy.ops.svbrdf.cancel()
    pump(lambda: not session_state().fills[0].active)
    say(phase=session_state().fills[0].status.phase)
    """
    second = blender(home, script)
    assert hear(second) == {"phase": "cancelled"}
    wait_for_end(second)


def test_a_job_that_ended_meanwhile_is_put_in_when_chosen(tmp_path: Path) -> None:
    """Contract B2."""
    home = link_addon(tmp_path / "user")
    script = f"""
    bpy.ops.wm.save_as_mainfile(filepath={str(tmp_path / "wall.blend")!r})
    fill = fill_of(make_wall(Path({str(tmp_path)!r})))
    pump(lambda: fill.recorded)
    bpy.ops.wm.save_mainfile()
    say(job=fill.job)
    os._exit(0)
    """
    first = blender(home, script)
    job = hear(first)["job"]
    wait_for_end(first)
    script = f"""
    bpy.ops.wm.open_mainfile(filepath={str(tmp_path / "wall.blend")!r})
    bpy.ops.svbrdf.pick_up(job={job!r})
    fill = session_state().fills[0]
    pump(lambda: fill.resolved)
    say(applied=fill.applied, failure=str(fill.failure))
    bpy.context.view_layer.objects.active = bpy.data.objects[0]
    bpy.ops.svbrdf.choose(job=fill.job, variation=1)
    pump(lambda: fill.resolved)
    say(note=fill.note, shown=shown_images(bpy.data.materials["Wall"])["normal"])
    """
    second = blender(home, script)
    assert hear(second) == {"applied": False, "failure": "None"}
    assert hear(second) == {"note": "", "shown": "wall_normal_inpaint.png"}
    wait_for_end(second)


def test_a_job_goes_on_when_blender_quits(tmp_path: Path, running: Running) -> None:
    """Contract B2."""
    home = link_addon(tmp_path / "user")
    process = blender(home, FILL.format(folder=str(tmp_path)) + "\nbpy.ops.wm.quit_blender()")
    job = hear(process)["job"]
    said = wait_for_end(process)
    assert "Traceback" not in said and "Error" not in said, said
    assert running.process.poll() is None  # it ran before, so it is not this Blender's to stop
    bpy.ops.svbrdf.connect()
    pump(lambda: session_state().connection is not None)
    assert session_state().connection.service.get_job(job)["state"] == "running"
    session_state().connection.service.cancel_job(job)


@pytest.mark.parametrize("how", ["quit_blender", "disable", "starting"])
def test_a_service_started_here_ends_with_blender(tmp_path: Path, how: str) -> None:
    """Contract B4."""
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    home = link_addon(tmp_path / "user")
    script = f"""
    part("session.context").preferences().program = os.environ["SVBRDF_PROGRAM"]
    bpy.ops.svbrdf.start_service()
    started = session_state().started
    pump(lambda: session_state().connection is not None if {how!r} != "starting" else started.running)
    ours = started.running
    say(process=ours._process.pid)
    if {how!r} == "quit_blender":
        bpy.ops.wm.quit_blender()
    if {how!r} == "disable":
        addon_utils.disable({"bl_ext.user_default.svbrdf_inpaint"!r})
        say(runs=ours.is_running())
    """
    process = blender(home, script, XDG_RUNTIME_DIR=str(runtime), XDG_DATA_HOME=str(tmp_path / "data"))
    service = hear(process)["process"]
    if how == "disable":
        assert hear(process) == {"runs": False}
    said = wait_for_end(process)
    assert "Traceback" not in said, said
    assert not alive(service)
    assert not list(runtime.rglob("service.json"))
