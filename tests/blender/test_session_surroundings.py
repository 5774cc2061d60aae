"""Folders that cannot be written, names of all letters, no network, no service: a sentence each, and what helps."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import pytest

from tests.blender.child import blender, hear, link_addon, wait_for_end
from tests.blender.helper import part
from tests.blender.walls import Running, fill_and_wait, fill_of, make_wall, pump, session_state

pytestmark = [pytest.mark.usefixtures("fresh_session"), pytest.mark.ends]
LETTERS = "Jürgen Ωμέγα 材料 ñ"


@pytest.fixture
def ours() -> Iterator[Any]:
    """The add-on's preferences, which are given back."""
    held = part("session.context").preferences()
    names = ("where", "program", "url", "token")
    before = {name: getattr(held, name) for name in names}
    yield held
    for name, value in before.items():
        setattr(held, name, value)
    bpy.context.preferences.system.use_online_access = False


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No service runs, and none is installed."""
    (tmp_path / "run").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    session_state().reset()
    return tmp_path


def buttons(error: Any) -> set[str]:
    return {name for name, _ in part("ui.widgets").FIXES[error.kind]}


def fill_in_vain(folder: Path) -> Any:
    fill = fill_of(make_wall(folder))
    pump(lambda: fill.resolved)
    assert fill.failure is not None and not fill.active
    return fill.failure


def test_a_service_that_is_not_installed_is_a_sentence(nowhere: Path, ours: Any) -> None:
    """Contract B4."""
    error = fill_in_vain(nowhere)
    assert error.sentence == 'The service is not installed. In a terminal: pipx install "svbrdf-inpaint[server,torch]"'
    assert {"svbrdf.copy_install", "svbrdf.preferences"} <= buttons(error)
    assert session_state().error.sentence == error.sentence  # in the service's panel as well
    bpy.ops.svbrdf.copy_install()


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        ("/no/such/program", "There is no program '/no/such/program'; give the svbrdf command, or install it: "),
        (sys.executable, "There is no svbrdf command with "),
        (__file__, "is no program that can be run; give the svbrdf command."),
        ("/bin/false", "The service did not start: "),
    ],
)
def test_a_program_given_wrongly(nowhere: Path, ours: Any, program: str, sentence: str) -> None:
    """Contract B4."""
    ours.program = program
    error = fill_in_vain(nowhere)
    assert sentence in error.sentence and "svbrdf.preferences" in buttons(error)


def test_filled_while_it_is_only_looked_for_the_service_is_started(nowhere: Path, ours: Any) -> None:
    """Contract B4."""
    ours.program = os.environ["SVBRDF_PROGRAM"]
    bpy.ops.svbrdf.connect()
    fill = fill_of(make_wall(nowhere), train_steps=100_000)
    pump(lambda: fill.watch is not None or fill.failure is not None)
    assert fill.failure is None and session_state().connection.process.is_running()
    assert bpy.ops.svbrdf.stop_service.poll()
    launched = session_state().connection.process
    part("session.filling").cancel(fill)
    pump(lambda: not fill.active)
    bpy.ops.svbrdf.stop_service()
    pump(lambda: not launched.is_running() and not session_state().background.busy)
    assert session_state().connection is None


def test_an_address_that_is_none_is_a_sentence(tmp_path: Path, ours: Any) -> None:
    """Contract B4."""
    ours.where = "REMOTE"
    error = fill_in_vain(tmp_path)
    assert error.sentence.startswith("That is no address of a service") and "svbrdf.preferences" in buttons(error)


def test_offline_other_computers_are_refused_and_this_one_is_not(tmp_path: Path, ours: Any, running: Running) -> None:
    """Contract B4."""
    ours.where, ours.url, ours.token = "REMOTE", "https://inpaint.example:8000", "secret"
    assert not bpy.app.online_access
    error = fill_in_vain(tmp_path / "a")
    assert error.sentence == "Blender may not use the network: allow online access in Preferences > System."
    assert {"svbrdf.allow_online", "svbrdf.preferences"} <= buttons(error)
    address = part("client.address").find_address()
    ours.url, ours.token = address.url, address.token
    assert fill_and_wait(make_wall(tmp_path / "b", "Other")).applied


def test_other_preferences_are_heeded_by_the_next_fill(tmp_path: Path, ours: Any) -> None:
    """Contract B4."""
    assert fill_and_wait(make_wall(tmp_path / "a")).applied
    address = part("client.address").find_address()
    ours.where, ours.url, ours.token = "REMOTE", address.url, "secrecy"
    error = fill_in_vain(tmp_path / "b")
    assert error.kind == "refused" and "svbrdf.preferences" in buttons(error)
    assert "secrecy" not in error.sentence


def test_folders_and_names_in_letters_of_all_kinds_work(tmp_path: Path, running: Running) -> None:
    """Contract B4."""
    home, folder = link_addon(tmp_path / f"{LETTERS} user"), tmp_path / LETTERS
    folder.mkdir()
    script = f"""
    material = make_wall(Path({str(folder)!r}), {LETTERS!r})
    bpy.ops.wm.save_as_mainfile(filepath={str(folder / f"{LETTERS}.blend")!r})
    fill = fill_and_wait(material)
    assert str(part("session.context").user_folder()).startswith({str(home)!r})
    assert len(part("session.finishing").read_records()) == 1
    bpy.ops.svbrdf.keep()
    records = part("session.finishing").read_records()
    say(shown=list(shown_images(material).values()), note=fill.note, records=len(records))
    """
    process = blender(home, script)
    said = hear(process)
    wait_for_end(process)
    assert said["note"] == "" and said["records"] == 0
    assert all((folder / name).is_file() and "_inpaint" in name for name in said["shown"])


PLAIN = """
    import ctypes
    words = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert os.geteuid() or not ctypes.CDLL(None).capset(*words)
"""
"""Root gives up what makes it more than the owner of its files, whom folders refuse."""


def test_a_user_folder_that_cannot_be_written(tmp_path: Path, running: Running) -> None:
    """Contract B4."""
    home, maps = link_addon(tmp_path / "user"), tmp_path / "maps"
    maps.mkdir()
    (home / "extensions").chmod(0o555)
    script = f"""{PLAIN}
    assert part("session.context").user_folder() is None
    fill = fill_of(make_wall(Path({str(maps)!r})), train_steps=100000)
    pump(lambda: fill.recorded and fill.status.phase == "running")
    say(note=fill.note)
    part("session.filling").cancel(fill)
    pump(lambda: not fill.active)
    assert part("session.finishing").read_records() == []
    bpy.data.materials["Wall"].svbrdf.method = "patch"
    again = fill_of(bpy.data.materials["Wall"])
    pump(lambda: again.resolved)
    bpy.ops.svbrdf.keep()
    bpy.ops.svbrdf.forget(job=again.job)
    say(applied=again.applied)
    """
    process = blender(home, script)
    assert hear(process)["note"].startswith("The user folder cannot be written")
    assert hear(process) == {"applied": True}
    assert "Traceback" not in wait_for_end(process)
    (home / "extensions").chmod(0o755)


def test_the_service_of_another_blender_is_shown_as_not_ours(running: Running) -> None:
    """Contract B4."""
    bpy.ops.svbrdf.connect()
    pump(lambda: session_state().connection is not None)
    assert session_state().connection.process is None and not bpy.ops.svbrdf.stop_service.poll()
    assert running.process.poll() is None
