"""The seconds that a run will still take, from how much of its work was done when."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

CHUNKS = 100
"""Equal parts of the work, each of which has a pace."""
SETTLED = 0.1
"""The part of the work after which something can be said; what was skipped does not count."""
STALLED = 5.0
"""How many times as long as both beside it a chunk takes that was held up by something else."""
RECENCY, FIRST = 4, 15
"""A chunk counts by this power of its number, the numbers beginning with that: the first few count about alike."""
SOONEST = 5.0
"""Seconds of work before which nothing is said."""


class TimeLeft:
    """An estimate of the seconds left, told each step of a run.

    The work is cut into equal chunks, and each has a pace, its seconds. A chunk that took far longer than those beside
    it was a stall (another program, a sleeping machine) and is taken for as slow as they are. The pace of what is left
    is the mean, in which the newest chunks count most: a run is not everywhere as fast as it began.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        """Begin now.

        Args:
            clock: returns seconds.
        """
        self._clock = clock
        self._at, self._done = clock(), 0.0
        self._spent, self._pending = 0.0, 0.0
        self._seconds, self._covered = [0.0] * CHUNKS, [0.0] * CHUNKS

    def update(self, done: float, *, timed: bool = True) -> float | None:
        """Take how much of the work is done, and return the seconds left; None as long as they cannot be told.

        Args:
            done: of the whole work, 0 to 1.
            timed: whether the work since the last step took the time since then. False where it was left out, or
                where something else took the time.
        """
        now = self._clock()
        passed, self._at = now - self._at, now
        first, self._done = self._done, max(done, self._done)
        if timed:
            self._spent += passed
            self._pending += passed
            if self._done > first:
                self._spread(first, self._done)
        else:
            self._pending = 0.0
        return self._estimate()

    def _spread(self, first: float, last: float) -> None:
        """Give the seconds that passed to the chunks that they were spent on."""
        pace, self._pending = self._pending / (last - first), 0.0
        for chunk in range(int(first * CHUNKS), CHUNKS):
            part = min(last, (chunk + 1) / CHUNKS) - max(first, chunk / CHUNKS)
            if part <= 0:
                break
            self._seconds[chunk] += pace * part
            self._covered[chunk] += part

    def _estimate(self) -> float | None:
        left, covered = 1 - self._done, sum(self._covered)
        if self._done >= 1:
            return 0.0
        if self._spent < SOONEST - 1e-9 or covered < SETTLED * (covered + left) - 1e-9:
            return None
        enough = 0.5 / CHUNKS
        paces = [s / part for s, part in zip(self._seconds, self._covered, strict=True) if part >= enough]
        return left * _mean_pace(paces) if paces else None


def _mean_pace(paces: Sequence[float]) -> float:
    """Return the mean of paces, the newest counting most; a stall counts as what is beside it."""
    calm = []
    for at, pace in enumerate(paces):
        beside = max((*paces[max(0, at - 1) : at], *paces[at + 1 : at + 2]), default=pace)
        calm.append(beside if pace > STALLED * beside else pace)
    weights = [math.pow(FIRST + number, RECENCY) for number in range(len(paces))]
    return sum(weight * pace for weight, pace in zip(weights, calm, strict=True)) / sum(weights)
