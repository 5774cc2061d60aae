"""Interlaced PNG pixels as seven plain pictures and back.

Structure: "Portable Network Graphics (PNG) Specification (Third Edition)", W3C, section 8.2 (Adam7).
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterator

import numpy as np

from svbrdf_core.formats.raster import Samples

PASSES = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))
"""First row, first column, and steps from row to row and from column to column, of each pass."""


def passes(height: int, width: int) -> Iterator[tuple[slice, slice, int, int]]:
    """Yield the rows and columns of each pass that is not empty, with their numbers."""
    for top, left, down, across in PASSES:
        rows, columns = len(range(top, height, down)), len(range(left, width, across))
        if rows and columns:
            yield slice(top, None, down), slice(left, None, across), rows, columns


def split_stream(stream: bytes, height: int, width: int, pixel_bits: int) -> list[bytes]:
    """Return the filtered rows of each pass of a compressed pixel stream.

    Raises:
        ValueError: the stream is short.
        zlib.error: it is damaged.
    """
    sizes = [rows * (1 + (columns * pixel_bits + 7) // 8) for _, _, rows, columns in passes(height, width)]
    data = zlib.decompressobj().decompress(stream, sum(sizes))
    if len(data) < sum(sizes):
        raise ValueError("short pixel stream")
    ends = np.cumsum([0, *sizes]).tolist()
    return [data[a:b] for a, b in itertools.pairwise(ends)]


def decode(parts: list[bytes], height: int, width: int, read: Callable[[bytes, int, int], Samples]) -> Samples:
    """Return samples ``(H, W, C)`` of the filtered rows of each pass; ``read`` makes a plain picture of one."""
    result: Samples | None = None
    for (rows, columns, tall, wide), part in zip(passes(height, width), parts, strict=True):
        samples = read(part, tall, wide)
        if result is None:
            result = np.empty((height, width, samples.shape[2]), samples.dtype)
        result[rows, columns] = samples
    assert result is not None  # a picture has a pixel, which is in the first pass
    return result


def encode(samples: Samples, write: Callable[[Samples], bytes]) -> bytes:
    """Return the compressed pixel stream of samples ``(H, W, C)``; ``write`` makes that of a plain picture."""
    height, width = samples.shape[:2]
    parts = [
        zlib.decompress(write(np.ascontiguousarray(samples[rows, columns])))
        for rows, columns, _, _ in passes(height, width)
    ]
    return zlib.compress(b"".join(parts), 6)
