"""A place and bytes come in, a whole file goes out, or none: nothing half-written, and nothing lost."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

BACKUP = ".before-inpaint"


def write_new(path: Path, data: bytes) -> Path:
    """Write a file of this name, or with a number added if there is one already, and return its path.

    Raises:
        OSError: it cannot be written; then there is nothing of it.
    """
    part = _part(path.parent, data)
    try:
        return _placed(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_over(path: Path, data: bytes) -> Path | None:
    """Write a file in another's place, and return where a copy of that is now; None if there was none.

    Raises:
        OSError: it cannot be written; then the file is as it was.
    """
    part, backup = _part(path.parent, data), None
    try:
        if path.exists():
            shutil.copymode(path, part)
            backup = write_new(path.with_stem(path.stem + BACKUP), path.read_bytes())
        part.replace(path)
    except OSError:
        if backup is not None:
            backup.unlink(missing_ok=True)
        raise
    finally:
        part.unlink(missing_ok=True)
    return backup


def _part(folder: Path, data: bytes) -> Path:
    part = folder / f".{secrets.token_hex(8)}.part"
    try:
        with part.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return part


def _placed(part: Path, path: Path) -> Path:
    for candidate in _numbered(path):
        try:
            os.link(part, candidate)  # unlike a rename, this never takes another's place
        except FileExistsError:
            continue
        except OSError:  # a file system without links
            if candidate.exists():
                continue
            part.rename(candidate)
        return candidate
    raise AssertionError  # numbers do not end


def _numbered(path: Path) -> Iterator[Path]:
    yield path
    yield from (path.with_stem(f"{path.stem}_{number}") for number in count(2))
