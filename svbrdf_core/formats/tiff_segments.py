"""Sizes that the strips and tiles of a TIFF claim, for packings that are whole images with a size of their own.

Their decoders make room for what is claimed there, whatever the TIFF itself says. JPEG: ITU-T T.81, annex B; WebP:
RFC 9649; JPEG 2000: ITU-T T.800, annex A.5.1; PNG: W3C, section 11.2.2.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from tifffile import COMPRESSION

from svbrdf_core.formats.converted import find_size_marker

HEAD = 1 << 16
"""Bytes of a segment that are looked at."""
LARGEST_TILE = 2**20
"""Pixels of a tile that a picture may have which is much smaller than that: decoders make room for all of a tile."""
PADDING = 4096
"""Pixels that a segment may hold more than twice its share: blocks go over the edges."""
Size = tuple[int, int] | None


def jpeg_size(data: bytes) -> Size:
    """Return height and width by the first frame header."""
    at = 2
    while (at := data.find(b"\xff", at)) >= 0 and at + 9 <= len(data):
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return struct.unpack_from(">HH", data, at + 5)
        if marker in (0x00, 0x01, 0xFF) or 0xD0 <= marker <= 0xD9:  # no segment follows
            at += 1 if marker == 0xFF else 2
        else:
            at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    return None


def webp_size(data: bytes) -> Size:
    """Return height and width by the first image header."""
    kind, body = data[12:16], data[20:34]
    if kind == b"VP8X" and len(body) >= 10:
        width, height = (int.from_bytes(body[at : at + 3], "little") + 1 for at in (4, 7))
        return height, width
    if kind == b"VP8L" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        return (bits >> 14 & 0x3FFF) + 1, (bits & 0x3FFF) + 1
    if kind == b"VP8 " and len(body) >= 10:
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", body, 6))
        return height, width
    return None


def jpeg_2000_size(data: bytes) -> Size:
    """Return height and width by the size marker."""
    at = find_size_marker(data)
    if at < 0 or at + 22 > len(data):
        return None
    right, bottom, left, top = struct.unpack_from(">4I", data, at + 6)
    return max(0, bottom - top), max(0, right - left)


def png_size(data: bytes) -> Size:
    """Return height and width by the header chunk."""
    if len(data) < 24:
        return None
    width, height = struct.unpack_from(">2I", data, 16)
    return height, width


SIZED: dict[COMPRESSION, Callable[[bytes], Size]] = {
    COMPRESSION.JPEG: jpeg_size,
    COMPRESSION.OJPEG: jpeg_size,
    COMPRESSION.WEBP: webp_size,
    COMPRESSION.JPEG2000: jpeg_2000_size,
    COMPRESSION.PNG: png_size,
}
"""Packings that are images, and are read."""
PLAIN = (
    COMPRESSION.NONE, COMPRESSION.LZW, COMPRESSION.ADOBE_DEFLATE, COMPRESSION.DEFLATE, COMPRESSION.PACKBITS,
    COMPRESSION.ZSTD, COMPRESSION.LZMA, COMPRESSION.CCITTRLE, COMPRESSION.CCITTFAX3, COMPRESSION.CCITTFAX4,
)  # fmt: skip
"""Those whose decoders stop at the size that the TIFF says."""


def shape_of(page: Any) -> tuple[int, int]:
    """Return rows and columns of a page's strips or tiles."""
    if page.is_tiled:
        return int(page.tilelength), int(page.tilewidth)
    return int(min(page.rowsperstrip, page.imagelength)), int(page.imagewidth)


def is_bounded(page: Any) -> bool:
    """Whether a page is packed so that no strip or tile can claim far more pixels than it has to hold."""
    rows, columns = shape_of(page)
    if rows * columns > max(LARGEST_TILE, 4 * int(page.imagelength) * int(page.imagewidth)):
        return False
    size_of = SIZED.get(page.compression)
    if size_of is None:
        return page.compression in PLAIN
    handle = page.parent.filehandle
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=False):
        if not count:
            continue
        handle.seek(offset)
        data = handle.read(min(count, HEAD))
        if page.compression == COMPRESSION.OJPEG and not data.startswith(b"\xff\xd8"):
            continue  # without a header of its own
        size = size_of(data)
        if size is None or size[0] * size[1] > 2 * rows * columns + PADDING:
            return False
    return True
