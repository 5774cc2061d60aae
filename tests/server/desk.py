"""Jobs on a real service: asked for, waited for, caught in a phase; and what must be true of the data folder after."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from tests.server.conftest import Sample
from tests.server.running import PATIENCE, Json, Running, until

ENDED = ("done", "failed", "cancelled", "interrupted")
QUICK = {"richness": 0, "pieces": 0, "levels": 1, "iterations": 3}
"""Settings of a fill in a sixth of the time; here only that there is one counts."""
LONG = {"method": {"variations": 64}}
"""Some ten seconds of work that speaks several times a second, so that it can be caught anywhere."""
SHORT = {"method": {"variations": 12}}
"""A fifth of that, to be waited for; it writes long enough to be caught at it."""


def wish_for(running: Running, sample: Sample) -> Json:
    """Send the sample and return what asks for a job on it."""
    with running.client() as client:
        material = client.material(sample.files())["id"]
        return {"material": material, "hole": {"masks": [{"file": client.upload(sample.mask)}], "tileable": True}}


def submit(running: Running, wish: Json, **more: object) -> str:
    """Have a job accepted and return its id; it is a quick one if no settings are given."""
    wanted: Json = {**wish, **more}
    wanted["method"] = {"settings": QUICK, **wanted.get("method", {})}
    answer = running.post("/v1/jobs", wanted)
    assert answer.status == 202, answer.body
    return str(answer.json()["id"])


def job_of(running: Running, job: str) -> Json:
    """Return a job as it is now."""
    answer = running.request("GET", f"/v1/jobs/{job}")
    assert answer.status == 200, answer.body
    found: Json = answer.json()
    return found


def ended(running: Running, job: str) -> Json:
    """Wait for the end of a job and return it."""
    until(lambda: job_of(running, job)["state"] in ENDED)
    return job_of(running, job)


def working(running: Running, job: str) -> psutil.Process:
    """Wait until a job is well on its way and return the process that does it."""
    until(lambda: job_of(running, job)["progress"] is not None)
    found = job_of(running, job)
    assert found["state"] == "running", found
    return worker_of(running)


def worker_of(running: Running) -> psutil.Process:
    """Return the first process that fills."""
    return psutil.Process(running.request("GET", "/v1/info").json()["workers"][0])


def tool_of(running: Running) -> psutil.Process:
    """Return the process that reads and draws."""
    return psutil.Process(running.request("GET", "/v1/info").json()["workers"][-1])


@contextlib.contextmanager
def stopped(process: psutil.Process) -> Iterator[None]:
    """Hold a process still, and let it go on afterwards if it is still there."""
    process.suspend()
    try:
        yield
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.resume()


@contextlib.contextmanager
def stopped_writing(running: Running, job: str) -> Iterator[psutil.Process]:
    """Hold the worker still in the middle of writing a job's result."""
    worker = working(running, job)
    worker.nice(3)  # so that this process comes to its turn while that one writes
    result = running.data / "jobs" / job / "result-1"
    end = time.monotonic() + PATIENCE
    while not any(result.iterdir()):  # not `until`: writing takes only half a second
        assert time.monotonic() < end
        time.sleep(0.001)
    with stopped(worker):
        assert any(result.iterdir()) and not (result / "maps").exists(), "it was written already"
        yield worker


def query(data: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """Ask, or change, the job database of a service from outside."""
    with contextlib.closing(sqlite3.connect(data / "jobs.sqlite", timeout=30)) as db, db:
        return db.execute(sql, values).fetchall()


def check_sound(data: Path) -> None:
    """Assert that the database is sound, and that there are all files of done jobs and none of others."""
    assert query(data, "PRAGMA integrity_check") == [("ok",)]
    assert query(data, "PRAGMA foreign_key_check") == []
    jobs = query(data, "SELECT id, state, attempt, result FROM jobs")
    assert {path.name for path in (data / "jobs").iterdir()} <= {job for job, *_ in jobs}
    for job, state, attempt, result in jobs:
        home = data / "jobs" / job
        if state == "done":
            assert [path.name for path in home.glob("result-*")] == [f"result-{attempt}"], job
            rows = json.loads(result)["variations"]
            wanted = {file for row in rows for file in row["files"]}
            there = home / f"result-{attempt}"
            found = {path.relative_to(there).as_posix() for path in (there / "maps").rglob("*") if path.is_file()}
            assert wanted == found, job
        elif state != "running":
            assert not list(home.glob("result-*")), (job, state)
        done = "SELECT count(*) FROM events WHERE job = ? AND kind = 'state' AND json_extract(data, '$.state') = 'done'"
        assert query(data, done, job) == [(int(state == "done"),)], (job, state)
