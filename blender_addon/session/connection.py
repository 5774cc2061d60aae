"""The connection to the service: found, started, stopped and released in the background; Blender never waits for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import bpy

from ..job.watch import Watch
from ..wire import Trouble
from ..wire.connect import Connection, Wanted, connect
from ..wire.service import Service
from .context import preferences, user_folder
from .state import Fill, state

_waiting: list[Callable[[Trouble | None], None]] = []


def service_options() -> Wanted:
    """Return what the preferences say, as plain data for a thread."""
    ours = preferences()
    kept = user_folder()
    log = Path(kept, "service.log") if kept is not None else Path(os.devnull)
    remote = ours.where == "REMOTE"
    url, token = (ours.url.strip(), ours.token.strip()) if remote else ("", "")
    return Wanted(remote, url, token, bpy.path.abspath(ours.program), log, bool(bpy.app.online_access), ours.idle)


def find_service(*, start: bool, then: Callable[[Trouble | None], None] = lambda trouble: None) -> None:
    """Find the service, or with ``start`` start it if it is not running; afterwards tell ``then`` how it went."""
    _waiting.append(then)
    state.starting |= start
    if not state.connecting:
        _search()


def _search() -> None:
    options, background = service_options(), state.background
    state.connecting, state.trouble = True, None
    start, state.starting, started = state.starting, False, state.started

    def take(connection: Connection | Trouble) -> None:
        if isinstance(connection, Trouble) and state.starting:
            _search()  # meanwhile somebody wanted it started, and not only looked for
            return
        state.connecting = state.starting = False
        if isinstance(connection, Trouble):
            note_loss(connection)
        else:
            state.connection, state.trouble = connection, None
        waiting, _waiting[:] = list(_waiting), []
        for then in waiting:
            then(state.trouble)

    background.run(lambda: connect(options, start=start, started=started), take)


def with_service(fill: Fill, then: Callable[[Service], None]) -> None:
    """Go on with a fill as soon as there is a service; if there is none the fill has failed.

    One that was found before may have ended since, or the preferences may want another one: so it is always asked.
    """

    def begin(trouble: Trouble | None) -> None:
        if trouble is not None or state.connection is None:
            fill.trouble = trouble or Trouble("lost", "The service is gone; start it again.")
        elif not fill.cancelled:
            then(state.connection.service)

    find_service(start=True, then=begin)


def begin_watch(fill: Fill, watch: Watch) -> None:
    """Have a fill's job watched."""
    fill.watch = watch
    state.background.run(watch.run, lambda status: None)


def note_loss(trouble: Trouble) -> None:
    """Note that the service cannot be reached, and why."""
    state.trouble = trouble
    if trouble.kind in {"absent", "lost", "stranger", "refused", "offline"}:
        state.connection = None


def stop_service() -> None:
    """End a service that was started here, in the background; one that was not is left alone."""
    started, state.connection = state.started, None
    state.background.run(started.stop, lambda nothing: None)


def end_service() -> None:
    """The same at the end of Blender, which waits for it; nothing is started any more."""
    state.connection = None
    _waiting.clear()
    state.started.stop(close=True)


def release_memory() -> None:
    """Ask the service to give graphics memory back."""
    connection = state.connection
    if connection is None:
        return
    state.background.run(connection.service.release, lambda got: note_loss(got) if isinstance(got, Trouble) else None)
