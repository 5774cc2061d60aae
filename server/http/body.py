"""Request bodies, up to a size and a depth, and not too slowly."""

from __future__ import annotations

import asyncio
import re
import time

from starlette.types import Message, Receive, Scope

from ..config import Limits
from .problems import Problem

DEEPEST = 64
"""Objects and lists within each other in a JSON body."""
_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)  # one without an end goes to the end
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def limit_body(scope: Scope, receive: Receive, limits: Limits) -> Receive:
    """Return a ``receive`` that raises Problem when a body is larger, deeper or slower than the limits allow.

    Raises:
        Problem: the announced length is too much already.
    """
    most = limits.file if scope["method"] == "PUT" else limits.text
    for name, value in scope["headers"]:
        if name == b"content-length" and (not value.isdigit() or len(value) > 18 or int(value) > most):
            raise _too_large(most)
    return _Bounded(receive, limits, most, is_json=scope["method"] == "POST").receive


class _Bounded:
    """One body on its way in."""

    def __init__(self, receive: Receive, limits: Limits, most: int, *, is_json: bool) -> None:
        self._receive, self._limits, self._most = receive, limits, most
        self._text = bytearray() if is_json else None
        self._seen, self._ended = 0, False
        self._waited, self._came = 0.0, 0

    async def receive(self) -> Message:
        """See ASGI."""
        if self._ended:  # what follows the body is the end of the connection, which may take as long as it likes
            return await self._receive()
        start = time.monotonic()
        try:
            message = await asyncio.wait_for(self._receive(), self._limits.idle_body)
        except TimeoutError:
            raise _too_slow() from None
        piece = message.get("body", b"")
        self._check_rate(time.monotonic() - start, len(piece))
        self._seen += len(piece)
        if self._seen > self._most:
            raise _too_large(self._most)
        self._ended = not message.get("more_body", False)
        if self._text is not None:
            self._text += piece
            if self._ended:
                _check_depth(bytes(self._text))
        return message

    def _check_rate(self, waited: float, came: int) -> None:
        """Refuse a body that came too slowly for a while; only the time that it was waited for is counted."""
        self._waited += waited
        self._came += came
        if self._waited >= self._limits.idle_body:
            if self._came < self._limits.body_rate * self._waited:
                raise _too_slow()
            self._waited, self._came = 0.0, 0


def _check_depth(text: bytes) -> None:
    """Refuse JSON that is nested too deeply, before anything walks through it."""
    if text.count(b"[") + text.count(b"{") <= DEEPEST:
        return
    brackets = _TEXT.sub(b"", text).translate(None, _NOT_BRACKETS)
    for _ in range(DEEPEST):  # each round takes the innermost away
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    if b"[]" in brackets or b"{}" in brackets or brackets.count(b"[") + brackets.count(b"{") > DEEPEST:
        raise Problem(422, "invalid", f"The body has more than {DEEPEST} objects and lists within each other.")


def _too_slow() -> Problem:
    said = "The body of the request came too slowly or stopped; send it again."
    # What still came of it later could not be told from a new request.
    return Problem(408, "slow", said, headers={"connection": "close"})


def _too_large(most: int) -> Problem:
    return Problem(413, "too-large", f"The body is larger than the {most} bytes that are taken here.")
