"""The worked example of docs/methods.md is installed as another package, and users can call it by name."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from svbrdf_core.example import write_example

DOCS = Path(__file__).parents[2] / "docs" / "methods.md"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for PYTHONPATH that holds the example as pip installs it."""
    text = DOCS.read_text(encoding="utf-8")
    module, project = (re.search(rf"```{kind}\n(.*?)```", text, re.DOTALL) for kind in ("python", "toml"))
    assert module and project
    source = tmp_path_factory.mktemp("rim-mean")
    (source / "rim_mean.py").write_text(module[1], encoding="utf-8")
    (source / "pyproject.toml").write_text(project[1], encoding="utf-8")
    site = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-build-isolation",
        "--no-deps",
        "--target",
        str(site),
    ]
    done = subprocess.run([*command, str(source)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return site


def run(site: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(site), root))}
    command = [sys.executable, "-m", "svbrdf_core", *words]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_the_documented_plugin_fills(site: Path, tmp_path: Path) -> None:
    write_example(tmp_path, "bricks", 96)
    done = run(site, tmp_path, "inpaint", "damaged", "--mask", "mask.png", "--method", "rim-mean", "-o", "out")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "roughness.png").is_file()


def test_a_plugin_that_breaks_is_named_with_its_package(site: Path, tmp_path: Path) -> None:
    (site / "rim_mean.py").write_text("import nothing_of_this_name\n", encoding="utf-8")
    write_example(tmp_path, "bricks", 96)
    done = run(site, tmp_path, "inpaint", "damaged", "--mask", "mask.png", "--method", "rim-mean", "-o", "out")
    assert done.returncode == 3
    assert "'rim-mean' of rim-mean cannot be loaded (ModuleNotFoundError" in done.stderr
    assert not (tmp_path / "out").exists()
