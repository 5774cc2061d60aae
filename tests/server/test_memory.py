"""Fifty jobs later everything is as big as before."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from svbrdf_core.example import write_example
from tests.server.conftest import Sample
from tests.server.desk import ended, submit, wish_for, worker_of
from tests.server.running import Running, service, until

WARM = 20
JOBS = 50
THOROUGH = {"pieces": 1, "drafts": 1, "levels": 2, "iterations": 3}
"""Everything that a fill does by default, though not as often."""
SLACK = {"server": 8 * 2**20, "worker": 24 * 2**20, "tool": 16 * 2**20}
"""What each may grow over the jobs after the first ones: heaps are cut up differently each time. A leak of one map of
the sample (64 KB as floats, of 10 channels 640 KB) a job would be 20 MB."""


@pytest.mark.slow
def test_memory_is_flat_over_50_jobs_and_given_back(home: Path, tmp_path: Path) -> None:
    """Contract Q14."""
    write_example(tmp_path, "bricks", 128, 0)
    sample = Sample(tmp_path / "damaged", tmp_path / "mask.png")
    with service(home) as running:
        wish = wish_for(running, sample)
        sizes = []
        for count in (WARM, JOBS - WARM):
            jobs = [
                submit(running, wish, method={"seed": seed, "settings": THOROUGH}, previews=True)
                for seed in range(count)
            ]
            assert {ended(running, job)["state"] for job in reversed(jobs)} == {"done"}
            sizes.append(_sizes(running))
        grown = {name: sizes[1][name] - sizes[0][name] for name in SLACK}
        print(f"bytes after {WARM} and {JOBS} jobs: {sizes}")
        assert all(grown[name] < SLACK[name] for name in SLACK), grown
        processes = running.workers()
        assert len(processes) == 2
        assert running.post("/v1/release", {}).json() == {"released": True, "busy": False}
        assert not any(process.is_running() for process in processes)


def _sizes(running: Running) -> dict[str, int]:
    """Return the bytes that each process has in memory, once all rest: a worker tidies up after its word."""
    assert running.process is not None
    tool = psutil.Process(running.request("GET", "/v1/info").json()["workers"][-1])
    of = {"server": psutil.Process(running.process.pid), "worker": worker_of(running), "tool": tool}
    until(lambda: all(_rests(process) for process in of.values()))
    looks = []
    for _ in range(20):
        looks.append({name: int(process.memory_info().rss) for name, process in of.items()})
        time.sleep(0.1)
    return {name: min(look[name] for look in looks) for name in of}


def _rests(process: psutil.Process) -> bool:
    """Whether a process has nothing to do for half a second; one that has to wait for its turn has."""
    for _ in range(10):
        if process.status() != psutil.STATUS_SLEEPING:
            return False
        time.sleep(0.05)
    return True
