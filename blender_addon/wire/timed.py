"""A socket comes in; a file to read from it goes out, on which no one waits for ever and every wait can be stopped."""

from __future__ import annotations

import io
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

from .errors import Stopped

SLICE = 0.2
"""Seconds between two looks at whether the caller wants to stop."""
PIECE = 2**20


def never() -> bool:
    """Stop never."""
    return False


class Clock:
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
        self.heard()

    def sent(self) -> None:
        """Note that the request went over."""
        self.heard()
        self._end = time.monotonic() + self._idle

    def answered(self) -> None:
        """Note that the headers of the answer came."""
        self._end = float("inf") if self._body is None else time.monotonic() + self._body

    def heard(self) -> None:
        """Note that something went over."""
        self._until = time.monotonic() + self._idle

    def wait(self) -> float:
        """Return how many seconds to wait now.

        Raises:
            TimeoutError: it has been too long.
            Stopped: nobody waits any more.
        """
        if self._stop():
            raise Stopped
        left = min(self._until, self._end) - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return min(left, SLICE)


class Reader(io.RawIOBase):
    """What comes over a socket, by a clock."""

    def __init__(self, connection: socket.socket, clock: Clock) -> None:
        self._socket, self._clock = connection, clock
        self._held = connection.makefile("rb", buffering=0)  # keeps the socket open, as http.client expects of its file

    def readable(self) -> bool:
        """See io."""
        return True

    def readinto(self, room: Any) -> int:
        """See io; raises what the clock does."""
        while True:
            self._socket.settimeout(self._clock.wait())
            try:
                count = self._socket.recv_into(room)
            except TimeoutError:
                continue
            self._clock.heard()
            return count

    def close(self) -> None:
        """See io."""
        if not self.closed:
            self._held.close()
        super().close()


def send(connection: socket.socket, pieces: Iterable[memoryview], clock: Clock, told: Callable[[int], None]) -> None:
    """Send bytes by a clock; ``told`` hears how many went over."""
    for piece in pieces:
        at = 0
        while at < piece.nbytes:
            connection.settimeout(clock.wait())
            try:
                count = connection.send(piece[at : at + PIECE])
            except TimeoutError:
                continue
            clock.heard()
            at += count
            told(count)
