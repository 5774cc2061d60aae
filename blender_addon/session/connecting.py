"""The wish for a service comes in; it is looked for, started, stopped or released, and Blender never waits for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import bpy

from ..client import UserError
from ..client.connect import Connection, ServiceOptions, connect
from ..client.service import Service
from ..job.watch import Watch
from .desk import Fill, desk
from .user import folder, preferences

_waiting: list[Callable[[UserError | None], None]] = []


def wanted() -> ServiceOptions:
    """Return what the preferences say, as plain data for a thread."""
    ours = preferences()
    kept = folder()
    log = Path(kept, "service.log") if kept is not None else Path(os.devnull)
    remote = ours.where == "REMOTE"
    url, token = (ours.url.strip(), ours.token.strip()) if remote else ("", "")
    return ServiceOptions(
        remote, url, token, bpy.path.abspath(ours.program), log, bool(bpy.app.online_access), ours.idle
    )


def look(*, start: bool, then: Callable[[UserError | None], None] = lambda trouble: None) -> None:
    """Find the service, or with ``start`` start it if it is not running; afterwards tell ``then`` how it went."""
    _waiting.append(then)
    desk.starting |= start
    if not desk.looking:
        _look()


def _look() -> None:
    wish, background = wanted(), desk.background
    desk.looking, desk.trouble = True, None
    start, desk.starting, started = desk.starting, False, desk.started

    def found(connection: Connection | UserError) -> None:
        if isinstance(connection, UserError) and desk.starting:
            _look()  # meanwhile somebody wanted it started, and not only looked for
            return
        desk.looking = desk.starting = False
        if isinstance(connection, UserError):
            lose(connection)
        else:
            desk.connection, desk.trouble = connection, None
        told, _waiting[:] = list(_waiting), []
        for tell in told:
            tell(desk.trouble)

    background.run(lambda: connect(wish, start=start, started=started), found)


def with_service(fill: Fill, then: Callable[[Service], None]) -> None:
    """Go on with a fill as soon as there is a service; if there is none the fill has failed.

    One that was found before may have ended since, or the preferences may want another one: so it is always asked.
    """

    def begin(trouble: UserError | None) -> None:
        if trouble is not None or desk.connection is None:
            fill.trouble = trouble or UserError("lost", "The service is gone; start it again.")
        elif not fill.cancelled:
            then(desk.connection.service)

    look(start=True, then=begin)


def begin_watch(fill: Fill, watch: Watch) -> None:
    """Have a fill's job watched."""
    fill.watch = watch
    desk.background.run(watch.run, lambda status: None)


def lose(trouble: UserError) -> None:
    """Note that the service cannot be reached, and why."""
    desk.trouble = trouble
    if trouble.kind in {"absent", "lost", "not_a_service", "refused", "offline"}:
        desk.connection = None


def stop() -> None:
    """End a service that was started here, in the background; one that was not is left alone."""
    started, desk.connection = desk.started, None
    desk.background.run(started.stop, lambda nothing: None)


def end() -> None:
    """The same at the end of Blender, which waits for it; nothing is started any more."""
    desk.connection = None
    _waiting.clear()
    desk.started.stop(close=True)


def release() -> None:
    """Ask the service to give graphics memory back."""
    connection = desk.connection
    if connection is None:
        return
    desk.background.run(
        connection.service.release_memory, lambda got: lose(got) if isinstance(got, UserError) else None
    )
