"""Uncompressed pixels inside a file (BMP, TGA): read from their place, and put back with every other byte kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.formats.palette import to_indices
from svbrdf_core.formats.raster import RasterInfo, Samples, decoding_error, read_bytes

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
    """

    offset: int
    stride: int
    height: int
    width: int
    depth: int
    bottom_up: bool
    right_left: bool = False
    palette: NDArray[np.uint8] | None = None

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


def encode(info: RasterInfo, samples: Samples, target: Path) -> None:
    """Write the source's bytes with new pixels."""
    block: RawBlock = info.detail
    data = load(info.path, block)
    pixels = block.view(data)
    if block.palette is None:
        pixels[:] = samples[:, :, _TO_FILE[block.depth]]
    else:
        pixels[:, :, 0] = to_indices(samples, pixels[:, :, 0], block.palette)
    target.write_bytes(data.tobytes())


def is_grey_ramp(palette: NDArray[np.uint8]) -> bool:
    """Whether indices are grey values themselves."""
    return len(palette) == 256 and bool((palette[:, :3] == np.arange(256)[:, None]).all())
