"""Uploaded files under their SHA-256, complete or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import time
import uuid
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

DIGEST = re.compile(r"[0-9a-f]{64}")
PIECE = 2**20


class Mismatch(Exception):
    """What came is not what was announced."""


class Blobs:
    """A folder of files named by what is in them."""

    def __init__(self, folder: Path, unfinished: Path) -> None:
        self._folder, self._unfinished = folder, unfinished
        folder.mkdir(parents=True, exist_ok=True)

    def has(self, digest: str) -> bool:
        """Whether a file is kept; it then is for a while longer, since somebody wants it."""
        if DIGEST.fullmatch(digest) is None or not self.path(digest).is_file():
            return False
        with contextlib.suppress(OSError):
            status = self.path(digest).stat()
            # Only `ctime` changes: who reads the file as one of a material's must not find that it was changed.
            os.utime(self.path(digest), ns=(status.st_atime_ns, status.st_mtime_ns))
        return True

    def path(self, digest: str) -> Path:
        """Return where a file is kept, or would be."""
        return self._folder / digest[:2] / digest

    def start_upload(self, digest: str | None = None) -> Incoming:
        """Begin to take a file in; with ``digest`` it must turn out to be that one."""
        return Incoming(self, self._unfinished / uuid.uuid4().hex, digest)

    def take(self, stream: BinaryIO, most: int) -> str:
        """Copy a file in and return its digest.

        Raises:
            ValueError: it is larger than ``most`` bytes.
        """
        with self.start_upload() as incoming:
            while piece := stream.read(PIECE):
                incoming.write(piece)
                if incoming.size > most:
                    raise ValueError(f"A file is larger than the {most} bytes that are taken here.")
            return incoming.keep()

    def link(self, digest: str, target: Path) -> None:
        """Make a kept file appear at another place too; it stays there when the blob is swept.

        Raises:
            FileNotFoundError: it is not kept.
        """
        link_or_copy(self.path(digest), target)

    def sweep(self, older: float, held: Collection[str] = ()) -> None:
        """Remove what nothing else links to and nobody asked for within so many seconds, but what is held."""
        now = time.time()
        for path in self._folder.glob("*/*"):
            try:
                status = path.stat()
                if (
                    path.name not in held
                    and status.st_nlink <= 1
                    and now - max(status.st_mtime, status.st_ctime) > older
                ):
                    path.unlink()
            except OSError:
                continue  # another sweep was quicker


class Incoming:
    """A file that is coming in; as a context it leaves nothing behind unless it is kept."""

    def __init__(self, blobs: Blobs, path: Path, digest: str | None) -> None:
        self._blobs, self._path, self._wanted = blobs, path, digest
        self._hash = hashlib.sha256()
        self.size = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = path.open("xb")

    def __enter__(self) -> Incoming:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._stream.close()  # on a full disk this fails too: what is left of the buffer has no room either
        finally:
            self._path.unlink(missing_ok=True)

    def write(self, piece: bytes) -> None:
        """Take the next bytes."""
        self._hash.update(piece)
        self._stream.write(piece)
        self.size += len(piece)

    @property
    def path(self) -> Path:
        """Where the file is until it is kept."""
        return self._path

    @property
    def digest(self) -> str:
        """SHA-256 of what has come so far."""
        return self._hash.hexdigest()

    def flush(self) -> None:
        """Let others read what has come so far."""
        self._stream.flush()

    def keep(self) -> str:
        """Put the file in its place, on disk for certain, and return its digest.

        Raises:
            Mismatch: it is not the one that was announced.
        """
        digest = self.digest
        if self._wanted not in (None, digest):
            raise Mismatch
        self.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        target = self._blobs.path(digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        self._path.replace(target)
        sync_folder(target.parent)
        return digest


def sync_folder(folder: Path) -> None:
    """Make names in a folder last through a loss of power; Windows has no need and no way."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def link_or_copy(source: Path, target: Path) -> None:
    """Make a file appear at a second place, without copying where the file system can."""
    try:
        os.link(source, target)
    except (FileNotFoundError, FileExistsError):  # a copy would be written over what is there, into a kept file
        raise
    except OSError:  # no hard links here
        shutil.copyfile(source, target)


def size_of(folder: Path) -> int:
    """Return the bytes of a file, or of all files under a folder, those with several names counted once."""
    if folder.is_file():
        return folder.stat().st_size
    seen: dict[tuple[int, int], int] = {}
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                status = os.lstat(Path(root) / name)
            except OSError:
                continue
            seen[status.st_dev, status.st_ino] = status.st_size
    return sum(seen.values())
