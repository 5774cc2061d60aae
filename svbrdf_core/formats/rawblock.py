"""Uncompressed pixels inside a file (BMP, TGA): read from their place, and put back with every other byte kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.formats.palette import to_indices
from svbrdf_core.formats.raster import RasterInfo, Samples, decoding_error, read_bytes

TailMover = Callable[[bytes, int, int], bytes]
"""Returns what is to lie behind the pixels, of a file's old bytes, where its pixels ended and where the new ones do."""
_TO_FILE = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}


@dataclass(frozen=True)
class RawBlock:
    """Where and how pixels lie.

    Attributes:
        offset: first byte.
        stride: bytes from row to row.
        height, width: pixels.
        depth: bytes per pixel: 1, or 3 and 4 in the order blue, green, red, alpha.
        bottom_up, right_left: order of rows and columns.
        palette: colours ``(N, 3 or 4)`` in red, green, blue order, if the pixels are indices.
        fields: places ahead of the pixels and bytes there, which tell a size that is not the file's own.
    """

    offset: int
    stride: int
    height: int
    width: int
    depth: int
    bottom_up: bool
    right_left: bool = False
    palette: NDArray[np.uint8] | None = None
    fields: tuple[tuple[int, bytes], ...] = ()

    @property
    def end(self) -> int:
        """Offset of what lies behind the pixels."""
        return self.offset + self.stride * self.height

    def view(self, data: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the pixels ``(H, W, depth)`` of a file's bytes as a view, rows from the top."""
        rows = np.lib.stride_tricks.as_strided(
            data[self.offset :], (self.height, self.width, self.depth), (self.stride, self.depth, 1)
        )
        rows = rows[::-1] if self.bottom_up else rows
        return rows[:, ::-1] if self.right_left else rows


def load(path: Path, block: RawBlock) -> NDArray[np.uint8]:
    """Return a file's bytes, checked to hold the whole block.

    Raises:
        InputError: the file ends early.
    """
    data = np.frombuffer(bytearray(read_bytes(path)), np.uint8)
    if block.offset + block.stride * (block.height - 1) + block.width * block.depth > data.size:
        raise decoding_error(path, "the file ends early")
    return data


def decode(info: RasterInfo) -> Samples:
    """Return samples ``(H, W, C)``; palette files give their palette's colours."""
    block: RawBlock = info.detail
    return colours_of(info.path, block.view(load(info.path, block)), block.palette)


def colours_of(path: Path, pixels: NDArray[np.uint8], palette: NDArray[np.uint8] | None) -> Samples:
    """Return stored pixels ``(H, W, depth)`` as samples in red, green, blue, alpha order."""
    if palette is None:
        return np.ascontiguousarray(pixels[:, :, _TO_FILE[pixels.shape[2]]])
    if int(pixels.max()) >= len(palette):
        raise decoding_error(path, "a pixel lies outside the palette")
    return np.asarray(palette[pixels[:, :, 0]])


def encode(info: RasterInfo, samples: Samples, target: Path, move: TailMover = lambda old, end, _: old[end:]) -> None:
    """Write the source's bytes with new pixels; what is behind them goes by ``move`` where the size is another."""
    block: RawBlock = info.detail
    source: RawBlock = info.as_stored.detail
    data = load(info.path, source)
    pixels = stored(block, samples, source.view(data))
    if info.resized_from is not None:
        old = data.tobytes()
        room = bytes(block.stride * block.height)
        data = np.frombuffer(bytearray(head_of(block, old) + room + move(old, source.end, block.end)), np.uint8)
    block.view(data)[:] = pixels
    target.write_bytes(data.tobytes())


def stored(block: RawBlock, samples: Samples, old: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return samples as pixels ``(H, W, depth)``, given the file's own, which may be of another size."""
    if block.palette is None:
        return np.asarray(samples[:, :, _TO_FILE[block.depth]])
    indices = old[:, :, 0] if old.shape[:2] == samples.shape[:2] else None
    return to_indices(samples, indices, block.palette)[:, :, None]


def head_of(block: RawBlock, old: bytes) -> bytes:
    """Return what is to lie ahead of the pixels, of a file's old bytes."""
    head = bytearray(old[: block.offset])
    for at, field in block.fields:
        head[at : at + len(field)] = field
    return bytes(head)


def is_grey_ramp(palette: NDArray[np.uint8]) -> bool:
    """Whether indices are grey values themselves."""
    return len(palette) == 256 and bool((palette[:, :3] == np.arange(256)[:, None]).all())
