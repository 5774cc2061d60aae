"""A job is cancelled at every moment of its life."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.server.conftest import Sample
from tests.server.desk import (
    ENDED,
    LONG,
    SHORT,
    check_sound,
    ended,
    job_of,
    stopped,
    stopped_writing,
    submit,
    wish_for,
    worker_of,
    working,
)
from tests.server.running import Json, Running, service, until


@pytest.fixture
def wish(shared: Running, sample: Sample) -> Json:
    return wish_for(shared, sample)


def cancel(running: Running, job: str) -> Json:
    answer = running.post(f"/v1/jobs/{job}/cancel", {})
    assert answer.status == 200, answer.body
    found: Json = answer.json()
    return found


def results(running: Running, job: str) -> list[Path]:
    return list((running.data / "jobs" / job).glob("result-*"))


def test_cancel_of_a_waiting_job_leaves_the_running_one_alone(shared: Running, wish: Json) -> None:
    """Race: a cancel that names the waiting job reaches a worker that is busy with another one (contract Q3, Q4)."""
    first = submit(shared, wish, **SHORT)
    worker = working(shared, first)
    with stopped(worker):  # what it is told it hears when it goes on
        second, third = submit(shared, wish), submit(shared, wish)
        cancelled = cancel(shared, second)
        assert (cancelled["state"], cancelled["attempt"]) == ("cancelled", 0)
        assert "before it began" in cancelled["reason"]["text"]
        assert job_of(shared, first)["state"] == "running"
    assert [ended(shared, job)["state"] for job in (first, third)] == ["done", "done"]
    assert job_of(shared, second)["state"] == "cancelled"
    assert worker.is_running() and worker_of(shared).pid == worker.pid, "it was not ended for it"


def test_cancel_between_claim_and_start(shared: Running, wish: Json) -> None:
    """Race: the job is claimed, and its worker is only being started when it is to be told to stop (contract Q3)."""

    def cancelled_early() -> bool:
        """Cancel a job soon after it was claimed, and say if its worker had not yet begun."""
        until(lambda: not shared.post("/v1/release", {}).json()["busy"])
        first, second = submit(shared, wish, **LONG), submit(shared, wish)
        until(lambda: job_of(shared, first)["state"] == "running")
        before = cancel(shared, first)
        assert before["state"] in ("cancelling", "cancelled")
        after = ended(shared, first)
        assert (after["state"], after["result"], results(shared, first)) == ("cancelled", None, [])
        assert ended(shared, second)["state"] == "done"
        return before["progress"] is None

    until(cancelled_early)


def test_cancel_in_a_step_is_heard_within_it(shared: Running, wish: Json) -> None:
    """Contract Q3."""
    job = submit(shared, wish, **LONG)
    worker = working(shared, job)
    started = time.monotonic()
    cancel(shared, job)
    cancelled = ended(shared, job)
    assert time.monotonic() - started < 10  # a step is a tenth of a second; the worker's end would come after ten
    assert (cancelled["state"], cancelled["reason"]["text"]) == ("cancelled", "It was cancelled.")
    assert results(shared, job) == [] and worker.is_running()


def test_cancel_while_writing_leaves_nothing(shared: Running, wish: Json) -> None:
    """Race: the worker does not look any more whether it is cancelled, and says done (contract Q3)."""
    job = submit(shared, wish, **SHORT)
    with stopped_writing(shared, job):
        assert cancel(shared, job)["state"] == "cancelling"
    cancelled = ended(shared, job)
    assert (cancelled["state"], cancelled["result"]) == ("cancelled", None)
    until(lambda: results(shared, job) == [])
    assert shared.request("GET", f"/v1/jobs/{job}/maps/normal").status == 409
    shared.post("/v1/release", {})  # of a process that comes after all others


def test_cancel_after_the_end_changes_nothing(shared: Running, wish: Json) -> None:
    """Contract Q3."""
    job = submit(shared, wish)
    done = ended(shared, job)
    assert done["state"] == "done" and cancel(shared, job) == done == cancel(shared, job)
    assert len(results(shared, job)) == 1


def test_cancel_twice_and_of_another_id(shared: Running, wish: Json) -> None:
    """Race: the second cancel comes before the first has taken effect (contract Q3)."""
    job = submit(shared, wish, **LONG)
    working(shared, job)
    assert shared.post(f"/v1/jobs/{'0' * 32}/cancel", {}).status == 404
    assert job_of(shared, job)["state"] == "running"
    assert {cancel(shared, job)["state"] for _ in range(2)} <= {"cancelling", "cancelled"}
    assert ended(shared, job)["state"] == "cancelled" == cancel(shared, job)["state"]


def test_a_deaf_worker_is_ended(home: Path, sample: Sample) -> None:
    """Race: none; the worker hears nothing at all, and the cancelled job must end nevertheless (contract Q3)."""
    with service(home, "--limit", "stop=1") as running:
        wish = wish_for(running, sample)
        job, behind = submit(running, wish, **LONG), submit(running, wish)
        worker = working(running, job)
        worker.suspend()
        assert cancel(running, job)["state"] == "cancelling"
        assert ended(running, job)["state"] == "cancelled"
        assert not worker.is_running()
        assert ended(running, behind)["state"] == "done"


def test_200_cancels_at_once(home: Path, sample: Sample) -> None:
    """Race: cancels of one job with each other, with the claims of the jobs behind it, and with their starts.
    (Contract Q3.)"""
    with service(home) as running:
        wish = wish_for(running, sample)
        jobs = [submit(running, wish, **LONG)]
        with stopped(working(running, jobs[0])):  # until all the others wait, which take as long
            jobs += [submit(running, wish, method={"seed": number, **LONG["method"]}) for number in range(1, 20)]
            spared = submit(running, wish)
        with ThreadPoolExecutor(40) as threads:
            found = list(threads.map(lambda job: cancel(running, job), jobs * 10))
        assert len(found) == 200 and {view["state"] for view in found} <= {"cancelling", "cancelled"}
        assert [ended(running, job)["state"] for job in jobs] == ["cancelled"] * 20
        first, *others = [job_of(running, job)["attempt"] for job in jobs]
        assert first == 1 and set(others) <= {0, 1}  # whichever was claimed first: begun once at most, and stopped
        assert ended(running, spared)["state"] == "done"
        assert running.stop() == 0
        check_sound(running.data)


def test_an_unknown_id_is_404_and_never_done(shared: Running, wish: Json) -> None:
    """Contract Q12."""
    for job in ("0" * 32, "x", "a" * 200, submit(shared, wish)[:-1]):
        for address in ("", "/events", "/preview", "/maps/normal", "/files/normal.png"):
            answer = shared.request("GET", f"/v1/jobs/{job}{address}")
            assert answer.status == 404 and "no such job" in answer.json()["detail"], (address, answer)
        for address in ("cancel", "retry"):
            assert shared.post(f"/v1/jobs/{job}/{address}", {}).status == 404
        assert shared.request("DELETE", f"/v1/jobs/{job}").status == 404
    known = submit(shared, wish)
    assert ended(shared, known)["state"] in ENDED
    assert shared.request("DELETE", f"/v1/jobs/{known}").status == 204
    assert shared.request("GET", f"/v1/jobs/{known}").status == 404
    assert not (shared.data / "jobs" / known).exists()
