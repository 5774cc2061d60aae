"""News of one fill comes in; its status, whole at every moment, goes out to any thread."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

from .status import ENDED, Status


class Board:
    """Where a fill's thread writes how far it is, and others read it and say that they want it no more."""

    def __init__(self, job: str | None) -> None:
        self._began = self._told = time.monotonic()
        self._lock = threading.Lock()
        self._status = Status(job=job)
        self.unwanted = threading.Event()
        self._since = float("inf")

    @property
    def status(self) -> Status:
        """How far it is, now."""
        with self._lock:
            status, told = self._status, self._told
        if status.phase in ENDED:
            return status
        now = time.monotonic()
        left = None if status.left is None else max(status.left - (now - told), 0.0)
        return replace(status, elapsed=now - self._began, left=left)

    def cancel(self) -> None:
        """Note that nobody wants it any more."""
        if not self.unwanted.is_set():
            self._since = time.monotonic()
            self.unwanted.set()
        self.say()

    def unwanted_for(self, seconds: float) -> bool:
        """Whether nobody has wanted it for so long."""
        return time.monotonic() - self._since > seconds

    def say(self, **changed: Any) -> None:
        """Change the status; what has ended, or is not wanted any more, takes no other phase but its end.

        Any news says that there is no obstacle, unless it names one.
        """
        with self._lock:
            if self._status.phase in ENDED:
                return
            if self.unwanted.is_set() and changed.get("phase") not in ENDED:
                changed |= {"phase": "cancelling", "fraction": None, "left": None}
            self._told = time.monotonic()
            self._status = replace(self._status, elapsed=self._told - self._began, **{"obstacle": None, **changed})
