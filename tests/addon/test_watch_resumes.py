"""A fill on a service that breaks off, is started anew, is busy, or never answers (contract: B1)."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from blender_addon.client import Address, Service, Source, UserError
from blender_addon.job import HoleSpec, InpaintRequest, LoadOptions, Watch
from tests.addon.fake import JOB, Fake, Talk, fake, view
from tests.addon.watching import SOON, assert_ended, run_watch, wait_until

PNG = b"\x89PNG any picture"


pytestmark = pytest.mark.usefixtures("hurried")


def test_a_fill_goes_from_its_images_to_its_result(bad: Fake, service: Service, request_of_one: InpaintRequest) -> None:
    def events(talk: Talk) -> None:
        bad.job = view("done", preview=3)
        progress = {"variation": 2, "variations": 2, "step": 3, "steps": 9, "fraction": 0.7, "seconds_left": 11.0}
        talk.stream(
            (None, "job", view("queued", ahead=2)),
            (1, "state", {"state": "queued"}),
            (2, "state", {"state": "running"}),
            (3, "progress", progress),
            (4, "preview", {"number": 3}),
            end=False,
        )
        go_on.wait(SOON)
        talk.chunk(b'id: 5\nevent: state\ndata: {"state": "done"}\n\n')
        talk.raw(b"0\r\n\r\n")

    go_on = threading.Event()
    bad.answers[f"GET /v1/jobs/{JOB}/events"] = events
    bad.answers[f"GET /v1/jobs/{JOB}/preview"] = lambda talk: talk.answer(PNG, 200, "image/png")
    watch = Watch(service, request_of_one)
    assert (watch.status.phase, watch.status.job) == ("connecting", None)
    with run_watch(watch):
        wait_until(lambda: watch.status.preview)
        now = watch.status
        assert (now.phase, now.fraction, now.ahead, now.preview, now.preview_number) == ("running", 0.7, 0, PNG, 3)
        assert (now.variation, now.step) == ((2, 2), (3, 9)) and now.job == JOB and now.left is not None
        time.sleep(0.05)
        assert watch.status.left is not None and watch.status.left < now.left < 11.0
        assert watch.status.elapsed > now.elapsed > 0
        go_on.set()
    assert_ended(watch.status, "done")
    assert watch.status.result is not None
    assert watch.status.result.variations[0].files == {"0.png": "maps/0.png"}
    assert (watch.status.result.seconds, watch.status.result.variations[0].seed) == (2.5, 7)
    assert watch.status.elapsed == watch.status.elapsed  # it has ended
    sent = [line for line in bad.lines() if line.startswith(("PUT", "POST"))]
    assert [line.split("/")[-1] for line in sent[2:]] == ["materials", "jobs"] and len(sent) == 4


def test_events_go_on_where_the_connection_broke(bad: Fake, service: Service, request_of_one: InpaintRequest) -> None:
    last_ids: list[str] = []

    def events(talk: Talk) -> None:
        last = talk.request.headers["last-event-id"]
        last_ids.append(last)
        if len(last_ids) == 1:
            talk.stream((None, "job", view("running")), (1, "state", {"state": "running"}), end=False)
            talk.chunk(b'id: 2\nevent: progress\ndata: {"fraction": 0.5}\n\nid: 3\neve')
            talk.cut()
        elif len(last_ids) == 2:
            talk.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            talk.never()
        elif len(last_ids) == 3:
            talk.answer(b"<html>", 502, "text/html")
        else:
            bad.job = view("done")
            talk.stream((3, "state", {"state": "done"}))

    bad.answers[f"GET /v1/jobs/{JOB}/events"] = events
    bad.job = view("running")
    watch = Watch(service, request_of_one)
    watch.run()
    assert_ended(watch.status, "done")
    assert last_ids == ["0", "2", "2", "2"]


def test_a_busy_queue_is_waited_for(bad: Fake, service: Service, request_of_one: InpaintRequest) -> None:
    tries: list[float] = []
    keys: set[str] = set()

    def post(talk: Talk) -> None:
        tries.append(time.monotonic())
        keys.add(talk.request.headers["idempotency-key"])
        if len(tries) < 3:
            talk.problem(429, "queue-full", "5 jobs are waiting already; try again later.", retry_after="1")
        else:
            bad.job = view("done")
            talk.json(bad.job, 202)

    bad.answers["POST /v1/jobs"] = post
    watch = Watch(service, request_of_one)
    with run_watch(watch):
        wait_until(lambda: "5 jobs are waiting" in str(watch.status.obstacle))
        assert watch.status.phase == "sending"
    assert_ended(watch.status, "done")
    assert all(1.0 <= late - early < SOON for early, late in itertools.pairwise(tries)) and len(keys) == 1


def test_a_job_whose_answer_is_lost_is_asked_for_under_the_same_key(
    bad: Fake, service: Service, request_of_one: InpaintRequest
) -> None:
    def lost(talk: Talk) -> None:
        del bad.answers["POST /v1/jobs"]
        bad.job = view("done")
        talk.cut()

    bad.answers["POST /v1/jobs"] = lost
    assert_ended(Watch(service, request_of_one).run(), "done")
    keys = [request.headers["idempotency-key"] for request in bad.requests if request.line == "POST /v1/jobs"]
    assert len(keys) == 2 and len(set(keys)) == 1


def test_files_that_the_service_lost_are_sent_again(
    bad: Fake, service: Service, request_of_one: InpaintRequest
) -> None:
    def missing(talk: Talk) -> None:
        del bad.answers["POST /v1/materials"]
        digest = bad.lines("PUT")[0].rpartition("/")[2]
        found = {
            "type": "urn:svbrdf:problem:missing",
            "detail": "1 of the files must be sent first.",
            "missing": [digest],
        }
        talk.json(found, 409)

    bad.answers["POST /v1/materials"] = missing
    bad.job = view("done")
    assert_ended(Watch(service, request_of_one).run(), "done")
    assert len(bad.lines("PUT")) == 3 and len(set(bad.lines("PUT"))) == 2


def test_files_that_the_service_has_are_not_sent(bad: Fake, service: Service, request_of_one: InpaintRequest) -> None:
    bad.answers["HEAD"] = lambda talk: talk.answer(b"")
    bad.job = view("done")
    assert_ended(Watch(service, request_of_one).run(), "done")
    assert len(bad.lines("HEAD")) == 2 and not bad.lines("PUT")


@pytest.mark.parametrize("where", ["GET /v1/health", "HEAD", "PUT", "POST /v1/materials", "POST /v1/jobs"])
@pytest.mark.parametrize("how", ["500", "html", "422", "cut"])
def test_a_service_that_stays_bad_ends_the_fill_with_a_reason(
    bad: Fake, service: Service, request_of_one: InpaintRequest, where: str, how: str
) -> None:
    answers: dict[str, tuple[Callable[[Talk], None], str]] = {
        "500": (lambda talk: talk.problem(500, "fault", "Something went wrong that is our fault."), "broken"),
        "html": (lambda talk: talk.answer(b"<html>", 404, "text/html"), "not_a_service"),
        "422": (lambda talk: talk.problem(422, "input", "There is no map in this."), "bad"),
        "cut": (lambda talk: talk.cut(), "lost"),
    }
    answer, kind = answers[how]
    bad.answers[where] = answer
    if where == "HEAD":
        kind = {"500": "broken", "html": "", "422": "not_a_service", "cut": "lost"}[how]
    bad.job = view("done")
    watch = Watch(service, request_of_one, retry_seconds=0.5)
    with run_watch(watch):
        pass
    if not kind:
        assert_ended(watch.status, "done")  # 404 is what a service says to HEAD as well
    else:
        assert_ended(watch.status, "failed", kind)


def test_a_service_that_vanishes_for_good_leaves_the_job_to_be_picked_up(request_of_one: InpaintRequest) -> None:
    with fake() as bad, Service(bad.address, timeout=2.0) as service:

        def events(talk: Talk) -> None:
            talk.stream((None, "job", view("running")), (1, "state", {"state": "running"}), end=False)
            talk.never()

        bad.answers[f"GET /v1/jobs/{JOB}/events"] = events
        watch = Watch(service, request_of_one, retry_seconds=3.0)
        thread = threading.Thread(target=watch.run)
        thread.start()
        wait_until(lambda: watch.status.phase == "running")
    wait_until(lambda: watch.status.obstacle)
    assert watch.status.phase == "running"
    thread.join(SOON)
    assert_ended(watch.status, "interrupted", "absent")
    assert watch.status.job == JOB


def test_a_service_that_is_started_anew_is_found_at_its_new_address(request_of_one: InpaintRequest) -> None:
    places: list[Address] = []
    with fake() as new:
        new.token = "another-token-of-the-new-start"
        new.job = view("done")
        with fake() as old:

            def events(talk: Talk) -> None:
                talk.stream((None, "job", view("running")), (1, "state", {"state": "running"}), end=False)
                talk.never()

            old.answers[f"GET /v1/jobs/{JOB}/events"] = events
            places[:] = [old.address]
            service = Service(old.address, timeout=2.0, find_again=lambda: places[-1])
            watch = Watch(service, request_of_one)
            thread = threading.Thread(target=watch.run)
            thread.start()
            wait_until(lambda: watch.status.phase == "running")
        wait_until(lambda: watch.status.obstacle)
        places.append(new.address)
        thread.join(SOON)
        assert_ended(watch.status, "done")
        assert watch.service.address == new.address
        assert not new.lines("POST") and new.requests[0].headers["last-event-id"] == "1"
        service.close()


def test_a_new_start_with_another_token_at_the_same_place(bad: Fake, request_of_one: InpaintRequest) -> None:
    told = [bad.address]
    bad.token = "new-token"
    with Service(bad.address, find_again=lambda: told[-1]) as service:
        service._address = replace(bad.address, token="old-token")
        told[:] = [service.address]
        watch = Watch(service, request_of_one)
        with run_watch(watch):
            wait_until(lambda: watch.status.obstacle)
            bad.job = view("done")
            told.append(bad.address)
        assert_ended(watch.status, "done")


def test_a_wrong_token_that_stays_wrong(bad: Fake, request_of_one: InpaintRequest) -> None:
    with Service(Address(bad.url, "wrong"), timeout=1) as service:
        watch = Watch(service, request_of_one)
        with run_watch(watch):
            pass
    assert_ended(watch.status, "failed", "refused")


def test_a_service_that_knows_the_job_no_more(bad: Fake, service: Service) -> None:
    bad.answers["GET /v1/jobs/"] = lambda talk: talk.problem(404, "not-found", "There is no such job.")
    assert_ended(Watch(service, job=JOB).run(), "failed", "gone")


@pytest.mark.parametrize(("state", "kind"), [("failed", "job"), ("interrupted", "job"), ("cancelled", None)])
def test_how_the_service_says_it_ended(bad: Fake, service: Service, state: str, kind: str | None) -> None:
    said = {"text": "The hole covers everything.", "fact": "The hole covers everything.", "remedies": []}
    bad.job = view(state, reason=said, kind="mask")
    watch = Watch(service, job=JOB)
    assert_ended(watch.run(), state, kind)
    if watch.status.error:
        assert watch.status.error.sentence == "The hole covers everything."
        assert watch.status.error.more == {"kind": "mask", "sentence": said}


@pytest.mark.parametrize(
    "result", [None, {}, {"variations": 3}, {"variations": [{}]}, {"variations": [{"files": 3, "seed": "x"}]}]
)
def test_a_result_told_in_another_way(bad: Fake, service: Service, result: object) -> None:
    bad.job = view("done") | {"result": result}
    status = Watch(service, job=JOB).run()
    assert status.phase in ("failed", "interrupted") and status.error and status.error.kind == "broken"


def test_an_old_job_is_picked_up_with_the_names_it_was_sent_with(bad: Fake, service: Service) -> None:
    bad.job = view("done", result={"variations": [{"files": ["maps/v1/0.png", "maps/v1/1.png"], "seed": 3}]})
    bad.answers["GET /v1/materials/"] = lambda talk: talk.json({"files": ["0.jpg", "1.png"]})
    status = Watch(service, job=JOB).run()
    assert status.result is not None
    assert status.result.variations[0].files == {"0.jpg": "maps/v1/0.png", "1.png": "maps/v1/1.png"}


def test_an_image_that_cannot_be_read(
    bad: Fake, service: Service, request_of_one: InpaintRequest, tmp_path: object
) -> None:
    from pathlib import Path

    request = replace(request_of_one, images=(Source("0.png", Path(str(tmp_path), "away.png")),))
    status = Watch(service, request).run()
    assert_ended(status, "failed", "file")
    assert "away.png" in str(status.error)


def test_a_watch_is_of_one_thing(service: Service, request_of_one: InpaintRequest) -> None:
    for wrong in ({}, {"request": request_of_one, "job": JOB}):
        with pytest.raises(ValueError, match="a request or of a job"):
            Watch(service, **wrong)  # type: ignore[arg-type]


def test_a_fault_of_ours_is_said_too(bad: Fake, service: Service, caplog: pytest.LogCaptureFixture) -> None:
    request = InpaintRequest("x", (Source("0.png", 3),), LoadOptions(), HoleSpec(()))  # type: ignore[arg-type]
    with pytest.raises(UserError):
        raise Watch(service, request).run().error or AssertionError
    assert "A fill failed" in caplog.text
