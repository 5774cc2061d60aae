"""A service proves itself before it is told a secret, and what listens in its place learns nothing: case W1."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from svbrdf_server import runtime
from svbrdf_server.client import Client, NoService, ServiceError, connect
from svbrdf_server.proof import CHALLENGE, PROOF, host_of, make_proof
from tests.server.running import PATIENCE, Running, service


@dataclass
class Stranger:
    """A program that keeps all it is told, and answers everything alike."""

    answer: bytes
    port: int = 0
    told: bytearray = field(default_factory=bytearray)
    hands_on: int = 0
    """Port of a service that is asked whatever this one is asked, with the right name; 0 for none."""

    def serve(self, listening: socket.socket) -> None:
        """Answer until the socket is closed."""
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(PATIENCE)
                try:
                    data = connection.recv(2**16)
                    self.told += data
                    connection.sendall(self._hand_on(data) if self.hands_on else self.answer)
                    while piece := connection.recv(2**16):
                        self.told += piece
                except OSError:
                    continue

    def _hand_on(self, data: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.hands_on), timeout=PATIENCE) as other:
            other.sendall(data.replace(str(self.port).encode(), str(self.hands_on).encode()))
            found = b""
            while not found.endswith(b"}"):
                found += other.recv(2**16)
            return found


OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "


@pytest.fixture(params=["as a service", "with a proof", "hands on"])
def stranger(request: pytest.FixtureRequest, shared: Running) -> Iterator[Stranger]:
    """Give what listens at a port that is not its own."""
    body = b'{"status":"ok","jobs":[],"methods":[]}'
    proof = f"\r\n{PROOF}: {secrets.token_hex(32)}".encode() if request.param == "with a proof" else b""
    found = Stranger(OK + str(len(body)).encode() + proof + b"\r\n\r\n" + body)
    found.hands_on = shared.port if request.param == "hands on" else 0
    with socket.create_server(("127.0.0.1", 0)) as listening:
        found.port = listening.getsockname()[1]
        thread = threading.Thread(target=found.serve, args=(listening,))
        thread.start()
        yield found
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def write_file(folder: Path, url: str, token: str, process: int, begin: str) -> None:
    """Leave a runtime file as a service does that was killed."""
    home = folder / "svbrdf-inpaint"
    home.mkdir(mode=0o700, exist_ok=True)
    said = {"url": url, "token": token, "process": process, "data": "/nowhere", "begin": begin}
    (home / "service.json").write_text(json.dumps(said), encoding="utf-8")
    (home / "service.json").chmod(0o600)


def test_a_stranger_learns_nothing(
    stranger: Stranger, shared: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract W1."""
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    url = f"http://127.0.0.1:{stranger.port}"
    write_file(tmp_path, url, shared.token, os.getpid(), runtime.begin_of(os.getpid()))
    with pytest.raises(NoService, match="not sent|nothing was sent"):
        connect()
    with Client(url, shared.token) as client, pytest.raises(ServiceError, match="nothing was sent"):
        client.upload(Path(__file__))
    with Client(url, shared.token) as client, pytest.raises(ServiceError, match="nothing was sent"):
        list(client.events("0" * 32))
    command = [sys.executable, "-m", "svbrdf_core", "serve", "--status", "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    said = json.loads(ran.stdout)
    assert said["running"] is False and "does not answer" in said["reason"]
    assert CHALLENGE.encode() in stranger.told
    assert shared.token.encode() not in stranger.told and b"Authorization" not in stranger.told


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell when a process began")
@pytest.mark.parametrize(
    ("process", "begin"), [(os.getpid(), "another boot 1"), (2**22 + 5, "x")], ids=["later", "gone"]
)
def test_a_file_of_a_service_that_is_gone_is_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, process: int, begin: str
) -> None:
    """Contract W1."""
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    write_file(tmp_path, "http://127.0.0.1:1", "t" * 32, process, begin)
    found = runtime.read()
    assert found is not None and not runtime.still_runs(found)


def test_a_service_proves_itself_on_each_connection(shared: Running) -> None:
    """Contract 14."""
    challenge = secrets.token_hex(32)
    for host in (f"127.0.0.1:{shared.port}", f"LOCALHOST:{shared.port}"):
        answer = shared.request("GET", "/v1/health", token="", Host=host, svbrdf_challenge=challenge)
        assert answer.json() == {"status": "ok"}
        assert answer.headers[PROOF] == make_proof(shared.token, host, challenge)
    for bad in ("", "x" * 64, "0" * 63, "0" * 65, challenge.upper()):
        answer = shared.request("GET", "/v1/health", token="", svbrdf_challenge=bad)
        assert answer.status == 200 and PROOF not in answer.headers
    with shared.client() as client:
        assert "jobs" in client.jobs()


def test_a_proof_goes_with_the_address() -> None:
    """Contract 14."""
    assert host_of("http://127.0.0.1:80") == "127.0.0.1" and host_of("https://Box.local:443") == "box.local"
    assert host_of("http://[::1]:8000") == "[::1]:8000"
    for url in ("http://127.0.0.1:80", "http://[::1]:8000", "http://box.local:8000"):
        assert httpx.Client().build_request("GET", url).headers["host"] == host_of(url)


def test_a_killed_service_is_not_said_to_run(home: Path) -> None:
    """Contract W1: and its file is of no use to who takes its port."""
    with service(home) as running:
        running.kill()
        assert running.runtime_file.exists()
        command = [sys.executable, "-m", "svbrdf_core", "serve", "--status", "--json"]
        done = subprocess.run(command, env=running.variables(), capture_output=True, timeout=PATIENCE, check=True)
        said = json.loads(done.stdout)
        assert said["running"] is False and "ended without a word" in said["reason"]
        running.start()
        done = subprocess.run(command, env=running.variables(), capture_output=True, timeout=PATIENCE, check=True)
        assert json.loads(done.stdout)["running"] is True
