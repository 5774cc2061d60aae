"""Request bodies, up to a size and without long pauses."""

from __future__ import annotations

import asyncio

from starlette.types import Message, Receive, Scope

from ..config import Limits
from .problems import Problem


def limit_body(scope: Scope, receive: Receive, limits: Limits) -> Receive:
    """Return a ``receive`` that raises Problem when a body is larger, or pauses longer, than the limits allow.

    Raises:
        Problem: the announced length is too much already.
    """
    most = limits.file if scope["method"] == "PUT" else limits.text
    for name, value in scope["headers"]:
        if name == b"content-length" and (not value.isdigit() or len(value) > 18 or int(value) > most):
            raise _too_large(most)
    seen, ended = 0, False

    async def receive_bounded() -> Message:
        nonlocal seen, ended
        if ended:  # what follows the body is the end of the connection, which may take as long as it likes
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), limits.idle_body)
        except TimeoutError:
            said = "The body of the request stopped coming; send it again."
            # What still came of it later could not be told from a new request.
            raise Problem(408, "slow", said, headers={"connection": "close"}) from None
        seen += len(message.get("body", b""))
        if seen > most:
            raise _too_large(most)
        ended = not message.get("more_body", False)
        return message

    return receive_bounded


def _too_large(most: int) -> Problem:
    return Problem(413, "too-large", f"The body is larger than the {most} bytes that are taken here.")
