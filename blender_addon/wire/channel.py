"""Requests go out over connections that are kept; answers come in, bounded in size and time, or Trouble."""

from __future__ import annotations

import contextlib
import functools
import http.client
import ssl
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from . import timed
from .answers import explained
from .response import Answer, Response, body_of, headers_of
from .timed import Clock

CONNECT = 10.0
"""Seconds for making a connection."""
IDLE = 8
"""Connections that are kept for the next request."""


@dataclass(frozen=True)
class Call:
    """One request.

    Attributes:
        method: of HTTP.
        path: with its query.
        headers: all but Host and the body's length.
        size: bytes of the body; None for none.
        pieces: gives the body, from its beginning each time.
        told: hears of each piece that went over, by its size.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    size: int | None = None
    pieces: Callable[[], Iterable[memoryview]] = tuple
    told: Callable[[int], None] = lambda count: None


class Channel:
    """Connections to one address; safe to use from several threads."""

    def __init__(self, url: str) -> None:
        self.url = url
        parts = urlsplit(url)
        self._secure, self._host = parts.scheme == "https", parts.hostname or ""
        self._port = parts.port or (443 if self._secure else 80)
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def ask(self, call: Call, clock: Callable[[], Clock], most: int) -> Answer:
        """Return the answer to a request, which is sent once more if a kept connection was closed meanwhile.

        Raises:
            Trouble: there is no answer, or it has more than ``most`` bytes.
            Stopped: the caller wants none any more.
        """
        with self.open(call, clock) as response:
            body = body_of(response, most)
            return Answer(response.status, headers_of(response), body)

    @contextlib.contextmanager
    def open(self, call: Call, clock: Callable[[], Clock]) -> Iterator[http.client.HTTPResponse]:
        """Give an answer whose body is read as it comes.

        Raises:
            Trouble: there is no answer, or it breaks off.
            Stopped: the caller wants none any more.
        """
        with explained(self.url):
            connection, response = self._sent(call, clock)
            try:
                yield response
                if connection is not None and response.isclosed() and not response.will_close:
                    self._keep(connection)
                    connection = None
            finally:
                response.close()
                if connection is not None:
                    connection.close()

    def close(self) -> None:
        """Close the connections that are kept."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _sent(
        self, call: Call, clock: Callable[[], Clock]
    ) -> tuple[http.client.HTTPConnection | None, http.client.HTTPResponse]:
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        if kept is not None:
            with contextlib.suppress(ConnectionError):  # it was closed while nobody looked
                return kept, _exchange(kept, call, clock())
        new = self._made()
        return new, _exchange(new, call, clock())

    def _made(self) -> http.client.HTTPConnection:
        if self._secure:
            return http.client.HTTPSConnection(self._host, self._port, timeout=CONNECT, context=_context())
        return http.client.HTTPConnection(self._host, self._port, timeout=CONNECT)

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        with self._lock:
            if len(self._idle) < IDLE:
                self._idle.append(connection)
                return
        connection.close()


def _exchange(connection: http.client.HTTPConnection, call: Call, clock: Clock) -> http.client.HTTPResponse:
    """Send a request and return the answer, of which the headers were read."""
    try:
        connection.response_class = functools.partial(Response, clock=clock)  # type: ignore[assignment]
        clock.wait()
        connection.putrequest(call.method, call.path, skip_accept_encoding=True)
        for name, value in call.headers.items():
            connection.putheader(name, value)
        if call.size is not None:
            connection.putheader("Content-Length", str(call.size))
        connection.endheaders()
        clock.heard()
        try:
            timed.send(connection.sock, call.pieces(), clock, call.told)
        except ConnectionError:
            # A service that refuses a body by its headers answers, and reads no more.
            with contextlib.suppress(OSError, http.client.HTTPException):
                return _answer(connection, clock)
            raise
        return _answer(connection, clock)
    except BaseException:
        connection.close()
        raise


def _answer(connection: http.client.HTTPConnection, clock: Clock) -> http.client.HTTPResponse:
    clock.sent()
    response = connection.getresponse()
    clock.answered()
    return response


@functools.cache
def _context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    if sys.platform == "darwin":
        import certifi  # Blender's Python brings it, and knows no other certificates on this system

        context.load_verify_locations(certifi.where())
    return context
