"""The work of ``svbrdf inpaint``: a repair with its progress on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

from svbrdf_core.cli.bar import bar
from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.session import Session
from svbrdf_core.repairing import Repair, repair
from svbrdf_core.run import Progress


def run(job: Repair, session: Session, *, quiet: bool = False) -> Outcome:
    """Fill the hole, once or several times, write what was asked for and report it.

    Raises:
        SvbrdfError: anything that the user can put right; nothing was written.
    """

    def tell(sentences: Iterable[str]) -> None:
        session.tell(sentences, quiet=quiet)

    with shown(session, jobs=job.choice.variations, quiet=quiet) as progress:
        done = repair(job, on_progress=progress, should_stop=session.should_stop, tell=tell)
    return Outcome(done.report, () if quiet else lines(done.report))


@contextmanager
def shown(session: Session, *, jobs: int = 1, quiet: bool = False) -> Iterator[Callable[[int, Progress], None]]:
    """Show how far the fills of a repair are.

    Yields:
        What ``repair`` takes as ``on_progress``.
    """
    with bar(session, jobs=jobs, quiet=quiet) as reporter:
        of = cache(reporter)
        yield lambda number, progress: of(number)(progress)


def lines(report: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the report of a repair as lines for people."""
    maps = len(report["maps"])
    filled = [
        f"{row['folder']}: {maps} maps filled in {row['seconds']} s ({_about(row)})" for row in report["variations"]
    ]
    drawn = [f"{path} shows it" for path in (report["preview"], report["source_map"]) if path is not None]
    return (*filled, *drawn)


def _about(row: Mapping[str, Any]) -> str:
    energy = "" if row["energy"] is None else f", energy {row['energy']:.4f}"
    return f"seed {row['seed']}{energy}" + ("" if row["blemish"] is None else f", blemish {row['blemish']:.2f}")
