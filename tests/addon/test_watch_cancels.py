"""A fill that is cancelled, wherever it is, also on a service that is gone or never answers (contract: B2)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from blender_addon.client import Service, Source
from blender_addon.job import ENDED, InpaintRequest, Watch
from tests.addon.fake import JOB, Fake, Talk, fake, view
from tests.addon.watching import SOON, assert_ended, run_watch, wait_until

pytestmark = pytest.mark.usefixtures("hurried")


def cancel_and_check(watch: Watch, bad: Fake, reached: Callable[[], object]) -> None:
    """Cancel a watch where it is, twice, and see it end soon."""
    with run_watch(watch):
        wait_until(reached)
        began = time.monotonic()
        watch.cancel()
        assert time.monotonic() - began < 1.5  # no answer was waited for
        assert watch.status.phase in ("cancelling", "cancelled")
        watch.cancel()
        wait_until(lambda: watch.status.phase in ENDED)
    assert watch.status.phase == "cancelled"


@pytest.mark.parametrize("where", ["GET /v1/health", "HEAD", "PUT", "POST /v1/materials"])
def test_cancel_before_there_is_a_job(bad: Fake, request_of_one: InpaintRequest, where: str) -> None:
    bad.answers[where] = lambda talk: talk.never()
    with Service(bad.address, timeout=60) as service:
        cancel_and_check(Watch(service, request_of_one), bad, lambda: bad.lines(where))
    assert not bad.lines("POST /v1/jobs")


def test_cancel_while_much_is_sent_and_nobody_reads_it(bad: Fake, request_of_one: InpaintRequest) -> None:
    bad.deaf = True
    with Service(bad.address, timeout=60) as service:
        watch = Watch(service, replace(request_of_one, images=(Source("0.png", bytes(2**27)),)))
        cancel_and_check(watch, bad, lambda: bad.lines("PUT") and (watch.status.fraction or 0) > 0)
        assert not bad.lines("POST")


def test_cancel_while_the_job_is_accepted_cancels_that_job(bad: Fake, request_of_one: InpaintRequest) -> None:
    accepted = threading.Event()

    def post(talk: Talk) -> None:
        accepted.wait(SOON)
        talk.json(bad.job, 202)

    bad.answers["POST /v1/jobs"] = post
    bad.answers["POST /v1/jobs/"] = lambda talk: talk.json(_set_cancelled(bad))
    with Service(bad.address, timeout=60) as service:
        watch = Watch(service, request_of_one)
        with run_watch(watch):
            wait_until(lambda: bad.lines("POST /v1/jobs"))
            watch.cancel()
            accepted.set()
    assert watch.status.phase == "cancelled" and bad.lines("POST")[-1] == f"POST /v1/jobs/{JOB}/cancel"


def _set_cancelled(bad: Fake) -> dict[str, object]:
    bad.job = view("cancelled")
    return bad.job


def test_cancel_when_accepting_never_ends(bad: Fake, request_of_one: InpaintRequest) -> None:
    bad.answers["POST /v1/jobs"] = lambda talk: talk.never()
    with Service(bad.address, timeout=60) as service:
        cancel_and_check(Watch(service, request_of_one), bad, lambda: bad.lines("POST /v1/jobs"))


@pytest.mark.parametrize("state", ["queued", "running"])
def test_cancel_of_a_waiting_or_running_job(
    bad: Fake, service: Service, request_of_one: InpaintRequest, state: str
) -> None:
    def events(talk: Talk) -> None:
        if bad.job["state"] == "cancelled":
            talk.stream((None, "job", bad.job), (2, "state", {"state": "cancelled"}))
        else:
            talk.stream((None, "job", bad.job), end=False)
            talk.never()

    bad.job = view(state)
    bad.answers[f"GET /v1/jobs/{JOB}/events"] = events
    watch = Watch(service, request_of_one)
    cancel_and_check(watch, bad, lambda: watch.status.phase == state)
    assert bad.lines("POST")[-1] == f"POST /v1/jobs/{JOB}/cancel"
    assert watch.status.error is None


def test_cancel_while_the_service_is_gone(request_of_one: InpaintRequest) -> None:
    with fake() as bad, Service(bad.address, timeout=2.0) as service:

        def events(talk: Talk) -> None:
            talk.stream((None, "job", view("running")), end=False)
            talk.never()

        bad.answers[f"GET /v1/jobs/{JOB}/events"] = events
        watch = Watch(service, request_of_one)
        thread = threading.Thread(target=watch.run)
        thread.start()
        wait_until(lambda: watch.status.phase == "running")
    wait_until(lambda: watch.status.obstacle)
    cancels_at = time.monotonic()
    watch.cancel()
    thread.join(SOON)
    assert time.monotonic() - cancels_at < SOON
    assert_ended(watch.status, "cancelled", "absent")


def test_a_job_that_was_done_before_it_could_be_cancelled_gives_no_result(bad: Fake, service: Service) -> None:
    bad.answers[f"POST /v1/jobs/{JOB}/cancel"] = lambda talk: talk.json(_set_done(bad))
    bad.answers[f"GET /v1/jobs/{JOB}/events"] = lambda talk: (
        talk.stream((None, "job", bad.job)) if bad.job["state"] == "done" else talk.never()
    )
    bad.job = view("running")
    watch = Watch(service, job=JOB)
    cancel_and_check(watch, bad, lambda: bad.lines(f"GET /v1/jobs/{JOB}/events"))
    assert_ended(watch.status, "cancelled")


def _set_done(bad: Fake) -> dict[str, object]:
    bad.job = view("done")
    return bad.job


def test_a_watch_is_cancelled_before_it_runs(bad: Fake, service: Service, request_of_one: InpaintRequest) -> None:
    watch = Watch(service, request_of_one)
    watch.cancel()
    assert_ended(watch.run(), "cancelled")
    assert not bad.lines("POST")
