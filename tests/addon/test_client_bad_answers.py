"""Whatever answers in a service's place, the add-on says so in one sentence, soon, and goes on (contract: B1)."""

from __future__ import annotations

import http.server
import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from blender_addon.client import Address, Service, Source, Stopped, UserError
from blender_addon.client.source import prepare_upload
from tests.addon.fake import JOB, MATERIAL, TOKEN, Answer, Fake, Talk, error_of, fake, read_request, view

HTML = b"<!doctype html><title>Router</title><h1>Welcome</h1>"
OK = b"HTTP/1.1 200 OK\r\n"
SOON = 25.0
"""Seconds within which anything must have ended, by far, however busy this machine is; the client waits for 2."""


def cut(data: bytes = b"") -> Answer:
    """Return what says something and breaks off."""

    def answer(talk: Talk) -> None:
        talk.raw(data)
        talk.cut()

    return answer


def endless(talk: Talk) -> None:
    talk.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not talk.over.is_set():
        talk.chunk(b" " * 2**20)


def many_headers(talk: Talk) -> None:
    talk.raw(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(5000)) + b"\r\n")


def echoing(talk: Talk) -> None:
    talk.problem(422, "invalid", f"I got {talk.request.headers.get('authorization', TOKEN)}\r\n\x1b[31m" + "x" * 5000)


BAD: dict[str, tuple[Answer, set[str]]] = {
    "500": (lambda talk: talk.answer(b"Internal Server Error", 500, "text/plain"), {"broken"}),
    "500 problem": (lambda talk: talk.problem(500, "fault", "Something went wrong that is our fault."), {"broken"}),
    "502 html": (lambda talk: talk.answer(HTML, 502, "text/html"), {"broken"}),
    "html": (lambda talk: talk.answer(HTML, 200, "text/html"), {"not_a_service"}),
    "404 html": (lambda talk: talk.answer(HTML, 404, "text/html"), {"not_a_service"}),
    "401": (lambda talk: talk.problem(401, "token", "Send the service's token."), {"refused"}),
    "403": (lambda talk: talk.problem(403, "host", "This service does not go by that host name."), {"refused"}),
    "429": (lambda talk: talk.problem(429, "queue-full", "5 jobs are waiting.", retry_after="7"), {"busy"}),
    "429 plain": (lambda talk: talk.answer(b"", 429, "text/plain", retry_after="a while"), {"busy"}),
    "garbage": (cut(b"\x00\xff\x80 what?\r\n\r\n" * 9), {"not_a_service"}),
    "ssh": (cut(b"SSH-2.0-OpenSSH_9.2\r\n"), {"not_a_service"}),
    "list": (lambda talk: talk.json([1, 2]), {"not_a_service"}),
    "deep": (lambda talk: talk.answer(b"[" * 100_000), {"not_a_service"}),
    "not utf-8": (lambda talk: talk.answer(b'{"status": "\xff\xfe"}'), {"not_a_service"}),
    "truncated": (cut(OK + b"Content-Length: 99\r\n\r\n{"), {"lost"}),
    "cut chunk": (cut(OK + b"Transfer-Encoding: chunked\r\n\r\n9\r\n{"), {"lost"}),
    "nothing": (cut(), {"lost"}),
    "never": (lambda talk: talk.never(), {"lost"}),
    "slow body": (lambda talk: talk.slowly(OK + b"Content-Length: 999\r\n\r\n" + b" " * 999, 0.05), {"lost"}),
    "slow head": (lambda talk: talk.slowly(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 999, 0.05), {"lost"}),
    "elsewhere": (lambda talk: talk.answer(b"", 302, "text/html", location="http://127.0.0.1:9/"), {"not_a_service"}),
    "huge": (lambda talk: talk.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"), {"broken"}),
    "negative": (lambda talk: talk.raw(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"), {"lost", "not_a_service"}),
    "endless": (endless, {"broken", "lost"}),
    "many headers": (many_headers, {"not_a_service"}),
    "echoing": (echoing, {"bad"}),
}  # fmt: skip
SLOW = ("never", "slow body", "slow head", "negative")
"""Those which are waited for in vain."""
CALLS: dict[str, Callable[[Service], object]] = {
    "health": lambda service: service.check_health(),
    "info": lambda service: service.get_info(),
    "send": lambda service: service.send_file(prepare_upload(Source("0.png", b"x" * 1000))),
    "material": lambda service: service.create_material(
        {"files": [{"name": "0.png", "file": "0" * 64}], "name": "wall", "source": {}}
    ),
    "job": lambda service: service.create_job({"material": MATERIAL}, "a" * 32),
    "look": lambda service: service.get_job(JOB),
    "jobs": lambda service: service.list_jobs(),
    "cancel": lambda service: service.cancel_job(JOB),
    "events": lambda service: list(service.stream_events(JOB)),
    "names": lambda service: service.get_file_names(MATERIAL),
    "release": lambda service: service.release_memory(),
}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait little where a real service may take long."""
    monkeypatch.setattr("blender_addon.client.service.WORK_TIMEOUT", 2.0)
    monkeypatch.setattr("blender_addon.client.service.EVENT_TIMEOUT", 2.0)


def check_error(do: Callable[[], object]) -> UserError:
    """Return the error that something runs into, soon, in words for people and without the token."""
    began = time.monotonic()
    error = error_of(do)
    assert time.monotonic() - began < SOON
    assert 10 < len(error.sentence) <= 700 and error.sentence.isprintable(), error.sentence
    told = "".join(traceback.format_exception(error)) + repr(error) + error.sentence
    assert TOKEN not in told
    return error


@pytest.mark.parametrize(
    ("call", "how"),
    [
        (call, how)
        for call in CALLS
        for how in BAD
        if call in ("health", "send", "look", "events") or how in ("500", "html", "401", "truncated", "elsewhere")
    ],
)
def test_bad_answers_are_told_apart_and_leave_the_client_usable(
    bad: Fake, call: str, how: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, kinds = BAD[how]
    caplog.set_level(logging.DEBUG)
    bad.answers[""] = answer
    bad.answers["HEAD"] = lambda talk: talk.problem(404, "not-found", "There is no such file.")
    patience = 1.0 if how in SLOW else 10.0
    monkeypatch.setattr("blender_addon.client.service.EVENT_TIMEOUT", patience)
    with Service(bad.address, timeout=patience) as service:
        kind = check_error(lambda: CALLS[call](service)).kind
        assert kind in kinds | ({"not_a_service"} if call == "events" else set())
        assert TOKEN not in caplog.text
        bad.answers.clear()
        service.check_health()
        assert service.get_job(JOB)["id"] == JOB


def test_what_the_service_says_is_passed_on(bad: Fake, service: Service) -> None:
    bad.answers["GET /v1/info"] = lambda talk: talk.problem(429, "queue-full", "5 jobs are waiting.", retry_after="7")
    error = check_error(service.get_info)
    assert (error.kind, error.sentence, error.status, error.wait) == ("busy", "5 jobs are waiting.", 429, 7.0)
    bad.answers["GET /v1/info"] = lambda talk: talk.problem(
        503, "store", "The database is locked.", retry_after="999999999"
    )
    assert check_error(service.get_info).wait == 120.0
    bad.answers["GET /v1/jobs/"] = lambda talk: talk.problem(404, "not-found", "There is no such job.")
    assert check_error(lambda: service.get_job(JOB)).kind == "gone"
    bad.answers["GET /v1/info"] = echoing
    said = check_error(service.get_info).sentence
    assert said.startswith("I got Bearer … [31mxxx") and said.endswith("x…")


def test_nobody_listens_on_the_port() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with Service(Address(f"http://127.0.0.1:{port}", TOKEN)) as service:
        error = check_error(service.check_health)
    assert error.kind == "absent" and str(port) in error.sentence


def test_somebody_listens_but_never_takes_the_call() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = Address(f"http://127.0.0.1:{listening.getsockname()[1]}", TOKEN)
        with Service(address, timeout=0.5) as service:
            assert check_error(service.check_health).kind == "lost"


def test_a_name_that_leads_nowhere() -> None:
    with Service(Address("http://no-such-machine.invalid:80", TOKEN)) as service:
        error = check_error(service.check_health)
    assert error.kind == "absent" and "no-such-machine.invalid" in error.sentence


def test_a_stranger_on_the_port_never_hears_the_token(tmp_path: Path) -> None:
    heard: list[str] = []

    class Stranger(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            heard.append(str(self.headers))

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stranger) as stranger:
        thread = threading.Thread(target=stranger.serve_forever)
        thread.start()
        try:
            with Service(Address(f"http://127.0.0.1:{stranger.server_address[1]}", TOKEN)) as service:
                assert check_error(service.check_health).kind == "not_a_service"
        finally:
            stranger.shutdown()
            thread.join()
    assert heard and TOKEN not in "".join(heard)


def test_nobody_is_followed_elsewhere(bad: Fake, service: Service) -> None:
    with fake() as other:
        for status in (301, 302, 303, 307, 308):
            bad.answers["GET"] = lambda talk, status=status: talk.answer(  # type: ignore[misc]
                b"", status, location=f"{other.url}/v1/info"
            )
            assert check_error(service.get_info).kind == "not_a_service"
        assert not other.requests


def test_proxies_of_the_environment_have_no_business_here(
    bad: Fake, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        service.get_info()
        assert bad.lines() == ["GET /v1/info"] and not proxy.requests


def test_an_upload_that_is_refused_by_its_headers_ends_with_the_reason(bad: Fake, service: Service) -> None:
    def refuse(talk: Talk) -> None:
        talk.problem(507, "no-room", "The data folder is full; delete old jobs.", connection="close")
        talk.cut()

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for _ in range(2):
                connection, _ = listening.accept()
                with connection, connection.makefile("rb", buffering=0) as stream:
                    asked, request = read_request(stream), None
                    if asked is not None:
                        bad.prove(Talk(asked, connection, bad.over))
                        request = read_request(stream)
                    if request is not None and request.method == "PUT":
                        refuse(Talk(request, connection, bad.over))
                    else:
                        connection.sendall(b"HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        with Service(Address(f"http://127.0.0.1:{listening.getsockname()[1]}", TOKEN), timeout=2.0) as other:
            error = check_error(lambda: other.send_file(prepare_upload(Source("0.png", bytes(2**26)))))
        thread.join()
    assert error.kind in ("broken", "lost")


def test_a_token_that_is_none_goes_nowhere(bad: Fake) -> None:
    for token in ("", "two words", "line\r\nX-Evil: 1", "ключ"):
        with Service(Address(bad.url, token)) as service:
            error = check_error(service.get_info)
        assert error.kind == "refused" and (not token or token not in error.sentence)
    assert not bad.requests


def test_a_connection_that_was_closed_meanwhile_is_made_anew(bad: Fake, service: Service) -> None:
    service.get_info()
    for connection in bad.connections:
        connection.shutdown(socket.SHUT_RDWR)
    time.sleep(0.05)
    service.get_info()
    assert len(bad.connections) == 2 and len(bad.lines("GET /v1/info")) == 2


def test_whoever_wants_no_answer_any_more_waits_no_longer(bad: Fake) -> None:
    stop = threading.Event()
    bad.answers[""] = lambda talk: talk.never()
    with Service(bad.address, timeout=60) as patient:
        service = patient.with_stop(stop.is_set)
        for call in ("health", "look", "send", "events"):
            stop.clear()
            threading.Timer(0.2, stop.set).start()
            began = time.monotonic()
            with pytest.raises(Stopped):
                CALLS[call](service)
            assert time.monotonic() - began < SOON


def test_events_that_are_none(bad: Fake, service: Service) -> None:
    for body in (b"data: no json\n\n", b"id: x\ndata: {}\n\n", b"data: [1]\n\n", b"\xff\xfe: 1\n\n"):
        head = b"Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        bad.answers["GET /v1/jobs"] = cut(OK + head + b"%x\r\n%s\r\n" % (len(body), body))
        assert check_error(lambda: list(service.stream_events(JOB))).kind == "not_a_service"


def test_an_event_larger_than_any(bad: Fake, service: Service) -> None:
    def large(talk: Talk) -> None:
        talk.stream(end=False)
        talk.raw(b"fffffff\r\n" + b"data: ")
        while not talk.over.is_set():
            talk.raw(b"x" * 2**20)

    bad.answers["GET /v1/jobs"] = large
    assert check_error(lambda: list(service.stream_events(JOB))).kind == "broken"


def test_events_up_to_a_cut_are_not_lost(bad: Fake, service: Service) -> None:
    def half(talk: Talk) -> None:
        talk.stream((None, "job", view("running")), (4, "state", {"state": "running"}), end=False)
        talk.chunk(b":\n\nid: 5\nevent: progress\nda")
        talk.cut()

    bad.answers["GET /v1/jobs"] = half
    found = list(service.stream_events(JOB, 3))
    assert [(number, kind) for number, kind, _ in found] == [(0, "job"), (4, "state"), (0, "quiet")]
    assert bad.requests[-1].headers["last-event-id"] == "3"
