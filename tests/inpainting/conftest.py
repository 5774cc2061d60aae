"""An example material on disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from svbrdf_core.example import write_example

SIZE = 128


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of an example: clean, damaged and mask.png; not to be changed."""
    folder = tmp_path_factory.mktemp("made")
    write_example(folder, "bricks", SIZE)
    return folder


@pytest.fixture
def bricks(made: Path, tmp_path: Path) -> Path:
    """Return a folder of maps of its own."""
    return Path(shutil.copytree(made / "damaged", tmp_path / "bricks"))


def tree(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below a folder by its path."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
