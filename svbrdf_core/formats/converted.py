"""Files of game engines, layered pictures and the web, read only (DDS, PSD, JPEG 2000, GIF): the result is a PNG.

Decoded by Pillow, which knows DDS by "Programming Guide for DDS" (Microsoft) and takes the flat picture of a PSD; JPEG
2000 by OpenJPEG through imagecodecs, at its own depth. Structure of a JPEG 2000 header: ITU-T T.800, annex A.5.1.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np

from svbrdf_core.errors import InputError
from svbrdf_core.formats import png
from svbrdf_core.formats.raster import RasterInfo, Samples, at_size, decoding_error, read_bytes

DDS, PSD, GIF = b"DDS ", b"8BPS", b"GIF8"
JP2 = (b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")
_HEAD = 1 << 16
_CODESTREAM = b"\xff\x4f\xff\x51"
_CUBE_OR_VOLUME = 0x200 | 0x200000
_CHANNELS: dict[str, tuple[str, ...]] = {
    "1": ("L",), "L": ("L",), "LA": ("L", "A"), "RGB": ("R", "G", "B"), "RGBA": ("R", "G", "B", "A"),
}  # fmt: skip


@dataclass(frozen=True)
class ConvertedDetail:
    """Which kind of file it is, and its ICC profile (empty if none)."""

    kind: str
    icc: bytes = b""


def probe(path: Path) -> RasterInfo:
    """Describe a file from its header.

    Raises:
        InputError: it is damaged, or of a kind that is no texture map.
    """
    head = read_bytes(path, _HEAD)
    return _probe_jp2(path, head) if head.startswith(JP2) else _probe_pillow(path, head)


def decode(info: RasterInfo) -> Samples:
    """Return the samples ``(H, W, C)``.

    Raises:
        InputError: the pixel data is damaged or short.
    """
    detail: ConvertedDetail = info.detail
    try:
        if detail.kind == "JPEG 2000":
            samples = np.asarray(imagecodecs.jpeg2k_decode(read_bytes(info.path)))
        else:
            with _opened(info.path, detail.kind) as picture:
                picture.load()
                mode = _mode(picture)
                samples = np.asarray(
                    picture if picture.mode == mode != "1" else picture.convert("L" if mode == "1" else mode)
                )
        return np.ascontiguousarray(samples.reshape(info.height, info.width, len(info.channels)).astype(info.dtype))
    except Exception as error:  # Pillow's plugins raise whatever a broken field makes them
        raise decoding_error(info.path, error) from error


def encode(info: RasterInfo, samples: Samples, target: Path) -> None:
    """Write a PNG with the source's colour profile."""
    icc = info.detail.icc
    scale = (2 ** (8 * info.dtype.itemsize) - 1) // int(info.full_scale)  # a PNG has no 12 bits
    png.write_plain(target, np.asarray(samples * scale, info.dtype), [png.icc_chunk(icc)] if icc else [])


def resize(info: RasterInfo, height: int, width: int) -> RasterInfo:
    """Return the description at another size."""
    return at_size(info, height, width)


def _probe_pillow(path: Path, head: bytes) -> RasterInfo:
    kind = {DDS: "DDS", PSD: "PSD", GIF: "GIF"}[head[:4]]
    if kind == "DDS" and len(head) >= 116 and struct.unpack_from("<I", head, 112)[0] & _CUBE_OR_VOLUME:
        raise InputError(f"{path} is a cube map or a volume; give a flat picture.")
    try:
        with _opened(path, kind) as picture:
            mode, (width, height) = _mode(picture), picture.size
            frames = getattr(picture, "n_frames", 1) if kind == "GIF" else 1
            icc = picture.info.get("icc_profile") or b""
            high = str(getattr(picture, "pixel_format", "")).startswith("BC6H")
    except Exception as error:
        raise decoding_error(path, error) from error
    if mode not in _CHANNELS or high:
        raise InputError(f"{path} is a {kind} of a kind we do not read; convert it to PNG, TIFF or EXR.")
    beside = {"DDS": "; smaller copies (mipmaps) are not written", "PSD": "; its layers are not written", "GIF": ""}[
        kind
    ]
    still = f"{path.name} is animated; only its first frame is used."
    return _described(
        path,
        kind,
        height,
        width,
        _CHANNELS[mode],
        8,
        beside,
        (still,) if frames > 1 else (),
        ConvertedDetail(kind, icc),
    )


def find_size_marker(data: bytes) -> int:
    """Return where the size marker of a JPEG 2000 is, -1 if nowhere; what merely looks like one does not count."""
    at = 0
    while not data.startswith(_CODESTREAM, at):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        head = 16 if length == 1 else 8
        length = int.from_bytes(data[at + 8 : at + 16], "big") if length == 1 else length
        if kind == b"jp2c":
            return at + head + 2 if data.startswith(_CODESTREAM, at + head) else -1
        if length < head or at + length >= len(data):
            return -1
        at += length
    return at + 2


def _probe_jp2(path: Path, head: bytes) -> RasterInfo:
    at = find_size_marker(head)
    try:
        if at < 0:
            raise decoding_error(path, "no header")
        right, bottom, left, top = struct.unpack_from(">4I", head, at + 6)
        (count,) = struct.unpack_from(">H", head, at + 38)
        parts = [struct.unpack_from(">3B", head, at + 40 + 3 * number) for number in range(min(count, 5))]
    except struct.error as error:
        raise decoding_error(path, "no header") from error
    depths = {depth + 1 for depth, _, _ in parts}
    plain = all((across, down) == (1, 1) for _, across, down in parts)
    if not 1 <= count <= 4 or len(depths) > 1 or not plain or not 1 <= max(depths) <= 16:
        raise InputError(f"{path} is a JPEG 2000 of a kind we do not read; convert it to PNG, TIFF or EXR.")
    channels = (("L",), ("L", "A"), ("R", "G", "B"), ("R", "G", "B", "A"))[count - 1]
    bits = max(depths)
    return _described(
        path, "JPEG 2000", bottom - top, right - left, channels, bits, "", (), ConvertedDetail("JPEG 2000")
    )


def _described(
    path: Path, kind: str, height: int, width: int, channels: tuple[str, ...], bits: int, beside: str,
    warnings: tuple[str, ...], detail: ConvertedDetail,
) -> RasterInfo:  # fmt: skip
    dtype: np.dtype[Any] = np.dtype(np.uint8 if bits <= 8 else np.uint16)
    return RasterInfo(
        path=path, format=kind.lower().replace(" ", ""), height=height, width=width, channels=channels, dtype=dtype,
        bits=bits, suffix=".png", notes=(f"{path.name} is a {kind} file: the result is {path.stem}.png{beside}.",),
        warnings=warnings, detail=detail,
    )  # fmt: skip


class _Clamped(io.FileIO):
    """A file that is asked for no more than it has: a part that claims to be longer would get the memory for that."""

    def read(self, size: int | None = -1) -> bytes:
        """Return so many bytes, or those that are left."""
        left = max(os.fstat(self.fileno()).st_size - self.tell(), 0)
        return super().read(left if size is None or size < 0 else min(size, left)) or b""


@contextmanager
def _opened(path: Path, kind: str) -> Iterator[Any]:
    """Give a picture of which only the header is read; its size is for the caller to judge."""
    from PIL import DdsImagePlugin, GifImagePlugin, PsdImagePlugin

    plugins: dict[str, Any] = {
        "DDS": DdsImagePlugin.DdsImageFile, "PSD": PsdImagePlugin.PsdImageFile, "GIF": GifImagePlugin.GifImageFile,
    }  # fmt: skip
    with _Clamped(path) as stream, plugins[kind](stream, str(path)) as picture:
        yield picture


def _mode(picture: Any) -> str:
    """Return how a picture's samples are taken: a palette by its colours."""
    if picture.mode != "P":
        return str(picture.mode)
    return "RGBA" if "transparency" in picture.info else "RGB"
