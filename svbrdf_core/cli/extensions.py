"""Commands and backends that other packages bring, by the entry point group ``svbrdf_core.commands``.

An entry with a plain name is a command: a function as typer takes it, which returns an `Outcome`. An entry
``inpaint.X`` does what ``svbrdf inpaint --X`` is about; the one there is, ``inpaint.server``, is an `InpaintBackend`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol, cast

from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.session import Session
from svbrdf_core.errors import InputError
from svbrdf_core.request import InpaintRequest

GROUP = "svbrdf_core.commands"


class InpaintBackend(Protocol):
    """Does a repair elsewhere, as `svbrdf_core.cli.fills.run` does it here."""

    def __call__(self, request: InpaintRequest, where: str, session: Session, *, quiet: bool = False) -> Outcome:
        """Do it, write what was asked for and return the report.

        Raises:
            SvbrdfError: anything that the user can put right; nothing was written.
        """
        ...


def commands() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Return the commands of other packages by name; one that cannot be loaded is a command that says so."""
    for name, entry in sorted(_entries().items()):
        if "." not in name:
            yield name, _command(entry)


def inpaint_backend(name: str) -> InpaintBackend | None:
    """Return what ``svbrdf inpaint --NAME`` needs, None if no package brings it.

    Raises:
        InputError: it cannot be loaded.
    """
    entry = _entries().get(f"inpaint.{name}")
    return None if entry is None else cast(InpaintBackend, _load(entry))


@cache
def _entries() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def _command(entry: EntryPoint) -> Callable[..., Any]:
    try:
        return cast(Callable[..., Any], _load(entry))
    except InputError as error:
        return _make_broken(str(error))


def _make_broken(sentence: str) -> Callable[..., Any]:
    def broken() -> Outcome:
        """Not available: its package cannot be loaded."""
        raise InputError(sentence)

    return broken


def _load(entry: EntryPoint) -> object:
    try:
        return entry.load()
    except Exception as error:
        home = entry.dist.name if entry.dist is not None else entry.value
        raise InputError(
            f"The command {entry.name!r} of {home} cannot be loaded ({type(error).__name__}: {error}); repair or "
            "uninstall that package."
        ) from error
