"""OpenEXR files: every part, layer, attribute and pixel type stays; only asked-for channels change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import OpenEXR

from svbrdf_core.errors import InputError
from svbrdf_core.formats.exr_header import ExrChannel, ExrPart, read_parts
from svbrdf_core.formats.raster import RasterInfo, Samples, at_size, decoding_error

# B44, B44A, DWAA and DWAB lose; PXR24 loses on floats alone.
_LOSSY = frozenset({6, 7, 8, 9})
_PXR24 = 5
_TYPES: dict[str, np.dtype[Any]] = {"HALF": np.dtype(np.float16), "FLOAT": np.dtype(np.float32)}
_TOLD = 6
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
    parts = read_parts(path)
    first = parts[0]
    if any(not channel.full for part in parts for channel in part.channels):
        raise InputError(f"{path} has channels at a part of its resolution (luminance and chroma); convert it to RGB.")
    found = [
        (Source(number, channel.name), _TYPES[channel.type])
        for number, part in enumerate(parts)
        if (part.height, part.width) == (first.height, first.width) and not part.deep
        for channel in sorted(part.channels, key=_channel_order)
        if channel.type in _TYPES
    ]
    if not found:
        raise InputError(f"{path} has no half or float channel at full resolution; save its maps as such.")
    sources = tuple(source for source, _ in found)
    dtype = _TYPES["FLOAT" if _TYPES["FLOAT"] in (kind for _, kind in found) else "HALF"]
    return RasterInfo(
        path=path, format="exr", height=first.height, width=first.width,
        channels=tuple(_full_name(parts, s) for s in sources), dtype=dtype, bits=8 * dtype.itemsize, suffix=".exr",
        notes=_notes(path, parts), warnings=_kept(path, parts, sources), detail=sources,
        most_pixels=sum(part.height * part.width for part in parts),
    )  # fmt: skip


def decode(info: RasterInfo) -> Samples:
    """Return samples ``(H, W, C)``, half precision if every channel is.

    Raises:
        InputError: the pixel data is damaged.
    """
    parts = _open(info.path).parts
    samples: Samples = np.empty((info.height, info.width, len(info.channels)), info.dtype)
    for at, source in enumerate(info.detail):
        samples[:, :, at] = parts[source.part].channels[source.channel].pixels
    return samples


def encode(info: RasterInfo, samples: Samples, target: Path) -> None:
    """Write the source's parts with new samples; each channel in its own pixel type."""
    file = _open(info.path)
    for at, source in enumerate(info.detail):
        channel = file.parts[source.part].channels[source.channel]
        channel.pixels = _edited(channel.pixels, samples[:, :, at])
    if info.resized_from is not None:
        for part in file.parts:
            _resize_windows(part.header, info)
    for part, header in zip(file.parts, read_parts(info.path), strict=True):
        if _loses(header):
            part.header["compression"] = OpenEXR.ZIP_COMPRESSION
        if header.levels:
            part.header["tiles"].mode = OpenEXR.ONE_LEVEL
    _write(file, target)


def resize(info: RasterInfo, height: int, width: int) -> RasterInfo:
    """Return the description at another size.

    Raises:
        InputError: it holds channels that are no samples of ours, which nobody would give the new size.
    """
    parts = read_parts(info.path)
    if foreign := _foreign(parts, info.detail):
        raise InputError(
            f"{info.path} cannot be written at another size, for its channels {foreign} keep theirs (integers, deep, "
            "or another size); save it without them first."
        )
    return at_size(info, height, width, most_pixels=height * width * len(parts))


def write_plain(target: Path, samples: Samples, names: tuple[str, ...]) -> None:
    """Write half or float samples ``(H, W, C)`` as a new EXR with ZIP compression."""
    channels = {name: np.ascontiguousarray(samples[:, :, at]) for at, name in enumerate(names)}
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    _write(OpenEXR.File(header, channels), target)


def _edited(old: Samples, new: Samples) -> Samples:
    """Return a channel's pixels ``(H, W)`` in their own type, with what is new in them."""
    if old.shape != new.shape:
        return np.ascontiguousarray(new, old.dtype)
    # Compared as bits: NaN is equal to itself, and untouched samples never pass through a conversion.
    changed = new.view(_bits(new.dtype)) != old.astype(new.dtype).view(_bits(new.dtype))
    old[changed] = new[changed]
    return old


def _resize_windows(header: dict[str, Any], info: RasterInfo) -> None:
    """Give a part's windows the new size: they keep their origins, and the display its margin around the data."""
    header.pop("preview", None)  # a small copy of the old picture
    low, high = header["dataWindow"]
    new = low + np.array([info.width - 1, info.height - 1], low.dtype)
    first, last = header["displayWindow"]
    header["dataWindow"] = (low, new)
    header["displayWindow"] = (first, np.maximum(first, last + new - high))


def _open(path: Path) -> Any:
    try:
        file = OpenEXR.File(str(path), separate_channels=True)
    except Exception as error:  # the binding raises bare RuntimeError, ValueError and Exception alike
        raise decoding_error(path, error) from error
    # Unreadable pixels do not raise: the binding prints a line and leaves parts or channels out.
    if [set(p.channels) for p in file.parts] != [{c.name for c in p.channels} for p in read_parts(path)]:
        raise decoding_error(path, "its pixels cannot be read")
    return file


def _write(file: Any, target: Path) -> None:
    try:
        file.write(str(target))
    except Exception as error:  # as above; a full disk is a bare RuntimeError
        raise OSError(f"OpenEXR: {error}") from error


def _channel_order(channel: ExrChannel) -> tuple[str, int, str]:
    layer, _, last = channel.name.rpartition(".")
    return layer, _ORDER.get(last, 4), last


def _full_name(parts: tuple[ExrPart, ...], source: Source) -> str:
    """Return the channel's name, with the part's in front where there are several; a lone Y is grey."""
    if len(parts) > 1:
        return f"{parts[source.part].name}.{source.channel}"
    return "L" if source.channel == "Y" and len(parts[0].channels) == 1 else source.channel


def _loses(part: ExrPart) -> bool:
    floats = any(c.type == "FLOAT" for c in part.channels)
    return part.compression in _LOSSY or (part.compression == _PXR24 and floats)


def _notes(path: Path, parts: tuple[ExrPart, ...]) -> tuple[str, ...]:
    notes = []
    if any(_loses(part) for part in parts):
        notes.append(f"{path.name} uses a lossy compression; the result is written with ZIP, which is lossless.")
    if any(part.levels for part in parts):
        notes.append(f"{path.name} holds smaller copies of itself (mipmaps); they are not written.")
    return tuple(notes)


def _kept(path: Path, parts: tuple[ExrPart, ...], sources: tuple[Source, ...]) -> tuple[str, ...]:
    """Return a sentence about what is no sample of ours, which a fill leaves as it is."""
    foreign = _foreign(parts, sources)
    told = f"{path.name}: channels {foreign} are left as they are (integers, deep, or another size)."
    return (told,) if foreign else ()


def _foreign(parts: tuple[ExrPart, ...], sources: tuple[Source, ...]) -> str:
    """Name the channels that are no samples of ours, or nothing."""
    every = [Source(number, channel.name) for number, part in enumerate(parts) for channel in part.channels]
    names = [_full_name(parts, source) for source in every if source not in sources]
    return ", ".join(names[:_TOLD]) + ", …" * (len(names) > _TOLD)


def _bits(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return np.dtype(f"u{dtype.itemsize}")
