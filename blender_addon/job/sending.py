"""A request comes in; its images are sent, and the job that the service makes of it goes out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ..wire import Service, Source, Trouble
from ..wire.source import Body, body_of
from ..wire.together import together
from .request import Request

Tell = Callable[[float], None]
ROUNDS = 3
"""How often files are sent that the service says it has not (any more)."""


class Sending:
    """One request on its way; what was sent once is not sent again."""

    def __init__(self, request: Request, key: str) -> None:
        """Make ready.

        Args:
            request: what is wanted.
            key: of the caller's own making; under it the job is the same, however often it is asked for.
        """
        self._request, self._key = request, key
        self._sources = (*request.sources, *request.masks())
        self._bodies: dict[str, Body] = {}

    def files(self, service: Service, stop: Callable[[], bool], tell: Tell) -> None:
        """Send all images and masks that the service has not; ``tell`` hears which part of the bytes is there.

        Raises:
            Trouble: one cannot be read, or is not taken.
            Stopped: the caller wanted no more.
        """
        over, sent = threading.Event(), _Sum(self._sources, tell)
        stoppable = service.stoppable(lambda: stop() or over.is_set())

        def one(source: Source) -> None:
            body = self._bodies.get(source.name) or body_of(source)
            self._bodies[source.name] = body
            stoppable.send(body, partial(sent.add, source.name, body.size))

        together([partial(one, source) for source in self._sources], over)

    def material(self, service: Service) -> str:
        """Return the id of the material, which the service reads now.

        Raises:
            Trouble: it does not take them.
        """
        request = self._request
        digests = {source.name: self._bodies[source.name].digest for source in request.sources}
        found = self._with_missing(
            service, lambda: service.material(digests, request.roles, name=request.name, normal=request.normal)
        )
        return str(found.get("id"))

    def job(self, service: Service, material: str) -> dict[str, Any]:
        """Return the job.

        Raises:
            Trouble: it is not taken.
        """
        masks = {source.name: self._bodies[source.name].digest for source in self._request.masks()}
        wish = self._request.wish(material, masks)
        return self._with_missing(service, lambda: service.job(wish, self._key))

    def _with_missing(self, service: Service, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Ask, and send what the service turns out not to have: uploads that nothing uses go after a while."""
        for _ in range(ROUNDS - 1):
            try:
                return ask()
            except Trouble as trouble:
                missing = trouble.more.get("missing")
                known = {body.digest: body for body in self._bodies.values()}
                if not isinstance(missing, list) or not missing or not set(map(str, missing)) <= known.keys():
                    raise
                together([partial(service.send, known[str(digest)]) for digest in missing])
        return ask()


class _Sum:
    """Which part of all bytes is there."""

    def __init__(self, sources: Sequence[Source], tell: Tell) -> None:
        self._all = max(sum(map(_size, sources)), 1)
        self._sent: Mapping[str, int] = {}
        self._tell, self._lock = tell, threading.Lock()

    def add(self, name: str, most: int, count: int) -> None:
        """Note bytes of a source, which has no more than so many, however often they had to be sent."""
        with self._lock:
            self._sent = {**self._sent, name: min(self._sent.get(name, 0) + count, most)}
            self._tell(min(sum(self._sent.values()) / self._all, 1.0))


def _size(source: Source) -> int:
    if isinstance(source.data, bytes):
        return len(source.data)
    try:
        return source.data.nbytes if not hasattr(source.data, "stat") else source.data.stat().st_size
    except OSError:
        return 0  # it will be said when it is read
