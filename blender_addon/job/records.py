"""Records on disk of the jobs that a later Blender may pick up again."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ..client import UserError

MAX_RECORDS = 200
"""Records; the oldest go."""
MAX_RECORD_BYTES = 2**20


@dataclass(frozen=True)
class Record:
    """A job, where it is done and what it is for; no token.

    Attributes:
        job: its id.
        url: of the service.
        blend: path of the file that was open.
        material: name of the material.
        images: name of a source to that of its image.
        created: seconds since 1970.
    """

    job: str
    url: str
    blend: str
    material: str
    images: Mapping[str, str]
    created: float


class Records:
    """A folder of records, one file each; damaged ones count as none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, record: Record) -> None:
        """Keep a record, whole or not at all.

        Raises:
            UserError: it cannot be written; the job itself goes on.
        """
        target = self._path(record.job)
        name = None
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=".job-")
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(asdict(record), stream)
            Path(name).replace(target)
        except OSError as error:
            if name is not None:
                with contextlib.suppress(OSError):
                    Path(name).unlink()
            sentence = (
                f"{self._folder} cannot be written ({error.strerror}), so this job is not found again after a restart."
            )
            raise UserError("file", sentence) from error
        for old in self.all()[MAX_RECORDS:]:
            self.remove(old.job)

    def remove(self, job: str) -> None:
        """Forget a record; one that is not there, or cannot be removed, is no trouble."""
        with contextlib.suppress(OSError):
            self._path(job).unlink()

    def all(self) -> list[Record]:
        """Return all records, the newest first."""
        with contextlib.suppress(OSError):
            records = [_read_record(path) for path in self._folder.glob("*.json")]
            return sorted((one for one in records if one is not None), key=lambda one: -one.created)
        return []

    def _path(self, job: str) -> Path:
        if not re.fullmatch("[0-9a-f]{32}", job):
            raise UserError("bad", "That is no job's number.")
        return self._folder / f"{job}.json"


def _read_record(path: Path) -> Record | None:
    try:
        with path.open("rb") as stream:
            content = json.loads(stream.read(MAX_RECORD_BYTES))
        job, url, blend, material = texts = [content[name] for name in ("job", "url", "blend", "material")]
        images = {str(name): str(image) for name, image in content["images"].items()}
        if not all(isinstance(text, str) for text in texts) or path.stem != job:
            return None
        return Record(job, url, blend, material, images, float(content["created"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
