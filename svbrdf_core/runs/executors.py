"""Executors: what runs tasks, each in a process of its own, on this machine or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from svbrdf_core.runs.pool import WorkOutcome, run_all


@dataclass(frozen=True)
class Task:
    """A piece of work.

    Attributes:
        number: by which its outcome is known.
        work: can be pickled.
        memory: bytes that it needs, about.
    """

    number: int
    work: Callable[[], Any]
    memory: int


class Executor(Protocol):
    """Runs tasks; one that fails does not stop the others."""

    def run(self, tasks: Sequence[Task]) -> Iterator[WorkOutcome]:
        """Yield the outcome of each task as it comes, the first tasks begun first; closing it ends all work."""
        ...


@dataclass(frozen=True)
class LocalExecutor:
    """Processes of this machine.

    Attributes:
        jobs: how many at a time.
        memory: bytes that those at work may need together; a task that needs more runs alone.
        seconds: the time one may take; None for any.
    """

    jobs: int
    memory: int | None = None
    seconds: float | None = None

    def run(self, tasks: Sequence[Task]) -> Iterator[WorkOutcome]:
        """See `Executor`."""
        if not tasks:
            return
        needs = [task.memory for task in tasks]
        work = [task.work for task in tasks]
        for outcome in run_all(work, min(self.jobs, len(tasks)), self.seconds, needs=needs, budget=self.memory):
            yield WorkOutcome(tasks[outcome.number].number, outcome.value, outcome.why)
