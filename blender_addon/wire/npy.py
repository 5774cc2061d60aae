"""Arrays come in, the bytes of NumPy's ``.npy`` files go out, and back; headers are matched by their form alone."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import Trouble

MAGIC = b"\x93NUMPY"
LONGEST = 10_000
"""Bytes of a header; those of plain arrays have 118."""
KINDS = ("u1", "u2", "f2", "f4")
_HEADER = re.compile(
    r"\{'descr': ?'([<>|]?)(u1|u2|f2|f4)', ?'fortran_order': ?False, ?"
    r"'shape': ?\(([0-9]{1,6}), ?([0-9]{1,6})(?:, ?([1-4]))?,?\),? ?\} *\n?"
)


def parts(array: NDArray[Any]) -> tuple[memoryview, memoryview]:
    """Return header and samples of an array's file; the samples are the array's own unless it must be put in order.

    Raises:
        Trouble: it is of a kind or shape that no image has.
    """
    kind = f"{array.dtype.kind}{array.dtype.itemsize}"
    if kind not in KINDS or array.ndim not in (2, 3) or not array.size or (array.ndim == 3 and array.shape[2] > 4):
        said = f"An array of {array.dtype}, {array.shape}, is no image; give (H, W, 1 to 4) of uint8 or float32."
        raise Trouble("bad", said)
    plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    text = f"{{'descr': '{plain.dtype.str}', 'fortran_order': False, 'shape': {plain.shape}, }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    head = MAGIC + b"\x01\x00" + len(text).to_bytes(2, "little") + text.encode()
    return memoryview(head), plain.reshape(-1).view(np.uint8).data


def encode(array: NDArray[Any]) -> bytes:
    """Return an array's file in one piece.

    Raises:
        Trouble: it is of a kind or shape that no image has.
    """
    return b"".join(parts(array))


def decode(data: bytes | bytearray | memoryview) -> NDArray[Any]:
    """Return the array of a file, without copying: it is as writable as the bytes are.

    Raises:
        Trouble: they are not an array of an image, whole and nothing else.
    """
    view = memoryview(data).cast("B")
    start, length = _header_place(view)
    found = _HEADER.fullmatch(str(view[start : start + length], "latin-1"))
    if found is None:
        raise _damaged()
    dtype = np.dtype(found[1].replace("|", "") + found[2])
    shape = tuple(int(side) for side in found.groups()[2:] if side is not None)
    samples = view[start + length :]
    if samples.nbytes != dtype.itemsize * int(np.prod(shape, dtype=np.int64)):
        raise _damaged()
    array = np.frombuffer(samples, dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _header_place(view: memoryview) -> tuple[int, int]:
    if view.nbytes < 12 or bytes(view[:6]) != MAGIC or view[6] not in (1, 2, 3):
        raise _damaged()
    start = 10 if view[6] == 1 else 12
    length = int.from_bytes(view[8:start], "little")
    if length > LONGEST or start + length > view.nbytes:
        raise _damaged()
    return start, length


def _damaged() -> Trouble:
    return Trouble(
        "broken", "The service sent an array that cannot be read; see that add-on and service are of one version."
    )
