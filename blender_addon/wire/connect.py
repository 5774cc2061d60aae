"""What the preferences say comes in; a service that answers, found or started, goes out."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import runtime
from .address import Address, checked, is_loopback
from .errors import Stopped, Trouble
from .launch import IDLE, Launched, launch
from .program import INSTALL, Program, candidates, program_of
from .service import Service

PATIENCE = 60.0
"""Seconds that a service may take to start: the first start on a machine reads a lot from disk."""


@dataclass(frozen=True)
class Wanted:
    """Which service is wanted.

    Attributes:
        remote: whether it is one elsewhere, by its address.
        url: of that one.
        token: of that one.
        program: ``svbrdf`` or the Python it is installed in; empty to look for it.
        log: where a service that is started here writes its log.
        online: whether the user lets Blender use the network.
        idle: minutes without use after which a service that is started here ends.
    """

    remote: bool = False
    url: str = ""
    token: str = ""
    program: str = ""
    log: Path = Path(os.devnull)
    online: bool = False
    idle: int = IDLE


@dataclass(frozen=True)
class Connection:
    """A service that answered.

    Attributes:
        service: the way to it.
        info: what it says of itself (``/v1/info``).
        launched: its process, if it was started here.
    """

    service: Service
    info: dict[str, Any]
    launched: Launched | None = None


class Started:
    """The services that were started here, known from their first moment on, so that none outlives Blender."""

    def __init__(self) -> None:
        self._all: list[Launched] = []
        self._lock = threading.Lock()
        self._closed = False

    @property
    def running(self) -> Launched | None:
        """The one that still runs."""
        with self._lock:
            return next((one for one in self._all if one.runs()), None)

    def start(self, program: Program, log: Path, idle: int) -> Launched:
        """Start one.

        Raises:
            Trouble: it cannot be started.
            Stopped: none is to be started any more.
        """
        with self._lock:
            if self._closed:
                raise Stopped
            self._all.append(launch(program, log, idle=idle))
            return self._all[-1]

    def stop(self, *, close: bool = False) -> None:
        """End them, and with ``close`` start no other."""
        with self._lock:
            self._closed |= close
            ours, self._all = self._all, []
        for one in ours:
            one.stop()


def connect(wanted: Wanted, *, start: bool, started: Started) -> Connection:
    """Return the service that is wanted; with ``start`` it is started if it is this computer's and is not running.

    Raises:
        Trouble: ``absent``, ``offline``, or whatever the service answers.
    """
    if wanted.remote:
        return _ask(Service(Address(_allowed(wanted), wanted.token)))
    found = Service.found()
    if found is not None:
        try:
            return _ask(found, started.running)
        except Trouble as trouble:
            # A file left behind by a service that is gone; its port may be a stranger's by now.
            if trouble.kind not in {"absent", "lost", "stranger", "refused"} or not start:
                raise
    if not start:
        raise Trouble("absent", "No service is running on this computer.")
    launched = started.start(_program(wanted), wanted.log, wanted.idle)
    try:
        address = launched.wait(PATIENCE)
    except Trouble:
        launched.stop()
        raise
    return _ask(Service(address, again=runtime.find), launched)


def _allowed(wanted: Wanted) -> str:
    url = checked(wanted.url)
    if not is_loopback(url) and not wanted.online:
        raise Trouble("offline", "Blender may not use the network: allow online access in Preferences > System.")
    return url


def _ask(service: Service, launched: Launched | None = None) -> Connection:
    return Connection(service, service.info(), launched)


def _program(wanted: Wanted) -> Program:
    if wanted.program.strip():
        return program_of(wanted.program)
    found = candidates()
    if not found:
        raise Trouble("absent", f"The service is not installed. In a terminal: {INSTALL}")
    return found[0]
