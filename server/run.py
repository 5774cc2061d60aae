"""The server process, from its socket to its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn

from . import logs, runtime
from .app import create_app
from .config import Limits, ServiceSettings
from .data.layout import InUse
from .http.connections import bounded
from .http.hosts import allowed_hosts, is_loopback
from .jobs.common import StoreError
from .private import Foreign
from .proof import is_proven
from .service import Service

BACKLOG = 2048
"""Connections that may wait to be taken, as many as uvicorn has by itself."""
BATCH = 32
"""Of them are taken at once, before anything looks at how many there are."""
RESERVE = 128
"""File descriptors for all that is no connection: the database, workers, uploads that are being written."""
DESCRIPTORS = 2**16
"""File descriptors that are asked for, if the system gives so many."""
GRACE = 5
"""Seconds that answers may still take when the service ends."""


class CannotStart(Exception):
    """The service cannot be started; the message says what to do."""


def serve(settings: ServiceSettings, *, own_token: bool, on_start: Callable[[str], None]) -> None:
    """Run a service until it is told to end.

    Args:
        settings: how.
        own_token: whether the token was chosen by the user.
        on_start: called with the address when requests are answered.

    Raises:
        CannotStart: the address or the data folder cannot be used, or anyone in the network could come in.
    """
    _check_exposure(settings, own_token)
    os.umask(0o077)  # whatever is written from here on, by the workers too
    listening = _bind(settings)
    try:
        service = Service(settings)
    except (InUse, StoreError) as error:
        listening.close()
        raise CannotStart(str(error)) from error
    except OSError as error:
        listening.close()
        said = f"{settings.data} or a root cannot be used ({error.strerror}); give other folders."
        raise CannotStart(said) from error
    logs.set_up()
    port = int(listening.getsockname()[1])
    running = runtime.Running(
        _url(settings.host, port), settings.token, os.getpid(), str(service.folder.root), runtime.begin_of(os.getpid())
    )
    server = _Server(
        service, allowed_hosts(settings.host, port, settings.names), running, on_start, own_token=own_token
    )
    try:
        server.run(sockets=[listening])
    finally:
        runtime.remove(os.getpid())
    if server.foreign is not None:
        raise CannotStart(server.foreign)


def is_alive(running: runtime.Running, *, timeout: float = 10.0) -> bool:
    """Whether the service that a file speaks of answers, and is that one; it proves it, and is told nothing."""
    return is_proven(running.url, running.token, timeout=timeout)


class _Server(uvicorn.Server):
    """uvicorn, which also writes the runtime file, ends streams when it is to end, and ends when nobody needs it.

    Attributes:
        foreign: why the runtime file could not be written, so that the service ended; None if it could.
    """

    def __init__(
        self, service: Service, hosts: frozenset[str], running: runtime.Running, on_start: Callable[[str], None],
        *, own_token: bool,
    ) -> None:  # fmt: skip
        app, limits = create_app(service, hosts=hosts, end=self.end), service.settings.limits
        super().__init__(
            uvicorn.Config(
                app, http=bounded(limits, _most_connections(limits)), ws="none", loop="asyncio", lifespan="on",
                log_config=None, access_log=False, server_header=False, proxy_headers=False, backlog=BATCH,
                timeout_graceful_shutdown=GRACE,
            )
        )  # fmt: skip
        self._service, self._running, self._on_start = service, running, on_start
        self._own_token = own_token
        self.foreign: str | None = None
        self._watch: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.should_exit:
            return
        for listening in sockets or ():
            listening.listen(BACKLOG)  # the loop takes as many at once as it was told to let wait
        try:
            runtime.write(self._running)
        except Foreign as error:
            if not self._own_token:  # nobody could know it
                self.foreign = f"{error} Or give a token of your own (--token-file FILE)."
                self.end()
                return
            logs.LOG.warning("%s", error)
        self._on_start(self._running.url)
        self._watch = asyncio.create_task(self._end_when_idle())

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End, with the streams first: they would keep their connections for as long as their jobs take."""
        self.end()

    def end(self) -> None:
        """End in good order."""
        self.should_exit = True
        self._service.notifier.close()

    async def _end_when_idle(self) -> None:
        while not self.should_exit:
            await asyncio.sleep(1)
            with contextlib.suppress(StoreError):  # it cannot be looked at now; later perhaps
                if await self._service.is_idle():
                    self.end()


def _check_exposure(settings: ServiceSettings, own_token: bool) -> None:
    if not is_loopback(settings.host) and not own_token:
        raise CannotStart(
            f"{settings.host} can be reached from other machines: give a token of your own with --token-file FILE "
            "or in SVBRDF_TOKEN, which they must bring."
        )


def _bind(settings: ServiceSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # Named so, its connections send small pieces at once; else each answer on a kept one waits 40 ms (Nagle).
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # on Windows this would let two services listen at once
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.host, settings.port))
        listening.listen(BACKLOG)  # now: two that start at once may both bind, but only one may listen
    except OSError as error:
        listening.close()
        said = f"{settings.host}:{settings.port} cannot be listened on ({error.strerror}); give another --port."
        raise CannotStart(said) from error
    return listening


def _url(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}"


def raise_descriptors() -> int:
    """Have the system give this process as many file descriptors as it may have, and return the number."""
    try:
        import resource
    except ImportError:  # Windows counts no descriptors
        return DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return DESCRIPTORS if soft == resource.RLIM_INFINITY else soft
    with contextlib.suppress(OSError, ValueError):  # macOS has another bound besides
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _most_connections(limits: Limits) -> int:
    """Return how many connections there may be: each may need a second descriptor, for a file that is sent."""
    return max(8, min(limits.connections, (raise_descriptors() - RESERVE) // 2))
