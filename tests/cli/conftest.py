"""Example materials as folders on disk, and the program run as users run it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from svbrdf_core.cli import run
from svbrdf_core.example import write_example

SIZE = 128


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.out.count("\n") == 1, "more than one line on standard output"
        return json.loads(self.out)


Svbrdf = Callable[..., Ran]


def tree(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder by its path."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of an example: clean, damaged and mask.png; not to be changed."""
    folder = tmp_path_factory.mktemp("made")
    write_example(folder, "bricks", SIZE)
    return folder


@pytest.fixture
def bricks(made: Path, tmp_path: Path) -> Path:
    """Return a folder of maps of its own, with a name that quoting and encodings can get wrong."""
    return Path(shutil.copytree(made / "damaged", tmp_path / "rote Ziegel (naß)"))


@pytest.fixture
def mask(made: Path) -> Path:
    """Return the mask image of the damage."""
    return made / "mask.png"


@pytest.fixture
def svbrdf(capfd: pytest.CaptureFixture[str]) -> Svbrdf:
    """Return a function that runs a command line in this process."""

    def invoke(*words: str | Path) -> Ran:
        capfd.readouterr()
        code = run([str(word) for word in words])
        return Ran(code, *capfd.readouterr())

    return invoke


def process(*words: str | Path, cwd: Path, **more: str) -> subprocess.Popen[str]:
    """Start a command in a process of its own, in a process group of its own."""
    path = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, "-m", "svbrdf_core", *map(str, words)],
        cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": path, **more}, start_new_session=True,
    )  # fmt: skip
