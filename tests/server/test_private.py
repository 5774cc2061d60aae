"""What is on disk is its owner's alone, and what comes from elsewhere harms no one who looks at it: cases W2 to W5."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import svbrdf_core as sv
from svbrdf_core.sentences import harmless
from svbrdf_server.commands.fetching import fetch_results
from svbrdf_server.data.names import BadName, name
from tests.server import odd_files as odd
from tests.server.conftest import Sample
from tests.server.running import PATIENCE, Running, service
from tests.server.sending import material, refused

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
ROOT = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a folder away")


def refusal(running: Running, *options: str) -> str:
    """Return what a service said that did not start."""
    running.launch(*options)
    assert running.process is not None
    try:
        assert running.process.wait(PATIENCE) not in (0, 1)
    finally:
        running.kill()
    assert "Traceback" not in running.log
    return running.log


@POSIX
def test_an_open_data_folder_is_closed(home: Path, sample: Sample) -> None:
    """Contract W3."""
    with service(home) as running, running.client() as client:
        client.material(sample.files())
    for path in (running.data, *running.data.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    before = os.umask(0)
    try:
        running.start()
    finally:
        os.umask(before)
    try:
        with running.client() as client:
            client.upload(Path(__file__))
        modes = {stat.S_IMODE(path.stat().st_mode) for path in running.data.rglob("*") if path.is_file()}
        folders = {stat.S_IMODE(path.stat().st_mode) for path in running.data.rglob("*") if path.is_dir()}
        assert modes == {0o600} and folders == {0o700}
        assert stat.S_IMODE(running.data.stat().st_mode) == 0o700
    finally:
        running.stop()


@POSIX
def test_an_open_folder_with_other_things_is_refused(home: Path) -> None:
    """Contract W3: whose rights are none of our business."""
    running = Running(home)
    running.data.mkdir(parents=True)
    (running.data / "letters").mkdir()
    running.data.chmod(0o755)
    assert "can be read by others and holds other things too" in refusal(running)
    assert stat.S_IMODE(running.data.stat().st_mode) == 0o755


@ROOT
def test_another_users_folders(home: Path) -> None:
    """Contract W2, W3."""
    running = Running(home)
    running.data.mkdir(parents=True)
    os.chown(running.data, 65534, 65534)
    assert "another user's" in refusal(running)
    os.chown(running.data, 0, 0)
    running.variables()
    running.runtime_file.parent.mkdir()
    os.chown(running.runtime_file.parent, 65534, 65534)
    said = refusal(running)
    assert "passed over" in said and "--token-file" in said
    assert not list(running.runtime_file.parent.iterdir())


@POSIX
def test_a_token_file_that_others_can_read(home: Path, tmp_path: Path) -> None:
    """Contract W3."""
    file = tmp_path / "token"
    file.write_text("a-token-of-my-own-0123456789", encoding="utf-8")
    for mode in (0o644, 0o620):
        file.chmod(mode)
        running = Running(home / str(mode))
        assert "Others can read" in refusal(running, "--token-file", str(file))


@pytest.mark.parametrize(
    "text",
    ["con .png", "CON", "aux.", "nul  .tar.gz", "COM1", "lpt9 .x", "a\u202egnp.exe", "a\u2066b", "\u200fa",
     "a\x1b[2J", "a\x9b2J", "a\u2028b", "a ", "a.", "\ud800", "\u00ad", "x\ufeff"],
)  # fmt: skip
def test_names_that_mean_something_else(text: str) -> None:
    """Contract W5, P2."""
    with pytest.raises(BadName):
        name(text)


@pytest.mark.parametrize("text", ["console.png", "a\u200db", "é", "名前.png", "com.png", "نقشه\u200cها.png"])
def test_names_that_are_names(text: str) -> None:
    """Contract P6."""
    assert name(text) == text


BAD = [
    "maps/.bashrc", "maps/sub/evil.sh", "maps/v1/evil.sh", "maps/evil.sh", "maps/diffuse.sh", "maps/v2/diffuse.png",
    "maps/../diffuse.png", "/etc/passwd", "maps/other.png", "diffuse.png", "maps/diffuse.png\n", "maps//diffuse.png",
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_a_service_cannot_add_files(sample: Sample, tmp_path: Path, bad: str) -> None:
    """Contract W4."""
    loaded = sv.load_material(sv.LoadOptions(sample.folder))
    request = sv.InpaintRequest(
        source=sv.LoadOptions(sample.folder),
        hole=sv.HoleSpec((sv.InputFile(sample.mask),)),
        output=sv.OutputSpec(tmp_path / "out"),
    )
    good = "maps/diffuse.png"
    for files in ([bad], [good, bad], [good, good]):
        report: dict[str, Any] = {"variations": [{"files": files}], "preview": None, "source_map": None, "notes": []}
        asked: list[str] = []
        with pytest.raises(sv.OutputError, match="not asked for"):
            fetch_results(request, loaded, report, lambda file, to, asked=asked: asked.append(file))
        assert not asked and not list(tmp_path.rglob("*"))


EVIL = "a\x1b]0;owned\x07\x1b[2J\u202etxt\x9b31m"


def test_texts_are_harmless() -> None:
    """Contract W5."""
    shown = harmless(EVIL)
    assert shown == r"a\x1b]0;owned\x07\x1b[2J\u202etxt\x9b31m"
    assert harmless("a\nb\ud800\u2028") == r"a\x0ab\ud800\u2028"
    for plain in ("é 名 ~", "a\u200cb", ""):
        assert harmless(plain) == plain
    assert str(sv.InputError(EVIL)) == shown
    run = sv.Run()
    run.note(EVIL)
    assert run.notes == [shown]


@POSIX
def test_a_file_with_escapes_in_its_name_says_nothing_to_the_terminal(tmp_path: Path) -> None:
    """Contract W5."""
    folder = tmp_path / EVIL
    folder.mkdir()
    (folder / f"{EVIL}_diffuse.png").write_bytes(odd.png(64, 64))
    (folder / f"{EVIL}.png").write_bytes(b"no picture")
    (folder / f"{EVIL}_roughness.png").write_bytes(b"\x89PNG no picture")
    for words in (["info", str(folder)], ["inpaint", str(folder), "-m", "rect:1,1,4,4", "-o", str(tmp_path / "o")]):
        command = [sys.executable, "-m", "svbrdf_core", *words]
        ran = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
        said = ran.stdout + ran.stderr
        assert b"owned" in said and b"\x1b" not in said and b"\x07" not in said, said
        assert "\u202e".encode() not in said


def test_a_service_repeats_no_escapes(run: Running) -> None:
    """Contract W5."""
    answer = material(run, {f"{EVIL}.png": odd.png(60, 60)})
    said = refused(answer, 422)
    assert said == harmless(said)
    run.request("GET", "/v1/jobs/%1b%5b2J")
    run.raw(b"GET /\x1b[2J HTTP/1.1\r\nHost: \x1b[2J\r\n\r\n")
    assert "\x1b" not in run.log
