"""BMP files, rewritten with new pixels and every other byte kept (8-bit grey or palette, 24 and 32 bits)."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.errors import InputError
from svbrdf_core.formats.raster import RasterInfo, at_size, decoding_error, read_bytes
from svbrdf_core.formats.rawblock import RawBlock, decode, encode, is_grey_ramp

__all__ = ["decode", "encode", "probe", "resize"]

_MASKS = (0xFF0000, 0xFF00, 0xFF)
_PROFILE = 126
"""Place of the offset, from byte 14 on, of a colour profile, in headers that have one."""
_PROFILE_KINDS = (b"DEBM", b"KNIL")


def probe(path: Path) -> RasterInfo:
    """Describe a BMP from its header.

    Raises:
        InputError: it is damaged, run-length coded, or of 1, 4 or 16 bits.
    """
    head = read_bytes(path, 2048)
    if len(head) < 54:
        raise decoding_error(path, "no header")
    offset, header_size, width, height, bits, packing = struct.unpack_from("<IIii2xHI", head, 10)
    masks = struct.unpack_from("<III", head, 54) if packing == 3 and len(head) >= 66 else _MASKS
    if bits not in (8, 24, 32) or packing not in (0, 3) or masks != _MASKS or header_size < 40:
        raise InputError(f"{path} is a BMP of an unusual kind ({bits} bits, packing {packing}); convert it to PNG.")
    palette = _palette(path, head, 14 + header_size) if bits == 8 else None
    grey = palette is not None and is_grey_ramp(palette)
    channels = ("L",) if grey else ("R", "G", "B", "A" if packing == 3 or header_size > 40 else "X")
    if width < 1 or not height:
        raise decoding_error(path, "impossible header")
    block = RawBlock(
        offset, _stride(width, bits // 8), abs(height), width, bits // 8, height > 0, palette=None if grey else palette
    )
    notes = () if palette is None or grey else (f"{path.name} has a palette; filled pixels took its nearest colours.",)
    return RasterInfo(
        path=path, format="bmp", height=abs(height), width=width, channels=channels[: 4 if bits == 32 else 3],
        dtype=np.dtype(np.uint8), bits=8, suffix=".bmp", notes=notes, detail=block,
    )  # fmt: skip


def resize(info: RasterInfo, height: int, width: int) -> RasterInfo:
    """Return the description at another size.

    Raises:
        InputError: no BMP can be so large.
    """
    old: RawBlock = info.detail
    block = replace(old, height=height, width=width, stride=_stride(width, old.depth))
    size = info.stamp.size + block.end - old.end
    if size >= 2**32 or max(height, width) >= 2**31:
        raise InputError(
            f"{info.path} is a BMP, which holds at most 4 GB and cannot have {width} x {height} pixels; convert it to "
            "PNG, TIFF or EXR first."
        )
    fields = (
        (2, struct.pack("<I", max(size, block.end))),
        (18, struct.pack("<ii", width, height if block.bottom_up else -height)),
        (34, struct.pack("<I", block.end - block.offset)),
        *_moved_profile(info, old, block),
    )
    return at_size(info, height, width, detail=replace(block, fields=fields))


def _moved_profile(info: RasterInfo, old: RawBlock, new: RawBlock) -> tuple[tuple[int, bytes], ...]:
    """Return the field that says where the colour profile is, if it lies behind the pixels."""
    head = read_bytes(info.path, _PROFILE + 4)
    if struct.unpack_from("<I", head, 14)[0] < 124 or head[70:74] not in _PROFILE_KINDS:
        return ()
    at = 14 + struct.unpack_from("<I", head, _PROFILE)[0]
    return ((_PROFILE, struct.pack("<I", at - 14 + new.end - old.end)),) if at >= old.end else ()


def _stride(width: int, depth: int) -> int:
    return (width * depth + 3) // 4 * 4


def _palette(path: Path, head: bytes, at: int) -> NDArray[np.uint8]:
    count = struct.unpack_from("<I", head, 46)[0] or 256
    raw = np.frombuffer(head, np.uint8)[at : at + 4 * count]
    if count > 256 or raw.size < 4 * count:
        raise decoding_error(path, "no palette")
    return np.ascontiguousarray(raw.reshape(-1, 4)[:, [2, 1, 0]])
