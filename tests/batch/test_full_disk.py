"""A disk that is full in the middle of a batch is told in a sentence, and with room again the batch goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.batch.library import write_library

ROOT = Path(__file__).parents[2]
PROGRAM = f'"{sys.executable}" -m svbrdf_core batch library --masks masks --method telea --jobs 1 --quiet'


def with_disks(home: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script that may mount file systems which nobody else sees."""
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
        cwd=home, capture_output=True, text=True, timeout=300, check=False, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip


def can_mount(home: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    return with_disks(home, "mkdir -p disk && mount -t tmpfs -o size=100k none disk").returncode == 0


def test_results_on_a_full_disk(tmp_path: Path) -> None:
    if not can_mount(tmp_path):
        pytest.skip("no file system of its own can be mounted here")
    write_library(tmp_path, tuple(f"set{number}" for number in range(6)))
    script = f"""
        mkdir out && mount -t tmpfs -o size=72k none out
        {PROGRAM} -o out; echo "code $?"
        ls out | grep -c set
        mount -o remount,size=9m out
        {PROGRAM} -o out --retry-failed; echo "code $?"
        ls out/set*/basecolor.png out/set*/roughness.png | wc -l; ls out/_batch/staging | wc -l
    """
    ran = with_disks(tmp_path, script)
    first, some, second, files, left = ran.stdout.split("\n")[:5]
    assert first in ("code 6", "code 7") and 0 < int(some) < 6, (ran.stdout, ran.stderr)
    assert "No space left on device" in ran.stderr and "Traceback" not in ran.stderr
    assert (second, files, left) == ("code 0", "12", "0"), (ran.stdout, ran.stderr)
