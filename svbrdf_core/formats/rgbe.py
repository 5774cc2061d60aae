"""Radiance HDR files (RGBE through imagecodecs, header by us).

Structure: G. Ward, "Real Pixels", Graphics Gems II, and the Radiance reference manual, "Picture file format".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np

from svbrdf_core.errors import InputError
from svbrdf_core.formats.raster import RasterInfo, Samples, at_size, decoding_error, read_bytes

_SIZE = re.compile(rb"\n\r?\n-Y +(\d{1,9}) +\+X +(\d{1,9}) *\r?\n")
_HEADER = 1 << 16


@dataclass(frozen=True)
class RgbeDetail:
    """The header up to and with the size line."""

    header: bytes


def probe(path: Path) -> RasterInfo:
    """Describe a Radiance file from its header.

    Raises:
        InputError: there is no size line, or rows do not run from the top left.
    """
    head = read_bytes(path, _HEADER)
    size = _SIZE.search(head)
    if size is None:
        if re.search(rb"\n\r?\n[+-][XY] +\d+ +[+-][XY] +\d+ *\r?\n", head):
            raise InputError(f"{path} stores its rows turned or mirrored; save it in the usual order (-Y +X).")
        raise decoding_error(path, "no size line")
    if b"FORMAT=32-bit_rle_xyze" in head[: size.start()]:
        raise InputError(f"{path} holds XYZ colours; convert it to RGB.")
    return RasterInfo(
        path=path, format="hdr", height=int(size[1]), width=int(size[2]), channels=("R", "G", "B"),
        dtype=np.dtype(np.float32), bits=32, suffix=".hdr" if path.suffix.lower() not in (".pic", ".rgbe")
        else path.suffix.lower(), detail=RgbeDetail(head[: size.end()]),
    )  # fmt: skip


def decode(info: RasterInfo) -> Samples:
    """Return linear float32 ``(H, W, 3)``; what fits 8 bits of a shared exponent.

    Raises:
        InputError: the pixel data is damaged or short.
    """
    data = read_bytes(info.path)[len(info.detail.header) :]
    samples = np.empty((info.height, info.width, 3), np.float32)
    try:
        imagecodecs.rgbe_decode(data, header=False, rle=_is_rle(info, data), out=samples)
    except (imagecodecs.RgbeError, ValueError) as error:
        raise decoding_error(info.path, error) from error
    return samples


def encode(info: RasterInfo, samples: Samples, target: Path) -> None:
    """Write ``samples`` under the source's header."""
    rle = 8 <= info.width < 32768
    # Noise grows under run-length coding: one byte in 128, and a row's four.
    room = info.height * (info.width * 4 + info.width // 8 + 64)
    body = imagecodecs.rgbe_encode(np.ascontiguousarray(np.maximum(samples, 0)), header=False, rle=rle, out=room)
    target.write_bytes(info.detail.header + bytes(body))


def resize(info: RasterInfo, height: int, width: int) -> RasterInfo:
    """Return the description at another size: all lines of the header stay but the numbers of the last."""
    old = info.detail.header
    size = _SIZE.search(old)
    assert size is not None  # by which it was read
    header = b"%s%d%s%d%s" % (old[: size.start(1)], height, old[size.end(1) : size.start(2)], width, old[size.end(2) :])
    return at_size(info, height, width, detail=RgbeDetail(header))


def _is_rle(info: RasterInfo, data: bytes) -> bool:
    return data[:2] == b"\2\2" and 8 <= info.width < 32768
