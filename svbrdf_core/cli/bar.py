"""The progress bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from svbrdf_core.cli.session import Session
from svbrdf_core.inpainting import Progress

Report = Callable[[Progress], None]


@contextmanager
def bar(session: Session, *, jobs: int = 1, quiet: bool = False) -> Iterator[Callable[[int], Report]]:
    """Show how far ``jobs`` fills are, with the time left, on standard error; gone when they are done.

    Where standard error is no terminal only the wait for the compiler is told, in a line.

    Yields:
        From the number of a job (0 is the first) to what ``inpaint`` takes as ``on_progress``.
    """
    if quiet or not session.console.is_terminal:
        yield lambda _: _compiling(session, quiet)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn(compact=True))
    with Bar(*columns, console=session.console, transient=True) as shown:
        task = shown.add_task("starting", total=float(jobs))

        def reporter(job: int) -> Report:
            prefix = f"{job + 1}/{jobs} " if jobs > 1 else ""
            return lambda p: shown.update(task, description=prefix + p.phase, completed=job + p.fraction)

        yield reporter


def _compiling(session: Session, quiet: bool) -> Report:
    told: set[str] = set()

    def report(progress: Progress) -> None:
        if progress.phase.startswith("compiling") and progress.phase not in told:
            told.add(progress.phase)
            session.tell((progress.phase,), quiet=quiet)

    return report
