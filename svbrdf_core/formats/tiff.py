"""TIFF files through tifffile: layout, compression, resolution, profile and foreign tags stay."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from tifffile import COMPRESSION, PHOTOMETRIC, PLANARCONFIG

from svbrdf_core.errors import InputError
from svbrdf_core.formats.raster import RasterInfo, Samples, decoding_error

_LOSSLESS = {
    COMPRESSION.NONE, COMPRESSION.LZW, COMPRESSION.ADOBE_DEFLATE, COMPRESSION.DEFLATE, COMPRESSION.PACKBITS,
    COMPRESSION.ZSTD, COMPRESSION.LZMA,
}  # fmt: skip
_TYPES = ("uint8", "uint16", "float16", "float32", "float64")
_KINDS = (PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.RGB, PHOTOMETRIC.YCBCR)
# Tags that describe the layout, which are written anew, and those whose content belongs to the old pixels
# (SubIFDs, EXIF and GPS directories by offset, Photoshop's own copy of its layers).
_OWN = frozenset(
    {254, 256, 257, 258, 259, 262, 266, 270, 273, 277, 278, 279, 282, 283, 284, 296, 305, 306, 317, 320, 322, 323, 324,
     325, 330, 338, 339, 347, 512, 513, 514, 529, 530, 531, 532, 34665, 34675, 34853, 37724}
)  # fmt: skip


@dataclass(frozen=True)
class TiffDetail:
    """How the first page's samples lie: ``separate`` planes or interleaved."""

    separate: bool


def probe(path: Path) -> RasterInfo:
    """Describe a TIFF from its first page's tags.

    Raises:
        InputError: it is damaged, or of a type or colour model that is no texture map.
    """
    with _open(path) as tif:
        try:
            return _describe(path, tif.pages[0], len(tif.pages))
        except InputError:
            raise
        except Exception as error:  # no page at all, or tags that contradict each other
            raise decoding_error(path, error) from error


def decode(info: RasterInfo) -> Samples:
    """Return the first page's samples ``(H, W, C)``.

    Raises:
        InputError: the pixel data is damaged or short.
    """
    with _open(info.path) as tif:
        return _samples(info.path, tif.pages[0])


def encode(info: RasterInfo, samples: Samples, target: Path) -> None:
    """Write all pages, the first with new samples."""
    with _open(info.path) as tif:
        writer = tifffile.TiffWriter(target, bigtiff=tif.is_bigtiff, byteorder=tif.byteorder)
        with writer:
            for number, page in enumerate(tif.pages):
                full = page.keyframe if number and not isinstance(page, tifffile.TiffPage) else page
                new = samples if number == 0 else _samples(info.path, page)
                _write_page(writer, full, new)


def _open(path: Path) -> tifffile.TiffFile:
    try:
        return tifffile.TiffFile(path)
    except Exception as error:  # broken offsets surface as struct.error, ValueError, TiffFileError ...
        raise decoding_error(path, error) from error


def _describe(path: Path, page: Any, pages: int) -> RasterInfo:
    count, dtype, kind = page.samplesperpixel, page.dtype, page.photometric
    height, width = page.imagelength, page.imagewidth
    if not all(isinstance(size, int) for size in (height, width, count)):
        raise decoding_error(path, "impossible header")
    if dtype is None or dtype.name not in _TYPES or kind not in _KINDS or page.imagedepth != 1 or not 1 <= count <= 4:
        raise InputError(f"{path} is a TIFF of {count} {dtype} samples, kind {int(kind)}; convert it to grey or RGB.")
    if page.bitspersample != 8 * dtype.itemsize:
        raise InputError(f"{path} is a TIFF of {page.bitspersample} bits a sample; convert it to 8 or 16 bits.")
    channels = ("L", "A")[:count] if count < 3 else ("R", "G", "B", "A")[:count]
    notes, warnings = [], []
    if page.compression not in _LOSSLESS:
        notes.append(f"{path.name} uses {page.compression.name} compression; the result is written with deflate.")
    if 37724 in page.tags or 330 in page.tags:
        notes.append(f"{path.name} holds layers or smaller copies beside the picture; they are not written.")
    if pages > 1:
        warnings.append(f"{path.name} has {pages} pages; the first is used, the others are kept.")
    if page.tags.valueof(274, default=1) != 1:
        warnings.append(f"{path.name} carries a rotation tag, which is ignored: pixels are taken as stored.")
    return RasterInfo(
        path=path, format="tiff", height=height, width=width, channels=channels, dtype=dtype.newbyteorder("="),
        bits=8 * dtype.itemsize, suffix=path.suffix.lower() if path.suffix.lower() in (".tif", ".tiff") else ".tif",
        notes=tuple(notes), warnings=tuple(warnings), detail=TiffDetail(page.planarconfig == PLANARCONFIG.SEPARATE),
    )  # fmt: skip


def _samples(path: Path, page: Any) -> Samples:
    try:
        ends = [at + size for at, size in zip(page.dataoffsets, page.databytecounts, strict=False)]
        samples = page.asarray() if max(ends, default=0) <= path.stat().st_size else None
    except Exception as error:
        raise decoding_error(path, error) from error
    if samples is None:
        raise decoding_error(path, "the file ends early")
    if samples.ndim == 3 and page.planarconfig == PLANARCONFIG.SEPARATE:
        samples = np.moveaxis(samples, 0, 2)
    samples = samples.reshape(page.imagelength, page.imagewidth, -1)
    return np.ascontiguousarray(samples.astype(samples.dtype.newbyteorder("="), copy=False))


def _write_page(writer: tifffile.TiffWriter, page: Any, samples: Samples) -> None:
    separate = page.planarconfig == PLANARCONFIG.SEPARATE and samples.shape[2] > 1
    data = np.ascontiguousarray(np.moveaxis(samples, 2, 0)) if separate else samples
    lossless = page.compression in _LOSSLESS
    data = data if samples.shape[2] > 1 else samples[:, :, 0]
    colour = samples.shape[2] >= 3 and page.photometric in (PHOTOMETRIC.RGB, PHOTOMETRIC.YCBCR)
    valueof = page.tags.valueof
    writer.write(
        data,
        photometric="rgb" if colour else "minisblack",
        planarconfig=("separate" if separate else "contig") if samples.shape[2] > 1 else None,
        compression=page.compression if lossless else COMPRESSION.ADOBE_DEFLATE,
        predictor=page.predictor if lossless and page.predictor != 1 else False,
        tile=(page.tilelength, page.tilewidth) if page.is_tiled else None,
        rowsperstrip=None if page.is_tiled else min(page.rowsperstrip, page.imagelength),
        extrasamples=page.extrasamples or None,
        resolution=(valueof(282), valueof(283)) if 282 in page.tags and 283 in page.tags else None,
        resolutionunit=valueof(296, default=None),
        subfiletype=int(page.subfiletype),
        description=valueof(270, default=None),
        software=valueof(305, default=False),
        datetime=valueof(306, default=None),
        iccprofile=valueof(34675, default=None),
        metadata=None,
        extratags=[(t.code, int(t.dtype), t.count, t.value, True) for t in page.tags.values() if t.code not in _OWN],
    )
