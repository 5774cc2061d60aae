"""What EXIF and XMP data say of a picture's place and size, read and mended.

Structure: "Exif 2.3", JEITA CP-3451C, sections 4.5 and 4.6; "XMP Specification", part 2 (tiff and exif namespaces).
"""

from __future__ import annotations

import contextlib
import re
import struct

_PREFIX = b"Exif\0\0"
_WIDTHS, _HEIGHTS = (0x0100, 0xA002), (0x0101, 0xA003)
_EXIF_DIRECTORY = 0x8769
_SHORT, _LONG = 3, 4
_XMP = re.compile(
    rb"""((?:tiff:ImageWidth|exif:PixelXDimension)\s*(?:=\s*["']|>\s*))\d+|"""
    rb"""((?:tiff:ImageLength|exif:PixelYDimension)\s*(?:=\s*["']|>\s*))\d+"""
)


def is_turned(exif: bytes) -> bool:
    """Whether EXIF data asks for a rotation or mirror on display."""
    order = "<" if exif[:2] == b"II" else ">"
    for at in range(10, len(exif) - 11, 12):
        if struct.unpack_from(order + "HH", exif, at) == (0x112, 3):
            return struct.unpack_from(order + "H", exif, at + 8)[0] != 1  # type: ignore[no-any-return]
    return False


def exif_at_size(exif: bytes, height: int, width: int) -> bytes:
    """Return EXIF data that tells another size where it tells one, without its small copy of the picture.

    Data that is broken stays as it is from there on.
    """
    start = len(_PREFIX) if exif.startswith(_PREFIX) else 0
    data = bytearray(exif[start:])
    order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]))
    if order is None:
        return exif
    with contextlib.suppress(struct.error):
        first = struct.unpack_from(order + "I", data, 4)[0]
        inner, after = _mend(data, order, first, height, width)
        struct.pack_into("I", data, after, 0)  # the directory of the small copy
        if inner:
            _mend(data, order, inner, height, width)
    return exif[:start] + bytes(data)


def xmp_at_size(xmp: bytes, height: int, width: int) -> bytes:
    """Return XMP data that tells another size where it tells one."""
    return _XMP.sub(lambda m: m[1] + b"%d" % width if m[1] else m[2] + b"%d" % height, xmp)


def _mend(data: bytearray, order: str, at: int, height: int, width: int) -> tuple[int, int]:
    """Mend a directory's sizes; return where the EXIF directory is, 0 if not told, and where this one ends."""
    inner, entry = 0, at + 2
    for _ in range(struct.unpack_from(order + "H", data, at)[0]):
        tag, kind, count = struct.unpack_from(order + "HHI", data, entry)
        if tag == _EXIF_DIRECTORY:
            inner = struct.unpack_from(order + "I", data, entry + 8)[0]
        if tag in _WIDTHS + _HEIGHTS and kind in (_SHORT, _LONG) and count == 1:
            struct.pack_into(order + "HHII", data, entry, tag, _LONG, 1, width if tag in _WIDTHS else height)
        entry += 12
    return inner, entry
