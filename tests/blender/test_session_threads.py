"""bpy is touched on the main thread alone: every function that runs in a thread during real work is looked at."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import bpy
import pytest

from tests.blender.helper import NAME, part
from tests.blender.walls import Running, fill_and_wait, fill_of, make_wall, pump, session_state

pytestmark = [pytest.mark.usefixtures("fresh_session"), pytest.mark.ends]
FREE = (f"{NAME}.client.", f"{NAME}.job.", f"{NAME}.graph.")


def of_blender(value: object) -> bool:
    return isinstance(value, bpy.types.bpy_struct | bpy.types.bpy_prop) or value is bpy


def named(code: Any) -> set[str]:
    """All names that a function and those within it look up."""
    found = set(code.co_names)
    for one in code.co_consts:
        if hasattr(one, "co_names"):
            found |= named(one)
    return found


class Spy:
    """What threads run, and what of it is wrong."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.wrong: set[str] = set()

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        module = str(frame.f_globals.get("__name__", ""))
        if event == "c_call":
            if of_blender(getattr(argument, "__self__", None)):
                self.wrong.add(f"{module}: {argument}")
            return
        if event != "call":
            return
        code = frame.f_code
        where = f"{module}.{code.co_qualname}"
        if module.split(".")[0] in {"bpy", "bpy_types", "bl_ui", "addon_utils", "mathutils"}:
            self.wrong.add(where)
        if not module.startswith(NAME):
            return
        self.seen.add(where)
        if module.startswith(FREE):
            if any(of_blender(value) for value in frame.f_globals.values()):
                self.wrong.add(f"{where} can see bpy")
        elif any(of_blender(frame.f_globals.get(name)) for name in named(code)):
            self.wrong.add(f"{where} speaks of bpy")
        elif "<lambda>" not in where and "<locals>" not in where:
            self.wrong.add(f"{where} is no work for a thread")
        if any(of_blender(value) for value in frame.f_locals.values()):
            self.wrong.add(f"{where} holds something of Blender")


@contextmanager
def spy_on_threads() -> Iterator[Spy]:
    """Look at every thread that begins meanwhile."""
    spy = Spy()
    threading.setprofile(spy)
    try:
        yield spy
    finally:
        threading.setprofile(None)


def test_a_whole_fill_and_all_that_follows_it(tmp_path: Path, running: Running) -> None:
    """Contract B5."""
    material = make_wall(tmp_path)
    with spy_on_threads() as spy:
        bpy.ops.svbrdf.connect()
        fill = fill_and_wait(material, variations=2)
        bpy.ops.svbrdf.choose(job=fill.job, variation=2)
        pump(lambda: fill.resolved and len(fill.thumbnails) == 2)
        bpy.ops.svbrdf.again(job=fill.job)
        pump(lambda: session_state().fills[0].resolved)
        bpy.ops.svbrdf.release()
        long = fill_of(material, train_steps=100_000)
        pump(lambda: long.status.phase == "running")
        bpy.ops.svbrdf.cancel()
        pump(lambda: not long.active and not session_state().background.busy)
    assert not spy.wrong
    search = "session.connection._search.<locals>.<lambda>"
    for expected in ("job.watch.Watch.run", search, "session.finishing.request_variation."):
        assert any(expected in one for one in spy.seen), expected


def test_the_spy_sees_what_is_wrong() -> None:
    """Contract B5."""
    material = bpy.data.materials.new("seen")
    part("session.state")
    with spy_on_threads() as spy:
        for work in (
            lambda: material.name,
            lambda: bpy.data.filepath,
            lambda: part("session.context").reference_to(material),
        ):
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
    assert any("holds something of Blender" in one for one in spy.wrong)
    assert any("is no work for a thread" in one for one in spy.wrong)


def test_only_the_main_thread_begins_work(tmp_path: Path) -> None:
    """Contract B5."""
    assert threading.current_thread() is threading.main_thread()
    before = set(sys._current_frames())
    fill = fill_of(make_wall(tmp_path))
    pump(lambda: fill.resolved and not session_state().background.busy)
    pump(lambda: set(sys._current_frames()) <= before)  # no thread is left
