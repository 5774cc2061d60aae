"""The scheduler, which gives each waiting job to a worker, once, and writes down how it ended."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from svbrdf_core.codec.plain import JsonObject

from ..config import Limits
from ..data.layout import DataFolder
from ..work.process import TaskCancelled, TaskFailed, Worker, WorkerDied, WorkerHangs
from .base import JobStore
from .common import Job, State, StoreError
from .threads import Threads

LOG = logging.getLogger("svbrdf.service")
PROGRESS_INTERVAL = 0.25
"""Seconds between two times that progress is written down."""
RETRY_DELAY = 1.0
"""Seconds until the store is tried again after it failed."""

OUR_FAULT = "Something went wrong that is our fault; please report it with the service's log."
P = ParamSpec("P")
R = TypeVar("R")
TaskOf = Callable[[Job], JsonObject]


@dataclass(frozen=True)
class _End:
    """How an attempt ended; see `Job`."""

    state: State
    reason: str = ""
    kind: str = ""
    result: JsonObject | None = None


class Scheduler:
    """Gives jobs to workers, one at a time to each."""

    def __init__(
        self, store: JobStore, threads: Threads, workers: Sequence[Worker], folder: DataFolder, limits: Limits,
        *, task: TaskOf, notify: Callable[[str], None], kept: Callable[[Path], Awaitable[None]],
    ) -> None:  # fmt: skip
        self._store, self._threads, self._workers = store, threads, workers
        self._folder, self._limits = folder, limits
        self._task, self._notify, self._kept = task, notify, kept
        self._running: dict[str, Worker] = {}
        self._wake = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._enders: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to work."""
        self._loops = [asyncio.create_task(self._work(worker)) for worker in self._workers]

    def wake(self) -> None:
        """Say that there may be a new job."""
        self._wake.set()

    async def cancel(self, job_id: str) -> Job | None:
        """Cancel a job and return it as it is then; it has stopped when its state says so."""
        job = await self._threads.db(self._store.cancel, job_id)
        if job is not None:
            await self._stop_cancelled(job)
        return job

    async def cancel_batch(self, batch_id: str) -> None:
        """Cancel all jobs of a batch that wait or run."""
        for job in await self._threads.db(self._store.batches.cancel, batch_id):
            await self._stop_cancelled(job)

    async def _stop_cancelled(self, job: Job) -> None:
        """Tell those who follow a job, and its worker if it has one, that it was cancelled."""
        self._notify(job.id)
        worker = self._running.get(job.id)
        if job.state == State.CANCELLING and worker is not None:
            await worker.cancel()
            ender = asyncio.create_task(self._end_if_deaf(job.id, worker))
            self._enders.add(ender)
            ender.add_done_callback(self._enders.discard)

    async def stop(self, reason: str, *, resume: bool) -> None:
        """End all work: running jobs become interrupted, or with ``resume`` wait again; their workers end."""
        begun = list(self._running)
        for loop in (*self._loops, *self._enders):
            loop.cancel()
        await asyncio.gather(*self._loops, *self._enders, return_exceptions=True)
        await asyncio.gather(*(worker.end() for worker in self._workers))
        await self._threads.db(self._store.interrupt, reason, resume=resume, attempts=self._limits.attempts)
        for job_id in begun:
            job = await self._threads.db(self._store.get, job_id)
            if job is not None and job.state != State.DONE:
                await self._clear(job)

    async def _work(self, worker: Worker) -> None:
        while True:
            self._wake.clear()
            try:
                job = await self._threads.db(self._store.claim)
                if job is not None:
                    await self._do(worker, job)
                    continue
            except StoreError as error:
                LOG.error("%s", error)
                await asyncio.sleep(RETRY_DELAY)
                continue
            await self._wake.wait()

    async def _do(self, worker: Worker, job: Job) -> None:
        """Do a job to its end, whatever that is."""
        self._running[job.id] = worker
        self._wake.set()  # there may be more, for another worker
        self._notify(job.id)
        try:
            await self._finish(job, await self._outcome(worker, job))
        finally:
            del self._running[job.id]

    async def _outcome(self, worker: Worker, job: Job) -> _End:
        writer = _ProgressWriter(self._store, self._threads, job, self._notify)
        try:
            await self._threads.disk(self._prepare, job)
            task = await self._threads.disk(self._task, job)
            now = await self._retry(self._store.get, job.id)
            if now is None or now.state != State.RUNNING:  # it was cancelled between claim and here
                return _End(State.CANCELLED)
            # Nothing is awaited in between: a cancel that comes now finds the worker with this task.
            result = await worker.do("fill", timeout=self._limits.hang, on_line=writer.take, **task)
        except TaskCancelled:
            return _End(State.CANCELLED)
        except TaskFailed as error:
            return _End(State.FAILED, error.sentence, error.kind)
        except (WorkerDied, WorkerHangs) as error:
            return _End(State.FAILED, str(error), "worker")
        except OSError as error:
            said = f"The data folder cannot be written ({error.strerror}); make room and try again."
            return _End(State.FAILED, said, "output")
        except Exception:  # one job fails; those behind it must still be done
            LOG.exception("A job could not be done.")
            return _End(State.FAILED, OUR_FAULT, "fault")
        finally:
            await writer.end()
        return _End(State.DONE, result=result)

    def _prepare(self, job: Job) -> None:
        """Make room for what an attempt writes."""
        clear(self._folder, job.id)
        self._folder.result(job.id, job.attempt).mkdir(parents=True)

    async def _finish(self, job: Job, end: _End) -> None:
        """Write the end of a job down, however long the store cannot be used."""
        if end.state != State.DONE:
            await self._clear(job)  # before it is told: who reads that it failed finds nothing left of it
        ended = await self._retry(
            self._store.finish, job.id, end.state, reason=end.reason, kind=end.kind, result=end.result
        )
        if ended is not None and ended.state == State.DONE:
            await self._kept(self._folder.result(job.id, job.attempt))
        elif end.state == State.DONE:  # too late: it was cancelled or forgotten meanwhile
            await self._clear(job)
        self._notify(job.id)

    async def _retry(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Await a call of the store that a claimed job hangs on, again until it can be used."""
        while True:
            try:
                return await self._threads.db(function, *args, **kwargs)
            except StoreError as error:
                LOG.error("%s", error)
                await asyncio.sleep(RETRY_DELAY)

    async def _clear(self, job: Job) -> None:
        """Remove what attempts have left of a job that is not done."""
        await self._threads.disk(clear, self._folder, job.id)

    async def _end_if_deaf(self, job_id: str, worker: Worker) -> None:
        """End a worker that does not stop when it is told to."""
        await asyncio.sleep(self._limits.stop)
        if self._running.get(job_id) is worker:
            await worker.end()


def clear(folder: DataFolder, job_id: str, keep: int | None = None) -> None:
    """Remove the results of a job's attempts, all but one."""
    kept = None if keep is None else folder.result(job_id, keep)
    for path in folder.job(job_id).glob("result-*"):
        if path != kept:
            shutil.rmtree(path, ignore_errors=True)


class _ProgressWriter:
    """Writes down what a worker says, the newest only and not too often."""

    def __init__(self, store: JobStore, threads: Threads, job: Job, notify: Callable[[str], None]) -> None:
        self._store, self._threads, self._job, self._notify = store, threads, job, notify
        self._progress: dict[str, Any] | None = None
        self._drawn = False
        self._news, self._writing = asyncio.Event(), asyncio.Lock()
        self._loop = asyncio.create_task(self._write())

    def take(self, line: dict[str, Any]) -> None:
        """Take a line of the worker."""
        if line["kind"] == "preview":
            self._drawn = True
        elif line["kind"] == "progress":
            self._progress = {key: value for key, value in line.items() if key not in ("id", "kind")}
        self._news.set()

    async def end(self) -> None:
        """Stop writing, with a last preview that came in just before."""
        async with self._writing:  # not in the middle of it: what was taken off would be lost
            self._loop.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._loop
        self._progress = None
        await self._flush()

    async def _write(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            async with self._writing:
                await self._flush()
            await asyncio.sleep(PROGRESS_INTERVAL)

    async def _flush(self) -> None:
        progress, self._progress = self._progress, None
        drawn, self._drawn = self._drawn, False
        with contextlib.suppress(StoreError):  # only news; the end of the job is what must be kept
            if progress is not None:
                await self._threads.db(self._store.set_progress, self._job.id, progress | {"at": time.time()})
            if drawn:
                await self._threads.db(self._store.count_preview, self._job.id)
        self._notify(self._job.id)
