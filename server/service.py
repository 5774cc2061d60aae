"""Everything that a running service consists of, put together and taken apart again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import time
from collections.abc import Mapping
from typing import Any

from .config import Settings
from .data.blobs import Blobs, size_of
from .data.layout import DataFolder
from .data.materials import Materials
from .data.roots import Root
from .jobs.common import Job, State
from .jobs.news import News
from .jobs.requests import task_of
from .jobs.scheduler import Scheduler, clear
from .jobs.sqlite import SqliteStore
from .jobs.threads import Threads
from .retention import Retention
from .work.process import Worker

LOG = logging.getLogger("svbrdf.service")
SWEEP = 600.0
"""Seconds between two looks for what may be removed."""
GONE = "The service ended while this was running; retry it."


class Service:
    """The parts of a service.

    Attributes:
        settings: how it is run.
        folder, blobs, materials, roots: what it keeps.
        store: its jobs.
        threads: where the store and the disk are used.
        news: wakes those who follow a job.
        scheduler: does the jobs.
        tool: the process that reads uploads, converts maps and draws pictures, so that this one never does.
        used: when the last request came, by the monotonic clock.
    """

    def __init__(self, settings: Settings) -> None:
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
        self.retention = Retention(self.folder, self.store, self.blobs, self.materials, settings.limits)
        self.threads, self.news = Threads(), News()
        self.tool = Worker()
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
            happened=self.news.happened,
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

    def expect(self) -> None:
        """Get the processes ready: whoever has a material will soon want it read, and then filled."""
        for worker in (self.tool, self._workers[0]):
            warming = asyncio.create_task(worker.warm())
            self._warming.add(warming)
            warming.add_done_callback(self._warming.discard)

    async def release(self) -> bool:
        """End the processes that have nothing to do, and with them all memory they hold; say if that was all."""
        return all(await asyncio.gather(*(worker.rest() for worker in (*self._workers, self.tool))))

    def pids(self) -> list[int]:
        """Return the processes of the workers, and of the tool last."""
        return [pid for worker in (*self._workers, self.tool) if (pid := worker.pid) is not None]

    async def described(self) -> Mapping[str, Any]:
        """Return versions, devices and methods, which are looked up once."""
        if self._described is None:
            self._described = await self.tool.do("describe", patience=self.settings.limits.check)
        return self._described

    async def idle(self) -> bool:
        """Whether nothing waits or runs, and no request came for a while."""
        minutes = self.settings.idle_exit
        if minutes is None or time.monotonic() - self.used < minutes * 60:
            return False
        return not await self.threads.db(self.store.count, (State.QUEUED, State.RUNNING, State.CANCELLING))

    def _task(self, job: Job) -> Mapping[str, Any]:
        return task_of(job, self.folder, self.materials, self.settings)

    async def _sweep(self) -> None:
        while True:
            try:
                self.size = await self.threads.disk(self._swept)
            except Exception:
                LOG.exception("Old results could not be removed.")
            await asyncio.sleep(SWEEP)

    def _swept(self) -> int:
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
