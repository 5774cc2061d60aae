"""PNG files, rewritten with new samples and the same chunks (libpng through imagecodecs, chunk structure by us).

Only the IDAT stream is handed to libpng, so no gamma, palette or transparency rule can touch the samples.
Structure: "Portable Network Graphics (PNG) Specification (Third Edition)", W3C, sections 5 and 11.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from svbrdf_core.formats import adam7
from svbrdf_core.formats.metadata import exif_at_size, is_turned, xmp_at_size
from svbrdf_core.formats.palette import to_indices
from svbrdf_core.formats.raster import RasterInfo, Samples, at_size, decoding_error, read_bytes

MAGIC = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: ("L",), 2: ("R", "G", "B"), 3: ("R", "G", "B"), 4: ("L", "A"), 6: ("R", "G", "B", "A")}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_COLOUR_TYPE = {1: 0, 2: 4, 3: 2, 4: 6}
# Level 3 takes a third of the default level's time on textures, for files a few percent larger; 8K sets feel it.
_LEVEL = 3

_TOLD = frozenset({b"IHDR", b"PLTE", b"tRNS", b"eXIf", b"acTL"})
"""Chunks that describe the picture; what the others hold, and unpack to, is of no interest to its reading."""

_PIXELS = frozenset({b"IDAT", b"acTL", b"fcTL", b"fdAT", b"iDOT"})
"""Chunks of the pixels, those of further frames, and one of Apple's that says where among them rows begin."""
_CANVAS = frozenset({b"vpAg", b"caNv"})
"""ImageMagick's chunks of the size of the canvas that a picture lies on."""
_XMP = b"XML:com.adobe.xmp\0\0"

Chunk = tuple[bytes, bytes]


@dataclass(frozen=True)
class PngDetail:
    """The header of a PNG: bit depth, colour type, palette ``(N, 3 or 4)`` uint8 if it has one, and interlacing."""

    depth: int
    colour_type: int
    palette: NDArray[np.uint8] | None
    interlaced: bool = False


def probe(path: Path) -> RasterInfo:
    """Describe a PNG from the chunks before its pixels.

    Raises:
        InputError: the header is broken or animated.
    """
    ahead: dict[bytes, bytes] = {}
    with path.open("rb") as stream:
        stream.seek(len(MAGIC))
        for kind, data in _walk(path, stream, stop=b"IDAT"):
            ahead.setdefault(kind, data)
    return describe(path, ahead)


def describe(path: Path, ahead: dict[bytes, bytes]) -> RasterInfo:
    """Describe a PNG from its leading chunks."""
    if len(ahead.get(b"IHDR", b"")) != 13:
        raise decoding_error(path, "no header")
    width, height, depth, colour_type = struct.unpack(">IIBB", ahead[b"IHDR"][:10])
    if depth not in _DEPTHS.get(colour_type, ()) or not width or not height:
        raise decoding_error(path, "impossible header")
    palette = _palette(path, ahead) if colour_type == 3 else None
    channels = _CHANNELS[colour_type] if palette is None else ("R", "G", "B", "A")[: palette.shape[1]]
    warnings = []
    if is_turned(ahead.get(b"eXIf", b"")):
        warnings.append(f"{path.name} carries an EXIF rotation, which is ignored: pixels are taken as stored.")
    if b"acTL" in ahead:
        warnings.append(f"{path.name} is animated; only its first frame is used.")
    notes = []
    if palette is not None:
        notes.append(f"{path.name} has a palette; filled pixels took the nearest of its {len(palette)} colours.")
    return RasterInfo(
        path=path, format="png", height=height, width=width, channels=channels,
        dtype=np.dtype(np.uint16 if depth == 16 else np.uint8), bits=8 if palette is not None else depth,
        suffix=".png", notes=tuple(notes), warnings=tuple(warnings),
        detail=PngDetail(depth, colour_type, palette, ahead[b"IHDR"][12] == 1),
    )  # fmt: skip


def decode(info: RasterInfo) -> Samples:
    """Return the stored samples ``(H, W, C)``; palette files give their palette's colours.

    Raises:
        InputError: the pixel data is damaged or short.
    """
    indices = _decode_samples(info)
    palette = info.detail.palette
    if palette is None:
        return indices
    if int(indices.max()) >= len(palette):
        raise decoding_error(info.path, "a pixel lies outside the palette")
    return np.asarray(palette[indices[:, :, 0]])


def encode(info: RasterInfo, samples: Samples, target: Path) -> None:
    """Write ``samples`` to ``target`` with every chunk of ``info.path`` but the pixels."""
    detail: PngDetail = info.detail
    if detail.palette is not None:
        stored = _decode_samples(info)[:, :, 0] if info.resized_from is None else None
        samples = to_indices(samples, stored, detail.palette)[:, :, None]
    chunks = list(chunks_of(info.path, read_bytes(info.path)))
    first = next(i for i, (kind, _) in enumerate(chunks) if kind == b"IDAT")
    ahead, rest = (
        [_at_size(c, info) for c in part if c[0] not in (_PIXELS if info.resized_from is None else _PIXELS | _CANVAS)]
        for part in (chunks[1:first], chunks[first:])
    )
    _write(target, _header(samples, detail), ahead, samples, detail, rest)


def resize(info: RasterInfo, height: int, width: int) -> RasterInfo:
    """Return the description at another size."""
    return at_size(info, height, width)


def write_plain(target: Path, samples: Samples, ahead: Iterable[Chunk] = ()) -> None:
    """Write 8- or 16-bit samples ``(H, W, 1..4)`` as a new PNG with the given chunks before the pixels."""
    detail = PngDetail(8 * samples.dtype.itemsize, _COLOUR_TYPE[samples.shape[2]], None)
    _write(target, _header(samples, detail), ahead, samples, detail, [(b"IEND", b"")])


def icc_chunk(profile: bytes) -> Chunk:
    """Return an iCCP chunk that holds an ICC profile."""
    return b"iCCP", b"ICC profile\0\0" + zlib.compress(profile)


def chunks_of(path: Path, data: bytes) -> Iterator[Chunk]:
    """Yield ``(type, data)`` of every chunk, in file order.

    Raises:
        InputError: the file ends early or a checksum is wrong.
    """
    at = len(MAGIC)
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at) if at + 12 <= len(data) else (len(data), b"")
        body = data[at + 8 : at + 8 + length]
        end = at + 12 + length
        if end > len(data) or struct.unpack_from(">I", data, end - 4)[0] != zlib.crc32(body, zlib.crc32(kind)):
            raise decoding_error(path, "the file ends early or a checksum is wrong")
        yield kind, body
        if kind == b"IEND":
            return
        at = end
    raise decoding_error(path, "the file ends early")


def _walk(path: Path, stream: Any, stop: bytes) -> Iterator[Chunk]:
    while True:
        head = stream.read(8)
        if len(head) < 8:
            raise decoding_error(path, "the file ends before its pixels")
        length, kind = struct.unpack(">I4s", head)
        if kind == stop:
            return
        if length > 2**26:
            raise decoding_error(path, "impossible header")
        if kind in _TOLD:
            yield kind, stream.read(length)
        else:
            stream.seek(length, io.SEEK_CUR)
        stream.seek(4, io.SEEK_CUR)


def _palette(path: Path, ahead: dict[bytes, bytes]) -> NDArray[np.uint8]:
    colours = np.frombuffer(ahead.get(b"PLTE", b""), np.uint8)
    if not colours.size or colours.size % 3:
        raise decoding_error(path, "no palette")
    colours = colours.reshape(-1, 3)
    if b"tRNS" not in ahead:
        return colours
    alpha = np.full((len(colours), 1), 255, np.uint8)
    known = np.frombuffer(ahead[b"tRNS"], np.uint8)[: len(colours)]
    alpha[: len(known), 0] = known
    return np.hstack([colours, alpha])


def _at_size(chunk: Chunk, info: RasterInfo) -> Chunk:
    """Return a chunk as it is where a file is written at a size, its own or another."""
    kind, body = chunk
    if info.resized_from is not None and kind == b"eXIf":
        body = exif_at_size(body, info.height, info.width)
    if info.resized_from is not None and kind == b"iTXt" and body.startswith(_XMP):
        body = xmp_at_size(body, info.height, info.width)
    return kind, body


def _decode_samples(info: RasterInfo) -> Samples:
    """Decode the bare pixel stream; palette indices come out as grey samples."""
    data = read_bytes(info.path)
    detail: PngDetail = info.detail
    stream = b"".join(body for kind, body in chunks_of(info.path, data) if kind == b"IDAT")
    try:
        if detail.interlaced:
            bits = detail.depth * (1 if detail.colour_type == 3 else len(_CHANNELS[detail.colour_type]))
            parts = adam7.split_stream(stream, info.height, info.width, bits)
            return adam7.decode(
                parts, info.height, info.width,
                lambda part, height, width: _decode_stream(zlib.compress(part, 1), height, width, detail),
            )  # fmt: skip
        return _decode_stream(stream, info.height, info.width, detail)
    except (imagecodecs.PngError, ValueError, zlib.error) as error:
        raise decoding_error(info.path, error) from error


def _decode_stream(stream: bytes, height: int, width: int, detail: PngDetail) -> Samples:
    """Return the samples ``(H, W, C)`` of a plain pixel stream; palette indices come out as grey."""
    kind = 0 if detail.colour_type == 3 else detail.colour_type
    header = struct.pack(">IIBBBBB", width, height, detail.depth, kind, 0, 0, 0)
    whole = b"".join((MAGIC, _pack(b"IHDR", header), _pack(b"IDAT", stream), _pack(b"IEND", b"")))
    samples = np.asarray(imagecodecs.png_decode(whole)).reshape(height, width, -1)
    # libpng widens 1-, 2- and 4-bit grey to the full byte; narrow it to what is stored.
    return samples // (255 // (2**detail.depth - 1)) if detail.depth < 8 else samples


def _header(samples: Samples, detail: PngDetail) -> bytes:
    height, width = samples.shape[:2]
    return struct.pack(">IIBBBBB", width, height, detail.depth, detail.colour_type, 0, 0, detail.interlaced)


def _write(
    target: Path, header: bytes, ahead: Iterable[Chunk], samples: Samples, detail: PngDetail, rest: Iterable[Chunk]
) -> None:
    pixels = _plain_pixels(samples, detail.depth)
    if detail.interlaced:
        pixels = _pack(b"IDAT", adam7.encode(samples, lambda part: _stream_of(_plain_pixels(part, detail.depth))))
    with target.open("wb") as stream:
        stream.write(MAGIC + _pack(b"IHDR", header))
        stream.writelines(_pack(*chunk) for chunk in ahead)
        stream.write(pixels)
        stream.writelines(_pack(*chunk) for chunk in rest)


def _plain_pixels(samples: Samples, depth: int) -> bytes | memoryview:
    """Return the IDAT chunks of a plain picture."""
    return _pack_bits(samples, depth) if depth < 8 else _pixels(samples)


def _stream_of(chunks: bytes | memoryview) -> bytes:
    """Return the compressed pixel stream that IDAT chunks hold."""
    found, at = [], 0
    while at < len(chunks):
        (length,) = struct.unpack_from(">I", chunks, at)
        found.append(bytes(chunks[at + 8 : at + 8 + length]))
        at += 12 + length
    return b"".join(found)


def _pixels(samples: Samples) -> memoryview:
    """Return the IDAT chunks libpng makes of 8- or 16-bit samples."""
    shaped = np.ascontiguousarray(samples[:, :, 0] if samples.shape[2] == 1 else samples)
    # Where a side is 1 numpy takes any strides for contiguous; imagecodecs does not, and this sets them without a copy.
    encoded = memoryview(imagecodecs.png_encode(shaped.reshape(-1).reshape(shaped.shape), level=_LEVEL))
    return encoded[len(MAGIC) + 25 : -12]


def _pack_bits(samples: Samples, depth: int) -> bytes:
    """Return one IDAT chunk of 1-, 2- or 4-bit samples, rows unfiltered as the specification advises."""
    height, width = samples.shape[:2]
    bits = np.unpackbits(samples.reshape(height, width, 1), axis=2)[:, :, 8 - depth :]
    rows = np.packbits(bits.reshape(height, -1), axis=1)
    unfiltered = np.hstack([np.zeros((height, 1), np.uint8), rows])
    return _pack(b"IDAT", zlib.compress(unfiltered.tobytes()))


def _pack(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))
