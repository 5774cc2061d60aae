"""Description of one image file from its header, and its stored samples."""

from __future__ import annotations

import os
import stat
import struct
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.errors import InputError

Samples = NDArray[Any]
"""Stored samples ``(H, W, C)`` in the file's own type, rows from the top; no conversion of any kind."""

MAX_PIXELS = 32768 * 16384
"""Pixels a file may claim before it is decoded; ``max_pixels=`` changes it."""


@dataclass(frozen=True)
class Stamp:
    """Size in bytes and change time of a file, to notice that it changed under us."""

    size: int
    mtime_ns: int


@dataclass(frozen=True)
class RasterInfo:
    """An image file as its header describes it.

    Attributes:
        path: the file.
        format: ``png``, ``tiff``, ``jpeg``, ``tga``, ``bmp``, ``webp``, ``exr``, ``hdr`` or ``npy``, by content.
        height, width: pixels.
        channels: names in sample order, e.g. ``("R", "G", "B", "A")``; EXR names carry part and layer.
        dtype: type of the samples as decoded.
        bits: significant bits of an integer sample (1 to 32), or 16, 32, 64 for floats.
        suffix: file ending a rewrite takes; differs from the file's own where that format is lossy.
        notes: sentences about what a rewrite does differently, empty when it keeps everything.
        warnings: sentences about the file as it is.
        stamp: the file's size and change time when the header was read.
        detail: what the codec needs again to decode or rewrite the file.
        most_pixels: the most that are held at once when the file is written anew: those of its largest page, or of all
            its parts; 0 if it has but one picture.
        resized_from: the description of the file as it is, where this one is of what is to be written at another size.
    """

    path: Path
    format: str
    height: int
    width: int
    channels: tuple[str, ...]
    dtype: np.dtype[Any]
    bits: int
    suffix: str
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    stamp: Stamp = Stamp(0, 0)
    detail: Any = field(default=None, compare=False, repr=False)
    most_pixels: int = 0
    resized_from: RasterInfo | None = None

    @property
    def as_stored(self) -> RasterInfo:
        """The description of the file as it is."""
        return self.resized_from or self

    @property
    def is_float(self) -> bool:
        """Whether samples are floating point, taken as they are."""
        return self.dtype.kind == "f"

    @property
    def full_scale(self) -> float:
        """The stored value that means 1.0: ``2**bits - 1`` for integers, 1 for floats."""
        return 1.0 if self.is_float else float(2**self.bits - 1)

    @property
    def nbytes(self) -> int:
        """Bytes of the decoded samples."""
        return self.height * self.width * len(self.channels) * self.dtype.itemsize


@dataclass(frozen=True)
class Raster:
    """An image file with its samples ``(H, W, C)`` in native type."""

    info: RasterInfo
    samples: Samples


def at_size(info: RasterInfo, height: int, width: int, **changes: Any) -> RasterInfo:
    """Return the description of a file at another size, with what else changes."""
    return replace(info, height=height, width=width, resized_from=info, **changes)


def check_sides(info: RasterInfo, height: int, width: int, limit: int) -> None:
    """Raise InputError if a file's format has no pictures of a size."""
    if max(height, width) > limit:
        raise InputError(
            f"{info.path} is a {info.format.upper()}, which has at most {limit} pixels a side and cannot have "
            f"{width} x {height}; convert it to PNG, TIFF or EXR first."
        )


def stamp_of(path: Path) -> Stamp:
    """Return size and change time of a regular file.

    Raises:
        InputError: it is missing, not a regular file, empty, or may not be read.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({reason(error)}); check the path and its permissions.") from error
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{path} is not a regular file; give an image file.")
    if status.st_size == 0:
        raise InputError(f"{path} is empty; replace it with the complete image.")
    return Stamp(status.st_size, status.st_mtime_ns)


def read_bytes(path: Path, count: int = -1) -> bytes:
    """Return the first ``count`` bytes of a file, or all.

    Raises:
        InputError: it may not be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(count)
    except OSError as error:
        raise InputError(f"{path} cannot be read ({reason(error)}); check its permissions.") from error


_OURS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    UnicodeError,
    ValueError,
    struct.error,
)
"""What a library raises when a file makes it do something impossible; the words are about its code, not the file."""


def reason(error: BaseException) -> str:
    """Return the shortest text that names an error's cause, in words about the file."""
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno)
    if isinstance(error, _OURS) and type(error).__module__ in ("builtins", "struct"):
        return "its content contradicts itself"
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__


def decoding_error(path: Path, error: BaseException | str) -> InputError:
    """Return the error for a file whose content cannot be decoded."""
    cause = error if isinstance(error, str) else reason(error)
    return InputError(f"{path} is damaged or incomplete ({cause}); replace it with an intact copy.")
