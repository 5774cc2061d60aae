"""A file, its bytes or an array comes in; what is sent of it, with its digest, goes out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from . import npy
from .errors import Trouble

PIECE = 2**20


@dataclass(frozen=True)
class Source:
    """An image to be sent.

    Attributes:
        name: of its file on the wire, such as ``0.png``; arrays are ``….npy``.
        data: where the file is, its bytes, or samples ``(H, W)`` or ``(H, W, C)`` with the top row first.
    """

    name: str
    data: Path | bytes | NDArray[Any] = field(repr=False)


@dataclass(frozen=True)
class Body:
    """What a request carries: ``size`` bytes, known by their SHA-256, that can be had again and again."""

    size: int
    digest: str
    data: Path | tuple[memoryview, ...]

    def pieces(self) -> Iterator[memoryview]:
        """Return the bytes, piece by piece; a file's as it was when it was looked at.

        Raises:
            Trouble: the file has another size now, or cannot be read.
        """
        if not isinstance(self.data, Path):
            yield from self.data
            return
        left, room = self.size, bytearray(PIECE)
        try:
            with self.data.open("rb", buffering=0) as stream:
                while left and (count := stream.readinto(memoryview(room)[: min(PIECE, left)])):
                    left -= count
                    yield memoryview(room)[:count]
        except OSError as error:
            raise unreadable(self.data, error) from error
        if left:
            raise Trouble("file", f"{self.data.name} has become shorter while it was sent; try again.")


def body_of(source: Source) -> Body:
    """Return what is sent for a source.

    Raises:
        Trouble: it cannot be read, or the array is of a kind that no image has.
    """
    if isinstance(source.data, Path):
        return _file(source.data)
    data = (memoryview(source.data),) if isinstance(source.data, bytes) else npy.parts(source.data)
    digest = hashlib.sha256()
    for part in data:
        digest.update(part)
    return Body(sum(part.nbytes for part in data), digest.hexdigest(), data)


def unreadable(path: Path, error: OSError) -> Trouble:
    """Return the trouble of a file that cannot be read."""
    return Trouble("file", f"{path.name} cannot be read ({error.strerror}); look for the file, or pack the image.")


def _file(path: Path) -> Body:
    digest, size, room = hashlib.sha256(), 0, bytearray(PIECE)
    try:
        with path.open("rb", buffering=0) as stream:
            while count := stream.readinto(room):
                digest.update(memoryview(room)[:count])
                size += count
    except OSError as error:
        raise unreadable(path, error) from error
    return Body(size, digest.hexdigest(), path)
