"""An answer's connection comes in; its headers and body go out, bounded in size and time."""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .timed import Clock, Reader

ROOM = 2**16
"""Bytes that are read ahead."""


@dataclass(frozen=True)
class Answer:
    """What came back; the names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: memoryview


class Response(http.client.HTTPResponse):
    """An answer that is read by a clock."""

    def __init__(self, connection: socket.socket, *arguments: Any, clock: Clock, **more: Any) -> None:
        super().__init__(connection, *arguments, **more)
        self.fp.close()
        self.fp = io.BufferedReader(Reader(connection, clock), ROOM)


def body_of(response: http.client.HTTPResponse, most: int) -> memoryview:
    """Return the whole body.

    Raises:
        OverflowError: it is larger than it may be.
        IncompleteRead: it ends early.
    """
    if response.length is None:
        data = response.read(most + 1)
        if len(data) > most:
            raise OverflowError
        return memoryview(data)
    if response.length > most:
        raise OverflowError
    length, at = response.length, 0
    room = np.empty(length, np.uint8).data  # the system gives it page by page, so a lie costs nothing
    while at < length:
        if not (count := response.readinto(room[at:])):
            raise http.client.IncompleteRead(b"", length - at)
        at += count
    response.read()
    return room


def headers_of(response: http.client.HTTPResponse) -> dict[str, str]:
    """Return the headers of an answer, their names in small letters."""
    return {name.lower(): value for name, value in response.getheaders()}
