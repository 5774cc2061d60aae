"""HTTP/1.1 transport: a pool of kept connections, with deadlines, size limits and a stop check on every wait.

A request goes in; the answer comes out, whole or as a stream, or a UserError. ``http.client`` waits on a socket with
one fixed timeout. Here every read and write waits by a `Deadline` instead, in slices short enough to look at whether
the caller still wants the answer.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import io
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from .errors import Stopped, not_a_service, parse_refusal, translate_errors
from .gate import GATE, SLICE
from .proof import CHALLENGE, PATH, PROOF, check_proof, make_challenge, make_proof

CONNECT_TIMEOUT = 10.0
"""Seconds for making a connection."""
MAX_IDLE = 8
"""Connections that are kept for the next request."""
SEND_BYTES = 2**20
READ_AHEAD = 2**16
MAX_PROOF_BYTES = 2**16
"""Of what is answered to the question for a proof."""


@dataclass(frozen=True)
class HttpRequest:
    """One request.

    Attributes:
        method: of HTTP.
        path: with its query.
        headers: all but Host and the body's length.
        size: bytes of the body; None for none.
        pieces: gives the body, from its beginning each time.
        on_sent: hears of each piece that went over, by its size.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    size: int | None = None
    pieces: Callable[[], Iterable[memoryview]] = tuple
    on_sent: Callable[[int], None] = lambda count: None


@dataclass(frozen=True)
class HttpAnswer:
    """What came back; the names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: memoryview


def never() -> bool:
    """Stop never."""
    return False


class Deadline:
    """How long to wait: for the next byte, for an answer's headers, and for its body."""

    def __init__(self, idle: float, body: float | None = None, stop: Callable[[], bool] = never) -> None:
        """Start.

        Args:
            idle: seconds without a byte after which the other side is given up; headers must have come by then.
            body: seconds for the whole body of the answer; None for as long as something comes.
            stop: whether the caller wants to stop; asked often.
        """
        self._idle, self._body, self._stop = idle, body, stop
        self._end = float("inf")
        self.extend()

    def extend(self) -> None:
        """Wait anew for the next byte, since one went over."""
        self._until = time.monotonic() + self._idle

    def start_headers(self) -> None:
        """Begin to wait for the headers of the answer: the request went over."""
        self.extend()
        self._end = time.monotonic() + self._idle

    def start_body(self) -> None:
        """Begin to wait for the body of the answer: its headers came."""
        self._end = float("inf") if self._body is None else time.monotonic() + self._body

    def wait(self) -> float:
        """Return how many seconds to wait now; time for which the gate holds this thread up does not count.

        Raises:
            TimeoutError: it has been too long.
            Stopped: nobody waits any more.
        """
        if self._stop():
            raise Stopped
        held = GATE.pause()
        self._until, self._end = self._until + held, self._end + held
        left = min(self._until, self._end) - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, SLICE)


class ConnectionPool:
    """Connections to one address, each of which has proven to be the service's; safe to use from several threads."""

    def __init__(self, url: str, token: str) -> None:
        self.url, self._token = url, token
        parts = urlsplit(url)
        self._secure, self._host = parts.scheme == "https", parts.hostname or ""
        usual = 443 if self._secure else 80
        self._port = parts.port or usual
        self._netloc = parts.netloc.removesuffix(f":{usual}")
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def request(self, request: HttpRequest, start: Callable[[], Deadline], max_bytes: int) -> HttpAnswer:
        """Return the answer to a request, which is sent once more if a kept connection was closed meanwhile.

        Args:
            request: what to send.
            start: gives the deadline, which starts then.
            max_bytes: of the answer's body.

        Raises:
            UserError: there is no answer, or it has more bytes.
            Stopped: the caller wants none any more.
        """
        with self.stream(request, start) as response:
            body = read_body(response, max_bytes)
            return HttpAnswer(response.status, read_headers(response), body)

    @contextlib.contextmanager
    def stream(self, request: HttpRequest, start: Callable[[], Deadline]) -> Iterator[http.client.HTTPResponse]:
        """Give an answer whose body is read as it comes.

        Raises:
            UserError: there is no answer, or it breaks off.
            Stopped: the caller wants none any more.
        """
        with translate_errors(self.url):
            connection, response = self._send(request, start)
            reusable = False
            try:
                yield response
                reusable = response.isclosed() and not response.will_close
            finally:
                response.close()
                if reusable:
                    self._keep(connection)
                else:
                    connection.close()

    def close(self) -> None:
        """Close the connections that are kept."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _send(
        self, request: HttpRequest, start: Callable[[], Deadline]
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        if kept is not None:
            with contextlib.suppress(ConnectionError):  # it was closed while nobody looked
                return kept, _exchange(kept, request, start())
        new = self._make_connection()
        self._ask_for_proof(new, start())
        return new, _exchange(new, request, start())

    def _ask_for_proof(self, connection: http.client.HTTPConnection, deadline: Deadline) -> None:
        """Make sure that the other end knows the token, since another program may have taken the port at any time.

        Raises:
            UserError: it does not; the connection is closed.
        """
        challenge = make_challenge()
        response = _exchange(connection, HttpRequest("GET", PATH, {CHALLENGE: challenge}), deadline)
        try:
            body, headers = read_body(response, MAX_PROOF_BYTES), read_headers(response)
            if response.status != 200:
                raise parse_refusal(self.url, self._token, response.status, headers, body)
            check_proof(self.url, make_proof(self._token, self._netloc, challenge), headers.get(PROOF))
            if response.will_close:
                raise not_a_service(self.url)  # what follows would go over a new connection, unproven
        except BaseException:
            connection.close()
            raise
        finally:
            response.close()

    def _make_connection(self) -> http.client.HTTPConnection:
        if self._secure:
            return http.client.HTTPSConnection(
                self._host, self._port, timeout=CONNECT_TIMEOUT, context=_make_ssl_context()
            )
        return http.client.HTTPConnection(self._host, self._port, timeout=CONNECT_TIMEOUT)

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if len(self._idle) < MAX_IDLE:
                self._idle.append(connection)
                return
        connection.close()


def read_body(response: http.client.HTTPResponse, max_bytes: int) -> memoryview:
    """Return the whole body.

    Raises:
        OverflowError: it is larger than it may be.
        IncompleteRead: it ends early.
    """
    if response.length is None:
        data = response.read(max_bytes + 1)
        if len(data) > max_bytes:
            raise OverflowError
        return memoryview(data)
    if response.length > max_bytes:
        raise OverflowError
    length, at = response.length, 0
    room = np.empty(length, np.uint8).data  # the system gives it page by page, so a lie costs nothing
    while at < length:
        if not (count := response.readinto(room[at:])):
            raise http.client.IncompleteRead(b"", length - at)
        at += count
    response.read()
    return room


def read_headers(response: http.client.HTTPResponse) -> dict[str, str]:
    """Return the headers of an answer, their names in small letters."""
    return {name.lower(): value for name, value in response.getheaders()}


class _TimedReader(io.RawIOBase):
    """A socket's incoming bytes, read by a deadline."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._socket, self._deadline = connection, deadline
        self._file = connection.makefile("rb", buffering=0)  # keeps the socket open, as http.client expects of its file

    def readable(self) -> bool:
        """See io."""
        return True

    def readinto(self, room: Any) -> int:
        """See io; raises what the deadline does."""
        while True:
            self._socket.settimeout(self._deadline.wait())
            try:
                count = self._socket.recv_into(room)
            except TimeoutError:
                continue
            self._deadline.extend()
            return count

    def close(self) -> None:
        """See io."""
        if not self.closed:
            self._file.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    """An answer that is read by a deadline."""

    def __init__(self, connection: socket.socket, *arguments: Any, deadline: Deadline, **more: Any) -> None:
        super().__init__(connection, *arguments, **more)
        self.fp.close()
        self.fp = io.BufferedReader(_TimedReader(connection, deadline), READ_AHEAD)


def _exchange(
    connection: http.client.HTTPConnection, request: HttpRequest, deadline: Deadline
) -> http.client.HTTPResponse:
    """Send a request and return the answer, of which the headers were read."""
    try:
        connection.response_class = functools.partial(_TimedResponse, deadline=deadline)  # type: ignore[assignment]
        deadline.wait()
        if connection.sock is None:
            with GATE.resting():
                connection.connect()
        connection.putrequest(request.method, request.path, skip_accept_encoding=True)
        for name, value in request.headers.items():
            connection.putheader(name, value)
        if request.size is not None:
            connection.putheader("Content-Length", str(request.size))
        connection.endheaders()
        deadline.extend()
        try:
            _send_pieces(connection.sock, request.pieces(), deadline, request.on_sent)
        except ConnectionError:
            # A service that refuses a body by its headers answers, and reads no more.
            with contextlib.suppress(OSError, http.client.HTTPException):
                return _read_answer(connection, deadline)
            raise
        return _read_answer(connection, deadline)
    except BaseException:
        connection.close()
        raise


def _send_pieces(
    connection: socket.socket, pieces: Iterable[memoryview], deadline: Deadline, on_sent: Callable[[int], None]
) -> None:
    """Send bytes by a deadline; ``on_sent`` hears how many went over."""
    for piece in pieces:
        at = 0
        while at < piece.nbytes:
            connection.settimeout(deadline.wait())
            try:
                count = connection.send(piece[at : at + SEND_BYTES])
            except TimeoutError:
                continue
            deadline.extend()
            at += count
            on_sent(count)


def _read_answer(connection: http.client.HTTPConnection, deadline: Deadline) -> http.client.HTTPResponse:
    deadline.start_headers()
    response = connection.getresponse()
    deadline.start_body()
    return response


@functools.cache
def _make_ssl_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    if sys.platform == "darwin":
        import certifi  # Blender's Python brings it, and knows no other certificates on this system

        context.load_verify_locations(certifi.where())
    return context
