"""The interface of a store of jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from svbrdf_core.codec.plain import JsonObject

from .common import Batch, Job, JobEvent, NewJob, State


class BatchStore(Protocol):
    """Keeps batches, as a `JobStore` keeps jobs. Every method is one transaction."""

    def add(
        self, batch_id: str, name: str, jobs: Sequence[NewJob], *, key: str | None, asked: str = "", most: int
    ) -> Batch:
        """Keep a new batch with all of its jobs; the batch of the same ``key`` if there is one already.

        Raises:
            QueueFull: with these, more than ``most`` jobs would wait.
        """
        ...

    def get(self, batch_id: str) -> Batch | None:
        """Return a batch."""
        ...

    def by_key(self, key: str) -> Batch | None:
        """Return the batch that was added under a key."""
        ...

    def newest(self, *, before: int | None = None, count: int = 50) -> Sequence[Batch]:
        """Return batches, the newest first, of numbers below ``before``."""
        ...

    def jobs(self, batch_id: str, *, after: int = 0, count: int = 50, states: Sequence[State] = ()) -> Sequence[Job]:
        """Return the jobs of a batch in the order of their rows, of rows behind ``after``."""
        ...

    def cancel(self, batch_id: str) -> Sequence[Job]:
        """Make the waiting jobs of a batch cancelled and the running ones cancelling; return these as they are then."""
        ...

    def retry(self, batch_id: str, jobs: Sequence[NewJob], *, most: int) -> Sequence[str]:
        """Put new jobs in the rows of those that they are retries of, and return which were taken.

        One is left out when the row is no longer its parent's, or the parent has not ended: of two that try at once
        each row is done again once.

        Raises:
            QueueFull: with these, more than ``most`` jobs would wait.
        """
        ...

    def remove(self, batch_id: str) -> Sequence[str] | None:
        """Forget a batch and all of its jobs, and return their ids; None, and nothing, if one has not ended."""
        ...


class JobStore(Protocol):
    """Keeps jobs through ends of the process, even sudden ones. Every method is one transaction.

    Raises:
        StoreBusy: (any method) it cannot be used now.
        StoreError: (any method) it is damaged.
    """

    @property
    def batches(self) -> BatchStore:
        """Jobs that were accepted together."""
        ...

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

    def newest(
        self, *, before: int | None = None, count: int = 50, states: Sequence[State] = (), alone: bool = False
    ) -> Sequence[Job]:
        """Return jobs, the newest first, of numbers below ``before``; only those of no batch if ``alone``."""
        ...

    def count(self, states: Sequence[State]) -> int:
        """Return how many jobs are in one of the states."""
        ...

    def places(self) -> Mapping[int, int]:
        """Return how many waiting jobs are begun before each waiting one, by its number."""
        ...

    def claim(self) -> Job | None:
        """Make the waiting job whose turn it is (see `turns`) a running one, for this caller alone."""
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
        """Forget a job that has ended, and its batch with the last; False if it has not."""
        ...

    def events(self, job_id: str, after: int, count: int = 200) -> Sequence[JobEvent]:
        """Return what happened after a number; of progress only the last is sure to be kept."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...
