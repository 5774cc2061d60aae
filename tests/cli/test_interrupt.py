"""Ctrl-C, sent to a real process at several moments, stops it cleanly and leaves nothing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import imageio.v3 as iio
import pytest

from svbrdf_core.cli import program
from svbrdf_core.cli.session import Session
from svbrdf_core.example import write_example
from svbrdf_core.run import Run
from tests.cli.conftest import process, tree

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="SIGINT to one process")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a material whose many variations take longer than any test waits, with a file that is warned of."""
    folder = tmp_path_factory.mktemp("large")
    write_example(folder, "hammered", 256)
    iio.imwrite(folder / "ao.tiff", iio.imread(folder / "damaged" / "ao.png"))
    (folder / "ao.tiff").replace(folder / "damaged" / "ao.png")
    return folder


@pytest.mark.parametrize("seconds", [0.0, 0.4, 1.2])
@pytest.mark.parametrize("presses", [1, 3])
def test_ctrl_c_stops_and_leaves_nothing(large: Path, tmp_path: Path, seconds: float, presses: int) -> None:
    words = ("inpaint", large / "damaged", "-m", large / "mask.png", "-o", tmp_path / "a" / "out")
    run = process(*words, "--variations", "500", "--preview", tmp_path / "p.png", "--json", cwd=tmp_path)
    assert run.stderr is not None and "TIFF" in run.stderr.readline()  # the work begins
    time.sleep(seconds)
    assert run.poll() is None
    for _ in range(presses):
        run.send_signal(signal.SIGINT)
        time.sleep(0.02)
    start = time.monotonic()
    out, err = run.communicate(timeout=180)
    assert time.monotonic() - start < 60  # all of them would take minutes
    assert "Traceback" not in err
    assert run.returncode == 130
    assert json.loads(out)["error"] == {
        "type": "Cancelled",
        "message": "Stopped; nothing was written.",
        "exit_code": 130,
    }
    assert tree(tmp_path) == {} and list(tmp_path.iterdir()) == []


def test_ctrl_c_stops_the_demo(tmp_path: Path) -> None:
    run = process("demo", "--size", "2048", cwd=tmp_path)
    while not list(tmp_path.iterdir()):
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=180)
    assert run.returncode == 130 and err.endswith("Stopped; nothing was written.\n")
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_inside_a_string_that_is_run_ends_with_our_exit_code(tmp_path: Path) -> None:
    (tmp_path / "interrupted.py").write_text(
        "import builtins\n"
        "from svbrdf_core.cli import program, session\n"
        "session.Session.tell = lambda *_, **__: builtins.exec('raise KeyboardInterrupt')\n"
        "program.main()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-m", "interrupted", "demo"], cwd=tmp_path, capture_output=True, text=True, timeout=180
    )
    assert (ended.returncode, ended.stderr) == (130, "Stopped; nothing was written.\n")


class _Interrupted:
    """Is interrupted while it is destroyed."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("asked", [False, True])
def test_ctrl_c_inside_a_destructor_is_neither_lost_nor_printed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path, asked: bool
) -> None:
    def work(session: Session, *_: object, **__: object) -> None:
        victim = _Interrupted()
        del victim
        if asked:
            Run(should_stop=session.should_stop).check()
        time.sleep(5)
        raise AssertionError("was not interrupted")

    monkeypatch.setattr(Session, "tell", work)  # the first thing the demo does
    monkeypatch.chdir(tmp_path)
    assert program.run(["demo", "--json"]) == 130
    time.sleep(0.1)  # an interrupt that comes again, after the command has ended, is not for the caller
    out, err = capfd.readouterr()
    assert json.loads(out)["error"]["message"] == "Stopped; nothing was written."
    assert err == "Stopped; nothing was written.\n"
