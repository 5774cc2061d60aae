"""What the README shows can be typed: its `svbrdf` lines and its Python blocks run, in the order they stand there."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from svbrdf_core.example import make_example
from svbrdf_core.formats import write_png

README = Path(__file__).parents[1] / "README.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[list[str]]:
    """Return the arguments of one process for each `svbrdf` line and each Python block."""
    found: list[list[str]] = []
    for language, body in BLOCK.findall(text):
        if language == "python":
            found.append(["-c", body])
        elif language in {"sh", "bash", "console"}:
            lines = body.replace("\\\n", " ").splitlines()
            words = [shlex.split(line.removeprefix("$ "), comments=True) for line in lines]
            found += [["-m", "svbrdf_core", *line[1:]] for line in words if line[:1] == ["svbrdf"]]
    return found


def test_lines_and_blocks_are_found() -> None:
    text = "```sh\nmake demo\n$ svbrdf info a  # why\nsvbrdf mask \\\n  b\n```\ntext\n```python\nx = 1\n```\n"
    expected = [["-m", "svbrdf_core", "info", "a"], ["-m", "svbrdf_core", "mask", "b"], ["-c", "x = 1\n"]]
    assert commands(text) == expected


@pytest.mark.slow
@pytest.mark.skipif(not importlib.util.find_spec("svbrdf_core.cli"), reason="there is no command line yet")
def test_what_the_readme_shows_runs(tmp_path: Path) -> None:
    made = make_example("bricks", size=256)
    (tmp_path / "bricks").mkdir()
    for name, samples in made.damaged.items():
        write_png(tmp_path / "bricks" / f"{name}.png", samples)
    write_png(tmp_path / "mask.png", made.mask > 0)
    (tmp_path / "run").mkdir(mode=0o700)
    own = {"SVBRDF_CACHE": str(tmp_path / "cache"), "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    environment = {**os.environ, **own, "XDG_DATA_HOME": str(tmp_path / "data")}
    shown = commands(README.read_text(encoding="utf-8"))
    assert shown
    with contextlib.ExitStack() as stack:
        for arguments in shown:
            if arguments[-1] == "&":
                stack.enter_context(in_background(arguments[:-1], tmp_path, environment))
                continue
            run = subprocess.run(
                [sys.executable, *arguments],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=300,
            )
            assert run.returncode == 0, f"{' '.join(arguments)}\n{run.stderr}"


@contextlib.contextmanager
def in_background(arguments: list[str], folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """Run a program until it says on standard error that it is ready; the lines that follow must end it."""
    with subprocess.Popen(
        [sys.executable, *arguments], cwd=folder, env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        try:
            assert line.startswith(b"Ready"), line
            yield
            assert process.wait(60) == 0
        finally:
            process.kill()
