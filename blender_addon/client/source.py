"""Files to be sent, and their uploads: the bytes of a file, of memory or of an array, known by their SHA-256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from .arrays import encode_npy_parts
from .errors import UserError
from .gate import GATE

READ_BYTES = 2**20


@dataclass(frozen=True)
class Source:
    """An image, a mask or a model to be sent.

    Attributes:
        name: which of a request's it is; of an image and a mask that of its file at the service, such as ``0.png``;
            arrays are ``….npy``.
        data: where the file is, its bytes, or samples ``(H, W)`` or ``(H, W, C)`` with the top row first.
    """

    name: str
    data: Path | bytes | NDArray[Any] = field(repr=False)


@dataclass(frozen=True)
class Upload:
    """The body of an upload: ``size`` bytes, known by their SHA-256, that can be had again and again."""

    size: int
    digest: str
    data: Path | tuple[memoryview, ...]

    def pieces(self) -> Iterator[memoryview]:
        """Return the bytes, piece by piece; a file's as it was when it was looked at.

        Raises:
            UserError: the file has another size now, or cannot be read.
        """
        if not isinstance(self.data, Path):
            yield from self.data
            return
        left, room = self.size, bytearray(READ_BYTES)
        try:
            with self.data.open("rb", buffering=0) as stream:
                while left and (count := stream.readinto(memoryview(room)[: min(READ_BYTES, left)])):
                    left -= count
                    yield memoryview(room)[:count]
        except OSError as error:
            raise _unreadable(self.data, error) from error
        if left:
            raise UserError("file", f"{self.data.name} has become shorter while it was sent; try again.")


def prepare_upload(source: Source) -> Upload:
    """Return what is sent for a source.

    Raises:
        UserError: it cannot be read, or the array is of a kind that no image has.
    """
    if isinstance(source.data, Path):
        return _prepare_file(source.data)
    data = (memoryview(source.data),) if isinstance(source.data, bytes) else encode_npy_parts(source.data)
    digest = hashlib.sha256()
    for part in data:
        plain = part.cast("B")
        for at in range(0, plain.nbytes, READ_BYTES):
            GATE.pause()
            digest.update(plain[at : at + READ_BYTES])
    return Upload(sum(part.nbytes for part in data), digest.hexdigest(), data)


def _prepare_file(path: Path) -> Upload:
    digest, size, room = hashlib.sha256(), 0, bytearray(READ_BYTES)
    try:
        with path.open("rb", buffering=0) as stream:
            while count := stream.readinto(room):
                GATE.pause()
                digest.update(memoryview(room)[:count])
                size += count
    except OSError as error:
        raise _unreadable(path, error) from error
    return Upload(size, digest.hexdigest(), path)


def _unreadable(path: Path, error: OSError) -> UserError:
    return UserError("file", f"{path.name} cannot be read ({error.strerror}); look for the file, or pack the image.")
