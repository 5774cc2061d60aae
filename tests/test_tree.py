"""Rules that hold for every file of the repository."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UNSAFE = {
    "loads code with data": r"allow_pickle\s*=\s*True|pickle\.loads?\(|weights_only\s*=\s*False|yaml\.load\(",
    "runs text as code": r"(?<![\w.])eval\(|(?<![\w.])exec\(|shell\s*=\s*True|os\.system\(",
    "hides errors": r"except\s*:\s*$|except Exception:\s*pass",
}
HOME = re.compile(r"(?<![\w.$/])/(?:home|root|work|Users)/\w|[A-Z]:\\\\?Users|index-url", re.IGNORECASE)


def tracked() -> list[Path]:
    """Return the files that git follows, or would if they were added."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def lines_with(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    """Return ``file:line: text`` of every line that matches; files that are not UTF-8 are not text."""
    found = []
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        name = path.relative_to(ROOT)
        found += [f"{name}:{number}: {line}" for number, line in enumerate(lines, 1) if pattern.search(line)]
    return found


@pytest.mark.parametrize("what", UNSAFE)
def test_no_file(what: str) -> None:
    paths = [path for path in tracked() if path.suffix == ".py" and path != Path(__file__)]
    assert lines_with(re.compile(UNSAFE[what]), paths) == []


def test_no_file_names_a_place_on_one_machine() -> None:
    assert lines_with(HOME, [path for path in tracked() if path != Path(__file__)]) == []


def test_no_file_is_large() -> None:
    assert [str(path) for path in tracked() if path.stat().st_size > 1_500_000] == []


def test_every_requirement_is_pinned() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    names = {re.sub(r"[-_.]+", "-", pin.split("==")[0]).lower() for pin in pins if not pin.startswith("#")}
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins if not pin.startswith("#"))
    wanted = re.findall(r'"([A-Za-z][\w.-]*)>=', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert {re.sub(r"[-_.]+", "-", name).lower() for name in wanted} <= names


def test_the_server_is_installed_under_its_own_name(tmp_path: Path) -> None:
    if not list(Path(sysconfig.get_path("purelib")).glob("svbrdf_inpaint-*.dist-info")):
        pytest.skip("svbrdf-inpaint is not installed in this environment")
    code = (
        "import importlib.util as u;"
        "print([n for n in ('svbrdf_core', 'svbrdf_server', 'server', 'tests', 'blender_addon', 'benchmarks')"
        " if u.find_spec(n)])"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "['svbrdf_core', 'svbrdf_server']"
