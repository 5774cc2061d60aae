"""The interface of a store of jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from svbrdf_core.codec.plain import JsonObject

from .common import Job, JobEvent, State


class JobStore(Protocol):
    """Keeps jobs through ends of the process, even sudden ones. Every method is one transaction.

    Raises:
        StoreBusy: (any method) it cannot be used now.
        StoreError: (any method) it is damaged.
    """

    def add(
        self, job_id: str, material: str, request: JsonObject, hole: JsonObject, *, parent: JsonObject | None = None,
        key: str | None, asked: str = "", most: int,
    ) -> Job:  # fmt: skip
        """Keep a new job, on disk when this returns; the job of the same ``key`` if there is one already.

        ``asked`` is the digest of what was sent under the key.

        Raises:
            QueueFull: ``most`` jobs wait.
        """
        ...

    def get(self, job_id: str) -> Job | None:
        """Return a job."""
        ...

    def by_key(self, key: str) -> Job | None:
        """Return the job that was added under a key."""
        ...

    def newest(self, *, before: int | None = None, count: int = 50, states: Sequence[State] = ()) -> Sequence[Job]:
        """Return jobs, the newest first, of numbers below ``before``."""
        ...

    def count(self, states: Sequence[State]) -> int:
        """Return how many jobs are in one of the states."""
        ...

    def count_ahead(self, number: int) -> int:
        """Return how many waiting jobs are before the one of a number."""
        ...

    def claim(self) -> Job | None:
        """Make the oldest waiting job a running one, for this caller alone."""
        ...

    def cancel(self, job_id: str) -> Job | None:
        """Make a waiting job cancelled and a running one cancelling; others stay as they are."""
        ...

    def finish(
        self, job_id: str, state: State, *, reason: str = "", kind: str = "", result: JsonObject | None = None
    ) -> Job | None:
        """End a running job; one that is being cancelled ends cancelled whatever ``state`` says."""
        ...

    def set_progress(self, job_id: str, progress: JsonObject) -> None:
        """Keep how far a running job is."""
        ...

    def count_preview(self, job_id: str) -> None:
        """Count a new preview."""
        ...

    def interrupt(self, reason: str, *, resume: bool, attempts: int) -> Sequence[Job]:
        """End all running jobs as interrupted, or make them wait again; return those that ended.

        Args:
            reason: why.
            resume: make those wait again that were begun less than ``attempts`` times; the others have failed.
            attempts: how often a job may be begun.
        """
        ...

    def remove(self, job_id: str) -> bool:
        """Forget a job that has ended; False if it has not."""
        ...

    def events(self, job_id: str, after: int, count: int = 200) -> Sequence[JobEvent]:
        """Return what happened after a number; of progress only the last is sure to be kept."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...
