"""What docs/service.md says of the service is so."""

from __future__ import annotations

import ast
import dataclasses
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from svbrdf_core.formats import read_image
from svbrdf_server.config import Limits
from tests.server.conftest import Sample
from tests.server.running import PATIENCE, Running

HERE = Path(__file__).parent
TEXT = (HERE.parents[1] / "docs" / "service.md").read_text(encoding="utf-8")
UNITS = {"": 1, "MiB": 2**20, "GiB": 2**30}


def test_every_limit_is_listed_with_its_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([0-9]+) ?(\w*) \|", TEXT, re.MULTILINE)
    listed = {name: int(number) * UNITS[unit] for name, number, unit in rows}
    assert listed == dataclasses.asdict(Limits())


CASES = {"H": 12, "T": 6, "P": 9, "I": 6, "M": 4, "Q": 14, "N": 6, "C": 5, "W": 5}
"""What must be tried against the service: hosts, tokens, paths, images, models, the queue, network, cost, writing."""


def test_each_case_has_a_test() -> None:
    said = " ".join(text for path in HERE.glob("test_*.py") for text in _find_texts_of_tests(path))
    missing = [f"{kind}{n}" for kind, most in CASES.items() for n in range(1, most + 1)]
    assert not [case for case in missing if not re.search(rf"\b{case}\b", said)]


def test_each_attacker_has_tests() -> None:
    rows = re.findall(r"^\| .* \| (`test_.*`) \|$", TEXT, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(test_\w+\.py)`", row)}
    assert len(rows) >= 14 and len(named) >= 14
    for name in named:
        assert "def test_" in (HERE / name).read_text(encoding="utf-8"), name


def _find_texts_of_tests(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield ast.get_docstring(node) or ""


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="curl and jq are not installed")
def test_what_is_shown_by_hand_runs(shared: Running, sample: Sample, tmp_path: Path) -> None:
    block = next(part for part in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) if "ask()" in part)
    shutil.copytree(sample.folder, tmp_path / "bricks")
    shutil.copy(sample.mask, tmp_path / "mask.png")
    script = f'set -eu\nsvbrdf() {{ "{sys.executable}" -m svbrdf_core "$@"; }}\n{block}'
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=shared.variables(), capture_output=True, text=True, check=False,
        timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "event: state" in done.stdout and '"done"' in done.stdout
    stored = read_image(tmp_path / "diffuse.png").samples
    assert np.array_equal(np.load(tmp_path / "diffuse.npy", allow_pickle=False), stored)
    assert not np.array_equal(stored, read_image(sample.folder / "diffuse.png").samples)
