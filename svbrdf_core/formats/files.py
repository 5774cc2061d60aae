"""Reader and writer of image files of all formats, each told by its content, never by its ending."""

from __future__ import annotations

import dataclasses
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

import numpy as np

from svbrdf_core.errors import InputError
from svbrdf_core.formats import bmp, converted, jpeg, npy, png, rgbe, tga, webp
from svbrdf_core.formats.atomic import write_file
from svbrdf_core.formats.raster import (
    MAX_PIXELS,
    Raster,
    RasterInfo,
    Samples,
    at_size,
    decoding_error,
    read_bytes,
    stamp_of,
)
from svbrdf_core.sentences import Remedy


class Codec(Protocol):
    """What a format module offers."""

    def probe(self, path: Path) -> RasterInfo:
        """Describe a file from its header."""

    def decode(self, info: RasterInfo) -> Samples:
        """Return samples ``(H, W, C)``."""

    def encode(self, info: RasterInfo, samples: Samples, target: Path) -> None:
        """Write samples to ``target`` with everything else as in ``info.path``."""

    def resize(self, info: RasterInfo, height: int, width: int) -> RasterInfo:
        """Return the description at another size."""


RAISE_LIMIT = Remedy("pixels", "raise the limit if that is true")


class _Late:
    """A format module that is loaded when a file of its format is met, for its library takes long to load."""

    def __init__(self, name: str) -> None:
        self._name = f"svbrdf_core.formats.{name}"

    @property
    def _module(self) -> Codec:
        return cast(Codec, import_module(self._name))

    def probe(self, path: Path) -> RasterInfo:
        return self._module.probe(path)

    def decode(self, info: RasterInfo) -> Samples:
        return self._module.decode(info)

    def encode(self, info: RasterInfo, samples: Samples, target: Path) -> None:
        self._module.encode(info, samples, target)

    def resize(self, info: RasterInfo, height: int, width: int) -> RasterInfo:
        return self._module.resize(info, height, width)


CODECS: dict[str, Codec] = {
    "png": png, "tiff": _Late("tiff"), "jpeg": jpeg, "tga": tga, "bmp": bmp, "webp": webp, "exr": _Late("exr"),
    "hdr": rgbe,
    "npy": npy, "dds": converted, "psd": converted, "jpeg2000": converted, "gif": converted,
}  # fmt: skip

SUFFIXES: dict[str, str] = {
    ".png": "png", ".tif": "tiff", ".tiff": "tiff", ".jpg": "jpeg", ".jpeg": "jpeg", ".jpe": "jpeg", ".tga": "tga",
    ".bmp": "bmp", ".webp": "webp", ".exr": "exr", ".hdr": "hdr", ".rgbe": "hdr", ".pic": "hdr",
    ".npy": "npy", ".dds": "dds", ".psd": "psd", ".jp2": "jpeg2000", ".j2k": "jpeg2000", ".j2c": "jpeg2000",
    ".jpf": "jpeg2000", ".jpx": "jpeg2000", ".gif": "gif",
}  # fmt: skip
"""Endings that make a file an image to look at, and the format each promises."""


def sniff(head: bytes, suffix: str = "") -> str | None:
    """Name the format of a file from its first bytes (64 are enough), or return None.

    TGA has no signature: it is believed by its ending if the header makes sense.
    """
    signatures = {
        png.MAGIC: "png", b"\xff\xd8\xff": "jpeg", b"II*\0": "tiff", b"MM\0*": "tiff", b"II+\0": "tiff",
        b"MM\0+": "tiff", b"\x76\x2f\x31\x01": "exr", b"#?": "hdr", b"BM": "bmp", npy.MAGIC: "npy",
        converted.DDS: "dds", converted.PSD: "psd", converted.GIF: "gif",
        **dict.fromkeys(converted.JP2, "jpeg2000"),
    }  # fmt: skip
    for magic, name in signatures.items():
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    plausible = len(head) >= 18 and head[1] in (0, 1) and head[2] in (1, 2, 3, 9, 10, 11)
    return "tga" if suffix.lower() == ".tga" and plausible else None


def is_converted(info: RasterInfo) -> bool:
    """Whether a file is written anew in another format than its own, since that loses or is only read."""
    return info.format != "memory" and SUFFIXES[info.suffix] != info.format


def probe(path: Path | str, *, max_pixels: int = MAX_PIXELS) -> RasterInfo:
    """Describe an image file from its header, decoding nothing.

    Raises:
        InputError: it is missing, empty, no image we know, damaged, or claims more than ``max_pixels`` pixels.
    """
    path = Path(path)
    stamp = stamp_of(path)
    name = sniff(read_bytes(path, 64), path.suffix)
    if name is None or name not in CODECS:
        raise InputError(f"{path} is not an image in a format we read; convert it to PNG, TIFF or EXR.")
    info = CODECS[name].probe(path)
    if info.height < 1 or info.width < 1:
        raise decoding_error(path, "impossible header")
    if info.height * info.width > max_pixels:
        raise InputError(
            f"{path} claims {info.width} x {info.height} pixels, more than the limit of {max_pixels}",
            RAISE_LIMIT,
        )
    if info.most_pixels > max_pixels:
        raise InputError(
            f"{path} claims {info.most_pixels} pixels in its pages or parts together, more than the limit of "
            f"{max_pixels}",
            RAISE_LIMIT,
        )
    warnings = info.warnings
    promised = SUFFIXES.get(path.suffix.lower())
    if promised != name:
        warnings += (f"{path.name} is really a {name.upper()} file whatever its ending says; it is read as such.",)
    return dataclasses.replace(info, stamp=stamp, warnings=warnings)


def decode(info: RasterInfo) -> Samples:
    """Return the samples ``(H, W, C)`` of a described file.

    Raises:
        InputError: it changed since it was described, or its pixels are damaged.
        ValueError: the description is one of :func:`resized`, at a size that the file does not have.
    """
    if info.resized_from is not None:
        raise ValueError(f"{info.path} holds no {info.width} x {info.height} pixels: that size is only to be written")
    check_unchanged(info)
    return CODECS[info.format].decode(info)


def read(path: Path | str, *, max_pixels: int = MAX_PIXELS) -> Raster:
    """Read an image file: its description and its samples ``(H, W, C)`` in native type.

    Raises:
        InputError: as :func:`probe` and :func:`decode`.
    """
    info = probe(path, max_pixels=max_pixels)
    return Raster(info, decode(info))


read_image = read


def encode(info: RasterInfo, samples: Samples, target: Path) -> None:
    """Write ``samples`` to ``target``, with format, depth, metadata and foreign data of ``info.path``.

    Lossy sources are written in the lossless form ``info.suffix`` and ``info.notes`` name.
    """
    expected = (info.height, info.width, len(info.channels))
    if samples.shape != expected or samples.dtype != info.dtype:
        raise ValueError(f"samples must be {info.dtype} {expected}, not {samples.dtype} {samples.shape}")
    check_unchanged(info)
    CODECS[info.format].encode(info, samples, target)


def resized(info: RasterInfo, height: int, width: int) -> RasterInfo:
    """Return the description of the same file at another size, for :func:`encode` to write it so.

    Format, depth, channels, colour profile, metadata and foreign data are those of ``info.path``; what tells the size
    in them tells the new one, and small copies of the old picture are left out. ``notes`` say what else is not written.
    Such a description is never decoded: the file does not have that size. Resized again it counts from the file, and at
    the file's own size it is the file's description.

    Args:
        info: of a file, of samples that have none, or resized already.
        height: pixels, 1 or more.
        width: pixels, 1 or more.

    Raises:
        InputError: the format has no pictures of that size, or the file holds what cannot be given another.
    """
    if height < 1 or width < 1:
        raise ValueError(f"a picture has at least one pixel, not {width} x {height}")
    source = info.as_stored
    if (height, width) == (source.height, source.width):
        return source
    return (at_size if info.format == "memory" else CODECS[info.format].resize)(source, height, width)


def write_new(target: Path, info: RasterInfo, samples: Samples) -> None:
    """Write samples that never had a file: integers as PNG, floats as EXR."""
    if info.is_float:
        from svbrdf_core.formats import exr

        exr.write_plain(target, samples, ("Y",) if info.channels == ("L",) else info.channels)
    else:
        png.write_plain(target, samples)


def write_exr(path: Path | str, array: Samples) -> Path:
    """Write ``(H, W)`` or ``(H, W, 1..4)`` float16 or float32 as an EXR, atomically.

    Raises:
        OutputError: it cannot be written.
    """
    samples = array[:, :, None] if array.ndim == 2 else array
    names = {1: ("Y",), 2: ("R", "G"), 3: ("R", "G", "B"), 4: ("R", "G", "B", "A")}
    if samples.dtype not in (np.float16, np.float32) or samples.ndim != 3 or samples.shape[2] not in names:
        raise ValueError(f"an EXR holds (H, W) or (H, W, 1..4) float16 or float32, not {array.dtype} {array.shape}")
    from svbrdf_core.formats import exr

    return write_file(Path(path), lambda target: exr.write_plain(target, samples, names[samples.shape[2]]))


def check_unchanged(info: RasterInfo) -> None:
    """Raise InputError if the file is not the one that was described."""
    if stamp_of(info.path) != info.stamp:
        raise InputError(f"{info.path} was changed by another program since it was read; load the material again.")


def write_png(path: Path | str, array: Samples) -> Path:
    """Write ``(H, W)`` or ``(H, W, 1..4)`` uint8, uint16 or bool (as 0 and 255) as a PNG, atomically.

    Raises:
        OutputError: it cannot be written.
    """
    samples = array.astype(np.uint8) * np.uint8(255) if array.dtype == bool else array
    samples = samples[:, :, None] if samples.ndim == 2 else samples
    if samples.dtype not in (np.uint8, np.uint16) or samples.ndim != 3 or samples.shape[2] not in (1, 2, 3, 4):
        raise ValueError(f"a PNG holds (H, W) or (H, W, 1..4) uint8 or uint16, not {array.dtype} {array.shape}")
    return write_file(Path(path), lambda target: png.write_plain(target, samples))
