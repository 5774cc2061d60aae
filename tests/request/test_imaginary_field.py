"""A new field of a request, written in one place, passes from the command line through the service to the engine."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from svbrdf_core.example import write_example

ROOT = Path(__file__).parents[2]
BEFORE = "    grow: float = option("
FIELD = '    imaginary: int = option(0, "A field that is in no file but this.", ge=0, le=9, flags=("--its-flag",))\n'
PATIENCE = 120.0


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the program as it is, but for one more field of a hole."""
    home = tmp_path_factory.mktemp("changed")
    leave = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "svbrdf_core", home / "svbrdf_core", ignore=leave)
    shutil.copytree(ROOT / "server", home / "svbrdf_server", ignore=leave)
    path = home / "svbrdf_core" / "request.py"
    text = path.read_text(encoding="utf-8")
    assert text.count(BEFORE) == 1
    path.write_text(text.replace(BEFORE, FIELD + BEFORE), encoding="utf-8")
    write_example(home / "bricks", "bricks", 64)
    return home


def environment(home: Path) -> dict[str, str]:
    """Return the variables in which the changed program runs, and finds its own service."""
    (home / "run").mkdir(mode=0o700, exist_ok=True)
    return {**os.environ, "PYTHONPATH": str(home), "XDG_RUNTIME_DIR": str(home / "run"), "SVBRDF_CACHE": "off"}


def inpaint(home: Path, out: str, *words: str) -> Any:
    """Fill a hole by the changed program, and return the report."""
    command = [
        sys.executable, "-m", "svbrdf_core", "inpaint", "bricks/damaged", "-m", "rect:20,20,9,9", "-o", out, "--json",
        "--method", "poisson",  # a copy of the program would compile kernels anew
    ]  # fmt: skip
    ran = subprocess.run([*command, *words], cwd=home, env=environment(home), capture_output=True, timeout=PATIENCE)
    assert ran.returncode == 0, ran.stderr.decode()
    return json.loads(ran.stdout)


@contextlib.contextmanager
def service(home: Path) -> Iterator[dict[str, Any]]:
    """Run the service of the changed program; give its address and token."""
    found = home / "run" / "svbrdf-inpaint" / "service.json"
    command = [sys.executable, "-m", "svbrdf_core", "serve", "--data", str(home / "data"), "--quiet"]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=home, env=environment(home), stdout=log, stderr=log)
    try:
        end = time.monotonic() + PATIENCE
        while not found.exists():
            assert process.poll() is None and time.monotonic() < end, (home / "log").read_text(encoding="utf-8")
            time.sleep(0.05)
        yield json.loads(found.read_text(encoding="utf-8"))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)


def ask(running: dict[str, Any], path: str) -> Any:
    """Return what the service says about a path."""
    asked = urllib.request.Request(running["url"] + path, headers={"Authorization": f"Bearer {running['token']}"})
    with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
        return json.load(answer)


def test_a_field_that_is_added_in_one_place_is_an_option_and_in_the_report(changed: Path) -> None:
    assert inpaint(changed, "here", "--its-flag", "3")["request"]["hole"]["imaginary"] == 3
    assert inpaint(changed, "there")["request"]["hole"]["imaginary"] == 0


def test_a_field_that_is_added_in_one_place_reaches_the_worker_of_a_service(changed: Path) -> None:
    with service(changed) as running:
        report = inpaint(changed, "served", "--its-flag", "3", "--server", "auto")
        job = ask(running, "/v1/jobs")["jobs"][0]
        described = json.dumps(ask(running, "/v1/openapi.json"))
    assert report["request"]["hole"]["imaginary"] == 3
    assert job["request"]["hole"]["imaginary"] == 3
    assert job["result"]["request"]["hole"]["imaginary"] == 3  # what the worker says it has done
    assert "A field that is in no file but this." in described
