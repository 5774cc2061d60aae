"""The headers of an OpenEXR file, which the binding gives only together with the pixels.

Structure: "OpenEXR File Layout" (openexr.com), sections on version field, attributes and channel lists.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from svbrdf_core.errors import InputError
from svbrdf_core.formats.raster import decoding_error

_MULTIPART = 0x1000
_LARGEST = 1 << 24
_MOST = 4096
_TOLD = frozenset({"name", "dataWindow", "tiles", "channels", "compression", "type"})
_PIXEL_TYPES = ("UINT", "HALF", "FLOAT")


@dataclass(frozen=True)
class ExrChannel:
    """Name, pixel type (``UINT``, ``HALF``, ``FLOAT``) and whether it has every pixel."""

    name: str
    type: str
    full: bool


@dataclass(frozen=True)
class ExrPart:
    """One part: its name, size, channels, compression number, and whether it is deep or has mipmaps."""

    name: str
    height: int
    width: int
    channels: tuple[ExrChannel, ...]
    compression: int
    deep: bool
    levels: bool


def read_parts(path: Path) -> tuple[ExrPart, ...]:
    """Read the headers of all parts.

    Raises:
        InputError: the file ends early, is damaged, or has thousands of channels.
    """
    try:
        with path.open("rb") as stream:
            version = struct.unpack("<I", stream.read(8)[4:])[0]
            parts = [_part(_attributes(stream))]
            while version & _MULTIPART and (attributes := _attributes(stream)) and len(parts) <= _MOST:
                parts.append(_part(attributes))
    except (struct.error, KeyError, ValueError, IndexError) as error:
        raise decoding_error(path, "broken header") from error
    if sum(len(part.channels) for part in parts) > _MOST:
        raise InputError(f"{path} has more than {_MOST} channels; save its maps in several files.")
    return tuple(parts)


def _attributes(stream: BinaryIO) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    while name := _text(stream):
        _text(stream)
        size = struct.unpack("<I", stream.read(4))[0]
        if size > _LARGEST:
            raise ValueError("impossible attribute")
        if name in _TOLD:
            found[name] = stream.read(size)
        else:
            stream.seek(size, io.SEEK_CUR)
            found[name] = b""
    return found


def _text(stream: BinaryIO) -> str:
    text = bytearray()
    while (byte := stream.read(1)) != b"\0":
        if not byte or len(text) > 255:
            raise ValueError("name without end")
        text += byte
    return text.decode("utf-8", "replace")


def _part(attributes: dict[str, bytes]) -> ExrPart:
    left, top, right, bottom = struct.unpack("<iiii", attributes["dataWindow"])
    if right < left or bottom < top:
        raise ValueError("empty data window")
    tiles = attributes.get("tiles", b"")
    return ExrPart(
        name=attributes.get("name", b"").decode("utf-8", "replace"),
        height=bottom - top + 1,
        width=right - left + 1,
        channels=tuple(_channels(attributes["channels"])),
        compression=attributes["compression"][0],
        deep=attributes.get("type", b"").startswith(b"deep"),
        levels=len(tiles) == 9 and tiles[8] & 0xF != 0,
    )


def _channels(data: bytes) -> list[ExrChannel]:
    found: list[ExrChannel] = []
    at = 0
    while data[at] != 0 and len(found) <= _MOST:
        end = data.index(0, at)
        kind, across, down = struct.unpack_from("<i4xii", data, end + 1)
        found.append(ExrChannel(data[at:end].decode("utf-8", "replace"), _PIXEL_TYPES[kind], across == down == 1))
        at = end + 17
    return found
