"""Requests whose end two programs may see in different places: one answer that refuses, and nothing behind it."""

from __future__ import annotations

import pytest

from tests.server.running import PATIENCE, Running

BEHIND = "GET /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n\r\n"


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        (("Content-Length: 6", "Transfer-Encoding: chunked"), "0\r\n\r\n"),
        (("Transfer-Encoding: chunked", "Content-Length: 6"), "0\r\n\r\n"),
        (("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), "0\r\n\r\n"),
        (("Transfer-Encoding: xchunked",), "0\r\n\r\n"),
        (("Transfer-Encoding:\x0bchunked",), "0\r\n\r\n"),
        (("Content-Length: 2", "Content-Length: 3"), "{}"),
        (("Content-Length: +2",), "{}"),
        (("Content-Length: 0x2",), "{}"),
        (("Content-Length : 2",), "{}"),
        (("Content-Length: 2\n",), "{}"),
        (("X: y\r\n Content-Length: 2",), "{}"),
        (("X: a\0b", "Content-Length: 2"), "{}"),
        (("Transfer-Encoding: chunked",), "-2\r\n{}\r\n0\r\n\r\n"),
        (("Transfer-Encoding: chunked",), "f" * 17 + "\r\n{}\r\n0\r\n\r\n"),
        (("Transfer-Encoding: chunked",), "2\n{}\n0\n\n"),
    ],
)
def test_what_has_no_one_end_is_refused_with_all_behind_it(run: Running, lines: tuple[str, ...], body: str) -> None:
    head = (
        "POST /v1/release HTTP/1.1", f"Host: 127.0.0.1:{run.port}", f"Authorization: Bearer {run.token}",
        "Content-Type: application/json", *lines,
    )  # fmt: skip
    behind = BEHIND.format(port=run.port, token=run.token)
    found = run.raw(("\r\n".join([*head, "", ""]) + body + behind).encode("latin-1"))
    assert found.startswith(b"HTTP/1.1 400 ") and found.count(b"HTTP/1.1 ") == 1, found


def test_requests_behind_one_another_are_each_answered(run: Running) -> None:
    behind = BEHIND.format(port=run.port, token=run.token)
    last = behind.replace("Host:", "Connection: close\r\nHost:")
    found = run.raw((behind * 2 + last).encode(), wait=PATIENCE)
    assert found.count(b"HTTP/1.1 200 ") == 3


@pytest.mark.parametrize("part", ["0-" * 1, "0-0," * 7000 + "1-1"])
def test_parts_of_an_answer_are_not_counted_out(run: Running, part: str) -> None:
    """Many ranges of one file cost other servers the square of their number."""
    answer = run.request("GET", "/v1/openapi.json", range=f"bytes={part}")
    assert answer.status == 200 and answer.json()["openapi"]
