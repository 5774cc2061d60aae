"""The job database, the disk and the clock misbehave."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from svbrdf_server.jobs.sqlite import VERSION
from tests.server.conftest import Sample
from tests.server.desk import SHORT, check_sound, ended, job_of, query, stopped, submit, wish_for, working
from tests.server.running import Running, service, until

DAY = 86_400


def _set_times(data: Path, job: str, then: float) -> None:
    """Make a job one that was done, and last wanted, at another time."""
    query(data, "UPDATE jobs SET created = ?, started = ?, finished = ? WHERE id = ?", *[then] * 3, job)
    os.utime(data / "jobs" / job, (then, then))


def test_a_clock_that_jumps_changes_no_order_and_no_states(home: Path, sample: Sample) -> None:
    """Contract Q10."""
    with service(home) as running:
        wish = wish_for(running, sample)
        jobs = [submit(running, wish, method={"seed": seed}) for seed in range(4)]
        assert [ended(running, job)["state"] for job in jobs] == ["done"] * 4
        running.stop()
        future = time.time() + 40 * 365 * DAY
        for job, then in zip(jobs, (future, 1.0, future, 1.0), strict=True):  # the clock was in 2065, then in 1970
            _set_times(running.data, job, then)
        running.start()
        until(lambda: running.request("GET", f"/v1/jobs/{jobs[1]}").status == 404)
        listed = [view["id"] for view in running.request("GET", "/v1/jobs").json()["jobs"]]
        assert listed == [jobs[3], jobs[2], jobs[0]], "too old, but the newest of its material stays; by their numbers"
        newer = submit(running, wish)
        assert job_of(running, newer)["number"] > job_of(running, jobs[3])["number"]
        assert ended(running, newer)["state"] == "done"
        check_sound(running.data)


def test_results_expire_by_age_and_size_but_not_the_newest_of_each_material(home: Path, sample: Sample) -> None:
    """Contract Q10."""
    with service(home) as running:
        wish = wish_for(running, sample)
        with running.client() as client:
            only = client.material({name: path for name, path in sample.files().items() if name != "height.png"})["id"]
        other = submit(running, {**wish, "material": only})
        jobs = [submit(running, wish, method={"seed": seed}) for seed in range(4)]
        assert {ended(running, job)["state"] for job in (other, *jobs)} == {"done"}
        running.stop()
        for number, job in enumerate(jobs):
            _set_times(running.data, job, time.time() - (40 - 4 * number) * DAY)
        _set_times(running.data, other, 1.0)
        running.start("--limit", "keep_days=33")
        until(lambda: _kept(running) == ({other, jobs[2], jobs[3]},) * 2)
        running.stop()
        running.start("--limit", "store=1")
        until(lambda: _kept(running) == ({other, jobs[3]},) * 2)
        check_sound(running.data)


def test_a_locked_database_is_waited_for(home: Path, sample: Sample) -> None:
    """Race: another program holds the database when a job is to be accepted, begun, or ended (contract Q10)."""
    with service(home) as running:
        wish = wish_for(running, sample)
        first = submit(running, wish, **SHORT)
        with contextlib.ExitStack() as stack:
            with stopped(working(running, first)):  # so that it does not end before
                stack.enter_context(_locked(running.data))
            refused = running.post("/v1/jobs", wish)
            assert refused.status == 503 and int(refused.headers["retry-after"]) > 0
            assert "cannot be used now" in refused.json()["detail"]
            result = running.data / "jobs" / first / "result-1" / "maps"
            until(result.exists)  # its end cannot be written down yet
            assert running.request("GET", "/v1/health", token="").status == 200
            assert query(running.data, "SELECT state FROM jobs") == [("running",)]
        assert ended(running, first)["state"] == "done"
        second, third = submit(running, wish), submit(running, wish)
        until(lambda: job_of(running, second)["state"] != "queued")
        with _locked(running.data):
            time.sleep(6)  # longer than the store waits, so that claims and ends have failed and come again
        assert [ended(running, job)["state"] for job in (second, third)] == ["done", "done"]
        check_sound(running.data)


def test_a_full_disk_refuses_cleanly_and_recovers(tmp_path: Path, sample: Sample) -> None:
    """Race: the disk fills up between the acceptance of a job and the writing of its result (contract Q10)."""
    place = tmp_path / "disk"
    with _small_disk(place, 80) as disk, service(tmp_path / "home", "--data", str(disk / "data")) as running:
        wish = wish_for(running, sample)
        first, second = submit(running, wish, **SHORT), submit(running, wish)
        filler = disk / "filler"
        with (
            stopped(working(running, first)),  # so that it has not ended when the disk is full
            contextlib.suppress(OSError),
            filler.open("wb", buffering=0) as stream,
        ):
            while stream.write(bytes(2**12)):
                pass
        sent = running.request("PUT", f"/v1/files/{'0' * 64}", bytes(10), content_type="application/octet-stream")
        assert sent.status == 507 and "full" in sent.json()["detail"]
        # The worker finds no room; that it failed cannot even be written down, and is when there is room again.
        until(lambda: "make room on the disk" in running.log or job_of(running, first)["state"] == "failed")
        refused = running.post("/v1/jobs", {**wish, "method": {"seed": 5}})
        assert refused.status in (503, 507) and "disk" in refused.json()["detail"], refused.body
        assert running.request("GET", "/v1/health", token="").status == 200
        filler.unlink()
        failed = ended(running, first)
        assert failed["state"] == "failed" and "No space left" in failed["reason"]["text"], failed
        assert str(tmp_path) not in failed["reason"]["text"]
        assert ended(running, second)["state"] == "done"
        assert ended(running, submit(running, wish))["state"] == "done"
        assert running.stop() == 0
        check_sound(disk / "data")
        assert "Traceback" not in running.log


@pytest.mark.parametrize("damage", ["header", "middle", "cut"])
def test_a_corrupt_database_is_refused_with_a_sentence(home: Path, sample: Sample, damage: str) -> None:
    """Contract Q10."""
    with service(home) as running:
        submit(running, wish_for(running, sample))
        running.stop()
        path = running.data / "jobs.sqlite"
        whole = path.read_bytes()
        middle = len(whole) // 2
        path.write_bytes(
            {
                "header": b"x" * 100 + whole[100:],
                "middle": whole[:4096] + b"\xff" * (len(whole) - 4096),
                "cut": whole[:middle],
            }[damage]
        )
        said = _refusal(running)
        assert "jobs.sqlite is damaged" in said and "move it away" in said
        path.unlink()
        running.start()
        assert running.request("GET", "/v1/jobs").json()["jobs"] == []


@pytest.mark.parametrize("version", [0, VERSION - 1, 99])
def test_an_older_or_newer_schema_is_refused_and_left_as_it_is(home: Path, sample: Sample, version: int) -> None:
    """Contract Q10."""
    with service(home) as running:
        job = submit(running, wish_for(running, sample))
        ended(running, job)
        running.stop()
        query(running.data, f"PRAGMA user_version = {version}")
        before = query(running.data, "SELECT * FROM jobs")
        said = _refusal(running)
        assert f"was made by another version of this program (its schema is {version}" in said
        assert query(running.data, "SELECT * FROM jobs") == before
        query(running.data, f"PRAGMA user_version = {VERSION}")
        running.start()
        assert job_of(running, job)["state"] == "done"


def _kept(running: Running) -> tuple[set[str], set[str]]:
    """Return the jobs that are kept, and those whose folders are; while some go these are not the same."""
    jobs = {view["id"] for view in running.request("GET", "/v1/jobs").json()["jobs"]}
    return jobs, {path.name for path in (running.data / "jobs").iterdir()}


@contextlib.contextmanager
def _locked(data: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(data / "jobs.sqlite", timeout=30, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("ROLLBACK")


@contextlib.contextmanager
def _small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """Give a file system of so many megabytes."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"only root can mount a small disk ({mounted.stderr.strip()})")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def _refusal(running: Running) -> str:
    """Start a service that must refuse, and return its one sentence."""
    before = running.log
    running.launch()
    until(running.ended)
    assert running.process is not None and running.process.returncode > 0
    said = running.log.removeprefix(before)
    assert "Traceback" not in said
    return " ".join(said.split())
