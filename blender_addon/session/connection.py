"""The connection to the service: found, started, stopped and released in the background; Blender never waits for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import bpy

from ..client import UserError
from ..client.connect import Connection, ServiceOptions, connect
from ..client.service import Service
from ..job.watch import Watch
from .context import preferences, user_folder
from .models import refresh_models
from .state import Fill, state

_waiting: list[Callable[[UserError | None], None]] = []


def service_options() -> ServiceOptions:
    """Return what the preferences say, as plain data for a thread."""
    ours = preferences()
    kept = user_folder()
    log = Path(kept, "service.log") if kept is not None else Path(os.devnull)
    remote = ours.where == "REMOTE"
    url, token = (ours.url.strip(), ours.token.strip()) if remote else ("", "")
    return ServiceOptions(
        remote, url, token, bpy.path.abspath(ours.program), log, bool(bpy.app.online_access), ours.idle
    )


def find_service(*, start: bool, then: Callable[[UserError | None], None] = lambda error: None) -> None:
    """Find the service, or with ``start`` start it if it is not running; afterwards tell ``then`` how it went."""
    _waiting.append(then)
    state.starting |= start
    if not state.connecting:
        _search()


def _search() -> None:
    options, background = service_options(), state.background
    state.connecting, state.error = True, None
    start, state.starting, started = state.starting, False, state.started

    def take(connection: Connection | UserError) -> None:
        if isinstance(connection, UserError) and state.starting:
            _search()  # meanwhile somebody wanted it started, and not only looked for
            return
        state.connecting = state.starting = False
        if isinstance(connection, UserError):
            note_loss(connection)
        else:
            state.connection, state.error = connection, None
            refresh_models()
        waiting, _waiting[:] = list(_waiting), []
        for then in waiting:
            then(state.error)

    background.run(lambda: connect(options, start=start, started=started), take)


def with_service(fill: Fill, then: Callable[[Service], None]) -> None:
    """Go on with a fill as soon as there is a service; if there is none the fill has failed.

    One that was found before may have ended since, or the preferences may want another one: so it is always asked.
    """

    def begin(error: UserError | None) -> None:
        if error is not None or state.connection is None:
            fill.error = error or UserError("lost", "The service is gone; start it again.")
        elif not fill.cancelled:
            then(state.connection.service)

    find_service(start=True, then=begin)


def begin_watch(fill: Fill, watch: Watch) -> None:
    """Have a fill's job watched."""
    fill.watch = watch
    state.background.run(watch.run, lambda status: None)


def note_loss(error: UserError) -> None:
    """Note that the service cannot be reached, and why."""
    state.error = error
    if error.kind in {"absent", "lost", "not_a_service", "refused", "offline"}:
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
    state.background.run(
        connection.service.release_memory, lambda got: note_loss(got) if isinstance(got, UserError) else None
    )
