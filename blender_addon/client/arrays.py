"""File formats of image arrays: ``.npy`` to and from the service, PNG (written only) for files that Blender reads.

Headers of ``.npy`` are matched by their form alone, so that nothing in a file is ever evaluated. PNG is written without
loss, and much faster than Blender packs.
"""

from __future__ import annotations

import re
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import UserError

NPY_MAGIC = b"\x93NUMPY"
NPY_KINDS = ("u1", "u2", "f2", "f4")
MAX_NPY_HEADER = 10_000
"""Bytes of a header; those of plain arrays have 118."""
_NPY_HEADER = re.compile(
    r"\{'descr': ?'([<>|]?)(u1|u2|f2|f4)', ?'fortran_order': ?False, ?"
    r"'shape': ?\(([0-9]{1,6}), ?([0-9]{1,6})(?:, ?([1-4]))?,?\),? ?\} *\n?"
)
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""By the number of channels."""
PNG_FILTER_UP = 2
"""The filter that stores the difference to the row above."""
PNG_PIECES = 8


def encode_npy(array: NDArray[Any]) -> bytes:
    """Return an array's file in one piece.

    Raises:
        UserError: it is of a kind or shape that no image has.
    """
    return b"".join(encode_npy_parts(array))


def encode_npy_parts(array: NDArray[Any]) -> tuple[memoryview, memoryview]:
    """Return header and samples of an array's file; the samples are the array's own unless it must be put in order.

    Raises:
        UserError: it is of a kind or shape that no image has.
    """
    kind = f"{array.dtype.kind}{array.dtype.itemsize}"
    if kind not in NPY_KINDS or array.ndim not in (2, 3) or not array.size or (array.ndim == 3 and array.shape[2] > 4):
        sentence = f"An array of {array.dtype}, {array.shape}, is no image; give (H, W, 1 to 4) of uint8 or float32."
        raise UserError("bad", sentence)
    plain = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    text = f"{{'descr': '{plain.dtype.str}', 'fortran_order': False, 'shape': {plain.shape}, }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    head = NPY_MAGIC + b"\x01\x00" + len(text).to_bytes(2, "little") + text.encode()
    return memoryview(head), plain.reshape(-1).view(np.uint8).data


def decode_npy(data: bytes | bytearray | memoryview) -> NDArray[Any]:
    """Return the array of a file, without copying: it is as writable as the bytes are.

    Raises:
        UserError: they are not an array of an image, whole and nothing else.
    """
    view = memoryview(data).cast("B")
    start, length = _find_npy_header(view)
    header = _NPY_HEADER.fullmatch(str(view[start : start + length], "latin-1"))
    if header is None:
        raise _damaged_npy()
    dtype = np.dtype(header[1].replace("|", "") + header[2])
    shape = tuple(int(side) for side in header.groups()[2:] if side is not None)
    samples = view[start + length :]
    if samples.nbytes != dtype.itemsize * int(np.prod(shape, dtype=np.int64)):
        raise _damaged_npy()
    array = np.frombuffer(samples, dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _find_npy_header(view: memoryview) -> tuple[int, int]:
    """Return where the header begins, and its length."""
    if view.nbytes < 12 or bytes(view[:6]) != NPY_MAGIC or view[6] not in (1, 2, 3):
        raise _damaged_npy()
    start = 10 if view[6] == 1 else 12
    length = int.from_bytes(view[8:start], "little")
    if length > MAX_NPY_HEADER or start + length > view.nbytes:
        raise _damaged_npy()
    return start, length


def _damaged_npy() -> UserError:
    return UserError(
        "broken", "The service sent an array that cannot be read; see that add-on and service are of one version."
    )


def encode_png(array: NDArray[Any]) -> bytes:
    """Return a PNG file with samples ``(H, W, C)``, top row first, of 8 or 16 bits and 1 to 4 channels.

    Raises:
        ValueError: no PNG can hold such an array.
    """
    fits = array.ndim == 3 and array.shape[2] in PNG_COLOUR_TYPES and array.dtype in (np.uint8, np.uint16)
    if not fits or not array.size:
        raise ValueError(f"no PNG holds samples of {array.dtype} in the shape {array.shape}")
    height, width, channels = array.shape
    header = struct.pack(">IIBBBBB", width, height, 8 * array.dtype.itemsize, PNG_COLOUR_TYPES[channels], 0, 0, 0)
    big = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder(">"))
    return (
        PNG_SIGNATURE
        + _pack_chunk(b"IHDR", header)
        + _pack_chunk(b"IDAT", _deflate(_filter_rows(big), quick=array.dtype == np.uint8))
        + _pack_chunk(b"IEND", b"")
    )


def _filter_rows(array: NDArray[Any]) -> NDArray[np.uint8]:
    plain = array.reshape(len(array), -1).view(np.uint8)
    rows = np.empty((len(plain), plain.shape[1] + 1), np.uint8)
    rows[:, 0] = PNG_FILTER_UP
    rows[0, 1:] = plain[0]
    np.subtract(plain[1:], plain[:-1], out=rows[1:, 1:])
    return rows


def _deflate(rows: NDArray[np.uint8], *, quick: bool) -> bytes:
    """Pieces are compressed at once (zlib lets go of Python's lock); run lengths suit filtered bytes and are fast.

    The pieces are one stream, since each ends at a whole byte without calling itself the last.
    """
    strategy = zlib.Z_RLE if quick else zlib.Z_DEFAULT_STRATEGY

    def deflate_piece(piece: NDArray[np.uint8]) -> bytes:
        packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS, 9, strategy)
        return packer.compress(piece.data) + packer.flush(zlib.Z_FULL_FLUSH)

    with ThreadPoolExecutor() as pool:
        parts = list(pool.map(deflate_piece, np.array_split(rows, min(PNG_PIECES, len(rows)))))
    end = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS).flush()
    return b"\x78\x01" + b"".join(parts) + end + struct.pack(">I", zlib.adler32(rows.data))


def _pack_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))
