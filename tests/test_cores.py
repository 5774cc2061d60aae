"""The setting for how many cores there are reaches every library, and the processes that share them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from svbrdf_core.cores import NAMES, VARIABLE, count_cores, share_cores
from svbrdf_core.errors import InputError

THERE = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
LOOK = """
import json, os
from svbrdf_core.cores import share_cores
share_cores()
import numba, numpy, torch, threadpoolctl
pools = {pool["user_api"]: pool["num_threads"] for pool in threadpoolctl.threadpool_info()}
threads = [numba.config.NUMBA_NUM_THREADS, torch.get_num_threads(), pools["blas"]]
print(json.dumps([*threads, os.environ["OMP_WAIT_POLICY"]]))
"""


def clean(monkeypatch: pytest.MonkeyPatch, **wanted: str) -> None:
    for name in (VARIABLE, "OMP_WAIT_POLICY", *NAMES):
        monkeypatch.setenv(name, "")  # so that what is set meanwhile is undone
        monkeypatch.delenv(name)
    for name, value in wanted.items():
        monkeypatch.setenv(name, value)


def test_all_cores_unless_the_variable_says_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    clean(monkeypatch)
    assert count_cores() == THERE
    for wanted, found in (("1", 1), (" 1 ", 1), (str(THERE + 7), THERE), ("", THERE)):
        monkeypatch.setenv(VARIABLE, wanted)
        assert count_cores() == found


@pytest.mark.parametrize("wanted", ["0", "-1", "two", "1.5"])
def test_anything_else_is_refused(wanted: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    clean(monkeypatch, **{VARIABLE: wanted})
    with pytest.raises(InputError, match=f'{VARIABLE} holds "{wanted}"'):
        count_cores()
    command = [sys.executable, "-m", "svbrdf_core", "info", str(tmp_path)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == InputError.exit_code and VARIABLE in run.stderr and "Traceback" not in run.stderr


def test_every_library_keeps_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason="torch is not installed")
    clean(monkeypatch, **{VARIABLE: "1"})
    run = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == [1, 1, 1, "PASSIVE"]


def test_processes_share_and_nobody_gets_more_than_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    clean(monkeypatch)
    monkeypatch.setattr("svbrdf_core.cores.count_cores", lambda: 8)
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    share_cores(2)
    assert [os.environ[name] for name in NAMES] == ["4", "2", "4", "4"]
    share_cores(20)
    assert {os.environ[name] for name in NAMES} == {"1"}
