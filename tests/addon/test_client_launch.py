"""Programs that can be started as a service are found, started and ended."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from blender_addon.client import Service, UserError
from blender_addon.client.address import find_address, read_process_id, runtime_file
from blender_addon.client.launch import (
    INSTALL,
    Program,
    ServiceProcess,
    clean_environment,
    find_programs,
    launch_service,
    parse_program,
)
from tests.addon.fake import error_of
from tests.server.running import PATIENCE, Running, until

ROOT = Path(__file__).parents[2]


def write_script(path: Path, text: str) -> Path:
    """Write a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home in which nothing is installed."""
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "PIPX_HOME", "UV_TOOL_DIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path / 'on the path'}{os.pathsep}/usr/bin:/bin")
    return tmp_path


PLACES = [
    "on the path/svbrdf",
    ".local/bin/svbrdf",
    ".local/share/pipx/venvs/svbrdf-inpaint/bin/svbrdf",
    ".local/pipx/venvs/svbrdf-inpaint/bin/svbrdf",
    "Library/Application Support/pipx/venvs/svbrdf-inpaint/bin/svbrdf",
    ".local/share/uv/tools/svbrdf-inpaint/bin/svbrdf",
]


@pytest.mark.parametrize("place", PLACES)
def test_a_command_is_found_where_it_is_put(home: Path, place: str) -> None:
    assert not any(str(home) in program.command[0] for program in find_programs())
    path = write_script(home / place, "")
    assert find_programs()[0] == Program((str(path),))
    path.chmod(0o644)
    assert Program((str(path),)) not in find_programs()


@pytest.mark.parametrize(
    ("variable", "place"),
    [
        ("PIPX_HOME", "venvs/svbrdf-inpaint/bin/svbrdf"),
        ("UV_TOOL_DIR", "svbrdf-inpaint/bin/svbrdf"),
        ("VIRTUAL_ENV", "bin/svbrdf"),
        ("CONDA_PREFIX", "bin/svbrdf"),
        ("XDG_DATA_HOME", "uv/tools/svbrdf-inpaint/bin/svbrdf"),
    ],
)
def test_a_command_is_found_where_the_environment_says(
    home: Path, monkeypatch: pytest.MonkeyPatch, variable: str, place: str
) -> None:
    monkeypatch.setenv(variable, str(home / "tools"))
    path = write_script(home / "tools" / place, "")
    assert find_programs()[0] == Program((str(path),))


def test_the_path_comes_first_and_nothing_twice(home: Path) -> None:
    both = [write_script(home / place, "") for place in PLACES[:2]]
    found = [program.command[0] for program in find_programs()]
    assert found[:2] == [str(path) for path in both] and len(found) == len(set(found))


def test_what_the_user_names_is_used_alone(home: Path) -> None:
    write_script(home / "on the path" / "svbrdf", "")
    own = write_script(home / "my tools" / "svbrdf", "")
    python = write_script(home / "my tools" / "python3.11", "")
    lonely = write_script(home / "elsewhere" / "python", "")
    for text in (own, python, own.parent, f'"{own}"', f" {own} "):
        assert parse_program(str(text)) == Program((str(own),)), text
    assert "install it there" in error_of(lambda: parse_program(str(lonely))).sentence
    assert parse_program(f"{shlex.quote(str(own))} --quiet") == Program((str(own), "--quiet"))
    assert parse_program("svbrdf --quiet") == Program((str(home / "on the path" / "svbrdf"), "--quiet"))
    assert parse_program("~/my tools/svbrdf") == Program((str(own),))
    (home / "env" / "bin").mkdir(parents=True)
    beside = write_script(home / "env" / "bin" / "svbrdf", "")
    assert parse_program(str(home / "env")) == Program((str(beside),))


@pytest.mark.parametrize("text", ["no such thing", "'", "/etc/passwd", "/", "\x00"])
def test_what_is_no_program_is_said(home: Path, text: str) -> None:
    found = error_of(lambda: parse_program(text))
    assert found.kind == "absent" and len(found.sentence) > 20
    assert "svbrdf" in found.sentence


def test_a_python_without_the_command_says_what_to_install(home: Path) -> None:
    found = error_of(lambda: parse_program(str(write_script(home / "python3", ""))))
    assert "install" in found.sentence
    assert INSTALL.startswith(("pipx ", "uv ", "pip ")) and "\n" not in INSTALL and "'" not in INSTALL
    pages = Path(__file__).parents[2] / "docs"
    assert all(INSTALL in (pages / page).read_text(encoding="utf-8") for page in ("blender.md", "service.md"))


def test_the_environment_of_blender_stays_with_blender() -> None:
    blenders = {"PYTHONHOME": "/b", "PYTHONPATH": "/b", "BLENDER_USER_RESOURCES": "/b", "__PYVENV_LAUNCHER__": "/b"}
    kept = {"PATH": "/bin", "HOME": "/h", "XDG_RUNTIME_DIR": "/r", "LANG": "C"}
    assert clean_environment(blenders | kept | {"SVBRDF_TOKEN": "secret"}) == kept


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder for running programs that holds no service."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.setenv("PYTHONHOME", "/nowhere")  # as in Blender; no Python would start with it
    return folder


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Return the command of this working tree."""
    places = os.pathsep.join(dict.fromkeys([str(ROOT), *(part for part in sys.path if part)]))
    line = f"PYTHONPATH={shlex.quote(places)} exec {shlex.quote(sys.executable)} -m svbrdf_core"
    return Program(
        (str(write_script(tmp_path / "b i n" / "svbrdf", f'{line} "$@" --data {shlex.quote(str(tmp_path / "data"))}')),)
    )


@pytest.fixture
def launched(program: Program, session: Path, tmp_path: Path) -> Iterator[ServiceProcess]:
    found = launch_service(program, tmp_path / "logs" / "service.log")
    yield found
    found.stop()
    assert not found.is_running()


def test_a_service_is_started_answers_and_ends(launched: ServiceProcess, program: Program, tmp_path: Path) -> None:
    address = launched.wait_until_ready(PATIENCE)
    assert address == find_address() and launched.is_running()
    with Service(address) as service:
        assert service.get_info()["queue"] == {"waiting": 0, "running": 0}
    log = (tmp_path / "logs" / "service.log").read_text(encoding="utf-8")
    assert address.url in log and address.token not in log
    pid = read_process_id(runtime_file())
    line = Path(f"/proc/{pid}/cmdline")
    if line.exists():
        assert b"serve\0--resume\0--idle-exit\00030\0" in line.read_bytes()
        assert b"PYTHONHOME" not in Path(f"/proc/{pid}/environ").read_bytes()
        assert os.getpgid(pid) != os.getpgid(0)
    again = launch_service(program, tmp_path / "second.log")
    assert again.wait_until_ready(PATIENCE) == address  # the first one is found
    until(lambda: not again.is_running())
    again.stop()
    with Service(address) as service:
        service.check_health()
    launched.stop()
    assert not launched.is_running() and find_address() is None
    launched.stop()


def test_a_service_that_is_killed_can_be_started_again(
    launched: ServiceProcess, program: Program, tmp_path: Path
) -> None:
    first = launched.wait_until_ready(PATIENCE)
    os.kill(read_process_id(runtime_file()), 9)
    until(lambda: not launched.is_running())
    assert find_address() == first  # the file stays after a crash, but nobody answers there
    second = launch_service(program, tmp_path / "second.log")
    try:
        address = second.wait_until_ready(PATIENCE)
        assert address.token != first.token
    finally:
        second.stop()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo 'No module named fastapi; install it.' >&2; exit 3", "No module named fastapi; install it."),
        ("exit 7", "code 7"),
        ("printf '\\033[31mRed \\377\\033[0m'; exit 1", "Red"),
    ],
)
def test_a_program_that_ends_at_once_says_why(session: Path, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "log").write_text("of an earlier time\n")
    started = launch_service(Program((str(write_script(tmp_path / "svbrdf", text)),)), tmp_path / "log")
    found = error_of(lambda: started.wait_until_ready(PATIENCE))
    assert found.kind == "absent"
    assert said in found.sentence and "earlier" not in found.sentence and "\033" not in found.sentence


def test_a_program_that_never_gets_ready_is_ended(session: Path, tmp_path: Path) -> None:
    waiting = launch_service(Program((str(write_script(tmp_path / "svbrdf", "exec sleep 600")),)), tmp_path / "log")
    assert "within" in error_of(lambda: waiting.wait_until_ready(0.5)).sentence and waiting.is_running()
    began = time.monotonic()
    waiting.stop()
    assert not waiting.is_running() and time.monotonic() - began < 60  # it sleeps for ten minutes


def test_a_program_that_will_not_end_is_ended(session: Path, tmp_path: Path) -> None:
    path = write_script(tmp_path / "svbrdf", "trap '' TERM; touch \"$0.ready\"; while :; do sleep 0.05; done")
    waiting = launch_service(Program((str(path),)), tmp_path / "log")
    until(lambda: (tmp_path / "svbrdf.ready").exists())
    waiting.stop(timeout=0.3)
    assert not waiting.is_running()


def test_what_cannot_be_started_is_said(session: Path, tmp_path: Path) -> None:
    write_script(tmp_path / "svbrdf", "").write_text("no program")
    for wrong in (tmp_path / "svbrdf", tmp_path / "away"):
        with pytest.raises(UserError) as caught:
            launch_service(Program((str(wrong),)), tmp_path / "log")
        assert caught.value.kind == "absent" and "preferences" in caught.value.sentence
    (tmp_path / "folder").mkdir()
    with pytest.raises(UserError):
        launch_service(Program(("true",)), tmp_path / "folder")


def test_a_stranger_where_the_file_points_is_not_taken_for_the_service(
    session: Path, tmp_path: Path, real: Running
) -> None:
    path = runtime_file()
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"url": real.url, "token": "wrong", "process": 1, "data": ""}))
    path.chmod(0o600)
    started = launch_service(Program((str(write_script(tmp_path / "svbrdf", "echo no; exit 1")),)), tmp_path / "log")
    assert "no" in error_of(lambda: started.wait_until_ready(PATIENCE)).sentence


def test_nothing_of_this_needs_blender() -> None:
    """The two folders load without bpy, and without anything that is not NumPy's or Python's."""
    tell = "import sys; print(*{name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names))"
    names = []
    for first in ("", "import blender_addon.job, blender_addon.client.launch; "):
        command = [sys.executable, "-c", first + tell]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        names.append({name for name in done.stdout.split() if not name.startswith("_")})
    assert names[1] - names[0] == {"numpy", "blender_addon"}
