"""Makers of real image files of every kind we read, each a function of a folder, a shape and a random generator."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import OpenEXR
import pytest
import tifffile
from PIL import Image

Maker = Callable[[Path, int, int, np.random.Generator], Path]


def _bytes(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.integers(0, 256, shape, dtype=np.uint8)


def _words(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.integers(0, 65536, shape, dtype=np.uint16)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


EXTRA = [
    (b"gAMA", struct.pack(">I", 45455)),
    (b"cHRM", struct.pack(">8I", *range(1, 9))),
    (b"pHYs", struct.pack(">IIB", 2834, 2834, 1)),
    (b"tEXt", b"Author\0someone"),
    (b"iTXt", b"Title\0\0\0\0\0T\xc3\xa4"),
    (b"prVt", b"private"),
]


def _with_chunks(png: bytes | bytearray) -> bytes:
    return bytes(png[:33]) + b"".join(chunk(*c) for c in EXTRA) + png[33:]


def _png(dtype: type, channels: int) -> Maker:
    def make(folder: Path, height: int, width: int, rng: np.random.Generator) -> Path:
        data = (_bytes if dtype is np.uint8 else _words)(rng, height, width, channels)
        path = folder / "a.png"
        path.write_bytes(_with_chunks(imagecodecs.png_encode(data[:, :, 0] if channels == 1 else data)))
        return path

    return make


def _png_bits(depth: int, palette: bool, transparent: bool = False) -> Maker:
    def make(folder: Path, height: int, width: int, rng: np.random.Generator) -> Path:
        count = 2**depth
        data = rng.integers(0, count, (height, width), dtype=np.uint8)
        bits = np.unpackbits(data[:, :, None], axis=2)[:, :, 8 - depth :].reshape(height, -1)
        rows = np.hstack([np.zeros((height, 1), np.uint8), np.packbits(bits, axis=1)]).tobytes()
        parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 3 if palette else 0, 0, 0, 0))]
        parts += [chunk(*c) for c in EXTRA]
        if palette:
            colours = _bytes(rng, count, 3)
            colours[-1] = colours[0]  # a repeated colour must not move pixels between its two indices
            parts.append(chunk(b"PLTE", colours.tobytes()))
        if transparent:
            parts.append(chunk(b"tRNS", _bytes(rng, max(1, count // 2)).tobytes()))
        parts += [chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
        (folder / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
        return folder / "a.png"

    return make


def _png_interlaced(folder: Path, height: int, width: int, rng: np.random.Generator) -> Path:
    """One pixel needs no second pass, so a 1 x 1 file is valid Adam7 with the plain pixel stream."""
    pixel = _bytes(rng, 3).tobytes()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 1))
    body = chunk(b"IDAT", zlib.compress(b"\0" + pixel)) + chunk(b"IEND", b"")
    (folder / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + head + body)
    return folder / "a.png"


ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))


def _png_adam7(dtype: type) -> Maker:
    """Seven passes of unfiltered rows, as section 8.2 of the specification has them."""

    def make(folder: Path, height: int, width: int, rng: np.random.Generator) -> Path:
        data = (_bytes if dtype is np.uint8 else _words)(rng, height, width, 3)
        stored = data.astype(">u2") if dtype is np.uint16 else data
        rows = [row for top, left, down, across in ADAM7 for row in stored[top::down, left::across] if len(row)]
        depth = 8 * np.dtype(dtype).itemsize
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 1))
        body = chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))) + chunk(b"IEND", b"")
        (folder / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + head + body)
        return folder / "a.png"

    return make


def _tiff(dtype: str, channels: int, **options: Any) -> Maker:
    def make(folder: Path, height: int, width: int, rng: np.random.Generator) -> Path:
        shape = (height, width, channels)
        data = rng.normal(0, 10, shape) if "float" in dtype else _words(rng, *shape)
        data = data > 30_000 if dtype == "bool" else data.astype(dtype)
        if options.get("planarconfig") == "separate":
            data = np.ascontiguousarray(np.moveaxis(data, 2, 0))
        elif channels == 1:
            data = data[:, :, 0]
        settings: dict[str, Any] = {"photometric": "rgb" if channels > 2 else "minisblack", **options}
        tifffile.imwrite(
            folder / "a.tif", data, metadata=None, resolution=(72, 72), software="us", iccprofile=b"\0" * 200,
            extratags=[(65000, 2, None, "note", True), (700, 1, 5, b"<xmp>", True)], **settings,
        )  # fmt: skip
        return folder / "a.tif"

    return make


def _pillow(name: str, mode: str, **options: Any) -> Maker:
    def make(folder: Path, height: int, width: int, rng: np.random.Generator) -> Path:
        channels = {"L": 1, "P": 1, "RGB": 3, "RGBA": 4}[mode]
        data = _bytes(rng, height, width, channels)
        image = Image.fromarray(data[:, :, 0] if channels == 1 else data)
        if mode == "P":
            image.putpalette(_bytes(rng, 768).tobytes())
        if name.endswith(".tga") and options.get("runs"):
            image = image.resize((width, height), Image.Resampling.NEAREST, box=(0, 0, 1, 1))
        image.save(folder / name, **{k: v for k, v in options.items() if k != "runs"})
        return folder / name

    return make


def _hdr(folder: Path, height: int, width: int, rng: np.random.Generator) -> Path:
    data = np.exp(rng.normal(0, 4, (height, width, 3))).astype(np.float32)
    head = b"#?RADIANCE\n# a comment\nEXPOSURE=2\nFORMAT=32-bit_rle_rgbe\n\n-Y %d +X %d\n" % (height, width)
    body = imagecodecs.rgbe_encode(data, header=False, rle=width >= 8, out=data.size * 8 + 4096)
    (folder / "a.hdr").write_bytes(head + bytes(body))
    return folder / "a.hdr"


def _exr(dtype: type, compression: object = OpenEXR.ZIP_COMPRESSION, **attributes: Any) -> Maker:
    """With a channel of integers, which is no sample of ours, if no attributes are given."""

    def make(folder: Path, height: int, width: int, rng: np.random.Generator) -> Path:
        def field() -> np.ndarray:
            return rng.normal(0, 3, (height, width)).astype(dtype)

        channels = {
            "R": field(),
            "G": field(),
            "B": field(),
            "rough.V": field(),
        }
        if not attributes:
            channels["id"] = _words(rng, height, width).astype("u4")
        channels["R"][0, 0] = np.nan
        header = {"compression": compression, "type": OpenEXR.scanlineimage, "owner": "someone", **attributes}
        OpenEXR.File(header, channels).write(str(folder / "a.exr"))
        return folder / "a.exr"

    return make


def _exr_parts(folder: Path, height: int, width: int, rng: np.random.Generator) -> Path:
    def field(dtype: type) -> np.ndarray:
        return rng.normal(0, 3, (height, width)).astype(dtype)

    one = OpenEXR.Part({"name": "diffuse", "type": OpenEXR.scanlineimage}, {c: field(np.float16) for c in "RGB"})
    two = OpenEXR.Part({"name": "height", "type": OpenEXR.scanlineimage}, {"Y": field(np.float32)})
    OpenEXR.File([one, two]).write(str(folder / "a.exr"))
    return folder / "a.exr"


def _npy(dtype: str, channels: int, version: tuple[int, int] = (1, 0)) -> Maker:
    """Channels 0: an array of two dimensions."""

    def make(folder: Path, height: int, width: int, rng: np.random.Generator) -> Path:
        shape = (height, width, channels) if channels else (height, width)
        data = rng.normal(0, 10, shape) if "f" in dtype else rng.integers(0, 256, shape)
        with (folder / "a.npy").open("wb") as stream:
            np.lib.format.write_array(stream, data.astype(dtype), version)
        return folder / "a.npy"

    return make


MAKERS: dict[str, Maker] = {
    **{f"png8x{c}": _png(np.uint8, c) for c in (1, 2, 3, 4)},
    **{f"png16x{c}": _png(np.uint16, c) for c in (1, 2, 3, 4)},
    **{f"png-grey{d}": _png_bits(d, palette=False) for d in (1, 2, 4)},
    **{f"png-palette{d}": _png_bits(d, palette=True) for d in (1, 2, 4, 8)},
    "png-palette-alpha": _png_bits(8, palette=True, transparent=True),
    "png-interlaced": _png_interlaced,
    "png-adam7": _png_adam7(np.uint8),
    "png16-adam7": _png_adam7(np.uint16),
    "tiff-int16": _tiff("int16", 1),
    "tiff-uint32": _tiff("uint32", 1, compression="deflate"),
    "tiff-int32": _tiff("int32", 1, byteorder=">"),
    "tiff-bit": _tiff("bool", 1, compression="packbits"),
    "tiff-white-is-zero": _tiff("uint16", 1, photometric="miniswhite"),
    "tiff8": _tiff("uint8", 3, compression="lzw", predictor=True),
    "tiff8-alpha": _tiff("uint8", 4, extrasamples=["unassalpha"]),
    "tiff16": _tiff("uint16", 3, compression="deflate", predictor=True, tile=(16, 16)),
    "tiff16-planes": _tiff("uint16", 3, planarconfig="separate"),
    "tiff16-big-endian": _tiff("uint16", 1, byteorder=">"),
    "tiff-half": _tiff("float16", 1),
    "tiff-float": _tiff("float32", 3, compression="zstd", predictor=3),
    "tiff-float-grey": _tiff("float32", 1, compression="deflate"),
    "tga-rgb": _pillow("a.tga", "RGB"),
    "tga-rgba-top": _pillow("a.tga", "RGBA", orientation=1),
    "tga-grey": _pillow("a.tga", "L"),
    "tga-palette": _pillow("a.tga", "P"),
    "tga-rle": _pillow("a.tga", "RGB", compression="tga_rle"),
    "tga-rle-runs": _pillow("a.tga", "RGBA", compression="tga_rle", runs=True),
    "bmp-rgb": _pillow("a.bmp", "RGB"),
    "bmp-rgba": _pillow("a.bmp", "RGBA"),
    "bmp-grey": _pillow("a.bmp", "L"),
    "bmp-palette": _pillow("a.bmp", "P"),
    "webp": _pillow("a.webp", "RGB", lossless=True),
    "webp-alpha": _pillow("a.webp", "RGBA", lossless=True, exact=True),
    "hdr": _hdr,
    **{f"npy8x{c}": _npy("|u1", c) for c in range(5)},
    "npy16": _npy("<u2", 3),
    "npy16-big-endian": _npy(">u2", 0, (2, 0)),
    "npy-half": _npy("<f2", 2, (3, 0)),
    "npy-half-big-endian": _npy(">f2", 1),
    "npy-float": _npy("<f4", 4),
    "npy-float-big-endian": _npy(">f4", 0),
    "exr-half": _exr(np.float16),
    "exr-float": _exr(np.float32, OpenEXR.PIZ_COMPRESSION),
    "exr-parts": _exr_parts,
}  # fmt: skip

LOSSY: dict[str, tuple[Maker, str]] = {
    "jpeg": (_pillow("a.jpg", "RGB", quality=80), ".png"),
    "jpeg-grey": (_pillow("a.jpeg", "L"), ".png"),
    "webp-lossy": (_pillow("a.webp", "RGB", quality=50), ".webp"),
    "webp-lossy-alpha": (_pillow("a.webp", "RGBA", quality=50), ".webp"),
    "tiff-jpeg": (_tiff("uint8", 3, compression="jpeg"), ".tif"),
    "exr-dwaa": (_exr(np.float16, OpenEXR.DWAA_COMPRESSION), ".exr"),
    "exr-pxr24": (_exr(np.float32, OpenEXR.PXR24_COMPRESSION), ".exr"),
}


def _psd(folder: Path, height: int, width: int, rng: np.random.Generator) -> Path:
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, height, width, 8, 3) + struct.pack(">III", 0, 0, 0)
    (folder / "a.psd").write_bytes(head + struct.pack(">H", 0) + _bytes(rng, 3, height, width).tobytes())
    return folder / "a.psd"


def _jp2(folder: Path, height: int, width: int, rng: np.random.Generator) -> Path:
    (folder / "a.jp2").write_bytes(imagecodecs.jpeg2k_encode(_bytes(rng, height, width, 3), level=0, reversible=True))
    return folder / "a.jp2"


READ_ONLY: dict[str, Maker] = {
    "dds": _pillow("a.dds", "RGB"),
    "dds-alpha": _pillow("a.dds", "RGBA"),
    "dds-blocks": _pillow("a.dds", "RGBA", pixel_format="BC3"),
    "gif": _pillow("a.gif", "L"),
    "psd": _psd,
    "jp2": _jp2,
}
"""Kinds that are written as PNG."""


@pytest.fixture(scope="session")
def makers() -> dict[str, Maker]:
    return MAKERS


@pytest.fixture(params=MAKERS)
def maker(request: pytest.FixtureRequest) -> Maker:
    return MAKERS[request.param]


@pytest.fixture(params=LOSSY)
def lossy(request: pytest.FixtureRequest) -> tuple[Maker, str]:
    return LOSSY[request.param]


@pytest.fixture
def png_bytes() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(stream, "PNG")
    return stream.getvalue()
