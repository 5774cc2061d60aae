"""Many clients and workers share one queue."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from svbrdf_server.jobs.common import State
from svbrdf_server.jobs.sqlite import SqliteStore
from tests.server.conftest import Sample
from tests.server.desk import LONG, SHORT, check_sound, ended, job_of, query, stopped, submit, wish_for, working
from tests.server.running import PATIENCE, Running, service, until


def test_8_connections_claim_50_jobs_each_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Race: between reading which job is the oldest waiting one and marking it, another connection does the same.
    (Contract Q5.)"""
    monkeypatch.setattr("svbrdf_server.jobs.sqlite.LOCK_TIMEOUT", PATIENCE)  # however slow the disk is
    path, together = tmp_path / "jobs.sqlite", Barrier(8)
    with contextlib.closing(SqliteStore(path)) as store:
        for number in range(50):
            store.add(f"job-{number}", "m", {}, {}, key=None, most=50)

    def claimed(_: int) -> list[str]:
        with contextlib.closing(SqliteStore(path)) as own:
            together.wait()
            found = []
            while (job := own.claim()) is not None:
                found.append(job.id)
                own.finish(job.id, State.DONE, result={})
            return found

    with ThreadPoolExecutor(8) as threads:
        shares = list(threads.map(claimed, range(8)))
    assert Counter(job for share in shares for job in share) == Counter({f"job-{n}": 1 for n in range(50)})
    for share in shares:
        assert share == sorted(share, key=lambda name: int(name.removeprefix("job-"))), "the oldest first"
    with contextlib.closing(SqliteStore(path)) as store:
        assert {(job.state, job.attempt) for job in store.newest(count=100)} == {(State.DONE, 1)}
        assert [event.data["state"] for event in store.events("job-7", 0)] == ["queued", "running", "done"]


def test_8_clients_and_4_workers_do_50_jobs_each_once(home: Path, sample: Sample) -> None:
    """Race: four workers are woken by the same job, and claim while eight clients add (contract Q5)."""
    with service(home, "--workers", "4") as running:
        wish = wish_for(running, sample)
        with ThreadPoolExecutor(8) as threads:
            jobs = list(threads.map(lambda seed: submit(running, wish, method={"seed": seed}), range(50)))
        assert len(set(jobs)) == 50
        assert [ended(running, job)["state"] for job in jobs] == ["done"] * 50
        assert {job_of(running, job)["attempt"] for job in jobs} == {1}
        assert [job_of(running, job)["request"]["method"]["seed"] for job in jobs] == list(range(50))
        assert len(running.workers()) == 5, "and the tool"
        assert running.stop() == 0
        check_sound(running.data)


def test_a_full_queue_says_when_to_come_again_and_takes_jobs_when_there_is_room(home: Path, sample: Sample) -> None:
    """Race: many clients find the last place free at once (contract Q6)."""
    with service(home, "--limit", "queue=3") as running, contextlib.ExitStack() as stack:
        wish = wish_for(running, sample)
        stack.enter_context(stopped(working(running, submit(running, wish, **LONG))))
        with ThreadPoolExecutor(8) as threads:
            answers = list(
                threads.map(lambda seed: running.post("/v1/jobs", {**wish, "method": {"seed": seed}}), range(8))
            )
        assert Counter(answer.status for answer in answers) == {202: 3, 429: 5}
        for answer in answers:
            if answer.status == 429:
                assert int(answer.headers["retry-after"]) > 0
                assert answer.json()["detail"].startswith("3 jobs are waiting already")
        waiting = [answer.json()["id"] for answer in answers if answer.status == 202]
        refused = running.post(f"/v1/jobs/{waiting[0]}/retry", {})
        assert refused.status == 429 and "retry-after" in refused.headers
        assert running.post(f"/v1/jobs/{waiting[0]}/cancel", {}).json()["state"] == "cancelled"
        submit(running, wish)
        assert running.post("/v1/jobs", wish).status == 429
        homes = {path.name for path in (running.data / "jobs").iterdir()}
        assert homes == {job for (job,) in query(running.data, "SELECT id FROM jobs")}, "refused jobs leave nothing"


def test_one_key_is_one_job_however_often_it_is_sent(shared: Running, sample: Sample) -> None:
    """Race: a client that lost the answer sends its request again while the first is still looked at (contract Q5)."""
    wish = wish_for(shared, sample)
    (before,) = query(shared.data, "SELECT count(*) FROM jobs")[0]
    with ThreadPoolExecutor(8) as threads:
        sent = [threads.submit(shared.post, "/v1/jobs", wish, Idempotency_Key="the-same-key") for _ in range(8)]
        answers = [one.result() for one in sent]
    assert {answer.status for answer in answers} == {202}
    (job,) = {answer.json()["id"] for answer in answers}
    assert query(shared.data, "SELECT count(*) FROM jobs") == [(before + 1,)]
    assert ended(shared, job)["attempt"] == 1
    assert shared.post("/v1/jobs", wish, Idempotency_Key="the-same-key").json()["state"] == "done"
    again = [shared.post(f"/v1/jobs/{job}/retry", {}, Idempotency_Key="another-key").json()["id"] for _ in range(2)]
    assert again[0] == again[1] != job
    homes = {path.name for path in (shared.data / "jobs").iterdir()}
    assert homes == {job for (job,) in query(shared.data, "SELECT id FROM jobs")}
    assert ended(shared, again[0])["state"] == "done"


def test_a_second_service_refuses(home: Path, sample: Sample, tmp_path: Path) -> None:
    """Race: two services would write to one database, or answer at one port (contract Q9)."""
    with service(home) as running:
        port, data = str(running.port), str(running.data)
        for options, said in (
            (("--data", data), "Another service works with"),
            (("--port", port), f"127.0.0.1:{port} cannot be listened on"),
        ):
            other = Running(tmp_path / "other", options)
            assert _refused(other) not in (0, None)
            assert said in " ".join(other.log.split()) and "Traceback" not in other.log
            assert not other.runtime_file.exists()
        same = Running(home, ("--data", str(tmp_path / "third")))
        before = running.log
        assert _refused(same) not in (0, None)
        said = " ".join(running.log.removeprefix(before).split())
        assert f"A service is running already at {running.url}" in said
        assert running.request("GET", "/v1/jobs").status == 200, "the first goes on"
        assert running.runtime_file.exists()


def test_of_two_that_start_at_once_one_runs(home: Path) -> None:
    """Race: neither finds the other's file or socket when it looks (contract Q9)."""
    starting = [Running(home), Running(home)]
    for one in starting:
        one.launch("--port", "0")
    try:
        until(lambda: sum(one.ended() for one in starting) == 1 and starting[0].runtime_file.exists())
        (lost,) = [one for one in starting if one.ended()]
        assert lost.stop() not in (0, None)
        assert "running already" in lost.log or "Another service works with" in " ".join(lost.log.split())
        time.sleep(0.2)
        (runs,) = [one for one in starting if one is not lost]
        assert not runs.ended() and runs.runtime_file.exists()
    finally:
        for one in starting:
            one.stop()
    assert not starting[0].runtime_file.exists()


def test_an_unused_service_ends_by_itself_but_not_while_it_works(home: Path, sample: Sample) -> None:
    """Race: the time is up while a job that nobody asks about runs (contract Q9)."""
    with service(home, "--idle-exit", "0.05") as running:
        job = submit(running, wish_for(running, sample), **SHORT)
        with stopped(working(running, job)):
            time.sleep(5)
            assert not running.ended()
        until(running.ended)
        assert running.process is not None and running.process.returncode == 0
        assert not running.runtime_file.exists()
        assert query(running.data, "SELECT state, attempt FROM jobs WHERE id = ?", job) == [("done", 1)]
        check_sound(running.data)


def _refused(other: Running) -> int | None:
    """Start a service that must not run, and return its exit code."""
    other.launch()
    until(other.ended)
    assert other.process is not None
    return other.process.returncode
