"""Operators that the add-on calls in a context of its choice, while its threads speak to the service: no crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.blender.child import blender, hear, link_addon, wait_for_end
from tests.blender.walls import Running

pytestmark = pytest.mark.usefixtures("fresh_session")
BUSY = """
import faulthandler, io, time
faulthandler.enable()
faulthandler.dump_traceback_later(240.0, exit=True)  # both at once may also wait for each other for ever
from tests.blender.hole_users import make_user
Service, state = part("client").Service, session_state()
seen, ended = [0], [False]
EVENTS = b"".join(b'id: %d\\nevent: progress\\ndata: {"fraction": 0.5}\\n\\n' % number for number in range(400))
def ask():
    with Service.find() as service:
        while not ended[0]:
            service.list_jobs(1)
            seen[0] += len(list(part("client.service").parse_events(io.BytesIO(EVENTS), service.address.url)))
def keep_asking():
    ended[0] = False
    for _ in range(3):
        state.background.run(ask, lambda came: None)
def rest():
    ended[0] = True
    pump(lambda: not state.background.busy)
def again(what, seconds):
    end = time.monotonic() + seconds
    rounds = 0
    while time.monotonic() < end:
        what()
        rounds += 1
    return rounds
"""
"""Threads of the add-on's own that never rest, and what is done meanwhile."""
PAINT = """
thing = make_user()
other = thing.copy()
other.data = thing.data.copy()
bpy.context.collection.objects.link(other)
def paint_two():
    bpy.context.view_layer.objects.active = thing
    bpy.ops.svbrdf.paint_hole()
    bpy.context.view_layer.objects.active = other
    bpy.ops.object.mode_set(mode="TEXTURE_PAINT")
    part("session.timer").poll()  # which goes on with the other one, in a window
    assert bpy.context.scene.svbrdf_painting.thing == other
    bpy.ops.svbrdf.paint_done()
    part("session.timer").poll()
keep_asking()
rounds = again(paint_two, 3.0)
rest()
say(rounds=rounds, seen=seen[0])
"""
EDITOR = """
make_user()
window = bpy.context.window_manager.windows[0]
area = next(each for each in window.screen.areas if each.type == "VIEW_3D")
region = next(each for each in area.regions if each.type == "WINDOW")
def paint_there():
    with part("holes.overrides").override(bpy.context, window=window, area=area, region=region):
        bpy.ops.svbrdf.paint_hole()
        bpy.ops.svbrdf.paint_done()
keep_asking()
rounds = again(paint_there, 3.0)
rest()
say(rounds=rounds, seen=seen[0])
"""
APPLY = """
material = make_wall(Path({folder!r}))
fill = fill_and_wait(material)
def put_in():
    fill.wanted = 1
    part("session.timer").poll()
    assert fill.applied and fill.resolved, fill.note
keep_asking()
rounds = again(put_in, 3.0)
rest()
say(rounds=rounds, seen=seen[0])
"""


@pytest.mark.parametrize("what", [PAINT, EDITOR, APPLY], ids=["by the poll", "in an editor", "putting in"])
def test_no_crash_while_threads_speak_to_the_service(tmp_path: Path, running: Running, what: str) -> None:
    """In a process of its own, which a crash would end: in Blender up to 5.0 both touched Python at once."""
    child = blender(link_addon(tmp_path / "user"), BUSY + what.format(folder=str(tmp_path)))
    said = hear(child)
    wait_for_end(child)
    assert said["rounds"] > 2 and said["seen"] > 100, said
