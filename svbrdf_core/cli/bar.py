"""The progress bar."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from svbrdf_core.cli.session import Session
from svbrdf_core.run import Progress

Report = Callable[[Progress], None]
EVERY = 30.0
"""Seconds between two lines where there is no bar."""


@contextmanager
def bar(session: Session, *, jobs: int = 1, quiet: bool = False) -> Iterator[Callable[[int], Report]]:
    """Show how far ``jobs`` fills are, with the time left, on standard error; gone when they are done.

    Where standard error is no terminal, lines tell of the wait for the compiler and, twice a minute, how far it is.

    Yields:
        From the number of a job (0 is the first) to what ``inpaint`` takes as ``on_progress``.
    """
    if quiet or not session.console.is_terminal:
        yield lambda job: _lines(session, f"{job + 1}/{jobs} " if jobs > 1 else "", quiet)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(compact=True))
    with Bar(*columns, console=session.console, transient=True) as shown:
        task = shown.add_task("starting", total=float(jobs))

        def reporter(job: int) -> Report:
            prefix = f"{job + 1}/{jobs} " if jobs > 1 else ""
            return lambda p: shown.update(task, description=prefix + _said(p), completed=job + p.fraction)

        yield reporter


def _lines(session: Session, prefix: str, quiet: bool) -> Report:
    told: set[str] = set()
    last = time.monotonic()

    def report(progress: Progress) -> None:
        nonlocal last
        if progress.phase.startswith("compiling") and progress.phase not in told:
            told.add(progress.phase)
            session.tell((progress.phase,), quiet=quiet)
        elif time.monotonic() - last > EVERY:
            last = time.monotonic()
            left = "" if progress.seconds_left is None else f", about {progress.seconds_left:.0f} s left"
            session.tell((f"{prefix}{_said(progress)}: {progress.fraction:.0%}{left}",), quiet=quiet)

    return report


def _said(progress: Progress) -> str:
    """Return the phase, with the step of what is learnt."""
    training = progress.training
    if training is None:
        return progress.phase
    return f"{progress.phase}, step {training.step} of {training.steps}, loss {training.loss:.3f}"
