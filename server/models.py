"""Models that lie in folders of the service: kept as uploaded files are, for as long as they lie there."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import svbrdf_core as sv
from svbrdf_core.codec.plain import JsonObject
from svbrdf_core.sentences import harmless

from .config import Limits
from .data.blobs import PIECE, Blobs, Incoming
from .data.names import BadName
from .data.roots import Root
from .jobs.threads import Threads
from .work.process import TaskFailed, WorkerDied, WorkerHangs

LOG = logging.getLogger("svbrdf.service")
Describe = Callable[[Path], Awaitable[JsonObject]]
Place = tuple[int, str]
"""Which of the folders, and the name of a file in it."""
Stamp = tuple[int, int, int]
"""Bytes, nanoseconds of the last change and number of a file: another means that it was replaced."""
Known = tuple[Stamp | None, "Offer | Refusal"]
"""What is known of a file while it has that stamp; None is to be found out again."""
MOST_LETTERS = 200
"""Of a name."""
ASTRAY = (
    "It cannot be opened, or is a link that leads out of its folder, or its name is none that all systems take; put "
    "the file itself there, under a plain name."
)
CHANGING = "It is being written; look again in a moment."
NO_ROOM = "The data folder is full; delete old jobs, or let the service keep more."
BREAKS = "It could not be read: the program that reads it broke down over it."


class Unusable(Exception):
    """A file is not offered; the message says why.

    Attributes:
        passes: whether it may be another time, though the file stays as it is.
    """

    def __init__(self, why: str, *, passes: bool = False) -> None:
        super().__init__(why)
        self.passes = passes


@dataclass(frozen=True)
class Offer:
    """A model that is offered.

    Attributes:
        name: of its file.
        digest: under which it is kept.
        size: of its file, in bytes.
        facts: what it says of itself; see `work.models`.
    """

    name: str
    digest: str
    size: int
    facts: JsonObject


@dataclass(frozen=True)
class Refusal:
    """A file that is not offered, and why."""

    name: str
    why: str


class Models:
    """The models of some folders. A file is read once, and again when it was replaced."""

    def __init__(
        self,
        folders: Sequence[Path],
        blobs: Blobs,
        threads: Threads,
        limits: Limits,
        *,
        describe: Describe,
        has_room: Callable[[int], Awaitable[bool]],
        kept: Callable[[Path], Awaitable[None]],
    ) -> None:
        """Look at nothing yet.

        Args:
            folders: that models lie in; of two files with the same content the first is offered.
            blobs: which keeps them.
            threads: where files are read.
            limits: of files and their number.
            describe: returns what a file says of the model in it, in another process.
            has_room: whether so many bytes more may be kept.
            kept: told of a file that is kept from now on.

        Raises:
            OSError: a folder is not there.
        """
        self._roots = [Root(folder) for folder in folders]
        self._blobs, self._threads, self._limits = blobs, threads, limits
        self._describe, self._has_room, self._kept = describe, has_room, kept
        self._lock = asyncio.Lock()
        self._known: Mapping[Place, Known] = {}
        self._left: tuple[Refusal, ...] = ()

    @property
    def offers(self) -> list[Offer]:
        """The models, as of the last look, each once."""
        found = {one.digest: one for _, one in reversed(list(self._known.values())) if isinstance(one, Offer)}
        return sorted(found.values(), key=lambda one: (one.name.lower(), one.digest))

    @property
    def refusals(self) -> list[Refusal]:
        """The files that are not offered, as of the last look."""
        return [one for _, one in self._known.values() if isinstance(one, Refusal)] + list(self._left)

    def digests(self) -> frozenset[str]:
        """Return what must stay, from any thread."""
        return frozenset(one.digest for _, one in self._known.values() if isinstance(one, Offer))

    async def look(self) -> None:
        """See what lies in the folders now."""
        async with self._lock:
            there, self._left = await self._threads.disk(self._list)
            self._known = {place: await self._ask(place, stamp) for place, stamp in there.items()}

    async def ensure(self, digests: Iterable[str]) -> None:
        """Look if a file is not kept: it may lie in the folders."""
        for digest in digests:
            if not await self._threads.disk(self._blobs.has, digest):
                return await self.look()
        return None

    async def _ask(self, place: Place, stamp: Stamp | None) -> Known:
        """Return what is known of a file, found out anew if it was replaced."""
        known = self._known.get(place)
        if known is not None and stamp is not None and known[0] == stamp and await self._still_holds(known[1]):
            return known
        name = harmless(place[1])[-MOST_LETTERS:]
        try:
            return stamp, await self._take(place, name, stamp)
        except Unusable as error:
            LOG.warning("The model %s is not offered: %s", name, error)
            return (None if error.passes else stamp), Refusal(name, str(error))

    async def _still_holds(self, known: Offer | Refusal) -> bool:
        return isinstance(known, Refusal) or await self._threads.disk(self._blobs.has, known.digest)

    async def _take(self, place: Place, name: str, stamp: Stamp | None) -> Offer:
        """Take a file in, as one that is uploaded.

        Raises:
            Unusable: it is no model, or cannot be kept.
        """
        if stamp is None:
            raise Unusable(ASTRAY)
        if stamp[0] > self._limits.file:
            raise Unusable(f"It is larger than the {self._limits.file} bytes that are taken here.")
        if not await self._has_room(stamp[0]):
            raise Unusable(NO_ROOM, passes=True)
        with self._blobs.start_upload() as incoming:
            await self._threads.disk(self._copy, place, stamp, incoming)
            facts = await self._probe(incoming.path)
            if not await self._threads.disk(self._blobs.has, incoming.digest):
                await self._threads.disk(incoming.keep)
                await self._kept(self._blobs.path(incoming.digest))
            return Offer(name, incoming.digest, incoming.size, facts)

    async def _probe(self, path: Path) -> JsonObject:
        try:
            return await self._describe(path)
        except TaskFailed as error:
            raise Unusable(str(error.sentence)) from error
        except (WorkerDied, WorkerHangs) as error:
            raise Unusable(BREAKS) from error

    def _copy(self, place: Place, stamp: Stamp, incoming: Incoming) -> None:
        with self._open(place) as stream:
            while incoming.size <= stamp[0] and (piece := stream.read(PIECE)):
                incoming.write(piece)
            incoming.flush()
            if _stamp_of(stream) != stamp or incoming.size != stamp[0]:
                raise Unusable(CHANGING, passes=True)

    def _list(self) -> tuple[dict[Place, Stamp | None], tuple[Refusal, ...]]:
        """Return the files that may be models, those that cannot be opened without a stamp, and what is left out."""
        places: list[Place] = []
        left: list[Refusal] = []
        for number, root in enumerate(self._roots):
            try:
                places += [(number, name) for name in root.files("") if name.lower().endswith(sv.MODEL_ENDING)]
            except BadName:
                left.append(Refusal(f"folder {number + 1}", "The folder cannot be read; see that it is there."))
        if len(places) > self._limits.models:
            more = len(places) - self._limits.models
            left.append(Refusal(f"{more} more", f"{self._limits.models} models are offered at most; take some out."))
        return {place: self._stamp(place) for place in places[: self._limits.models]}, tuple(left)

    def _stamp(self, place: Place) -> Stamp | None:
        try:
            with self._open(place) as stream:
                return _stamp_of(stream)
        except Unusable:
            return None

    @contextlib.contextmanager
    def _open(self, place: Place) -> Iterator[BinaryIO]:
        try:
            with self._roots[place[0]].open(place[1]) as stream:
                yield stream
        except (BadName, OSError) as error:
            raise Unusable(ASTRAY, passes=True) from error


def _stamp_of(stream: BinaryIO) -> Stamp:
    status = os.fstat(stream.fileno())
    return status.st_size, status.st_mtime_ns, status.st_ino
