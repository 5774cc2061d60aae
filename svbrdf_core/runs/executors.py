"""Executors: what runs tasks, each in a process of its own, on this machine or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from svbrdf_core.runs.pool import Pool, WorkOutcome


@dataclass(frozen=True)
class Task:
    """A piece of work.

    Attributes:
        number: by which its outcome is known.
        work: can be pickled.
        memory: bytes that it needs, about.
        on_graphics: whether it would use a graphics card.
    """

    number: int
    work: Callable[[], Any]
    memory: int
    on_graphics: bool = False


class Executor(Protocol):
    """Runs tasks, in ``with``, several lists of them one after the other; one that fails does not stop the others."""

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(self, *error: object) -> None:
        """End all work."""
        ...

    def run(self, tasks: Sequence[Task]) -> Iterator[WorkOutcome]:
        """Yield the outcome of each task as it comes, the first tasks begun first.

        What still runs when this is closed ends when the executor does, at the latest.
        """
        ...


class LocalExecutor:
    """Processes of this machine.

    Args:
        jobs: how many at a time.
        memory: bytes that those at work may need together; a task that needs more runs alone. None for any.
        seconds: the time one may take; None for any.
    """

    def __init__(self, jobs: int, memory: int | None = None, seconds: float | None = None) -> None:
        self._pool, self._memory = Pool(jobs, seconds), memory

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.__exit__(*error)

    def run(self, tasks: Sequence[Task]) -> Iterator[WorkOutcome]:
        """See `Executor`."""
        work, needs = [task.work for task in tasks], [task.memory for task in tasks]
        for outcome in self._pool.run(work, needs, self._memory):
            yield WorkOutcome(tasks[outcome.number].number, outcome.value, outcome.why)
