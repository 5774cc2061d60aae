"""Makers of files that are not what anyone draws: claims without pixels, bombs, and pictures of odd kinds."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR
from PIL import Image

from tests.formats.conftest import chunk

SIDE = 64
MAGIC = b"\x89PNG\r\n\x1a\n"


def noise(height: int = SIDE, width: int = SIDE, channels: int = 3, dtype: Any = np.uint8) -> np.ndarray:
    """Return random samples ``(H, W, C)``."""
    most = np.iinfo(dtype).max
    return np.random.default_rng(0).integers(0, most, (height, width, channels), dtype=dtype, endpoint=True)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Return a picture as a file's bytes."""
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def png(height: int = SIDE, width: int = SIDE, **options: Any) -> bytes:
    """Return a colour PNG."""
    return saved(Image.fromarray(noise(height, width)), "PNG", **options)


def grey(height: int = SIDE, width: int = SIDE) -> bytes:
    """Return a grey PNG."""
    return saved(Image.fromarray(noise(height, width)[:, :, 0]), "PNG")


def png_chunks(
    width: int, height: int, *more: tuple[bytes, bytes], pixels: bytes | None = None, kind: int = 0
) -> bytes:
    """Return a PNG of 8 bits that claims a size, with chunks before its pixels (by default right ones, all 0)."""
    rows = zlib.compress(bytes(height * (width + 1))) if pixels is None else pixels
    head = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    parts = [(b"IHDR", head), *more, (b"IDAT", rows), (b"IEND", b"")]
    return MAGIC + b"".join(chunk(*part) for part in parts)


def bomb(megabytes: int) -> bytes:
    """Return deflated zeros, a thousandth of what they inflate to."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)  # a block that refers to no other
    check = (megabytes * 2**20 % 65521) << 16 | 1
    return b"\x78\xda" + block * megabytes + b"\3\0" + struct.pack(">I", check)


def polyglot() -> bytes:
    """Return a PNG that is a ZIP archive too, whose member would leave its folder."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("../../escaped.txt", "out")
    return png() + stream.getvalue()


def apng() -> bytes:
    """Return an animated PNG of two frames."""
    frames = [Image.fromarray(noise()), Image.new("RGB", (SIDE, SIDE))]
    return saved(frames[0], "PNG", save_all=True, append_images=frames[1:])


def animated(kind: str) -> bytes:
    """Return an animated WebP or GIF of two frames."""
    frames = [Image.fromarray(noise()), Image.new("RGB", (SIDE, SIDE), "red")]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:])


def mask(share: float, height: int = SIDE, width: int = SIDE) -> bytes:
    """Return a mask with a square hole in its middle of that share of each side, or nothing, or everything."""
    values = np.zeros((height, width), np.uint8)
    rows, columns = (slice(round(n * (1 - share) / 2), round(n * (1 + share) / 2)) for n in (height, width))
    values[rows, columns] = 255
    return saved(Image.fromarray(values), "PNG")


def exr(folder: Path, samples: np.ndarray) -> bytes:
    """Return an EXR of ``(H, W, 3)`` half or float samples."""
    channels = {name: np.ascontiguousarray(samples[:, :, at]) for at, name in enumerate("RGB")}
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, channels).write(str(folder / "made.exr"))
    return (folder / "made.exr").read_bytes()


def read_exr(folder: Path, data: bytes) -> np.ndarray:
    """Return the samples ``(H, W, 3)`` of an EXR."""
    (folder / "read.exr").write_bytes(data)
    with OpenEXR.File(str(folder / "read.exr"), separate_channels=True) as file:
        return np.stack([file.channels()[name].pixels for name in "RGB"], axis=2)


def exr_header(channels: int, parts: int = 1) -> bytes:
    """Return an EXR of 64 x 64 with so many half channels in each part, and no pixels."""
    names = b"".join(b"%06x\0" % number + struct.pack("<iIii", 1, 0, 1, 1) for number in range(channels)) + b"\0"
    box = struct.pack("<iiii", 0, 0, SIDE - 1, SIDE - 1)
    told = {
        b"channels\0chlist": names,
        b"compression\0compression": b"\0",
        b"dataWindow\0box2i": box,
        b"displayWindow\0box2i": box,
    }
    head = b"".join(name + b"\0" + struct.pack("<I", len(data)) + data for name, data in told.items()) + b"\0"
    version = struct.pack("<I", 2 if parts == 1 else 0x1002)
    return b"\x76\x2f\x31\x01" + version + head * parts + b"\0"


TAGS = [(256, 3, 1, SIDE), (257, 3, 1, SIDE), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (277, 3, 1, 1)]


def tiff(*more: tuple[int, int, int, int], pages: int = 1) -> bytes:
    """Return a grey TIFF of 64 x 64 with further tags (code, type, count, value), the same picture on many pages."""
    told = [*TAGS, (273, 4, 1, 8), (278, 3, 1, SIDE), (279, 4, 1, SIDE**2), *more]
    tags = sorted({tag[0]: tag for tag in told}.values())
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    first = 8 + SIDE**2
    size = 2 + len(entries) + 4
    found = b"II*\0" + struct.pack("<I", first) + bytes(SIDE**2)
    for page in range(1, pages + 1):
        found += struct.pack("<H", len(tags)) + entries + struct.pack("<I", first + page * size if page < pages else 0)
    return found
