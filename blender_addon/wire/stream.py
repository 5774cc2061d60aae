"""The lines of a stream of events come in; numbered events go out."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any

from .answers import stranger

LONGEST = 2**24
"""Bytes of a line, and of an event."""
Event = tuple[int, str, dict[str, Any]]


def events(response: http.client.HTTPResponse, url: str) -> Iterator[Event]:
    """Return the events of an answer: number, kind and what it says; number 0 if it has none.

    A comment, by which the service says only that it lives, is an event of the kind ``quiet``.

    Raises:
        Trouble: they are not what a service says.
        OverflowError: one is larger than it may be.
    """
    fields: dict[str, str] = {}
    size = 0
    while line := response.readline(LONGEST):
        size += len(line)
        if size > LONGEST:
            raise OverflowError
        text = str(line, "utf-8").rstrip("\r\n")
        if text.startswith(":"):
            yield 0, "quiet", {}
        elif text:
            name, _, value = text.partition(":")
            fields[name] = value.removeprefix(" ")
            continue
        elif "data" in fields:
            yield _event(fields, url)
        fields, size = {}, 0


def _event(fields: dict[str, str], url: str) -> Event:
    try:
        number = int(fields.get("id", "0"))
        found = json.loads(fields["data"])
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise stranger(url, 200)
    return number, fields.get("event", ""), found
