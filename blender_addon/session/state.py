"""The state of the session, kept while Blender runs: plain data and names, never a reference into Blender's data.

Undo and loading a file make such references invalid, and a fill outlives both.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from ..client import UserError
from ..client.connect import Connection, StartedServices
from ..job import ENDED, Background, Record, Result, ResultFile, Status, Watch, in_blenders_words


@dataclass(frozen=True)
class DatablockRef:
    """A datablock of Blender: by its number, which survives undo and other names but not the loading of a file, or else
    by its name.

    Attributes:
        uid: its number; 0 if that is not known.
        name: its full name, of which that of a library is a part.
        loads: how many files had been loaded when the number was its own.
    """

    uid: int
    name: str
    loads: int = 0


@dataclass
class Fill:
    """One fill, from the click to the result.

    Attributes:
        material: what is filled.
        images: image of each source at the service, by the source's name.
        watch: the job in its thread; None while there is no connection yet.
        earlier: id of a job that was begun by an earlier Blender.
        mode: ``BESIDE`` or ``REPLACE``, how its result is put in.
        automatic: whether its best variation is put in at once when it is done.
        loads: how many files had been loaded when it began; after another load nothing is put in by itself.
        fetched: repaired samples by variation and source.
        thumbnails: a small picture of each variation, PNG.
        undrawn: the variations that have none yet.
        drawing: whether one is being drawn.
        wanted: the variation that is put in as soon as it has been fetched.
        note: the last thing to say of it.
        warning: what should be known of its hole, as long as it is listed.
        crop: left, top, right and bottom of what thumbnails show, in parts of the image: the hole with its rim.
        began: seconds since 1970.
        applied: whether a variation of it was put in.
        cancelled: whether the user does not want it any more.
        recorded: whether its job was written down for another Blender.
        delivered: whether its result was noticed.
    """

    material: DatablockRef
    images: dict[str, DatablockRef]
    mode: str
    loads: int
    automatic: bool = True
    watch: Watch | None = None
    error: UserError | None = None
    fetched: dict[int, dict[str, ResultFile]] = field(default_factory=dict)
    thumbnails: dict[int, bytes] = field(default_factory=dict)
    undrawn: list[int] = field(default_factory=list)
    drawing: bool = False
    wanted: int | None = None
    note: str = ""
    warning: str = ""
    crop: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    began: float = field(default_factory=time.time)
    applied: bool = False
    cancelled: bool = False
    recorded: bool = False
    delivered: bool = False
    earlier: str = ""

    @property
    def status(self) -> Status:
        """How it stands."""
        return self.watch.status if self.watch is not None else Status()

    @property
    def result(self) -> Result | None:
        """What came of it."""
        return self.status.result

    @property
    def job(self) -> str:
        """Its id at the service; empty before it has one."""
        return self.status.job or self.earlier

    @property
    def failure(self) -> UserError | None:
        """Why it came to nothing; None while it may still come to something."""
        error = self.error or self.status.error
        return None if error is None else self.explain(error)

    def explain(self, error: UserError) -> UserError:
        """Return an error that names images as Blender does."""
        images = {source: image.name for source, image in self.images.items()}
        sentence = in_blenders_words(error.more.get("sentence") or error.sentence, images)
        return UserError(error.kind, sentence, status=error.status, wait=error.wait, more=error.more)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the service says of its result: what was filled along, what was left as it is, and why."""
        images = {source: image.name for source, image in self.images.items()}
        said = self.result.remarks if self.result is not None else ()
        return tuple(dict.fromkeys(in_blenders_words(one, images) for one in said))

    @property
    def resolved(self) -> bool:
        """Whether nothing more will happen to it by itself: its result is in the material, or there is none."""
        if self.status.phase in ENDED and self.result is None:
            return True
        return self.failure is not None or (self.delivered and self.wanted is None)

    @property
    def active(self) -> bool:
        """Whether it is still going on."""
        return self.error is None and self.status.phase not in ENDED


@dataclass
class State:
    """All that is remembered.

    Attributes:
        connection: the service, once found; None before and after it is lost.
        searched: whether it was looked for at all.
        connecting: whether the service is being looked for or started.
        starting: whether it is to be started if it is not found.
        models: those that the service offers, as it describes them; none before it was asked.
        refused_models: files in its folders that are none, each with ``name`` and ``why``.
        error: why there is no connection, or what else went wrong last.
        fills: the newest first.
        loads: how many files were loaded.
        started: the services that this Blender started.
        records: the jobs written down by this Blender and earlier ones; None before they were read.
    """

    background: Background = field(default_factory=Background)
    connection: Connection | None = None
    connecting: bool = False
    starting: bool = False
    searched: bool = False
    models: tuple[dict[str, Any], ...] = ()
    refused_models: tuple[dict[str, Any], ...] = ()
    error: UserError | None = None
    fills: list[Fill] = field(default_factory=list)
    loads: int = 0
    records: list[Record] | None = None
    started: StartedServices = field(default_factory=StartedServices)

    def reset(self) -> None:
        """Forget everything."""
        self.background, self.started = Background(), StartedServices()
        self.connection = self.error = self.records = None
        self.connecting = self.searched = self.starting = False
        self.models = self.refused_models = ()
        self.fills.clear()

    def refers_to(self, wanted: DatablockRef, uid: int, name: str) -> bool:
        """Whether a datablock is the wanted one; what is of before a file was loaded goes by its name."""
        return wanted.uid == uid if wanted.uid and wanted.loads == self.loads else wanted.name == name

    def fill_of_job(self, job: str) -> Fill | None:
        """Return the fill with an id at the service."""
        return next((fill for fill in self.fills if fill.job == job), None)


state = State()
"""The one of this Blender."""
