"""What docs/service.md says of the service is so."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from svbrdf_core.formats import read_image
from svbrdf_server.config import Limits
from tests.server.conftest import Sample
from tests.server.running import Running

TEXT = (Path(__file__).parents[2] / "docs" / "service.md").read_text(encoding="utf-8")
UNITS = {"": 1, "MiB": 2**20, "GiB": 2**30}


def test_every_limit_is_listed_with_its_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([0-9]+) ?(\w*) \|", TEXT, re.MULTILINE)
    listed = {name: int(number) * UNITS[unit] for name, number, unit in rows}
    assert listed == dataclasses.asdict(Limits())


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="curl and jq are not installed")
def test_what_is_shown_by_hand_runs(shared: Running, sample: Sample, tmp_path: Path) -> None:
    block = next(part for part in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) if "ask()" in part)
    shutil.copytree(sample.folder, tmp_path / "bricks")
    shutil.copy(sample.mask, tmp_path / "mask.png")
    script = f'set -eu\nsvbrdf() {{ "{sys.executable}" -m svbrdf_core "$@"; }}\n{block}'
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=shared.variables(), capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "event: state" in done.stdout and '"done"' in done.stdout
    stored = read_image(tmp_path / "diffuse.png").samples
    assert np.array_equal(np.load(tmp_path / "diffuse.npy", allow_pickle=False), stored)
    assert not np.array_equal(stored, read_image(sample.folder / "diffuse.png").samples)
