"""The server, and those it works with, end suddenly; nothing that was accepted is lost, done twice, or half there."""

from __future__ import annotations

import contextlib
import resource
import time
from pathlib import Path

import psutil
import pytest

from tests.server.conftest import Sample
from tests.server.desk import (
    LONG,
    SHORT,
    check_sound,
    ended,
    job_of,
    stopped,
    stopped_writing,
    submit,
    tool_of,
    wish_for,
    worker_of,
    working,
)
from tests.server.running import Running, service, until

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("phase", ["running", "writing"])
def test_kill_of_the_server_interrupts_the_running_job_and_keeps_the_waiting_ones(
    home: Path, sample: Sample, phase: str
) -> None:
    """Race: the server dies while its worker still computes, or has half of the files written; the next server puts the
    folder in order while that worker may still be there (contract Q1)."""
    long = LONG if phase == "running" else SHORT
    with service(home) as running:
        wish = wish_for(running, sample)
        first, *waiting = [submit(running, wish, **more) for more in (long, {}, {"method": {"seed": 1}})]
        with contextlib.ExitStack() as stack:
            if phase == "writing":
                worker = stack.enter_context(stopped_writing(running, first))
            else:
                worker = working(running, first)
            tool = tool_of(running)
            assert {job_of(running, job)["state"] for job in waiting} == {"queued"}
            running.kill()
            running.start()  # the worker of before is stopped, and must not come back when it is let go
        until(lambda: not worker.is_running() and not tool.is_running())
        interrupted = job_of(running, first)
        assert (interrupted["state"], interrupted["attempt"], interrupted["result"]) == ("interrupted", 1, None)
        assert "retry" in interrupted["reason"]["text"]
        for job in waiting:
            done = ended(running, job)
            assert (done["state"], done["attempt"]) == ("done", 1)
        check_sound(running.data)
        answer = running.post(f"/v1/jobs/{first}/retry", {"method": {"variations": 1}})
        assert answer.status == 202 and ended(running, answer.json()["id"])["state"] == "done"
        assert job_of(running, first)["state"] == "interrupted"


def test_a_resumed_job_ends_well_or_after_so_many_attempts(home: Path, sample: Sample) -> None:
    """Race: a job takes the whole server down each time it runs (Q7), and with --resume would do so for ever.
    (Contract Q1.)"""
    with service(home, "--resume", "--limit", "attempts=2") as running:
        wish = wish_for(running, sample)
        poison, behind = submit(running, wish, **LONG), submit(running, wish, method={"variations": 32})
        for attempt in (1, 2):
            working(running, poison)
            assert job_of(running, poison)["attempt"] == attempt
            running.kill()
            running.start()
        failed = ended(running, poison)
        assert (failed["state"], failed["attempt"]) == ("failed", 2)
        assert failed["reason"]["text"].startswith("It was begun 2 times")
        working(running, behind)
        running.kill()
        running.start()
        resumed = ended(running, behind)
        assert (resumed["state"], resumed["attempt"]) == ("done", 2)
        check_sound(running.data)


@pytest.mark.parametrize("resume", [False, True])
def test_sigterm_leaves_everything_in_order(home: Path, sample: Sample, resume: bool) -> None:
    """Race: the end of the service against the end of a job that is half written (contract Q1)."""
    with service(home, *(["--resume"] if resume else [])) as running:
        wish = wish_for(running, sample)
        first, waiting = submit(running, wish, **SHORT), submit(running, wish)
        with stopped_writing(running, first):
            assert running.stop() == 0
            assert not running.runtime_file.exists()
        check_sound(running.data)
        running.start()
        assert ended(running, waiting)["state"] == "done"
        assert ended(running, first)["state"] == ("done" if resume else "interrupted")
        assert "Traceback" not in running.log


def test_kill_of_the_worker_fails_its_job_and_the_next_one_runs(shared: Running, sample: Sample) -> None:
    """Race: the worker dies after the next job was accepted (contract Q2)."""
    wish = wish_for(shared, sample)
    first, second = submit(shared, wish, **LONG), submit(shared, wish)
    worker = working(shared, first)
    worker.kill()
    failed, done = ended(shared, first), ended(shared, second)
    assert failed["state"] == "failed" and "was killed" in failed["reason"]["text"]
    assert failed["attempt"] == 1, "a job that kills its worker is not begun again"
    assert done["state"] == "done" and worker_of(shared).pid != worker.pid
    assert not list((shared.data / "jobs" / first).glob("result-*"))


def test_out_of_memory_fails_the_job_and_the_next_one_runs(shared: Running, sample: Sample) -> None:
    """Contract Q2."""
    wish = wish_for(shared, sample)
    first, second = submit(shared, wish, **LONG), submit(shared, wish)
    worker = working(shared, first)
    worker.rlimit(resource.RLIMIT_AS, (2**20, resource.RLIM_INFINITY))  # less than it has: it gets nothing more
    failed, done = ended(shared, first), ended(shared, second)
    assert failed["state"] == "failed" and any(w in str(failed["reason"]) for w in ("memory", "crashed"))
    assert done["state"] == "done", done["reason"]


def test_a_hanging_worker_is_ended_and_delays_nobody(home: Path, sample: Sample, compiled: None) -> None:
    """Race: the worker is asked nothing and says nothing while others ask the server (contract Q2, Q11)."""
    with service(home, "--limit", "hang=10", "--limit", "check=10") as running:
        wish = wish_for(running, sample)
        first, second = submit(running, wish, **LONG), submit(running, wish)
        worker = working(running, first)
        with stopped(worker):
            assert max(_health(running) for _ in range(50)) < 4
            failed = ended(running, first)
            assert failed["state"] == "failed" and "said nothing for 10 seconds" in failed["reason"]["text"]
        assert not worker.is_running()
        assert ended(running, second)["state"] == "done"
        tool = tool_of(running)
        with stopped(tool):
            assert max(_health(running) for _ in range(50)) < 4
            refused = running.post("/v1/jobs", wish)
            assert refused.status == 422 and refused.json()["detail"].startswith("That takes too long")
        assert not tool.is_running()
        assert ended(running, submit(running, wish))["state"] == "done"


def test_release_ends_all_idle_processes_and_spares_a_working_one(shared: Running, sample: Sample) -> None:
    """Race: memory is given back while a job runs (contract Q14)."""
    wish = wish_for(shared, sample)
    first = submit(shared, wish, **SHORT)
    worker = working(shared, first)
    with stopped(worker):
        assert shared.post("/v1/release", {}).json() == {"released": True, "busy": True}
    assert ended(shared, first)["state"] == "done" and worker.is_running()
    assert shared.post("/v1/release", {}).json() == {"released": True, "busy": False}
    assert shared.workers() == [] and not psutil.pid_exists(worker.pid)
    assert ended(shared, submit(shared, wish))["state"] == "done"


def _health(running: Running) -> float:
    """Return the seconds that an answer took."""
    started = time.perf_counter()
    assert running.request("GET", "/v1/health", token="").status == 200
    return time.perf_counter() - started
