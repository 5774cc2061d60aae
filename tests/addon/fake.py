"""A service that behaves well until a test says how it is to behave badly, over real sockets."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from blender_addon.client import Address, UserError
from blender_addon.client.proof import CHALLENGE, make_proof

TOKEN = "the-token-that-nobody-may-see"
JOB = "0123456789abcdef0123456789abcdef"
MATERIAL = "fedcba9876543210fedcba9876543210"
Json = dict[str, Any]


def error_of(do: Callable[[], object]) -> UserError:
    """Return the error that something runs into."""
    with pytest.raises(UserError) as caught:
        do()
    return caught.value


@dataclass
class ReceivedRequest:
    """A request that came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Talk:
    """One request and the way back."""

    request: ReceivedRequest
    connection: socket.socket
    over: threading.Event

    def raw(self, data: bytes) -> None:
        self.connection.sendall(data)

    def answer(self, body: bytes, status: int = 200, kind: str = "application/json", **headers: str) -> None:
        """Answer as a service does, on a connection that is kept."""
        named = {"Content-Type": kind, "Content-Length": str(len(body))}
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        self.raw(f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode())
        if self.request.method != "HEAD":
            self.raw(body)

    def json(self, found: object, status: int = 200, **headers: str) -> None:
        self.answer(json.dumps(found).encode(), status, **headers)

    def problem(self, status: int, kind: str, detail: str, **headers: str) -> None:
        found = {"type": f"urn:svbrdf:problem:{kind}", "title": "x", "status": status, "detail": detail}
        self.answer(json.dumps(found).encode(), status, "application/problem+json", **headers)

    def stream(self, *events: tuple[int | None, str, object], end: bool = True) -> None:
        """Send events, chunked as the real service does; without an end the stream stays open."""
        self.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        for number, kind, data in events:
            head = "" if number is None else f"id: {number}\n"
            self.chunk(f"{head}event: {kind}\ndata: {json.dumps(data)}\n\n".encode())
        if end:
            self.raw(b"0\r\n\r\n")

    def chunk(self, data: bytes) -> None:
        self.raw(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def never(self) -> None:
        """Say nothing until the fake ends."""
        self.over.wait()

    def slowly(self, data: bytes, pause: float) -> None:
        """Say something bit by bit."""
        for at in range(len(data)):
            self.raw(data[at : at + 1])
            if self.over.wait(pause):
                return

    def cut(self) -> None:
        """Break the connection off."""
        self.connection.shutdown(socket.SHUT_RDWR)


Answer = Callable[[Talk], None]


@dataclass
class Fake:
    """What listens.

    Attributes:
        answers: the beginning of ``METHOD /path`` to what happens then; else it does as a service does.
        requests: every request that came, in order.
        job: how the job is.
        deaf: whether large bodies are not read, though the connection stays.
        proves: whether it answers for knowing the token before anything else, which is not among the requests.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[ReceivedRequest] = field(default_factory=list)
    job: Json = field(default_factory=lambda: view("queued"))
    port: int = 0
    token: str = TOKEN
    deaf: bool = False
    proves: bool = True
    over: threading.Event = field(default_factory=threading.Event)
    connections: list[socket.socket] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self) -> Address:
        return Address(self.url, self.token)

    def lines(self, beginning: str = "") -> list[str]:
        """Return the requests that came, those with some beginning."""
        return [request.line for request in self.requests if request.line.startswith(beginning)]

    def serve(self, connection: socket.socket) -> None:
        """Answer on one connection until it ends."""
        with connection, contextlib.suppress(OSError), connection.makefile("rb") as stream:
            while (request := read_request(stream)) is not None:
                if self.proves and CHALLENGE in request.headers:
                    self.prove(Talk(request, connection, self.over))
                    continue
                self.requests.append(request)
                size = int(request.headers.get("content-length", 0))
                if self.deaf and size > 2**20:
                    self.over.wait()
                request.body = stream.read(size)
                talk = Talk(request, connection, self.over)
                fitting = [name for name in self.answers if request.line.startswith(name)]
                self.answers[max(fitting, key=len)](talk) if fitting else self._properly(talk)
            connection.shutdown(socket.SHUT_RDWR)

    def prove(self, talk: Talk) -> None:
        """Answer for knowing the token."""
        headers = talk.request.headers
        talk.json({"status": "ok"}, svbrdf_proof=make_proof(self.token, headers["host"], headers[CHALLENGE]))

    def _properly(self, talk: Talk) -> None:
        line, request = talk.request.line, talk.request
        if line == "GET /v1/health":
            talk.json({"status": "ok"})
        elif request.headers.get("authorization") != f"Bearer {self.token}":
            talk.problem(401, "token", "Send the service's token.")
        elif line == "GET /v1/info":
            talk.json({"methods": {}})
        elif request.method == "HEAD":
            talk.problem(404, "not-found", "There is no such file.")
        elif request.method == "PUT":
            talk.json({"file": request.path.rpartition("/")[2]}, 201)
        elif line == "POST /v1/materials":
            talk.json({"id": MATERIAL, "files": ["0.png"]}, 201)
        elif line.endswith("/events"):
            last = int(request.headers.get("last-event-id", 0))
            talk.stream((None, "job", self.job), (last + 1, "state", {"state": self.job["state"]}))
        elif line.startswith("GET /v1/jobs?"):
            talk.json({"jobs": [self.job]})
        elif line.endswith("/cancel"):
            self.job = view("cancelled")
            talk.json(self.job)
        elif line.startswith(("GET /v1/jobs/", "POST /v1/jobs")) and line.count("/") <= 3:
            talk.json(self.job, 202 if request.method == "POST" else 200)
        else:
            talk.json({}, 200)


def view(state: str, **more: object) -> Json:
    """Return a job as the service shows it."""
    files = {"folder": "maps", "seed": 7, "files": ["maps/0.png"]}
    return {
        "id": JOB, "state": state, "reason": None, "kind": "", "material": MATERIAL, "ahead": 0,
        "request": {"hole": {}, "method": {"name": "patch", "seed": 7}, "output": {}, "previews": True},
        "started": 1.0, "finished": 3.5, "progress": None, "preview": 0,
        "result": {"variations": [files]} if state == "done" else None, **more,
    }  # fmt: skip


@contextlib.contextmanager
def fake(port: int = 0) -> Iterator[Fake]:
    """Give a fake service, all of whose threads and sockets end with it."""
    with socket.create_server(("127.0.0.1", port)) as listening:
        made = Fake(port=int(listening.getsockname()[1]))

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    made.connections.append(connection)
                    made.threads.append(threading.Thread(target=made.serve, args=(connection,)))
                    made.threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield made
        finally:
            made.over.set()
            listening.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for connection in made.connections:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            for thread in made.threads:
                thread.join()


def read_request(stream: Any) -> ReceivedRequest | None:
    """Return the next request without its body, None if there is none."""
    first = stream.readline().decode("latin-1").split()
    if len(first) != 3:
        return None
    headers = {}
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return ReceivedRequest(first[0], first[1], headers, b"")
