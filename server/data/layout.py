"""The layout of the data folder."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

from filelock import FileLock, Timeout

from ..private import Foreign, tighten


class InUse(Exception):
    """Another service, or somebody else, works with this folder."""


class DataFolder:
    """The folder of one service, which it holds alone.

    Attributes:
        root: the folder.
    """

    def __init__(self, root: Path) -> None:
        """Take the folder, making it if it is new.

        Raises:
            InUse: another service has it, or it holds what no service has put there.
            OSError: it cannot be made or written.
        """
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.root = root.resolve()
        self._check_ours()
        self._take_rights()
        self._lock = FileLock(self.root / "lock", mode=0o600)
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise InUse(f"Another service works with {self.root}; stop it, or give another --data folder.") from None
        shutil.rmtree(self.unfinished, ignore_errors=True)  # what a sudden end left
        self.unfinished.mkdir()
        self.jobs.mkdir(exist_ok=True)
        self.models.mkdir(exist_ok=True)

    def _check_ours(self) -> None:
        """Raise InUse for folders of ours that are not: what is too old in them would be removed."""
        marks = (self.root / "lock", self.database)
        theirs = [path for path in (self.blobs, self.materials, self.jobs, self.unfinished) if path.exists()]
        if theirs and not any(mark.exists() for mark in marks):
            names = ", ".join(path.name for path in theirs)
            raise InUse(f"{self.root} holds other things already ({names}); give an empty or a new --data folder.")

    def _take_rights(self) -> None:
        """Make the folder its owner's alone, unless it holds other things, whose rights are none of our business."""
        if os.name == "posix" and stat.S_IMODE(self.root.lstat().st_mode) & 0o077:
            ours = {path.name for path in (self.database, self.blobs, self.materials, self.jobs, self.unfinished)}
            ours |= {self.models.name, "lock", f"{self.database.name}-wal", f"{self.database.name}-shm"}
            if {path.name for path in self.root.iterdir()} - ours:
                raise InUse(f"{self.root} can be read by others and holds other things too; give a folder of its own.")
        try:
            tighten(self.root)
        except Foreign as error:
            raise InUse(f"{self.root} is another user's; give a --data folder of your own.") from error

    @property
    def database(self) -> Path:
        """The jobs."""
        return self.root / "jobs.sqlite"

    @property
    def blobs(self) -> Path:
        """Uploaded files by digest."""
        return self.root / "files"

    @property
    def materials(self) -> Path:
        """Materials by id."""
        return self.root / "materials"

    @property
    def jobs(self) -> Path:
        """Results and previews by job."""
        return self.root / "jobs"

    @property
    def models(self) -> Path:
        """Models that the user puts there, which are offered; nothing of it is ever removed."""
        return self.root / "models"

    @property
    def unfinished(self) -> Path:
        """What is being written; emptied at each start."""
        return self.root / "unfinished"

    def job(self, job_id: str) -> Path:
        """Return the folder of a job."""
        return self.jobs / job_id

    def result(self, job_id: str, attempt: int) -> Path:
        """Return the folder that an attempt writes its result to, by one rename."""
        return self.jobs / job_id / f"result-{attempt}"

    def free(self) -> int:
        """Return the bytes that are free on its disk."""
        return shutil.disk_usage(self.root).free

    def close(self) -> None:
        """Give the folder back."""
        self._lock.release()
