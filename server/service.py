"""A service: all of its parts, put together and taken apart again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import svbrdf_core as sv
from svbrdf_core.codec.plain import JsonObject

from .config import ServiceSettings
from .data.blobs import Blobs, size_of
from .data.layout import DataFolder
from .data.materials import Materials
from .data.roots import Root
from .jobs.common import Job, State
from .jobs.notifier import Notifier
from .jobs.requests import task_of
from .jobs.scheduler import Scheduler, clear
from .jobs.sqlite import SqliteStore
from .jobs.threads import Threads
from .models import Models
from .retention import Retention
from .work.process import Worker

LOG = logging.getLogger("svbrdf.service")
SPARE = 2**26
"""Bytes of the disk that are left free, for the database and results."""
SWEEP_INTERVAL = 600.0
"""Seconds between two looks for what may be removed."""
TRIES = 3
"""Times that the folder is measured, if something is counted meanwhile."""
GONE = "The service ended while this was running; retry it."


class Service:
    """The parts of a service.

    Attributes:
        settings: how it is run.
        folder, blobs, materials, roots: what it keeps.
        models: those that it offers.
        store: its jobs.
        threads: where the store and the disk are used.
        news: wakes those who follow a job.
        scheduler: does the jobs.
        tool: the process that reads uploads, converts maps and draws pictures, so that this one never does.
        memory: bytes that the machine has, None if it does not tell.
        used: when the last request came, by the monotonic clock.
        size: bytes of everything that is kept, as counted at the last sweep and added to since.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        """Open the data folder and bring what a sudden end left there in order.

        Raises:
            InUse: another service has the folder.
            StoreError: its database cannot be used.
            OSError: it cannot be written.
        """
        self.settings = settings
        self.folder = DataFolder(settings.data)
        try:
            self.store = SqliteStore(self.folder.database)
        except BaseException:
            self.folder.close()
            raise
        self.blobs = Blobs(self.folder.blobs, self.folder.unfinished)
        self.materials = Materials(self.folder.materials, self.folder.unfinished, self.blobs)
        self.roots = {name: Root(path) for name, path in settings.roots.items()}
        self.threads, self.notifier = Threads(), Notifier()
        self.tool = Worker(fills=False)
        self.models = Models(
            settings.models or (self.folder.models,),
            self.blobs,
            self.threads,
            settings.limits,
            describe=self._describe_model,
            has_room=self.has_room,
            kept=self.count,
        )
        held = self.models.digests
        self.retention = Retention(self.folder, self.store, self.blobs, self.materials, settings.limits, held)
        self.memory = sv.memory_size()
        self.used = time.monotonic()
        self.size = 0
        self._workers = [Worker(card) for card in _cards(settings.workers)]
        self._sweeper: asyncio.Task[None] | None = None
        self._warming: set[asyncio.Task[None]] = set()
        self._described: Mapping[str, Any] | None = None
        self.store.interrupt(GONE, resume=settings.resume, attempts=settings.limits.attempts)
        self._tidy()

    async def start(self) -> None:
        """Begin to work."""
        self.scheduler = Scheduler(
            self.store,
            self.threads,
            self._workers,
            self.folder,
            self.settings.limits,
            task=self._task,
            notify=self.notifier.notify,
            kept=self.count,
        )
        self.scheduler.start()
        self._sweeper = asyncio.create_task(self._sweep())

    async def stop(self) -> None:
        """End all work and close everything."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeper
        await asyncio.gather(*self._warming, return_exceptions=True)
        await self.scheduler.stop(GONE, resume=self.settings.resume)
        await self.tool.end()
        self.threads.close()
        self.store.close()
        self.folder.close()

    async def has_room(self, more: int) -> bool:
        """Whether the disk, and what the service may hold, have room for so many bytes."""
        free = await self.threads.disk(self.folder.free)
        return free >= more + SPARE and self.size + more <= self.settings.limits.store

    async def count(self, path: Path) -> None:
        """Add a file, or all of a folder, to the size."""
        found = await self.threads.disk(size_of, path)
        self.size += found  # in one step: others count meanwhile

    def warm_up(self) -> None:
        """Get the processes ready: whoever has a material will soon want it read, and then filled."""
        for worker in (self.tool, self._workers[0]):
            warming = asyncio.create_task(worker.warm())
            self._warming.add(warming)
            warming.add_done_callback(self._warming.discard)

    async def release(self) -> bool:
        """End the processes that have nothing to do, and with them all memory they hold; say if that was all."""
        return all(await asyncio.gather(*(worker.end_if_idle() for worker in (*self._workers, self.tool))))

    def pids(self) -> list[int]:
        """Return the processes of the workers, and of the tool last."""
        return [pid for worker in (*self._workers, self.tool) if (pid := worker.pid) is not None]

    async def describe(self) -> Mapping[str, Any]:
        """Return versions, devices and methods, which are looked up once."""
        if self._described is None:
            self._described = await self.tool.do("describe", timeout=self.settings.limits.check)
        return self._described

    async def is_idle(self) -> bool:
        """Whether nothing waits or runs, and no request came for a while."""
        minutes = self.settings.idle_exit
        if minutes is None or self.tool.busy or time.monotonic() - self.used < minutes * 60:
            return False
        return not await self.threads.db(self.store.count, (State.QUEUED, State.RUNNING, State.CANCELLING))

    async def _describe_model(self, path: Path) -> JsonObject:
        return await self.tool.do("model", timeout=self.settings.limits.check, path=str(path))

    def _task(self, job: Job) -> JsonObject:
        return task_of(job, self.folder, self.materials, self.settings)

    async def _sweep(self) -> None:
        while True:
            try:
                await self.measure()
            except Exception:
                LOG.exception("Old results could not be removed.")
            await asyncio.sleep(SWEEP_INTERVAL)

    async def measure(self) -> None:
        """Remove what is old, and measure what is left anew, once more where something was counted meanwhile."""
        for _ in range(TRIES):
            before = self.size
            found = await self.threads.disk(self._remove_old)
            if self.size == before:
                self.size = found
                return
        self.size = max(found, self.size)

    def _remove_old(self) -> int:
        self.retention.sweep()
        return size_of(self.folder.root)

    def _tidy(self) -> None:
        """Remove what belongs to no job, and results of jobs that are not done."""
        for path in self.folder.jobs.iterdir():
            job = self.store.get(path.name)
            if job is None:
                shutil.rmtree(path, ignore_errors=True)
            else:
                clear(self.folder, job.id, job.attempt if job.state == State.DONE else None)


def _cards(workers: int) -> list[int | None]:
    """Return which CUDA device each worker sees; a single one sees them all, and takes the first."""
    return [None] if workers == 1 else list(range(workers))
