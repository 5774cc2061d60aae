"""OpenEXR files in and out: every part, layer, attribute and pixel type stays; only asked-for channels change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR

from svbrdf_core.errors import InputError
from svbrdf_core.formats.raster import RasterInfo, Samples, damaged

_LOSSY = {"B44_COMPRESSION", "B44A_COMPRESSION", "DWAA_COMPRESSION", "DWAB_COMPRESSION"}
_TYPES = {"HALF": np.dtype(np.float16), "FLOAT": np.dtype(np.float32)}
_ORDER = {"R": 0, "G": 1, "B": 2, "A": 3}


@dataclass(frozen=True)
class Source:
    """Where a sample channel lives: number of the part and the channel's name in it."""

    part: int
    channel: str


def probe(path: Path) -> RasterInfo:
    """Describe an EXR from its headers; half and float channels at full resolution are its samples.

    Raises:
        InputError: it is damaged, deep, or has no such channel.
    """
    parts = _open(path, header_only=True).parts
    sources, types = [], []
    height, width = _size(parts[0])
    for number, part in enumerate(parts):
        if _size(part) != (height, width) or "deep" in str(part.type()):
            continue
        for name in sorted(part.channels, key=_channel_order):
            channel = part.channels[name]
            if channel.type().name in _TYPES and (channel.xSampling, channel.ySampling) == (1, 1):
                sources.append(Source(number, name))
                types.append(_TYPES[channel.type().name])
    if not sources:
        raise InputError(f"{path} has no half or float channel at full resolution; save its maps as such.")
    dtype = np.dtype(np.float32) if np.dtype(np.float32) in types else np.dtype(np.float16)
    return RasterInfo(
        path=path, format="exr", height=height, width=width,
        channels=tuple(_full_name(parts, s) for s in sources), dtype=dtype, bits=8 * dtype.itemsize, suffix=".exr",
        notes=_notes(path, parts), detail=tuple(sources),
    )  # fmt: skip


def decode(info: RasterInfo) -> Samples:
    """Return samples ``(H, W, C)``, half precision if every channel is.

    Raises:
        InputError: the pixel data is damaged.
    """
    parts = _open(info.path).parts
    samples = np.empty((info.height, info.width, len(info.channels)), info.dtype)
    for at, source in enumerate(info.detail):
        samples[:, :, at] = parts[source.part].channels[source.channel].pixels
    return samples


def encode(info: RasterInfo, samples: Samples, target: Path) -> None:
    """Write the source's parts with new samples; each channel in its own pixel type."""
    file = _open(info.path)
    for at, source in enumerate(info.detail):
        pixels = file.parts[source.part].channels[source.channel].pixels
        new = samples[:, :, at]
        # Compared as bits: NaN is equal to itself, and untouched samples never pass through a conversion.
        old = pixels.astype(info.dtype)
        changed = new.view(_bits(info.dtype)) != old.view(_bits(info.dtype))
        pixels[changed] = new[changed]
    for part in file.parts:
        if _loses(part):
            part.header["compression"] = OpenEXR.ZIP_COMPRESSION
    file.write(str(target))


def write_plain(target: Path, samples: Samples, names: tuple[str, ...]) -> None:
    """Write half or float samples ``(H, W, C)`` as a new EXR with ZIP compression."""
    channels = {name: np.ascontiguousarray(samples[:, :, at]) for at, name in enumerate(names)}
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, channels).write(str(target))


def _open(path: Path, header_only: bool = False) -> Any:
    try:
        return OpenEXR.File(str(path), separate_channels=True, header_only=header_only)
    except Exception as error:  # the binding raises bare RuntimeError, ValueError and Exception alike
        raise damaged(path, error) from error


def _size(part: Any) -> tuple[int, int]:
    low, high = part.header["dataWindow"]
    return int(high[1]) - int(low[1]) + 1, int(high[0]) - int(low[0]) + 1


def _channel_order(name: str) -> tuple[str, int, str]:
    layer, _, last = name.rpartition(".")
    return layer, _ORDER.get(last, 4), last


def _full_name(parts: Any, source: Source) -> str:
    """Return the channel's name, with the part's in front where there are several; a lone Y is grey."""
    if len(parts) > 1:
        return f"{parts[source.part].name()}.{source.channel}"
    return "L" if source.channel == "Y" and len(parts[0].channels) == 1 else source.channel


def _loses(part: Any) -> bool:
    name = part.header["compression"].name
    floats = any(c.type().name == "FLOAT" for c in part.channels.values())
    return name in _LOSSY or (name == "PXR24_COMPRESSION" and floats)


def _notes(path: Path, parts: Any) -> tuple[str, ...]:
    notes = []
    if any(_loses(part) for part in parts):
        notes.append(f"{path.name} uses a lossy compression; the result is written with ZIP, which is lossless.")
    if any("tiles" in p.header and p.header["tiles"].mode.name != "ONE_LEVEL" for p in parts):
        notes.append(f"{path.name} holds smaller copies of itself (mipmaps); check them in the result.")
    return tuple(notes)


def _bits(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype(f"u{dtype.itemsize}")
