"""Events of a job, for readers that leave, reconnect, or read slowly."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import socket
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import psutil
import pytest

from svbrdf_server.api import events as api
from svbrdf_server.client.client import Event, parse_events
from svbrdf_server.jobs.common import State
from svbrdf_server.jobs.notifier import Notifier
from svbrdf_server.jobs.sqlite import SqliteStore
from svbrdf_server.service import Service
from tests.server.conftest import Sample
from tests.server.desk import LONG, SHORT, ended, submit, wish_for, working
from tests.server.running import PATIENCE, Running, service, until


@contextlib.contextmanager
def stream(running: Running, job: str, after: int | None = None) -> Iterator[Iterator[Event]]:
    """Give the events of a job as they come."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {running.token}"} | ({} if after is None else {"Last-Event-ID": str(after)})
    try:
        connection.request("GET", f"/v1/jobs/{job}/events", headers=headers)
        with connection.getresponse() as answer:
            assert answer.status == 200
            yield parse_events(line.decode().rstrip("\n") for line in answer)
    finally:
        connection.close()


def test_a_client_that_vanished_goes_on_where_it_was(shared: Running, sample: Sample) -> None:
    """Race: things happen to the job between the break of the stream and the next one (contract Q8)."""
    job = submit(shared, wish_for(shared, sample), **SHORT)
    working(shared, job)  # so that no process is started, with its pipes, while handles are counted
    assert shared.process is not None
    server = psutil.Process(shared.process.pid)
    before = server.num_fds()
    with stream(shared, job) as events:
        seen = [next(events) for _ in range(4)]
    until(lambda: server.num_fds() <= before)  # the server notices, and keeps nothing for it
    last = seen[-1].seq
    with stream(shared, job, last) as events:
        first, *rest = events
    assert first.kind == "job" and first.seq == 0 and first.data["id"] == job
    assert set(first.data) >= {"state", "progress", "attempt", "hole", "preview", "request"}
    numbers = [event.seq for event in rest]
    assert numbers == sorted(set(numbers)) and numbers[0] > last
    assert rest[-1].kind == "state" and rest[-1].data["state"] == "done"
    states = [event.data["state"] for event in (*seen, *rest) if event.kind == "state"]
    assert states == ["queued", "running", "done"], "none is missed or said twice"
    with stream(shared, job, numbers[-1]) as events:
        assert [event.kind for event in events] == ["job"]


@pytest.mark.parametrize("moment", range(4))
def test_the_end_is_always_told(tmp_path: Path, moment: int) -> None:
    """Race: the job ends between two reads of the store, whichever they are; the last event says so."""
    with contextlib.closing(SqliteStore(tmp_path / "jobs.sqlite")) as store:
        job = store.add("a", "m", {}, {}, key=None, most=1)
        store.claim()
        store.cancel(job.id)
        calls = iter(range(100))
        notifier = Notifier()

        async def read(function: Callable[..., Any], *args: Any) -> Any:
            if next(calls) == moment:
                store.finish(job.id, State.CANCELLED)
                notifier.notify(job.id)
            return function(*args)

        async def told() -> list[str]:
            threads = SimpleNamespace(db=read)
            service = cast(Service, SimpleNamespace(store=store, notifier=notifier, threads=threads))
            return [text async for text in api.follow(service, job.id, 0, "")]

        assert '"state": "cancelled"' in asyncio.run(told())[-1]


def test_reconnect_after_the_server_was_killed(home: Path, sample: Sample) -> None:
    """Race: the server dies in the middle of a stream; the numbers go on behind those that were sent (contract Q8)."""
    with service(home) as running:
        job = submit(running, wish_for(running, sample), **LONG)
        with stream(running, job) as events:
            seen = [event for event, _ in zip(events, range(4), strict=False)]
            running.kill()
        running.start()
        with stream(running, job, seen[-1].seq) as events:
            first, *rest = events
        assert (first.kind, first.data["state"]) == ("job", "interrupted")
        assert all(event.seq > seen[-1].seq for event in rest)
        assert rest[-1].data["state"] == "interrupted" and rest[-1].data["reason"] == first.data["reason"] is not None


def test_streams_end_with_the_service(home: Path, sample: Sample) -> None:
    """Race: streams that would go on for as long as the job hold up the end of the service (contract Q8)."""
    with service(home) as running:
        job = submit(running, wish_for(running, sample), **LONG)
        working(running, job)
        with stream(running, job) as events:
            next(events)
            assert running.stop() == 0
            list(events)  # it ends, instead of waiting for ever
        assert "Traceback" not in running.log


def test_a_slow_reader_costs_no_memory_and_gets_the_latest(home: Path, sample: Sample) -> None:
    """Race: a hundred megabytes happen to a job while its reader reads nothing (contract Q13)."""
    with service(home) as running:
        job = submit(running, wish_for(running, sample))
        ended(running, job)
        rows, filler = 40_000, "x" * 2500
        with contextlib.closing(sqlite3.connect(running.data / "jobs.sqlite")) as db, db:
            said = (
                (job, 1000 + n, "state" if n % 2 else "progress", json.dumps({"n": n, "filler": filler}))
                for n in range(rows)
            )
            db.executemany("INSERT INTO events (job, seq, kind, data) VALUES (?, ?, ?, ?)", said)
        assert running.process is not None
        server = psutil.Process(running.process.pid)
        before = server.memory_info().rss
        with socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.settimeout(PATIENCE)
            slow.connect(("127.0.0.1", running.port))
            slow.sendall(
                f"GET /v1/jobs/{job}/events HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\nConnection: close\r\n"
                f"Authorization: Bearer {running.token}\r\n\r\n".encode()
            )
            assert slow.recv(10).startswith(b"HTTP/1.1")
            busy = [server.cpu_times().user]

            def still() -> bool:
                """Whether the server does nothing any more, because the reader takes nothing."""
                busy.append(server.cpu_times().user)
                return len(busy) > 20 and busy[-1] == busy[-6]

            until(still)
            grown = server.memory_info().rss - before
            assert grown < 32 * 2**20, f"{grown} bytes for one reader"
            with slow.makefile("rb") as lines:
                found = [line for line in lines if line.startswith(b"id: ")]
        numbers = [int(line.split(b":")[1]) for line in found]
        assert numbers == sorted(set(numbers)) and set(numbers) >= {1000 + n for n in range(1, rows, 2)}
        progress = [number for number in numbers if number >= 1000 and number % 2 == 0]
        assert 1000 + rows - 2 in progress and len(progress) < rows / 100, "only the newest each time it was read"
        assert server.memory_info().rss - before < 48 * 2**20
