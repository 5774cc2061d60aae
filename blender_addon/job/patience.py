"""Trouble comes in; how long to wait before the next try goes out, or the Trouble itself where that is no use."""

from __future__ import annotations

import time

from ..wire import Trouble

LONGEST = 5.0
"""Seconds between two tries."""
BUSY = 15.0
"""Seconds to wait for a full queue where the service does not say."""
QUEUE = 1800.0
"""Seconds after which a queue that stays full is given up."""


class Patience:
    """How often and how long something is tried again."""

    def __init__(self, seconds: float, tries: int = 3) -> None:
        """Begin.

        Args:
            seconds: for a service that is gone, or is started anew.
            tries: for one that says it is broken.
        """
        self._seconds, self._tries = seconds, tries
        self.heard()

    def heard(self) -> None:
        """Note that something went well."""
        self._since: float | None = None
        self._count = 0

    def after(self, trouble: Trouble, *, renewable: bool) -> float:
        """Return the seconds to wait after some trouble.

        Args:
            trouble: what went wrong.
            renewable: whether the service may turn up elsewhere, with another token.

        Raises:
            Trouble: trying again would be no use.
        """
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        self._count += 1
        if not self._hopes(trouble, now - self._since, renewable):
            raise trouble
        if trouble.kind == "busy":
            return trouble.wait or BUSY
        return min(0.2 * 2.0 ** min(self._count, 8), LONGEST)

    def _hopes(self, trouble: Trouble, passed: float, renewable: bool) -> bool:
        if trouble.kind == "busy":
            return passed < QUEUE
        if trouble.kind == "broken" and trouble.wait is None:
            return self._count < self._tries
        if trouble.kind in ("absent", "lost", "broken"):
            return passed < self._seconds
        return renewable and trouble.kind in ("refused", "stranger") and passed < self._seconds
