"""Runner of one command, from its arguments to its exit code."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
import traceback
from collections import namedtuple
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn, Protocol, TypeGuard

import typer

from svbrdf_core.cli.app import app
from svbrdf_core.cli.outcome import Outcome, emit, emit_error
from svbrdf_core.cli.remedies import worded
from svbrdf_core.cli.session import Session
from svbrdf_core.cores import share_cores
from svbrdf_core.errors import Cancelled, FillError, InputError, SvbrdfError

STOPPED = 130
SAID_BETTER = {"--token", "--server", "--host"}
"""Options that say themselves what is wrong with an empty text."""
ONE_PRESS = 1.0
"""Seconds in which further Ctrl-C count as the same one, so that an impatient second does not break the clean-up."""


def main() -> NoReturn:
    """Run the command of this process and exit with its code."""
    session = Session.of(sys.argv[1:])
    interrupts = _Interrupts(session)
    try:
        share_cores()
    except InputError as error:
        sys.exit(_report_failure(session, error))
    code = _run(sys.argv[1:], session)
    interrupts.ignore()  # it is over; a late Ctrl-C must not change the exit code
    _forget_interrupted_string()
    sys.exit(code)


def _forget_interrupted_string() -> None:
    """Let an interrupt that was caught and told not end the process a second time.

    Under ``python -m``, Python notes whether the last string that was run as code (imports make named tuples and data
    classes so) was left by KeyboardInterrupt, and if so kills the process with SIGINT at the very end, whatever its
    exit code. The next such string clears the note, and a named tuple is made by one.
    """
    namedtuple("_Cleared", "by")


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; nothing is raised.

    The result goes to standard output, as text or (``--json``) as one JSON object; all else goes to standard error.
    """
    session = Session.of(arguments)
    if threading.current_thread() is not threading.main_thread():
        return _run(arguments, session)
    interrupts = _Interrupts(session)
    try:
        return _run(arguments, session)
    finally:
        interrupts.restore()


def _run(arguments: Sequence[str], session: Session) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # file names may hold what a terminal cannot show
    try:
        _check_words(arguments)
        returned = typer.main.get_command(app).main(
            args=list(arguments), prog_name="svbrdf", standalone_mode=False, obj=session
        )
        session.ended = True
        if isinstance(returned, Outcome):
            emit(returned, json=session.json)
            return returned.exit_code
        # typer turns Ctrl-C into this number, and --help into 0.
        return _report_stop(session) if returned == STOPPED else int(returned or 0)
    except (KeyboardInterrupt, Exception) as error:
        session.ended = True
        if session.debug:
            traceback.print_exc()
        return _report_failure(session, error)


def _check_words(arguments: Sequence[str]) -> None:
    """Refuse an empty argument: a path of no characters would be this very folder.

    Raises:
        BadParameter: there is one.
    """
    before = ""
    for word in arguments:
        joined = word.startswith("--") and "=" in word
        option, _, value = word.partition("=") if joined else (before, "", word)
        if not value and option not in SAID_BETTER:
            text = "One of the arguments is empty, perhaps of a variable that is not set; write it out."
            raise typer.BadParameter(text)
        before = word


class _Usage(Protocol):
    exit_code: int

    def format_message(self) -> str: ...
    def show(self) -> None: ...


def _is_usage(error: object) -> TypeGuard[_Usage]:
    # The parser's exceptions live in click or in typer, depending on typer's version; their form is the same.
    return hasattr(error, "format_message") and hasattr(error, "show")


def _report_failure(session: Session, error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt):
        return _report_stop(session)
    if isinstance(error, SvbrdfError):
        return emit_error(type(error).__name__, worded(error.sentence), error.exit_code, session)
    if isinstance(error, MemoryError):
        text = "There is not enough memory for this fill; close other programs, or fill the holes one at a time."
        return emit_error(FillError.__name__, text, FillError.exit_code, session)
    if _is_usage(error):
        if session.json:
            return emit_error("UsageError", error.format_message(), error.exit_code, session)
        error.show()
        return error.exit_code
    text = (
        f"Something went wrong that is our fault ({type(error).__name__}: {error}); nothing was written. "
        'Please report it with what "svbrdf --debug …" or SVBRDF_DEBUG=1 shows.'
    )
    return emit_error(type(error).__name__, text, 1, session)


def _report_stop(session: Session) -> int:
    # Whoever notices Ctrl-C first, the signal or a run that asks for it, the user is told the same.
    return emit_error(Cancelled.__name__, str(Cancelled()), STOPPED, session)


class _Interrupts:
    """Ctrl-C as one KeyboardInterrupt in the main thread, however often it is pressed in a row.

    Python drops what is raised inside a destructor or a callback of the garbage collector, and prints it as
    unraisable. An interrupt that meets one is raised again once that is over: neither lost nor printed.
    """

    AGAIN = 0.01
    """Seconds after which a dropped interrupt is raised again."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._last = -ONE_PRESS
        self._again: threading.Timer | None = None
        self._hook = sys.unraisablehook
        self._previous = signal.signal(signal.SIGINT, self._on_interrupt)
        sys.unraisablehook = self._on_unraisable

    def ignore(self) -> None:
        """Let a late Ctrl-C change nothing."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def restore(self) -> None:
        """Let Ctrl-C do what it did before; one that is to be raised again is forgotten, for the command has ended."""
        self.ignore()
        if self._again is not None:
            self._again.cancel()
            self._again.join()
        signal.signal(signal.SIGINT, self._previous)
        sys.unraisablehook = self._hook

    def _on_interrupt(self, _signal: int, _frame: FrameType | None) -> None:
        if self._session.ended:
            return
        self._session.stopped = True
        before, self._last = self._last, time.monotonic()
        if self._last - before >= ONE_PRESS:
            raise KeyboardInterrupt

    def _on_unraisable(self, dropped: sys.UnraisableHookArgs) -> None:
        if not isinstance(dropped.exc_value, KeyboardInterrupt):
            self._hook(dropped)
            return
        self._last = -ONE_PRESS
        self._again = threading.Timer(self.AGAIN, _thread.interrupt_main)
        self._again.daemon = True
        self._again.start()
