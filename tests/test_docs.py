"""The pages are true: what they show runs, what they name exists, and what exists is named.

`svbrdf` lines and Python blocks of README.md and docs/cli.md run in the order they stand there; examples of other pages
are tested with what they are about.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from svbrdf_core.cli.app import app
from svbrdf_core.example import make_example
from svbrdf_core.formats import write_png

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
NAMES = [path.relative_to(ROOT).as_posix() for path in PAGES]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`((?:svbrdf_core|server|blender_addon|benchmarks|examples|tests|docs|\.ci)/[\w./-]*)`")
"""A path of the repository, as the pages for developers write it."""
LINK = re.compile(r"\]\(([^)\s]+)\)")
BUDGET = re.compile(r"\d+s")
"""The time that a training may take; a few seconds do where only the words count."""
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
@pytest.mark.parametrize("page", ["README.md", "docs/cli.md"])
def test_what_a_page_shows_runs(tmp_path: Path, page: str) -> None:
    made = make_example("bricks", size=96)
    (tmp_path / "bricks").mkdir()
    for name, samples in made.damaged.items():
        write_png(tmp_path / "bricks" / f"{name}.png", samples)
    write_png(tmp_path / "mask.png", made.mask > 0)
    (tmp_path / "run").mkdir(mode=0o700)
    own = {"SVBRDF_CACHE": str(tmp_path / "cache"), "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    environment = {**os.environ, **own, "XDG_DATA_HOME": str(tmp_path / "data")}
    shown = commands((ROOT / page).read_text(encoding="utf-8"))
    assert shown
    with contextlib.ExitStack() as stack:
        for words in shown:
            arguments = ["4s" if BUDGET.fullmatch(word) else word for word in words]
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
                timeout=900,
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
            assert process.wait(180) == 0
        finally:
            process.kill()


def test_the_readme_fits_a_few_screens_and_has_the_two_lines_that_set_everything_up() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 130
    assert [line.split()[:2] for line in lines if line.startswith("make ")] == [["make", "demo"], ["make", "test"]]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if link.startswith(("http:", "https:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link


def anchors(text: str) -> set[str]:
    """Return the names under which GitHub shows the headings of a page."""
    plain = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", plain, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_index_lists_every_page() -> None:
    index = LINK.findall((ROOT / "docs" / "README.md").read_text(encoding="utf-8"))
    assert {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"} <= set(index)


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_paths_that_pages_name_exist(page: str) -> None:
    named = NAMED.findall((ROOT / page).read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("package", ["svbrdf_core", "server"])
def test_every_room_is_on_the_floor_plan(package: str) -> None:
    rooms = {f"{package}/{path.parent.name}/" for path in (ROOT / package).glob("*/__init__.py")}
    assert rooms <= set(NAMED.findall(ARCHITECTURE))


def test_classes_of_the_glossary_exist() -> None:
    glossary = ARCHITECTURE.partition("## Glossary")[2]
    first = [row.split("|")[1] for row in glossary.splitlines() if row.startswith("|")]
    words = re.findall(r"`([A-Z]\w+)`", " ".join(first))
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "svbrdf_core").rglob("*.py"))
    assert words
    assert [word for word in words if not re.search(rf"^class {word}\b", sources, re.MULTILINE)] == []


def test_every_command_and_option_is_on_its_page() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    found = names_of(typer.main.get_command(app), "svbrdf")
    assert "--mask" in found
    assert [name for name in found if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)] == []


def names_of(command: Any, name: str) -> list[str]:
    """Return the names of a command, of its options, and of the commands below it."""
    options = [flag for one in command.params for flag in (*one.opts, *one.secondary_opts) if flag.startswith("-")]
    below = getattr(command, "commands", {}).items()
    return [name, *options, *(word for last, one in below for word in names_of(one, f"{name} {last}"))]
