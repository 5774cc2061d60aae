"""Connections: how many there may be, how long each may take over what it sends and reads, and how large headers are.

A subclass of uvicorn's protocol, because each byte passes here: uvicorn itself bounds none of this, and what stands
behind it sees a request only when its headers are complete.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import socket
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..config import Limits
from .problems import MEDIA, Problem

MOST_HEADERS = 2**15
"""Bytes of the request line and all headers together; as much may surround the pieces of a body."""
FRAME = 16
"""Bytes that may go with each byte of a body besides: chunks of one byte have five."""
LINGER = 2.0
"""Seconds that a refused connection may take to read why."""
PIPELINE = 64
"""Requests that may be sent before the first is answered."""
ALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 20), ("TCP_KEEPCNT", 3))
"""When the system itself looks whether the other machine is still there."""


class Phase(enum.Enum):
    """What a connection is about."""

    IDLE = enum.auto()
    """Nothing of a request has come."""
    HEAD = enum.auto()
    """A request has begun to come."""
    BUSY = enum.auto()
    """A request is answered."""
    ENDING = enum.auto()
    """There will be no more."""


class Connections:
    """All open connections, the longest unchanged first; makes room for new ones.

    Attributes:
        limits: of the service.
        most: connections in all.
    """

    def __init__(self, limits: Limits, most: int) -> None:
        self.limits, self.most = limits, most
        self._open: dict[BoundedProtocol, None] = {}
        self._from: defaultdict[str, dict[BoundedProtocol, None]] = defaultdict(dict)

    def enter(self, new: BoundedProtocol) -> bool:
        """Take a connection in, for which the oldest one goes that nothing is done for; False if there is no room."""
        near = self._from[new.address]
        if len(near) >= self.limits.connections_each and not _end_first(near):
            return False
        if len(self._open) >= self.most and not _end_first(self._open):
            return False
        self._open[new] = self._from[new.address][new] = None
        return True

    def leave(self, one: BoundedProtocol) -> None:
        """Forget a connection that has ended."""
        self._open.pop(one, None)
        near = self._from[one.address]
        near.pop(one, None)
        if not near:  # addresses without a connection are forgotten
            del self._from[one.address]

    def refresh(self, one: BoundedProtocol) -> None:
        """Note that a connection has gone on to another phase."""
        for some in (self._open, self._from.get(one.address, {})):
            if one in some:
                del some[one]
                some[one] = None


def _end_first(some: Iterable[BoundedProtocol]) -> bool:
    """End the first connection of which nothing would be lost, else one whose other side reads nothing.

    In a flood the first is one to end: nothing is looked through for each that comes.
    """
    for spare in (BoundedProtocol.is_spare, BoundedProtocol.is_stalled):
        one = next(filter(spare, some), None)
        if one is not None:
            one.abort()
            return True
    return False


class BoundedProtocol(HttpToolsProtocol):
    """One connection, which ends by itself when the other side is too slow, says too much or reads nothing."""

    table: Connections
    """Set by `bounded`."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.address = ""
        self._phase = Phase.IDLE
        self._timer: asyncio.TimerHandle | None = None
        self._in_head = self._in_body = False
        self._head = self._frame = 0
        self._stalled = False

    def is_spare(self) -> bool:
        """Whether nothing is lost if it ends."""
        return self._phase is not Phase.BUSY

    def is_stalled(self) -> bool:
        """Whether the other side does not read what it has asked for."""
        return self._stalled

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See asyncio."""
        self.address = str((transport.get_extra_info("peername") or ("",))[0])
        if not self.table.enter(self):
            self._phase = Phase.ENDING
            self.transport = transport
            transport.abort()
            return
        _keep_alive(transport.get_extra_info("socket"))
        super().connection_made(transport)
        self._enter(Phase.IDLE, self.table.limits.head)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        self._cancel_timer()
        self.table.leave(self)
        if self.flow is not None:  # else it was never let in
            super().connection_lost(exc)

    def abort(self) -> None:
        """End now; what was not yet sent is lost."""
        self._phase = Phase.ENDING
        self._cancel_timer()
        self.table.leave(self)
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """See asyncio. Headers are fed in pieces that can be counted, so that none is put together of many."""
        if self._phase is Phase.ENDING:
            return  # read and dropped, so that the last answer can be read
        if self._phase is Phase.IDLE:
            self._enter(Phase.HEAD, self.table.limits.head)
        while data and not self._is_over():
            in_body = self._in_body
            size = len(data) if in_body else MOST_HEADERS + 1 - self._head
            piece, data = data[:size], data[size:]
            if in_body:
                self._frame += len(piece)
            super().data_received(piece)
            if self._in_head:
                self._head += 0 if in_body else len(piece)
            if self._head > MOST_HEADERS or self._frame > MOST_HEADERS:
                self._refuse()

    def on_message_begin(self) -> None:
        """See httptools."""
        super().on_message_begin()
        self._in_head, self._head = True, 0

    def on_headers_complete(self) -> None:
        """See httptools."""
        self._in_head, self._in_body, self._head, self._frame = False, True, 0, 0
        self._enter(Phase.BUSY)
        if len(self.pipeline) >= PIPELINE:
            raise ValueError("too many requests at once")  # which the parser makes a bad request
        if not self.url.startswith((b"/", b"*")):
            raise ValueError("an address with a host, which would count instead of the one that is checked")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """See httptools."""
        self._frame = max(0, self._frame - len(body) * (1 + FRAME))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """See httptools."""
        self._in_body = False
        super().on_message_complete()
        if self._phase is Phase.HEAD:  # it was answered before all of it had come
            self._enter(Phase.IDLE, self.table.limits.idle)

    def on_response_complete(self) -> None:
        """See uvicorn."""
        super().on_response_complete()
        self._unset_keepalive_if_required()  # ours ends it, whatever has come meanwhile
        limits = self.table.limits
        if self.transport.is_closing():
            self._enter(Phase.ENDING)
            self._watch_reading()
        elif not self.cycle.response_complete:
            return  # the next is answered already
        elif self._in_head or self._in_body:  # the rest of what was answered early may take no longer than headers
            self._enter(Phase.HEAD, limits.head)
        else:
            self._enter(Phase.IDLE, limits.idle)

    def pause_writing(self) -> None:
        """See asyncio."""
        super().pause_writing()
        self._stalled = True
        self._watch_reading()

    def resume_writing(self) -> None:
        """See asyncio."""
        super().resume_writing()
        self._stalled = False
        if self._phase is Phase.BUSY:
            self._cancel_timer()

    def _is_over(self) -> bool:
        return self._phase is Phase.ENDING or self.transport.is_closing()

    def _enter(self, phase: Phase, seconds: float | None = None) -> None:
        """Go on to a phase, which may take so many seconds."""
        self._phase = phase
        self.table.refresh(self)
        self._cancel_timer()
        if seconds is not None:
            self._timer = self.loop.call_later(seconds, self.abort)

    def _watch_reading(self, before: int | None = None) -> None:
        """End the connection when the other side reads nothing of what waits for it for too long."""
        left = self.transport.get_write_buffer_size()
        if before is not None and left >= before:
            self.abort()
            return
        self._cancel_timer()
        self._timer = self.loop.call_later(self.table.limits.stall, self._watch_reading, left)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _refuse(self) -> None:
        """Answer 431, and read on for a while without looking, so that the answer arrives."""
        cycle: Any = self.cycle  # None at first
        if cycle is None or cycle.response_complete:
            said = f"The headers of a request are larger than the {MOST_HEADERS} bytes that are taken here."
            body = Problem(431, "headers", said).body()
            head = (
                "HTTP/1.1 431 Request Header Fields Too Large\r\n"
                f"content-type: {MEDIA}\r\ncontent-length: {len(body)}\r\ncache-control: no-store\r\n"
                "x-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
            with contextlib.suppress(OSError, NotImplementedError):
                self.transport.write_eof()
            self._enter(Phase.ENDING, LINGER)
        else:
            self.abort()


def bounded(limits: Limits, most: int) -> type[BoundedProtocol]:
    """Return the protocol of a server whose connections share these limits, ``most`` of them at once."""
    return type("Bounded", (BoundedProtocol,), {"table": Connections(limits, most)})


def _keep_alive(connection: socket.socket | None) -> None:
    if connection is None:
        return
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in ALIVE:
            if hasattr(socket, name):
                connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
