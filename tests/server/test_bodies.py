"""Uploads that come all at once, slowly, or lie about their length: case I6 of the contract."""

from __future__ import annotations

import hashlib
import socket
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.server import odd_files as odd
from tests.server.running import PATIENCE, Running, service, until
from tests.server.sending import (
    MB,
    little_memory,
    material,
    put,
    quiet,
    refused,
)


def test_a_hundred_uploads_at_once(run: Running) -> None:
    """Contract I6."""
    pieces = [bytes([number]) * 300_000 for number in range(100)]
    with little_memory(run, 150 * MB), ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(lambda data: put(run, data), pieces))
        assert [answer.status for answer in answers] == [201] * 100
    for data in pieces[::9]:
        digest = hashlib.sha256(data).hexdigest()
        assert (run.data / "files" / digest[:2] / digest).read_bytes() == data


def test_the_same_file_from_twenty_at_once_and_materials_too(run: Running) -> None:
    """Contract I6."""
    data = odd.png(60, 60)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: put(run, data), range(20)))
        assert {answer.status for answer in answers} == {201}
        asked = list(pool.map(lambda _: material(run, {"diffuse.png": data}), range(10)))
    assert {answer.status for answer in asked} <= {200, 201}
    assert len({answer.json()["id"] for answer in asked}) == 1


def head_of(run: Running, data: bytes, **headers: str | int) -> bytes:
    """Return the head of an upload, as it goes over the wire."""
    lines = {
        "Host": f"127.0.0.1:{run.port}",
        "Authorization": f"Bearer {run.token}",
        "Content-Type": "application/octet-stream",
        **{name.replace("_", "-"): str(value) for name, value in headers.items()},
    }
    sent = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"PUT /v1/files/{hashlib.sha256(data).hexdigest()} HTTP/1.1\r\n{sent}\r\n".encode()


def said(connection: socket.socket) -> bytes:
    """Return everything that comes until the other end closes."""
    found = b""
    while piece := connection.recv(2**16):
        found += piece
    return found


def dripped(run: Running, data: bytes) -> tuple[float, bytes]:
    """Send a body slowly and return the longest pause between two bytes, in seconds, and the answer."""
    longest = 0.0
    with socket.create_connection(("127.0.0.1", run.port), timeout=PATIENCE) as slow, suppress(ConnectionError):
        before = time.monotonic()
        slow.sendall(head_of(run, data, Content_Length=len(data), Connection="close"))
        for byte in data:
            time.sleep(0.3)
            slow.sendall(bytes([byte]))
            now = time.monotonic()
            longest, before = max(longest, now - before), now
        return longest, said(slow)
    return longest, b""


def test_a_body_that_stops_is_ended(tmp_path: Path) -> None:
    """Contract I6."""
    with service(tmp_path / "home", "--limit", "idle_body=1", "--limit", "body_rate=1") as run, quiet(run):
        data = bytes(100_000)
        start = time.monotonic()
        with socket.create_connection(("127.0.0.1", run.port), timeout=PATIENCE) as slow:
            slow.sendall(head_of(run, data, Content_Length=len(data)) + data[:50_000])
            answer = said(slow)  # the service closes, for what might still come cannot be told from a new request
            assert 0.9 < time.monotonic() - start < 25  # it would be 30 without the bound
        assert answer.startswith(b"HTTP/1.1 408 ") and b"urn:svbrdf:problem:slow" in answer
        with socket.create_connection(("127.0.0.1", run.port), timeout=PATIENCE) as slow:
            text = head_of(run, data, Content_Length=50).replace(b"octet-stream", b"json")
            slow.sendall(text.replace(b"PUT /v1/files/", b"POST /v1/jobs?") + b'{"a":')
            answer = said(slow)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert put(run, data).status == 201
        longest = 1.0
        while longest > 0.7:  # else this side was held up, and its body did pause
            longest, answer = dripped(run, data[:6])
        assert answer.startswith(b"HTTP/1.1 201 ")


def test_a_body_that_is_shorter_than_announced(run: Running) -> None:
    """Contract I6."""
    data = bytes(1000)
    with socket.create_connection(("127.0.0.1", run.port), timeout=PATIENCE) as short:
        short.sendall(head_of(run, data + b"more", Content_Length=1004) + data)
        short.shutdown(socket.SHUT_WR)
        answer = said(short)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
    digest = hashlib.sha256(data + b"more").hexdigest()
    assert run.request("HEAD", f"/v1/files/{digest}").status == 404
    until(lambda: not list((run.data / "unfinished").iterdir()))


def test_a_body_that_is_longer_than_announced(run: Running) -> None:
    """Contract I6."""
    data = b"a" * 1000
    with socket.create_connection(("127.0.0.1", run.port), timeout=PATIENCE) as long:
        long.sendall(head_of(run, data, Content_Length=1000) + data + b"b" * 50 + b"\r\n\r\n")
        answer = said(long)
    first, _, rest = answer.partition(b'{"file"')
    assert first.startswith(b"HTTP/1.1 201 ") or answer.startswith(b"HTTP/1.1 400 ")
    assert b"HTTP/1.1 2" not in rest  # what was too much is no request


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "5, 5", "", "99999999999999999999", "٣", "+5", "5 5"])
def test_a_content_length_that_is_no_number(run: Running, length: str) -> None:
    """Contract I6."""
    data = bytes(5)
    answer = run.raw(head_of(run, data, Content_Length=length, Connection="close") + data)
    assert answer[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 413", b"HTTP/1.1 422"), answer
    assert run.request("GET", "/v1/health").status == 200


def test_two_lengths_and_a_length_with_chunks(run: Running) -> None:
    """Contract I6."""
    data = bytes(5)
    line = b"Content-Length: 5\r\n"
    double = head_of(run, data, Content_Length=5).replace(line, line + line.replace(b"5", b"6"))
    assert run.raw(double + data).startswith(b"HTTP/1.1 4")
    both = head_of(run, data, Content_Length=5, Transfer_Encoding="chunked") + b"5\r\n" + data + b"\r\n0\r\n\r\n"
    assert run.raw(both).startswith(b"HTTP/1.1 4")


def test_a_file_larger_than_the_bound_is_refused_before_and_while_it_comes(tmp_path: Path) -> None:
    """Contract I6."""
    with service(tmp_path / "home", "--limit", "file=100000") as run, quiet(run):
        data = bytes(100_001)
        refused(put(run, data), 413, "larger than the 100000 bytes")
        head = head_of(run, data, Transfer_Encoding="chunked", Connection="close")
        chunked = run.raw(head + b"186a1\r\n" + data + b"\r\n0\r\n\r\n")
        assert chunked.startswith(b"HTTP/1.1 413 ")
        packed = zlib.compress(bytes(80 * MB), 9, 31)
        assert len(packed) < 100_000
        path = f"/v1/files/{hashlib.sha256(bytes(80 * MB)).hexdigest()}"
        kinds = {"content_type": "application/octet-stream", "content_encoding": "gzip"}
        with little_memory(run):
            refused(run.request("PUT", path, packed, **kinds), 413)
        assert put(run, data[:100_000]).status == 201


@pytest.mark.parametrize("coding", ["gzip", "zstd", "br", "deflate", "gzip, gzip", "x", "identity"])
def test_a_content_encoding_that_lies(run: Running, coding: str) -> None:
    """Contract I6."""
    data = f"plain {coding}".encode() * 100
    status = {"gzip": 422, "zstd": 422, "identity": 201}.get(coding, 415)
    assert put(run, data, content_encoding=coding).status == status


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 65 + b"1" + b"}" * 65,
        b"[" * 2000 + b"]" * 2000,
        b"[" * 200_000,
        b'{"material": "[", "x": ' + b"[" * 80 + b"{}" + b"]" * 80 + b"}",
        b'"' + b'\\"' * 300_000 + b"[" * 70,
    ],
    ids=["objects", "lists", "open", "text", "no end"],
)
def test_json_that_is_too_deep(run: Running, body: bytes) -> None:
    """Contract M4, C1."""
    start = time.monotonic()
    answer = run.request("POST", "/v1/jobs", body, content_type="application/json")
    assert time.monotonic() - start < 10
    refused(answer, 422)


def test_brackets_in_texts_are_not_counted(run: Running) -> None:
    """Contract M4."""
    text = '[{"' * 100
    said = refused(run.post("/v1/jobs", {"material": text, "x": [{}] * 50}), 422)
    assert "within each other" not in said
