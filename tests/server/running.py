"""A real service in a process of its own, and ways to talk to it that no proper client would use."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from svbrdf_server.client import Client

PATIENCE = 180.0
"""Seconds for anything that is only slow because this machine is busy."""
Json = dict[str, Any]


@dataclass
class Answer:
    """What came back: the status, headers by small names, and the body."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


@dataclass
class Running:
    """One service.

    Attributes:
        home: folder of everything that is its own.
        options: of ``svbrdf serve``.
        environment: variables besides those of this process.
        descriptors: files that it may have open, as the shell's ``ulimit -n`` says; None as many as this process.
    """

    home: Path
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    descriptors: int | None = None
    process: subprocess.Popen[bytes] | None = None
    port: int = 0
    token: str = ""

    @property
    def data(self) -> Path:
        """Its data folder."""
        return self.home / "data"

    @property
    def runtime_file(self) -> Path:
        """Where it says how it is reached."""
        return self.home / "run" / "svbrdf-inpaint" / "service.json"

    @property
    def log(self) -> str:
        """What it has written on standard error."""
        return (self.home / "log").read_text(encoding="utf-8", errors="replace")

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def variables(self) -> dict[str, str]:
        """Return the environment in which programs find this service."""
        (self.home / "run").mkdir(parents=True, exist_ok=True)
        (self.home / "run").chmod(0o700)
        own = {"XDG_RUNTIME_DIR": str(self.home / "run"), "SVBRDF_CACHE": str(self.home / "models")}
        return {**os.environ, **own, **self.environment}

    def launch(self, *options: str) -> None:
        """Start the process without waiting for it."""
        command = [sys.executable, "-m", "svbrdf_core", "serve", "--data", str(self.data), *self.options, *options]
        if self.descriptors is not None:
            command = ["/bin/sh", "-c", f'ulimit -n {self.descriptors} && exec "$@"', "sh", *command]
        self.home.mkdir(parents=True, exist_ok=True)
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.variables(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def start(self, *options: str) -> Running:
        """Start the process and wait until it answers."""
        self.runtime_file.unlink(missing_ok=True)
        self.launch(*options)
        return self.find()

    def find(self) -> Running:
        """Wait until the process answers."""
        assert self.process is not None
        until(lambda: self.runtime_file.exists() or self.ended())
        assert not self.ended(), self.log
        found = json.loads(self.runtime_file.read_text(encoding="utf-8"))
        self.port, self.token = int(found["url"].rpartition(":")[2]), found["token"]
        return self

    def ended(self) -> bool:
        """Whether the process is gone."""
        return self.process is None or self.process.poll() is not None

    def kill(self) -> None:
        """End the process without a warning, as a crash would; its workers must notice by themselves."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE)

    def stop(self) -> int:
        """Ask the process to end and return its exit code."""
        if self.process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def workers(self) -> list[psutil.Process]:
        """Return the processes that it has started."""
        assert self.process is not None
        return list(psutil.Process(self.process.pid).children(recursive=True))

    def client(self) -> Client:
        """Return a client; close it."""
        return Client(self.url, self.token)

    def request(
        self, method: str, path: str, body: bytes | None = None, *, token: str | None = None, **headers: str
    ) -> Answer:
        """Send one request with the token (another, or with ``""`` none), and headers with _ for -."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token != "":
            sent.setdefault("Authorization", f"Bearer {self.token if token is None else token}")
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def post(self, path: str, body: object, **headers: str) -> Answer:
        """Send JSON."""
        return self.request("POST", path, json.dumps(body).encode(), content_type="application/json", **headers)

    def raw(self, data: bytes, *, wait: float = 5.0) -> bytes:
        """Send bytes as they are and return everything that comes back until the end, or a pause behind the first."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            found = b""
            with contextlib.suppress(ConnectionError):  # it may be refused before all of it is sent
                connection.sendall(data)
            with contextlib.suppress(TimeoutError, ConnectionError):
                while piece := connection.recv(2**16):
                    found += piece
                    connection.settimeout(wait)
            return found


def until(happened: Any, *, patience: float = PATIENCE) -> None:
    """Wait for something to be true, looking seldom if it takes long: each look is work for the service too."""
    end, pause = time.monotonic() + patience, 0.02
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(pause)
        pause = min(1.2 * pause, 0.1)


@contextlib.contextmanager
def service(home: Path, *options: str, **environment: str) -> Iterator[Running]:
    """Give a running service, which is ended at the end."""
    running = Running(home, options, environment).start()
    try:
        yield running
    finally:
        running.stop()
