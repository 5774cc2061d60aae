"""Half-open, idle, slow and too many connections, and headers without end: cases N1 to N6 of the contract."""

from __future__ import annotations

import contextlib
import socket
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import psutil
import pytest

from tests.server.conftest import Sample
from tests.server.desk import submit, wish_for
from tests.server.running import PATIENCE, Running, until
from tests.server.sending import MB, quiet

HALF = b"GET / HT"
KEPT = b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n"
LIMITS = ("head=1", "idle=1", "stall=1", "idle_body=1", "streams=3")
SOON = 8.0
"""Seconds in which all must have happened, however busy this machine is; without the limits each takes ten or more."""


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Give a service with 1,024 descriptors and little patience."""
    options = [word for limit in LIMITS for word in ("--limit", limit)]
    running = Running(tmp_path_factory.mktemp("tight"), tuple(options), descriptors=1024).start()
    try:
        with quiet(running):
            yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Give a service with 1,024 descriptors, of whose connections none ends in time for others by itself."""
    running = Running(tmp_path_factory.mktemp("patient"), descriptors=1024).start()
    try:
        with quiet(running):
            yield running
    finally:
        running.stop()


def check_waits(waits: list[float]) -> None:
    """Assert that health answers within a second, and in time even when another program had the machine."""
    assert median(waits) < 1 and max(waits) < SOON


@contextlib.contextmanager
def flood(running: Running, count: int, data: bytes) -> Iterator[list[socket.socket]]:
    """Give open connections on which some bytes were sent."""
    with contextlib.ExitStack() as stack:
        found = []
        for _ in range(count):
            found.append(stack.enter_context(socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE)))
            with contextlib.suppress(ConnectionError):
                found[-1].sendall(data)
        yield found


def flood_on(running: Running, count: int) -> None:
    """Open connections that end half a request, of which this side keeps the last 600."""
    kept: deque[socket.socket] = deque()
    for _ in range(count):
        kept.append(socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE))
        with contextlib.suppress(ConnectionError):
            kept[-1].sendall(HALF)
        if len(kept) > 600:
            kept.popleft().close()
    for one in kept:
        one.close()


def health_seconds(running: Running) -> float:
    """Return how long the service takes to say that it lives."""
    start = time.monotonic()
    assert running.request("GET", "/v1/health", token="").status == 200
    return time.monotonic() - start


def ended(connection: socket.socket) -> bytes:
    """Return what came until the service ended a connection."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(2**16):
            found += piece
    return found


@pytest.mark.parametrize(
    "data", [HALF, b"", b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n"], ids=["half", "idle", "kept"]
)
def test_more_connections_than_descriptors(patient: Running, data: bytes) -> None:
    """Contract N1, N2."""
    assert patient.process is not None
    process, before = psutil.Process(patient.process.pid), len(patient.log)
    with flood(patient, 1100, data):
        check_waits([health_seconds(patient) for _ in range(5)])
        assert patient.request("GET", "/v1/jobs").status == 200
        assert process.num_fds() < 1024
    assert len(patient.log) - before < 10_000


@pytest.mark.parametrize("count", [2000, pytest.param(10_000, marks=pytest.mark.stress)])
def test_very_many_connections_one_after_the_other(patient: Running, count: int) -> None:
    """Contract N5: health answers all the while."""
    assert patient.process is not None
    process = psutil.Process(patient.process.pid)
    memory, log = process.memory_info().rss, len(patient.log)
    waits = []
    with ThreadPoolExecutor() as pool:
        flooding = pool.submit(flood_on, patient, count)
        while not flooding.done():
            waits.append(health_seconds(patient))
        flooding.result()
    check_waits(waits)
    assert process.memory_info().rss - memory < 30 * MB
    assert len(patient.log) - log < 1000


def test_half_open_and_idle_connections_end(tight: Running) -> None:
    """Contract N1, N2."""
    start = time.monotonic()
    with flood(tight, 1, HALF) as (half,), flood(tight, 1, b"") as (idle,):
        kept = b"GET /v1/health HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % tight.port
        with flood(tight, 1, kept) as (used,):
            assert ended(half) == ended(idle) == b""
            assert ended(used).startswith(b"HTTP/1.1 200 ")
            assert 0.9 < time.monotonic() - start < SOON


def test_headers_that_drip_end(tight: Running) -> None:
    """Contract N1: each byte comes in good time, but the end never."""
    start = time.monotonic()
    with flood(tight, 1, b"GET / HTTP/1.1\r\nX: ") as (slow,):
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - start < SOON:
                slow.sendall(b"x")
                time.sleep(0.05)
        assert 0.9 < time.monotonic() - start < SOON


def test_a_body_that_drips_ends(tight: Running) -> None:
    """Contract N3: without the token as soon as it was answered, with it by its rate."""
    for token, status in ((b"", b" 401 "), (f"Authorization: Bearer {tight.token}\r\n".encode(), b" 408 ")):
        head = b"PUT /v1/files/%064d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n" % (0, tight.port)
        head += token + b"Content-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n"
        with flood(tight, 1, head) as (slow,):
            start = time.monotonic()
            with contextlib.suppress(ConnectionError):
                while time.monotonic() - start < SOON:
                    slow.sendall(b"x")
                    time.sleep(0.1)
            assert time.monotonic() - start < SOON
            with contextlib.suppress(ConnectionError):
                assert status in ended(slow)


@pytest.mark.parametrize("size", [33 * 1024, MB, 300 * MB])
@pytest.mark.parametrize("form", ["one value", "many lines", "address", "trailer", "chunk"])
def test_large_headers_are_refused_early(tight: Running, size: int, form: str) -> None:
    """Contract N4."""
    assert tight.process is not None
    process = psutil.Process(tight.process.pid)
    memory, cpu = process.memory_info().rss, sum(process.cpu_times()[:2])
    body = f"PUT /v1/files/{0:064} HTTP/1.1\r\nHost: 127.0.0.1:{tight.port}\r\nAuthorization: Bearer {tight.token}\r\n"
    body += "Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    begin, piece = {
        "one value": (b"GET / HTTP/1.1\r\nX: ", b"a" * 2**16),
        "many lines": (b"GET / HTTP/1.1\r\n", b"X: " + b"a" * 11 + b"\r\n"),
        "address": (b"GET /", b"a" * 2**16),
        "trailer": (body.encode() + b"5\r\nabcde\r\n0\r\nX: ", b"a" * 2**16),
        "chunk": (body.encode() + b"5;x=", b"a" * 2**16),
    }[form]  # fmt: skip
    piece *= 2**16 // len(piece)
    sent = 0
    with flood(tight, 1, begin) as (large,):
        with contextlib.suppress(ConnectionError):
            while sent < size:
                large.sendall(piece[: size - sent])
                sent += len(piece)
        answer = ended(large)
    if form in ("one value", "many lines", "address"):
        assert answer.startswith(b"HTTP/1.1 431 ") or (sent > MB and answer == b""), answer
    else:
        assert b" 201 " not in answer
    assert process.memory_info().rss - memory < 20 * MB
    assert sum(process.cpu_times()[:2]) - cpu < 1.5
    assert sent < 64 * MB or form in ("one value", "many lines", "address")


def test_headers_within_the_bound_pass(tight: Running) -> None:
    """Contract N4."""
    assert tight.request("GET", "/v1/health", X_Large="a" * 31_000).status == 200
    assert tight.request("GET", "/v1/health", X_Large="a" * 33_000).status == 431


def test_an_answer_that_nobody_reads_ends(tight: Running) -> None:
    """Requests are sent without end, and no answer is read."""
    many = b"GET /v1/openapi.json HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n\r\n"
    data = many % (tight.port, tight.token.encode()) * 60
    with socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", tight.port))
        deaf.sendall(data)
        with contextlib.suppress(ConnectionError):
            assert deaf.recv(1, socket.MSG_PEEK)  # it was let in
        until(lambda: not _holds(tight, deaf), patience=25)


def _holds(running: Running, connection: socket.socket) -> bool:
    """Whether the service has its end of a connection open."""
    assert running.process is not None
    there = connection.getsockname()[1]
    return any(one.raddr and one.raddr.port == there for one in psutil.Process(running.process.pid).net_connections())


def test_requests_that_wait_for_no_answer_are_bounded(tight: Running) -> None:
    """Ten thousand requests at once on one connection are not all kept."""
    with flood(tight, 1, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 10_000) as (hasty,):
        ended(hasty)
    assert health_seconds(tight) < SOON


def test_event_streams_are_bounded(tight: Running, sample: Sample) -> None:
    """Contract N6."""
    wish = wish_for(tight, sample)
    jobs = [submit(tight, wish, method={"variations": 64}) for _ in range(2)]
    path = f"GET /v1/jobs/{jobs[1]}/events HTTP/1.1\r\nHost: 127.0.0.1:{tight.port}\r\n"
    head = f"{path}Authorization: Bearer {tight.token}\r\n\r\n".encode()
    try:
        with flood(tight, 3, head) as streams:
            for one in streams:
                assert b" 200 " in one.recv(200)
            answer = tight.request("GET", f"/v1/jobs/{jobs[1]}/events")
            assert answer.status == 503 and answer.headers["retry-after"] == "5"
            assert health_seconds(tight) < SOON
    finally:
        for job in reversed(jobs):
            assert tight.post(f"/v1/jobs/{job}/cancel", {}).status == 200
    until(lambda: tight.request("GET", f"/v1/jobs/{jobs[1]}/events").status == 200)


def test_the_log_does_not_grow_with_what_others_send(tight: Running, tmp_path: Path) -> None:
    """Bad requests are told of a few times a minute."""
    before = len(tight.log)
    for _ in range(100):
        tight.raw(b"\x16\x03\x01 no request\r\n\r\n")
    assert len(tight.log) - before < 1000
