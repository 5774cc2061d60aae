"""Connection to the service that the preferences choose: found, started on this computer, or elsewhere."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .address import Address, check_url, find_address, is_loopback
from .errors import Stopped, UserError
from .launch import (
    IDLE_MINUTES,
    INSTALL,
    Program,
    ServiceProcess,
    find_programs,
    launch_service,
    parse_program,
)
from .service import Service

START_TIMEOUT = 60.0
"""Seconds that a service may take to start: the first start on a machine reads a lot from disk."""


@dataclass(frozen=True)
class ServiceOptions:
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
    idle: int = IDLE_MINUTES


@dataclass(frozen=True)
class Connection:
    """A service that answered.

    Attributes:
        service: the way to it.
        info: what it says of itself (``/v1/info``).
        process: its process, if it was started here.
    """

    service: Service
    info: dict[str, Any]
    process: ServiceProcess | None = None


class StartedServices:
    """The services that were started here, known from their first moment on, so that none outlives Blender."""

    def __init__(self) -> None:
        self._all: list[ServiceProcess] = []
        self._lock = threading.Lock()
        self._closed = False

    @property
    def running(self) -> ServiceProcess | None:
        """The one that still runs."""
        with self._lock:
            return next((one for one in self._all if one.is_running()), None)

    def start(self, program: Program, log: Path, idle: int) -> ServiceProcess:
        """Start one.

        Raises:
            UserError: it cannot be started.
            Stopped: none is to be started any more.
        """
        with self._lock:
            if self._closed:
                raise Stopped
            self._all.append(launch_service(program, log, idle=idle))
            return self._all[-1]

    def stop(self, *, close: bool = False) -> None:
        """End them, and with ``close`` start no other."""
        with self._lock:
            self._closed |= close
            ours, self._all = self._all, []
        for one in ours:
            one.stop()


def connect(options: ServiceOptions, *, start: bool, started: StartedServices) -> Connection:
    """Return the service that is wanted; with ``start`` it is started if it is this computer's and is not running.

    Raises:
        UserError: ``absent``, ``offline``, or whatever the service answers.
    """
    if options.remote:
        return _open_connection(Service(Address(_allowed_url(options), options.token)))
    found = Service.find()
    if found is not None:
        try:
            return _open_connection(found, started.running)
        except UserError as error:
            # A file left behind by a service that is gone; its port may be a stranger's by now.
            if error.kind not in {"absent", "lost", "not_a_service", "refused"} or not start:
                raise
    if not start:
        raise UserError("absent", "No service is running on this computer.")
    process = started.start(_choose_program(options), options.log, options.idle)
    try:
        address = process.wait_until_ready(START_TIMEOUT)
    except UserError:
        process.stop()
        raise
    return _open_connection(Service(address, find_again=find_address), process)


def _allowed_url(options: ServiceOptions) -> str:
    url = check_url(options.url)
    if not is_loopback(url) and not options.online:
        raise UserError("offline", "Blender may not use the network: allow online access in Preferences > System.")
    return url


def _open_connection(service: Service, process: ServiceProcess | None = None) -> Connection:
    return Connection(service, service.get_info(), process)


def _choose_program(options: ServiceOptions) -> Program:
    if options.program.strip():
        return parse_program(options.program)
    programs = find_programs()
    if not programs:
        raise UserError("absent", f"The service is not installed. In a terminal: {INSTALL}")
    return programs[0]
