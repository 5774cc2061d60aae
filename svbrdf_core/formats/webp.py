"""WebP files, written lossless with the colour profile, EXIF and XMP of the source.

Structure: RFC 9649.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import Image

from svbrdf_core.errors import InputError
from svbrdf_core.formats.metadata import exif_at_size, xmp_at_size
from svbrdf_core.formats.raster import RasterInfo, Samples, at_size, check_sides, decoding_error, read_bytes

_LONGEST_SIDE = 16_383


@dataclass(frozen=True)
class WebpDetail:
    """Metadata chunks by name."""

    metadata: dict[str, bytes]


def probe(path: Path) -> RasterInfo:
    """Describe a WebP from its chunks.

    Raises:
        InputError: it is damaged or animated.
    """
    chunks = _chunks(path, read_bytes(path))
    if b"ANIM" in chunks:
        raise InputError(f"{path} is an animated WebP; give a still image.")
    first = next((kind for kind in chunks if kind in (b"VP8 ", b"VP8L")), b"")  # the decoder takes the first
    lossless = first == b"VP8L"
    try:
        width, height, alpha = _lossless_size(chunks[b"VP8L"]) if lossless else _lossy_size(chunks)
    except (KeyError, struct.error) as error:
        raise decoding_error(path, "no image header") from error
    note = () if lossless else (f"{path.name} is a lossy WebP; the result is written as lossless WebP.",)
    names = {"icc_profile": b"ICCP", "exif": b"EXIF", "xmp": b"XMP "}
    return RasterInfo(
        path=path, format="webp", height=height, width=width, channels=("R", "G", "B", "A")[: 4 if alpha else 3],
        dtype=np.dtype(np.uint8), bits=8, suffix=".webp", notes=note,
        detail=WebpDetail({key: chunks[kind] for key, kind in names.items() if kind in chunks}),
    )  # fmt: skip


def decode(info: RasterInfo) -> Samples:
    """Return the samples ``(H, W, 3 or 4)``.

    Raises:
        InputError: the pixel data is damaged.
    """
    try:
        samples = imagecodecs.webp_decode(read_bytes(info.path), hasalpha=len(info.channels) == 4)
    except (imagecodecs.WebpError, ValueError) as error:
        raise decoding_error(info.path, error) from error
    return np.asarray(samples).reshape(info.height, info.width, len(info.channels))


def encode(info: RasterInfo, samples: Samples, target: Path) -> None:
    """Write lossless WebP; colours under full transparency are kept too."""
    image = Image.fromarray(np.ascontiguousarray(samples))
    image.save(target, "WEBP", lossless=True, exact=True, quality=75, method=3, **info.detail.metadata)


def resize(info: RasterInfo, height: int, width: int) -> RasterInfo:
    """Return the description at another size.

    Raises:
        InputError: no WebP can be so large.
    """
    check_sides(info, height, width, _LONGEST_SIDE)
    metadata = dict(info.detail.metadata)
    for key, mended in (("exif", exif_at_size), ("xmp", xmp_at_size)):
        if key in metadata:
            metadata[key] = mended(metadata[key], height, width)
    return at_size(info, height, width, detail=WebpDetail(metadata))


def _chunks(path: Path, data: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        if at + 8 + size > len(data):
            raise decoding_error(path, "the file ends early")
        found.setdefault(kind, data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    return found


def _lossless_size(body: bytes) -> tuple[int, int, bool]:
    bits = struct.unpack_from("<I", body, 1)[0]
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)


def _lossy_size(chunks: dict[bytes, bytes]) -> tuple[int, int, bool]:
    width, height = struct.unpack_from("<HH", chunks[b"VP8 "], 6)
    return width & 0x3FFF, height & 0x3FFF, b"ALPH" in chunks
