"""Who can come to know a service's token or reach it at all: cases T3 and T6 of its contract."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from svbrdf_server import runtime
from svbrdf_server.client import NoService, connect
from tests.server.running import PATIENCE, Running, service, until

OWN = "a-token-of-my-own-0123456789"


def test_the_file_is_its_owners_alone_and_whole_from_the_first_moment(home: Path) -> None:
    """Contract T3."""
    running = Running(home)
    folder = running.runtime_file.parent
    seen: set[tuple[bool, int]] = set()
    texts: set[str] = set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            with contextlib.suppress(FileNotFoundError):
                for entry in os.scandir(folder):
                    with contextlib.suppress(FileNotFoundError):
                        seen.add((entry.is_symlink(), stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode)))
                        if entry.path == str(running.runtime_file):
                            texts.add(running.runtime_file.read_text(encoding="utf-8"))

    home.mkdir(mode=0o700)
    watcher = threading.Thread(target=watch)
    before = os.umask(0)  # the service is started with it: whatever does not say its mode is everyone's
    try:
        watcher.start()
        running.start()
        until(lambda: texts)
        stop.set()
        watcher.join(PATIENCE)
        assert seen == {(False, 0o600)}  # no link, and nobody else's to read
        assert {json.loads(text)["token"] for text in texts} == {running.token}
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(running.data.stat().st_mode) == 0o700
        assert [path.name for path in folder.iterdir()] == [running.runtime_file.name]
    finally:
        stop.set()
        os.umask(before)
        running.stop()
    assert not list(folder.iterdir())


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_that_another_user_wrote_leads_nowhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contract T3."""
    with service(home) as running:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(home / "run"))
        found = runtime.read()
        assert found is not None and found.token == running.token
        os.chown(running.runtime_file, 65534, 65534)
        assert runtime.read() is None
        with pytest.raises(NoService):
            connect()
        os.chown(running.runtime_file, 0, 0)
        running.runtime_file.chmod(0o666)
        assert runtime.read() is None
        running.runtime_file.chmod(0o600)
        assert runtime.read() == found


@pytest.mark.skipif(os.name != "posix", reason="named pipes are files on POSIX alone")
def test_a_pipe_in_place_of_the_file_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contract T3."""
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    runtime.path().parent.mkdir()
    os.mkfifo(runtime.path(), 0o600)
    code = "from svbrdf_server import runtime; print(runtime.read())"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert ran.stdout.strip() == "None", ran.stderr


def refused(home: Path, *runs: tuple[str, dict[str, str]]) -> list[str]:
    """Return what services said that did not start, each with another address and environment."""
    tried = [Running(home / str(n), ("--host", at), environment) for n, (at, environment) in enumerate(runs)]
    for one in tried:
        one.launch()
    for one in tried:
        assert one.process is not None
        try:
            assert one.process.wait(PATIENCE) not in (0, 1)  # 1 is what a crash ends with
        finally:
            one.kill()
        assert not one.runtime_file.exists() and not one.data.exists()
        assert "Traceback" not in one.log
    return [one.log for one in tried]


def test_it_is_not_opened_to_the_network_without_a_token_of_ones_own(home: Path) -> None:
    """Contract T6."""
    for said in refused(home, *((address, {}) for address in ("0.0.0.0", "::", "", "10.0.0.1"))):
        assert "can be reached from other machines: give a token of your own" in said


def test_a_token_that_is_too_easy_is_refused(home: Path) -> None:
    """Contract T6."""
    tokens = ("", "short", "with blanks in between 0123", "é" * 20)
    for token, said in zip(
        tokens, refused(home, *(("0.0.0.0", {"SVBRDF_TOKEN": token}) for token in tokens)), strict=True
    ):
        assert "The token must have 16 letters or digits" in said
        assert token == "" or token not in said


def test_with_a_token_of_ones_own_it_is(home: Path) -> None:
    """Contract T6."""
    with service(home, "--host", "0.0.0.0", "--allow-host", "desk.local", SVBRDF_TOKEN=OWN) as running:
        assert running.token == OWN
        assert json.loads(running.runtime_file.read_text())["url"] == running.url
        for host in ("127.0.0.1", "localhost", "desk.local", "Desk.Local"):
            assert running.request("GET", "/v1/jobs", Host=f"{host}:{running.port}").status == 200
        for host in ("0.0.0.0", "desk.local.evil", "evil"):
            assert running.request("GET", "/v1/jobs", Host=f"{host}:{running.port}").status == 403
        assert running.request("GET", "/v1/jobs", token="").status == 401
    assert OWN not in running.log


def test_a_file_of_ones_own_does_the_same(home: Path, tmp_path: Path) -> None:
    """Contract T6."""
    (tmp_path / "token").write_text(f"{OWN}\n", encoding="utf-8")
    (tmp_path / "token").chmod(0o600)
    with service(home, "--host", "::", "--token-file", str(tmp_path / "token")) as running:
        assert running.token == OWN
        assert running.request("GET", "/v1/jobs").status == 200
