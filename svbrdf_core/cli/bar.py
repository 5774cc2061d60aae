"""The progress bar, and the run that it shows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar

from svbrdf_core.cli.session import Session
from svbrdf_core.run import Progress, Run

Show = Callable[[Progress], None]
EVERY = 30.0
"""Seconds between two lines where there is no bar."""
IN_SECONDS = 120.0
"""Below, a time is told in seconds."""


@contextmanager
def visible_run(session: Session, *, quiet: bool = False) -> Iterator[Run]:
    """Give the run of a command's long work, which the user can see and stop by Ctrl-C.

    How far it is, with the time left, is on standard error and gone when it is done. Where standard error is no
    terminal, lines tell of the wait for the compiler and, twice a minute, how far it is. Notes are printed when the
    run next says how far it is, and at its end, however that comes.
    """
    with _show_progress(session, quiet) as show:
        printed = 0

        def print_notes() -> None:
            nonlocal printed
            new, printed = run.notes[printed:], len(run.notes)
            session.tell(new, quiet=quiet)

        def on_progress(progress: Progress) -> None:
            print_notes()
            show(progress)

        run = Run(on_progress=on_progress, should_stop=session.should_stop)
        try:
            yield run
        finally:
            print_notes()


@contextmanager
def _show_progress(session: Session, quiet: bool) -> Iterator[Show]:
    if quiet or not session.console.is_terminal:
        yield _lines(session, quiet)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[left]}"))
    with Bar(*columns, console=session.console, transient=True) as shown:
        task = shown.add_task("starting", total=1.0, left="")
        yield lambda progress: shown.update(
            task, description=_words(progress), completed=progress.fraction, left=_left(progress)
        )


def _lines(session: Session, quiet: bool) -> Show:
    printed: set[str] = set()
    last = time.monotonic()

    def show(progress: Progress) -> None:
        nonlocal last
        if progress.phase.startswith("compiling") and progress.phase not in printed:
            printed.add(progress.phase)
            session.tell((progress.phase,), quiet=quiet)
        elif time.monotonic() - last > EVERY:
            last = time.monotonic()
            left = _left(progress)
            session.tell((f"{_words(progress)}: {progress.fraction:.0%}{left and ', ' + left}",), quiet=quiet)

    return show


def _left(progress: Progress) -> str:
    """Return the time left in words, nothing as long as it cannot be told."""
    seconds = progress.seconds_left
    if seconds is None:
        return ""
    if seconds < IN_SECONDS:
        return f"about {seconds:.0f} s left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 90 else f"about {minutes / 60:.1f} h left"


def _words(progress: Progress) -> str:
    """Return the phase, with the number of the fill if there are several, and the step of what is learnt."""
    number = f"{progress.variation}/{progress.variations} " if progress.variations > 1 else ""
    training = progress.training
    if training is None:
        return number + progress.phase
    return f"{number}{progress.phase}, step {training.step} of {training.steps}, loss {training.loss:.3f}"
