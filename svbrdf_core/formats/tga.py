"""Targa files: 8-bit grey or palette, 24 and 32 bits, plain or run-length coded.

All other bytes are kept; the areas behind run-length coded pixels move along with their end.
Structure: "Truevision TGA File Format Specification", version 2.0.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from svbrdf_core.errors import InputError
from svbrdf_core.formats import rawblock
from svbrdf_core.formats.raster import RasterInfo, Samples, at_size, check_sides, decoding_error, read_bytes
from svbrdf_core.formats.rawblock import RawBlock

_HEADER = 18
_SIZE = 12
_COLOUR_TABLE, _STAMP, _LINES = 482, 486, 490
"""Places of three offsets in the extension area."""
_LONGEST_SIDE = 65_535
_FOOTER = bytes(8) + b"TRUEVISION-XFILE.\0"


@dataclass(frozen=True)
class Header:
    """The fixed header's fields that matter here."""

    id_length: int
    has_colours: int
    kind: int
    first_colour: int
    colours: int
    colour_bits: int
    width: int
    height: int
    bits: int
    flags: int

    @property
    def pixels_at(self) -> int:
        """Offset of the pixel data."""
        return _HEADER + self.id_length + self.has_colours * self.colours * ((self.colour_bits + 7) // 8)


@dataclass(frozen=True)
class TgaBlock(RawBlock):
    """Where and how pixels lie, and whether they are run-length coded."""

    packed: bool = False


def probe(path: Path) -> RasterInfo:
    """Describe a Targa from its header.

    Raises:
        InputError: it is damaged or of 15 or 16 bits.
    """
    head = read_bytes(path, _HEADER + 255 + 4 * 256)
    header = Header(*struct.unpack_from("<BBBHHB4xHHBB", head))
    base = header.kind & 7
    known = {1: (8,), 2: (24, 32), 3: (8,)}[base]
    if header.bits not in known or (base == 1 and (header.colour_bits not in (24, 32) or header.first_colour)):
        raise InputError(f"{path} is a TGA of {header.bits} bits of an unusual kind; convert it to 24 bits or PNG.")
    if not header.width or not header.height:
        raise decoding_error(path, "impossible header")
    palette = _palette(path, head, header) if base == 1 else None
    channels = (
        ("L",) if base == 3 else ("R", "G", "B", "A")[: palette.shape[1] if palette is not None else header.bits // 8]
    )
    depth = header.bits // 8
    block = TgaBlock(
        header.pixels_at, header.width * depth, header.height, header.width, depth,
        bottom_up=not header.flags & 0x20, right_left=bool(header.flags & 0x10), palette=palette,
        packed=header.kind > 8,
    )  # fmt: skip
    notes = (f"{path.name} has a palette; filled pixels took its nearest colours.",) if palette is not None else ()
    return RasterInfo(
        path=path, format="tga", height=header.height, width=header.width, channels=channels,
        dtype=np.dtype(np.uint8), bits=8, suffix=".tga", notes=notes, detail=block,
    )  # fmt: skip


def decode(info: RasterInfo) -> Samples:
    """Return samples ``(H, W, C)``.

    Raises:
        InputError: the pixel data is damaged or short.
    """
    block: TgaBlock = info.detail
    if not block.packed:
        return rawblock.decode(info)
    return rawblock.colours_of(info.path, _unpack(info.path, block), block.palette)


def encode(info: RasterInfo, samples: Samples, target: Path) -> None:
    """Write ``samples`` in the source's kind of file."""
    block: TgaBlock = info.detail
    if not block.packed:
        rawblock.encode(info, samples, target, _moved_areas)
        return
    source: TgaBlock = info.as_stored.detail
    old, (packets, end) = read_bytes(info.path), _unpack_packets(info.path, source)
    rows = np.empty((block.height, block.width, block.depth), np.uint8)
    _plain(block).view(rows.reshape(-1))[:] = rawblock.stored(block, samples, _view(packets, source))
    head = rawblock.head_of(block, old) + _pack(rows)
    target.write_bytes(head + _moved_areas(old, end, len(head)))


def resize(info: RasterInfo, height: int, width: int) -> RasterInfo:
    """Return the description at another size.

    Raises:
        InputError: no Targa can be so large.
    """
    check_sides(info, height, width, _LONGEST_SIDE)
    old: TgaBlock = info.detail
    fields = ((_SIZE, struct.pack("<HH", width, height)),)
    block = replace(old, height=height, width=width, stride=width * old.depth, fields=fields)
    return at_size(info, height, width, detail=block)


def _palette(path: Path, head: bytes, header: Header) -> NDArray[np.uint8]:
    at, depth = _HEADER + header.id_length, header.colour_bits // 8
    raw = np.frombuffer(head, np.uint8)[at : at + header.colours * depth]
    if not header.colours or header.colours > 256 or raw.size < header.colours * depth:
        raise decoding_error(path, "no palette")
    return np.ascontiguousarray(raw.reshape(-1, depth)[:, [2, 1, 0, 3][:depth]])


def _unpack(path: Path, block: RawBlock) -> NDArray[np.uint8]:
    """Expand run-length packets to pixels ``(H, W, depth)`` as stored, rows from the top."""
    return _view(_unpack_packets(path, block)[0], block)


def _view(pixels: bytearray, block: RawBlock) -> NDArray[np.uint8]:
    """Return the pixels ``(H, W, depth)`` of their bytes in file order, rows from the top."""
    return _plain(block).view(np.frombuffer(pixels, np.uint8))


def _plain(block: RawBlock) -> RawBlock:
    """Return where pixels lie once they are unpacked."""
    return replace(block, offset=0, stride=block.width * block.depth)


def _unpack_packets(path: Path, block: RawBlock) -> tuple[bytearray, int]:
    """Return the bytes of all pixels in file order, and the offset behind the packets."""
    data = read_bytes(path)
    total, depth = block.height * block.width, block.depth
    result = bytearray(total * depth)
    at, done = block.offset, 0
    while done < total:
        if at >= len(data):
            raise decoding_error(path, "the file ends early")
        count = (data[at] & 0x7F) + 1
        size = depth if data[at] & 0x80 else count * depth
        run = data[at + 1 : at + 1 + size]
        if len(run) < size or done + count > total:
            raise decoding_error(path, "a run is broken")
        result[done * depth : (done + count) * depth] = run * count if data[at] & 0x80 else run
        at, done = at + 1 + size, done + count
    return result, at


def _moved_areas(old: bytes, end: int, start: int) -> bytes:
    """Return what lies behind the pixels, with the offsets in it right for its new place.

    Args:
        old: the source's bytes.
        end: where its pixels end.
        start: where the new ones do.
    """
    if not old.endswith(_FOOTER[8:]) or len(old) < end + len(_FOOTER):
        return old[end:]
    tail = bytearray(old[end:])

    def shift(at: int, *, drop: bool = False) -> int:
        """Move the offset at a place of the tail, and return where in the tail it points, -1 if nowhere."""
        if not 0 <= at <= len(tail) - 4:
            return -1
        (offset,) = struct.unpack_from("<I", tail, at)
        inside = end <= offset < len(old)
        struct.pack_into("<I", tail, at, offset - end + start if inside and not drop else 0)
        return offset - end if inside else -1

    extension = shift(len(tail) - len(_FOOTER))
    developer = shift(len(tail) - len(_FOOTER) + 4)
    if extension >= 0:
        shift(extension + _COLOUR_TABLE)
        shift(extension + _STAMP, drop=True)  # a small copy of the old picture
        shift(extension + _LINES, drop=True)  # where each row begins, which has changed
    if 0 <= developer <= len(tail) - 2:
        for entry in range(struct.unpack_from("<H", tail, developer)[0]):
            shift(developer + 2 + 10 * entry + 2)
    return bytes(tail)


def _pack(pixels: NDArray[np.uint8]) -> bytes:
    """Return run-length packets of pixels ``(H, W, depth)`` in file order."""
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels[:, :, [2, 1, 0, 3][: pixels.shape[2]]])
    stream = io.BytesIO()
    image.save(stream, "TGA", compression="tga_rle", orientation=1)
    return stream.getvalue()[_HEADER : -len(_FOOTER)]
