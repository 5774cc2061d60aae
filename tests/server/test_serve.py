"""`svbrdf serve` itself: how it starts, tells where it is, ends, and what it refuses to start with."""

from __future__ import annotations

import json
import signal
import socket
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from svbrdf_core.cli import run
from tests.cli.conftest import Ran, process
from tests.server.desk import stopped
from tests.server.running import PATIENCE, Running, service, until

SECRET = "a-token-of-my-own-0123"


Serve = Callable[..., Ran]
Refusal = Callable[..., str]


@pytest.fixture
def serve(home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Serve]:
    """Return a function that runs ``svbrdf serve`` in this process, where it never comes to listen: its port is taken.

    It works in the home of the services, and finds them.
    """
    for name, value in Running(home).variables().items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("SVBRDF_TOKEN", raising=False)
    monkeypatch.chdir(home)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        def invoke(*words: str | Path) -> Ran:
            capfd.readouterr()
            port = () if "--port" in words else ("--port", str(taken.getsockname()[1]))
            code = run(["serve", *map(str, words), *port])
            return Ran(code, *capfd.readouterr())

        yield invoke


@pytest.fixture
def refused(serve: Serve) -> Refusal:
    """Return a function that runs ``svbrdf serve --json``, which must fail in good order, and returns what it says."""

    def invoke(*words: str | Path, code: int = 3) -> str:
        return said(serve(*words, "--json"), code)

    return invoke


def said(ran: Ran, code: int) -> str:
    """Return the message of a command that failed in good order."""
    assert (ran.code, "Traceback" in ran.err) == (code, False), ran.out + ran.err
    found = ran.json["error"]
    assert found["exit_code"] == code and found["message"] in ran.err
    return str(found["message"])


def start(home: Path, *words: str | Path, code: int) -> str:
    """Return what a service says that does not come to run, from a process of its own."""
    begun = process("serve", *words, "--json", cwd=home, **Running(home).variables())
    try:
        out, err = begun.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        begun.kill()
        begun.communicate()
        raise
    return said(Ran(begun.returncode, out, err), code)


def test_a_service_says_where_it_is_and_ends_when_it_is_told(home: Path, serve: Serve, refused: Refusal) -> None:
    """Contract T3."""
    assert serve("--status", "--json").json["running"] is False
    assert serve("--status").out == "No service runs; svbrdf serve starts one.\n"
    assert "none to end" in refused("--stop")
    with service(home) as running:
        assert stat.S_IMODE(running.runtime_file.stat().st_mode) == 0o600
        assert stat.S_IMODE(running.data.stat().st_mode) == 0o700
        assert list(running.runtime_file.parent.iterdir()) == [running.runtime_file]
        assert running.process is not None
        assert serve("--status", "--json").json == {
            "running": True, "url": running.url, "process": running.process.pid, "data": str(running.data),
            "runtime_file": str(running.runtime_file),
        }  # fmt: skip
        shown = serve("--status")
        assert running.url in shown.out and running.token not in shown.out + shown.err + running.log
        assert f"Ready at {running.url}." in running.log
        second = refused("--data", home / "second")
        assert running.url in second and "--stop" in second and not (home / "second").exists()
        assert serve("--stop", "--json").json == {"stopped": running.process.pid}
        assert running.process.wait(PATIENCE) == 0
        assert not running.runtime_file.exists()
        assert serve("--status", "--json").json["running"] is False


def test_a_service_that_answers_late_is_told_as_running(home: Path, serve: Serve) -> None:
    with service(home) as running:
        assert running.process is not None
        process = psutil.Process(running.process.pid)
        with stopped(process):
            soon = threading.Timer(3, process.resume)  # as long as one whose machine is busy may take
            soon.start()
            assert serve("--status", "--json").json["running"] is True
        soon.join()


def test_a_file_of_a_service_that_was_killed_is_no_service(home: Path, serve: Serve, refused: Refusal) -> None:
    """Contract T5."""
    with service(home) as running:
        running.kill()
        assert running.runtime_file.exists()
        assert serve("--status", "--json").json["running"] is False
        assert "none to end" in refused("--stop")
        old = running.token
        running.start()
        assert running.token != old
        assert running.request("GET", "/v1/jobs", token=old).status == 401
        assert serve("--status", "--json").json["url"] == running.url


def test_the_same_data_or_port_is_taken(home: Path, tmp_path: Path) -> None:
    """Contract Q9."""
    other = tmp_path / "other"
    other.mkdir()
    with service(home) as running:
        told = start(other, "--data", running.data, code=6)
        assert "Another service works with" in told and "--data" in told
        told = start(other, "--port", str(running.port), code=6)
        assert "--port" in told and str(running.port) in told
        assert running.request("GET", "/v1/jobs").status == 200
        assert not (other / "run" / "svbrdf-inpaint").exists()


def test_an_address_that_cannot_be_had(refused: Refusal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVBRDF_TOKEN", SECRET)
    assert "cannot be listened on" in refused(code=6)
    assert "cannot be listened on" in refused("--host", "192.0.2.1", code=6)


def test_others_may_come_in_only_with_a_token_of_ones_own(home: Path, refused: Refusal) -> None:
    """Contract T6."""
    for host in ("0.0.0.0", "::", "192.0.2.1"):
        told = refused("--host", host, code=6)
        assert "--token-file" in told and "SVBRDF_TOKEN" in told
    with service(home, "--host", "0.0.0.0", "--allow-host", "box.example", SVBRDF_TOKEN=SECRET) as running:
        assert running.token == SECRET
        assert running.request("GET", "/v1/jobs").status == 200
        assert running.request("GET", "/v1/jobs", host=f"box.example:{running.port}").status == 200
        assert running.request("GET", "/v1/jobs", host=f"other.example:{running.port}").status == 403
        assert SECRET not in running.log


ROOTS = {"no name": "=.", "no folder": "name=", "no pair": "name", "nowhere": "name=nowhere", "a file": "name=file"}
TOKENS = {
    "short": "short",
    "blank": "a token with some blanks",
    "letters": "é" * 20,
    "empty": "",
    "lines": "a" * 16 + "\nb",
}
LIMITS = ("sheep=1", "pixels=", "pixels=0", "queue=-1", "hang=long", "hang=nan", "hang=inf", "queue=1.5", "pixels")


@pytest.mark.parametrize("root", ROOTS.values(), ids=ROOTS.keys())
def test_a_root_that_is_none(home: Path, refused: Refusal, root: str) -> None:
    (home / "file").touch()
    assert "--root" in refused("--root", root)


@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_that_is_none(refused: Refusal, limit: str) -> None:
    told = refused("--limit", "pixels=4096", "--limit", limit)
    assert "number above 0" in told or "There is no limit 'sheep'; choose one of queue, " in told


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS.keys())
def test_a_token_that_is_too_easy(home: Path, refused: Refusal, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "token").write_text(token, encoding="utf-8")
    (home / "token").chmod(0o600)
    assert "16 letters or digits" in refused("--token-file", "token")
    monkeypatch.setenv("SVBRDF_TOKEN", token)
    assert "16 letters or digits" in refused()


def test_a_token_file(home: Path, refused: Refusal) -> None:
    assert "cannot be read" in refused("--token-file", "nowhere")
    assert "cannot be read" in refused("--token-file", ".")
    (home / "token").write_bytes(b"\xff\xfe" * 20)
    (home / "token").chmod(0o600)
    assert "cannot be read" in refused("--token-file", "token")
    (home / "token").write_text(SECRET + "\n")
    with service(home, "--token-file", str(home / "token"), SVBRDF_TOKEN="short") as running:
        assert running.token == SECRET
        assert running.request("GET", "/v1/jobs").status == 200
        assert running.request("GET", "/v1/jobs", token=SECRET[:-1]).status == 401


@pytest.mark.parametrize("data", ["file", "file/below", "/proc/nowhere"])
def test_a_data_folder_that_is_none(home: Path, data: str) -> None:
    """Contract P7."""
    home.mkdir()
    (home / "file").write_text("mine")
    assert "cannot be used" in start(home, "--data", data, code=6)
    assert (home / "file").read_text() == "mine"


@pytest.mark.parametrize(
    "words", [("--status", "--stop"), ("--port", "65536"), ("--workers", "0"), ("--idle-exit", "-1")]
)
def test_a_slip_of_the_command_line(serve: Serve, words: tuple[str, ...]) -> None:
    assert serve(*words, "--json").json["error"]["type"] == "UsageError"


def test_a_service_that_nobody_needs_ends(home: Path) -> None:
    with service(home, "--idle-exit", "0.05") as running:
        assert running.process is not None
        assert running.process.wait(PATIENCE) == 0
        assert not running.runtime_file.exists()


def test_ctrl_c_ends_the_service_in_good_order(home: Path) -> None:
    running = Running(home)
    begun = process("serve", "--data", running.data, "--json", cwd=home.parent, **running.variables())
    until(running.runtime_file.exists)
    begun.send_signal(signal.SIGINT)
    out, err = begun.communicate(timeout=PATIENCE)
    assert (begun.returncode, "Traceback" in err) == (0, False), err
    assert json.loads(out) == {"ended": True}
    assert not running.runtime_file.exists()
