"""A running service is found where the service itself says it is, and only if the file is the user's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

from blender_addon.client import Address, Service
from blender_addon.client.address import find_address, read_process_id, runtime_file
from tests.server.running import Running

APP = "svbrdf-inpaint"


def expected_file() -> Path:
    """Return what the service would write."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Path(platformdirs.user_runtime_path(APP, appauthor=False)) / "service.json"


def unset(folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.delenv("XDG_RUNTIME_DIR")


def empty(folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("XDG_RUNTIME_DIR", "")


def relative(folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("XDG_RUNTIME_DIR", "run")


def open_to_others(folder: Path, patch: pytest.MonkeyPatch) -> None:
    folder.chmod(0o755)


def not_writable(folder: Path, patch: pytest.MonkeyPatch) -> None:
    folder.chmod(0o500)


def missing(folder: Path, patch: pytest.MonkeyPatch) -> None:
    folder.rmdir()


def link(folder: Path, patch: pytest.MonkeyPatch) -> None:
    other = folder.with_name("other")
    folder.rename(other)
    folder.symlink_to(other)


def no_folder(folder: Path, patch: pytest.MonkeyPatch) -> None:
    folder.rmdir()
    folder.write_text("a file")


def below_a_file(folder: Path, patch: pytest.MonkeyPatch) -> None:
    folder.rmdir()
    folder.write_text("a file")
    patch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))


def with_slash(folder: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("XDG_RUNTIME_DIR", f"{folder}/")


def set_well(folder: Path, patch: pytest.MonkeyPatch) -> None:
    assert Path(os.environ["XDG_RUNTIME_DIR"]) == folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder for running programs, as a session has one; that of the machine is out of the way."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", None)
    found = tmp_path / "run"
    found.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(found))
    return found


@pytest.mark.parametrize(
    "how",
    [
        set_well,
        unset,
        empty,
        relative,
        open_to_others,
        not_writable,
        missing,
        link,
        no_folder,
        below_a_file,
        with_slash,
    ],
)
def test_the_file_is_where_the_service_writes_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, how: Callable[[Path, pytest.MonkeyPatch], None]
) -> None:
    how(folder, monkeypatch)
    assert runtime_file() == expected_file()
    is_in_it = runtime_file() == folder / APP / "service.json"
    assert is_in_it == (how in (set_well, missing, with_slash))


@pytest.mark.parametrize("system", ["darwin", "win32"])
def test_other_systems_as_the_library_says(folder: Path, monkeypatch: pytest.MonkeyPatch, system: str) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    monkeypatch.setenv("LOCALAPPDATA", "/AppData/Local")
    if system == "darwin":
        from platformdirs.macos import MacOS

        assert runtime_file().parent == Path(MacOS(APP, appauthor=False).user_runtime_dir)
    else:
        from platformdirs.windows import Windows

        monkeypatch.setenv("WIN_PD_OVERRIDE_LOCAL_APPDATA", "C:\\AppData\\Local")
        expected = Windows(APP, appauthor=False).user_runtime_dir.replace("C:", "").replace("\\", "/")
        assert runtime_file().parent.as_posix() == expected


def test_a_real_service_is_found(real: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(real.home / "run"))
    command = [sys.executable, "-m", "svbrdf_core", "serve", "--status", "--json"]
    said = json.loads(subprocess.run(command, env=real.variables(), capture_output=True, check=True).stdout)
    assert runtime_file() == Path(said["runtime_file"]) == real.runtime_file
    assert find_address() == Address(real.url, real.token)
    assert real.process is not None and read_process_id(real.runtime_file) == real.process.pid
    found = Service.find()
    assert found is not None
    with found:
        assert found.get_info()["process"] == real.process.pid
        assert found.can_relocate and found.relocate() is found


def write_runtime_file(folder: Path, content: object) -> Path:
    path = folder / APP / "service.json"
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


GOOD = {"url": "http://127.0.0.1:4567", "token": "secret", "process": 3, "data": "/x"}


def test_a_file_of_the_users_own_is_read(folder: Path) -> None:
    assert find_address() is None and Service.find() is None
    path = write_runtime_file(folder, GOOD)
    assert find_address() == Address("http://127.0.0.1:4567", "secret")
    assert "secret" not in repr(find_address())
    path.chmod(0o644)  # to be read by others is bad, but they cannot have written it
    assert find_address() is not None


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_may_have_written_is_none(folder: Path, mode: int) -> None:
    write_runtime_file(folder, GOOD).chmod(mode)
    assert find_address() is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_none(folder: Path) -> None:
    os.chown(write_runtime_file(folder, GOOD), 12345, -1)
    assert find_address() is None


@pytest.mark.parametrize(
    "content",
    ["", "no json", "[]", "[" * 99999, '{"url": 3}', GOOD | {"url": "ftp://x"}, GOOD | {"url": "http://a@b:1"},
     GOOD | {"token": ""}, GOOD | {"token": 5}, {"token": "x"}, "\ufeff{}"],
)  # fmt: skip
def test_a_file_that_says_nothing_is_none(folder: Path, content: object) -> None:
    write_runtime_file(folder, content)
    assert find_address() is None


def test_what_is_no_file_is_none(folder: Path) -> None:
    (folder / APP / "service.json").mkdir(parents=True)
    assert find_address() is None
    (folder / APP / "service.json").rmdir()
    os.mkfifo(folder / APP / "service.json")
    assert find_address() is None


def test_a_program_with_a_folder_of_its_own_finds_the_sessions(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Snap gives programs a folder below that of the session."""
    places: list[Path] = []
    monkeypatch.setattr("blender_addon.client.address.read_address", lambda path: places.append(path))
    monkeypatch.setenv("XDG_RUNTIME_DIR", f"/run/user/{os.geteuid()}/snap.blender")
    find_address()
    assert [str(path.parent.parent) for path in places] == [
        f"/run/user/{os.geteuid()}/snap.blender",
        f"/run/user/{os.geteuid()}",
    ]
