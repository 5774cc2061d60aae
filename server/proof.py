"""The proof by which a service shows that it knows the token, before a client sends it.

The client sends random digits with ``GET /v1/health``, and the service answers with their HMAC under the token. The
name and port that the client speaks to are part of it, so that whoever listens elsewhere cannot hand the question on.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

CHALLENGE, PROOF = "svbrdf-challenge", "svbrdf-proof"
"""The headers of question and answer."""
DIGITS = re.compile(r"[0-9a-f]{64}")
MOST = 2**14
"""Bytes of an answer that are read."""


class Stranger(Exception):
    """What answers does not know the token.

    Attributes:
        is_service: whether it answers as a service does, one with another token perhaps.
    """

    def __init__(self, *, is_service: bool) -> None:
        super().__init__("it does not know the token")
        self.is_service = is_service


def make_proof(token: str, host: str, challenge: str) -> str:
    """Return the answer to a challenge, for a value of the Host header."""
    text = f"svbrdf-inpaint proof 1\n{host.lower()}\n{challenge}"
    return hmac.new(token.encode(), text.encode(), hashlib.sha256).hexdigest()


def host_of(url: str) -> str:
    """Return the Host header that goes with a URL."""
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}.get(parts.scheme.lower())
    return parts.netloc.lower().removesuffix(f":{usual}")


def ask_for_proof(send: Callable[[bytes], object], receive: Callable[[int], bytes], host: str, token: str) -> None:
    """Ask what is at the other end of a connection whether it knows the token; the connection can be used afterwards.

    Raises:
        Stranger: it does not.
        ConnectionError: it ended the connection.
    """
    challenge = secrets.token_hex(32)
    send(f"GET /v1/health HTTP/1.1\r\nHost: {host}\r\n{CHALLENGE}: {challenge}\r\n\r\n".encode("latin-1"))
    found = b""
    while b"\r\n\r\n" not in found:
        found += _more(receive, found)
    head, _, body = found.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = headers.get("content-length", "")
    if not first.startswith("HTTP/1.1 200") or not re.fullmatch("[0-9]{1,4}", length):
        raise Stranger(is_service="problem+json" in headers.get("content-type", ""))
    while len(body) < int(length):
        body += _more(receive, body)
    if len(body) != int(length) or not hmac.compare_digest(
        headers.get(PROOF, "").encode("latin-1"), make_proof(token, host, challenge).encode()
    ):
        raise Stranger(is_service=PROOF in headers)


def is_proven(url: str, token: str, *, timeout: float) -> bool:
    """Whether the service at an address of this machine answers and knows the token, which is not sent."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=timeout) as connection:
            ask_for_proof(connection.sendall, connection.recv, host_of(url), token)
    except (OSError, ValueError, Stranger):
        return False
    return True


def _more(receive: Callable[[int], bytes], before: bytes) -> bytes:
    piece = receive(MOST)
    if not piece:
        raise ConnectionError("it ended the connection")
    if len(before) + len(piece) > MOST:
        raise Stranger(is_service=False)
    return piece
