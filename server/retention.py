"""Retention: removal of what is too old, or too much."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Collection

from .config import Limits
from .data.blobs import Blobs, size_of
from .data.layout import DataFolder
from .data.materials import Materials
from .jobs.base import JobStore
from .jobs.common import ENDED, Job, examples_of, former_of

DAY, HOUR = 86_400.0, 3_600.0


class Retention:
    """Removes results by age and by total size, never the newest job of a material, unless it is one of a batch.

    A batch has a job of each of many materials, which would stay for ever.
    """

    def __init__(
        self,
        folder: DataFolder,
        store: JobStore,
        blobs: Blobs,
        materials: Materials,
        limits: Limits,
        held: Callable[[], Collection[str]],
    ) -> None:
        """Remove nothing yet; ``held`` tells the uploads that stay whether anything uses them or not."""
        self._folder, self._store, self._blobs = folder, store, blobs
        self._materials, self._limits, self._held = materials, limits, held

    def sweep(self) -> None:
        """Remove what is not to be kept: old jobs, then what nothing uses, then what can be made anew, then the oldest.

        Old is what nobody has fetched for as long.
        """
        old = time.time() - self._limits.keep_days * DAY
        kept = []
        for job in self._removable():
            if self._last_use(job) < old:
                self.remove(job)
            else:
                kept.append(job)
        self._remove_unused()
        total = size_of(self._folder.root)
        if total > self._limits.store:
            self._remove_made()
            total = size_of(self._folder.root)
        kept.sort(key=self._last_use)
        for job in kept:
            if total <= self._limits.store:
                break
            total -= size_of(self._folder.job(job.id))
            self.remove(job)

    def touch(self, job: Job) -> None:
        """Note that a result is wanted now."""
        with contextlib.suppress(OSError):
            os.utime(self._folder.job(job.id))

    def remove(self, job: Job) -> bool:
        """Forget a job that has ended, with its files; False if it has not."""
        if not self._store.remove(job.id):
            return False
        shutil.rmtree(self._folder.job(job.id), ignore_errors=True)
        return True

    def remove_batch(self, batch_id: str) -> bool:
        """Forget a batch whose jobs have all ended, with their files; False if one has not."""
        removed = self._store.batches.remove(batch_id)
        for job_id in removed or ():
            shutil.rmtree(self._folder.job(job_id), ignore_errors=True)
        return removed is not None

    def _last_use(self, job: Job) -> float:
        """Return when a job ended or its result was last wanted, in seconds since 1970."""
        try:
            touched = self._folder.job(job.id).stat().st_mtime
        except OSError:
            touched = 0.0
        return max(job.finished or job.created, touched)

    def _remove_made(self) -> None:
        """Remove maps that were converted for somebody, and will be again when they are wanted."""
        for folder in (*self._folder.jobs.glob("*/made-*"), *self._folder.materials.glob("*/made")):
            shutil.rmtree(folder, ignore_errors=True)

    def _removable(self) -> list[Job]:
        """Return the jobs that have ended, newest first, but the newest of each material that was asked for alone."""
        newest: set[str] = set()
        found = []
        for job in self._all():
            if job.state in ENDED and (job.batch is not None or job.material in newest):
                found.append(job)
            if job.batch is None:
                newest.add(job.material)
        return found

    def _all(self) -> list[Job]:
        found: list[Job] = []
        before: int | None = None
        while page := self._store.newest(before=before, count=500):
            found += page
            before = page[-1].number
        return found

    def _remove_unused(self) -> None:
        """Remove materials without jobs and files without materials, if nobody asked for them lately."""
        used = {
            material
            for job in self._all()
            for material in (job.material, *examples_of(job.request), former_of(job.request))
        }
        older = self._limits.keep_hours * HOUR
        for material in self._materials.ids():
            folder = self._materials.folder(material)
            if material not in used and time.time() - folder.stat().st_mtime > older:
                self._materials.remove(material)
        self._blobs.sweep(older, self._held())
