"""JPEG files: no JPEG can keep samples unchanged, so a PNG is written, or on demand a JPEG of the same tables.

Structure: ITU-T T.81, annex B.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np

from svbrdf_core.errors import InputError
from svbrdf_core.formats import png
from svbrdf_core.formats.metadata import exif_at_size, is_turned
from svbrdf_core.formats.raster import RasterInfo, Samples, at_size, check_sides, decoding_error, read_bytes

_FRAMES = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_SCAN = 0xDA
_EXIF = b"Exif\0\0"
_ICC = b"ICC_PROFILE\0"
_LONGEST_SIDE = 65_500
"""Pixels; libjpeg's limit, a little below the format's."""


@dataclass(frozen=True)
class JpegDetail:
    """Where the entropy-coded data starts, and the ICC profile (empty if none)."""

    scan: int
    icc: bytes


def probe(path: Path) -> RasterInfo:
    """Describe a JPEG from its segments.

    Raises:
        InputError: the header is broken, or it is CMYK or of 12 bits.
    """
    frame, profile, warnings, scan = b"", [], [], 0
    for marker, at, body in _segments(path, read_bytes(path)):
        if marker in _FRAMES:
            frame = body
        elif marker == 0xE1 and body.startswith(_EXIF) and is_turned(body[len(_EXIF) :]):
            warnings.append(f"{path.name} carries an EXIF rotation, which is ignored: pixels are taken as stored.")
        elif marker == 0xE2 and body.startswith(_ICC) and len(body) >= len(_ICC) + 2:
            profile.append((body[len(_ICC)], body[len(_ICC) + 2 :]))
        scan = at
    if len(frame) < 6:
        raise decoding_error(path, "no frame header")
    precision, height, width, components = struct.unpack(">BHHB", frame[:6])
    if precision != 8 or components not in (1, 3):
        raise InputError(f"{path} is a JPEG of {components} components, {precision} bits; convert it to RGB or a PNG.")
    note = f"{path.name} is a JPEG, which cannot keep samples unchanged: the result is {path.stem}.png, lossless."
    return RasterInfo(
        path=path, format="jpeg", height=height, width=width, channels=("L",) if components == 1 else ("R", "G", "B"),
        dtype=np.dtype(np.uint8), bits=8, suffix=".png", notes=(note,), warnings=tuple(warnings),
        detail=JpegDetail(scan, b"".join(part for _, part in sorted(profile))),
    )  # fmt: skip


def decode(info: RasterInfo) -> Samples:
    """Return the samples ``(H, W, 1 or 3)``.

    Raises:
        InputError: the file ends early or is damaged.
    """
    data = read_bytes(info.path)
    # libjpeg fills what is missing with grey and calls that a warning.
    if data.find(b"\xff\xd9", info.detail.scan) < 0:
        raise decoding_error(info.path, "the file ends early")
    try:
        samples = imagecodecs.jpeg8_decode(data)
    except (imagecodecs.Jpeg8Error, ValueError) as error:
        raise decoding_error(info.path, error) from error
    return np.asarray(samples).reshape(info.height, info.width, len(info.channels))


def encode(info: RasterInfo, samples: Samples, target: Path) -> None:
    """Write a PNG with the JPEG's colour profile."""
    icc = info.detail.icc
    png.write_plain(target, samples, [png.icc_chunk(icc)] if icc else [])


def resize(info: RasterInfo, height: int, width: int) -> RasterInfo:
    """Return the description at another size.

    Raises:
        InputError: no JPEG can be so large, which the result may be on demand.
    """
    check_sides(info, height, width, _LONGEST_SIDE)
    return at_size(info, height, width)


def encode_again(info: RasterInfo, samples: Samples, target: Path) -> Samples:
    """Write a JPEG with the source's quantisation tables, subsampling and metadata; return what it holds."""
    from PIL import Image, JpegImagePlugin

    with JpegImagePlugin.JpegImageFile(str(info.path)) as source:
        sampling = JpegImagePlugin.get_sampling(source) if len(info.channels) == 3 else 0
        kept = {key: source.info[key] for key in ("icc_profile", "exif", "dpi", "comment") if source.info.get(key)}
        if info.resized_from is not None and "exif" in kept:
            kept["exif"] = exif_at_size(kept["exif"], info.height, info.width)
        picture = Image.fromarray(samples[:, :, 0] if samples.shape[2] == 1 else np.ascontiguousarray(samples))
        picture.save(
            target, "JPEG", qtables=source.quantization, subsampling=max(sampling, 0),
            progressive=bool(source.info.get("progressive")), **kept,
        )  # fmt: skip
    return np.asarray(imagecodecs.jpeg8_decode(target.read_bytes())).reshape(samples.shape)


def _segments(path: Path, data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield marker, end position and body of every segment up to the first scan."""
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise decoding_error(path, "a marker is missing")
        marker = data[at + 1]
        if marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8:
            at += 1 if marker == 0xFF else 2
            continue
        length = struct.unpack_from(">H", data, at + 2)[0]
        yield marker, at + 2 + length, data[at + 4 : at + 2 + length]
        if marker == _SCAN:
            return
        at += 2 + length
    raise decoding_error(path, "the file ends before its pixels")
