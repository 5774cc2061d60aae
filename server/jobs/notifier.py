"""Notifications of those who follow a job."""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections.abc import Iterator


class Notifier:
    """Wakes readers; what there is to read is in the store, so that nothing piles up for a slow one.

    Attributes:
        closing: whether everything ends.
        streams: how many readers there are.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, weakref.WeakSet[asyncio.Event]] = {}
        self.closing = False
        self.streams = 0

    def notify(self, job_id: str) -> None:
        """Wake all readers of a job."""
        for event in self._waiting.get(job_id, ()):
            event.set()

    def subscribe(self, job_id: str) -> asyncio.Event:
        """Return an event that is set whenever something happens to a job, for as long as it is held."""
        event = asyncio.Event()
        self._waiting.setdefault(job_id, weakref.WeakSet()).add(event)
        for other in [name for name, held in self._waiting.items() if not held]:
            del self._waiting[other]
        return event

    @contextlib.contextmanager
    def stream(self) -> Iterator[None]:
        """Count a reader."""
        self.streams += 1
        try:
            yield
        finally:
            self.streams -= 1

    def close(self) -> None:
        """Wake everyone for the last time."""
        self.closing = True
        for held in self._waiting.values():
            for event in held:
                event.set()
