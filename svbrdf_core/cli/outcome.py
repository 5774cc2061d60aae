"""Outcome of a command, as text for people and as JSON for programs."""

from __future__ import annotations

import json as json_module
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console, RenderableType

from svbrdf_core.cli.remedies import worded, worded_all
from svbrdf_core.cli.session import Session
from svbrdf_core.codec.plain import Json, plain
from svbrdf_core.sentences import harmless

WIDE = 160
"""Columns of text that goes to a file or a pipe."""


@dataclass(frozen=True)
class Outcome:
    """The result of a command.

    Attributes:
        data: what ``--json`` prints.
        text: what is printed without it.
        exit_code: of the process.
    """

    data: Mapping[str, Json]
    text: tuple[RenderableType, ...] = ()
    exit_code: int = 0


class _Output(Console):
    """A console that does not end the process when its reader has seen enough."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def emit(outcome: Outcome, *, json: bool) -> None:
    """Print an outcome on standard output."""
    try:
        if json:
            sys.stdout.write(json_module.dumps(worded_all(plain(outcome.data)), allow_nan=False) + "\n")
        else:
            console = _Output(markup=False, highlight=False, emoji=False, width=None if sys.stdout.isatty() else WIDE)
            for part in outcome.text:
                text = harmless(worded(part), keep="\n\t") if isinstance(part, str) else part
                console.print(text, soft_wrap=isinstance(part, str))
        sys.stdout.flush()
    except BrokenPipeError:  # the reader (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def emit_error(kind: str, message: str, exit_code: int, session: Session) -> int:
    """Print an error, on standard output as JSON if that is wanted and on standard error in any case."""
    session.console.print(harmless(message, keep="\n"))
    if session.json:
        emit(Outcome({"error": {"type": kind, "message": message, "exit_code": exit_code}}), json=True)
    return exit_code
