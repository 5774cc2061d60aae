"""TIFF files through tifffile: layout, compression, resolution, profile and foreign tags stay."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from tifffile import COMPRESSION, PHOTOMETRIC, PLANARCONFIG

from svbrdf_core.errors import InputError
from svbrdf_core.formats.metadata import xmp_at_size
from svbrdf_core.formats.raster import RasterInfo, Samples, at_size, decoding_error
from svbrdf_core.formats.tiff_segments import PLAIN, SIZED, is_bounded, shape_of

_LOSSLESS = {
    COMPRESSION.NONE, COMPRESSION.LZW, COMPRESSION.ADOBE_DEFLATE, COMPRESSION.DEFLATE, COMPRESSION.PACKBITS,
    COMPRESSION.ZSTD, COMPRESSION.LZMA,
}  # fmt: skip
_SIGNED = ("int8", "int16", "int32")
_TYPES = ("uint8", "uint16", "uint32", "bool", "float16", "float32", "float64", *_SIGNED)
_KINDS = (PHOTOMETRIC.MINISBLACK, PHOTOMETRIC.MINISWHITE, PHOTOMETRIC.RGB, PHOTOMETRIC.YCBCR)
_JPEG = (COMPRESSION.JPEG, COMPRESSION.OJPEG)
# Tags that describe the layout, which are written anew, and those whose content belongs to the old pixels
# (SubIFDs, EXIF and GPS directories by offset, Photoshop's own copy of its layers). All others go over as bytes.
_OWN = frozenset(
    {254, 256, 257, 258, 259, 262, 266, 273, 277, 278, 279, 282, 283, 284, 296, 317, 320, 322, 323, 324, 325, 330, 338,
     339, 347, 512, 513, 514, 529, 530, 531, 532, 34665, 34853, 37724}
)  # fmt: skip
Tag = tuple[int, int, int, Any, bool]
"""Code, type, count, value, and whether it is for one page, as tifffile takes it."""
_LARGEST_TAG = 1 << 26
_DESCRIPTION, _XMP = 270, 700
_SMALLER_OR_MASK = 1 | 4
_OME_SIZE = re.compile(rb'(\bSize(?:(X)|Y)=")\d+')
_CLASSIC = 2**32 - 2**25
"""Bytes that a TIFF may have without being a BigTIFF, with room for its tags."""
_RATIONALS = {5: "I", 10: "i"}


@dataclass(frozen=True)
class TiffDetail:
    """How the first page's samples are stored.

    Attributes:
        separate: in planes, not interleaved.
        type: of the samples; signed ones are read as unsigned, the lowest being 0, and one bit as 0 and 1.
        white_is_zero: grey is stored with white at 0, and read the other way round.
        big: the file is a BigTIFF.
        pages: their number.
        kin: the numbers of further pages that cannot stay beside a first one of another size: those of the same size,
            and smaller copies and masks of it; of a description at another size.
    """

    separate: bool
    type: str
    white_is_zero: bool
    big: bool
    pages: int
    kin: frozenset[int] = frozenset()


def probe(path: Path) -> RasterInfo:
    """Describe a TIFF from its first page's tags.

    Raises:
        InputError: it is damaged, or of a type or colour model that is no texture map.
    """
    with _open(path) as tif:
        try:
            return _describe(path, tif.pages[0], tif)
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
        return _to_plain(_samples(info.path, tif.pages[0]), info.detail)


def encode(info: RasterInfo, samples: Samples, target: Path) -> None:
    """Write all pages, the first with new samples."""
    detail: TiffDetail = info.detail
    with _open(info.path) as tif:
        writer = tifffile.TiffWriter(target, bigtiff=detail.big, byteorder=tif.byteorder)
        with writer:
            for number, page in enumerate(tif.pages):
                if number in detail.kin and info.resized_from is not None:
                    continue
                full = page.keyframe if number and not isinstance(page, tifffile.TiffPage) else page
                new = _to_stored(samples, detail) if number == 0 else _samples(info.path, page)
                tags = _foreign_tags(full)
                _write_page(writer, full, new, _at_size(tags, info) if number == 0 and info.resized_from else tags)


def resize(info: RasterInfo, height: int, width: int) -> RasterInfo:
    """Return the description at another size."""
    detail, notes, warnings = info.detail, list(info.notes), info.warnings
    if detail.pages > 1:  # only now: who reads a file of thousands of pages need not look at each
        with _open(info.path) as tif:
            detail = replace(detail, kin=_kin(tif))
    if detail.kin:
        notes.append(
            f"{info.path.name}: {len(detail.kin)} of its further pages belong to the first one at its old size (same "
            "size, smaller copies or masks); they are not written."
        )
        warnings = tuple(w for w in warnings if w != _pages_told(info.path, detail.pages))
    new = at_size(info, height, width, most_pixels=max(height * width, info.most_pixels), warnings=warnings)
    if not detail.big and new.nbytes + info.stamp.size > _CLASSIC:
        notes.append(f"{info.path.name} is written as a BigTIFF, for a plain one holds at most 4 GB.")
        detail = replace(detail, big=True)
    return replace(new, notes=tuple(notes), detail=detail)


def _open(path: Path) -> tifffile.TiffFile:
    try:
        return tifffile.TiffFile(path)
    except Exception as error:  # broken offsets surface as struct.error, ValueError, TiffFileError ...
        raise decoding_error(path, error) from error


def _describe(path: Path, page: Any, tif: tifffile.TiffFile) -> RasterInfo:
    count, dtype, kind = page.samplesperpixel, page.dtype, page.photometric
    height, width, pages = page.imagelength, page.imagewidth, len(tif.pages)
    if not all(isinstance(size, int) for size in (height, width, count)):
        raise decoding_error(path, "impossible header")
    if dtype is None or dtype.name not in _TYPES or kind not in _KINDS or page.imagedepth != 1 or not 1 <= count <= 4:
        raise InputError(f"{path} is a TIFF of {count} {dtype} samples, kind {int(kind)}; convert it to grey or RGB.")
    if page.compression not in PLAIN and page.compression not in SIZED:
        packing = getattr(page.compression, "name", page.compression)
        raise InputError(f"{path} is packed as {packing}, which is not read here; save it with deflate or LZW.")
    if kind == PHOTOMETRIC.YCBCR and page.compression not in _JPEG:
        raise InputError(f"{path} is a TIFF of luminance and colour differences (YCbCr); convert it to RGB.")
    white_is_zero = kind == PHOTOMETRIC.MINISWHITE
    bits = 1 if dtype.name == "bool" else 8 * dtype.itemsize
    if page.bitspersample != bits:
        raise InputError(f"{path} is a TIFF of {page.bitspersample} bits a sample; convert it to 8 or 16 bits.")
    if white_is_zero and (count > 1 or dtype.kind == "f"):
        raise InputError(f"{path} is a TIFF of {count} {dtype} samples with white at 0; convert it to grey or RGB.")
    channels = ("L", "A")[:count] if count < 3 else ("R", "G", "B", "A")[:count]
    notes, warnings = [], []
    if page.compression not in _LOSSLESS:
        notes.append(f"{path.name} uses {page.compression.name} compression; the result is written with deflate.")
    if 37724 in page.tags or 330 in page.tags:
        notes.append(f"{path.name} holds layers or smaller copies beside the picture; they are not written.")
    if pages > 1:
        warnings.append(_pages_told(path, pages))
    if page.tags.valueof(274, default=1) != 1:
        warnings.append(f"{path.name} carries a rotation tag, which is ignored: pixels are taken as stored.")
    detail = TiffDetail(page.planarconfig == PLANARCONFIG.SEPARATE, dtype.name, white_is_zero, tif.is_bigtiff, pages)
    return RasterInfo(
        path=path, format="tiff", height=height, width=width, channels=channels, dtype=_plain_type(dtype), bits=bits,
        suffix=path.suffix.lower() if path.suffix.lower() in (".tif", ".tiff") else ".tif",
        notes=tuple(notes), warnings=tuple(warnings), detail=detail, most_pixels=_most_pixels(tif),
    )  # fmt: skip


def _pages_told(path: Path, pages: int) -> str:
    return f"{path.name} has {pages} pages; the first is used, the others are kept."


def _kin(tif: tifffile.TiffFile) -> frozenset[int]:
    """Return the numbers of the pages that belong to the first at its size; see `TiffDetail`."""
    first, *others = map(_keyframe, tif.pages)
    size = (first.imagelength, first.imagewidth)
    return frozenset(
        number
        for number, page in enumerate(others, 1)
        if (page.imagelength, page.imagewidth) == size or int(page.subfiletype) & _SMALLER_OR_MASK
    )


def _most_pixels(tif: tifffile.TiffFile) -> int:
    """Return the pixels of the largest page; all are decoded when the file is written anew."""
    sizes = [(page.imagelength, page.imagewidth) for page in map(_keyframe, tif.pages)]
    return max((h * w for h, w in sizes if isinstance(h, int) and isinstance(w, int)), default=0)


def _keyframe(page: Any) -> Any:
    return page if isinstance(page, tifffile.TiffPage) else page.keyframe


def _plain_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type of the samples as they are read."""
    name = "uint8" if dtype.name == "bool" else dtype.name
    return np.dtype(f"u{name}" if name in _SIGNED else name)


def _to_plain(samples: Samples, detail: TiffDetail) -> Samples:
    """Return samples as they are read: unsigned, and black at 0."""
    plain = samples.astype(np.uint8) if detail.type == "bool" else samples
    if detail.type in _SIGNED:
        plain = samples.view(f"u{detail.type}") ^ _top_bit(samples.dtype)
    return _turned(plain, detail)


def _to_stored(samples: Samples, detail: TiffDetail) -> Samples:
    """Return samples as the file has them; the other way round than `_to_plain`."""
    stored = _turned(samples, detail)
    if detail.type in _SIGNED:
        return np.asarray((stored ^ _top_bit(samples.dtype)).view(detail.type))
    return stored.astype(bool) if detail.type == "bool" else stored


def _turned(samples: Samples, detail: TiffDetail) -> Samples:
    if not detail.white_is_zero:
        return samples
    return np.asarray((1 if detail.type == "bool" else np.iinfo(samples.dtype).max) - samples, samples.dtype)


def _top_bit(dtype: np.dtype[Any]) -> Any:
    return np.dtype(f"u{dtype.itemsize}").type(1 << (8 * dtype.itemsize - 1))


def _samples(path: Path, page: Any) -> Samples:
    fault = ""
    try:
        ends = [at + size for at, size in zip(page.dataoffsets, page.databytecounts, strict=False)]
        if max(ends, default=0) > path.stat().st_size or len(ends) < _count_segments(page):
            fault = "the file ends early"
        elif not is_bounded(page):
            fault = "its strips or tiles claim another size than it says"
        else:  # into zeros: what a broken strip leaves out must not be what was in memory
            samples = page.asarray(out=np.zeros(page.shaped, page.dtype))
    except Exception as error:
        raise decoding_error(path, error) from error
    if fault:
        raise decoding_error(path, fault)
    if samples.ndim == 3 and page.planarconfig == PLANARCONFIG.SEPARATE:
        samples = np.moveaxis(samples, 0, 2)
    samples = samples.reshape(page.imagelength, page.imagewidth, -1)
    return np.ascontiguousarray(samples.astype(samples.dtype.newbyteorder("="), copy=False))


def _count_segments(page: Any) -> int:
    """Return how many strips or tiles the samples of a page lie in."""
    if page.is_contiguous:
        return 1
    rows, columns = shape_of(page)
    return int(page.shaped[0]) * -(-int(page.imagelength) // rows) * -(-int(page.imagewidth) // columns)


def _write_page(writer: tifffile.TiffWriter, page: Any, samples: Samples, tags: Iterator[Tag]) -> None:
    separate = page.planarconfig == PLANARCONFIG.SEPARATE and samples.shape[2] > 1
    data = np.ascontiguousarray(np.moveaxis(samples, 2, 0)) if separate else samples
    lossless = page.compression in _LOSSLESS
    data = data if samples.shape[2] > 1 else samples[:, :, 0]
    colour = samples.shape[2] >= 3 and page.photometric in (PHOTOMETRIC.RGB, PHOTOMETRIC.YCBCR)
    grey = {PHOTOMETRIC.MINISWHITE: "miniswhite", PHOTOMETRIC.PALETTE: "palette"}.get(page.photometric, "minisblack")
    writer.write(
        data,
        photometric="rgb" if colour else grey,
        colormap=page.colormap if grey == "palette" else None,
        planarconfig=("separate" if separate else "contig") if samples.shape[2] > 1 else None,
        compression=page.compression if lossless else COMPRESSION.ADOBE_DEFLATE,
        predictor=page.predictor if lossless and page.predictor != 1 else False,
        tile=(page.tilelength, page.tilewidth) if page.is_tiled else None,
        rowsperstrip=None if page.is_tiled else _rows(page, samples.shape[0]),
        extrasamples=page.extrasamples or None,
        resolution=_resolution(page),
        resolutionunit=_resolution_unit(page),
        subfiletype=int(page.subfiletype),
        software=False,
        metadata=None,
        extratags=list(tags),
    )


def _rows(page: Any, height: int) -> int:
    """Return the rows of a strip in a picture of a height; where one strip holds the whole page it does so again."""
    return height if page.rowsperstrip >= page.imagelength else min(int(page.rowsperstrip), height)


def _at_size(tags: Iterator[Tag], info: RasterInfo) -> Iterator[Tag]:
    """Yield the first page's tags as they are where it is written at another size."""
    for code, kind, count, value, once in tags:
        if code not in (_DESCRIPTION, _XMP) or count != len(value):  # the latter if it is no text
            yield code, kind, count, value, once
            continue
        if code == _DESCRIPTION:
            text = _description_at_size(value, info)
        else:
            text = xmp_at_size(value, info.height, info.width)
        if text:
            yield code, kind, len(text), text, once


def _description_at_size(text: bytes, info: RasterInfo) -> bytes:
    """Return a description that does not tell the old size, as those of tifffile, OME and ImageJ do."""
    if text.startswith(b"{"):
        try:
            told = json.loads(text.rstrip(b"\0"))
        except ValueError:
            return text
        if "shape" not in told:
            return text
        del told["shape"]
        return json.dumps(told).encode() + b"\0" if told else b""
    if not text.startswith(b"ImageJ=") and b"<OME" not in text:
        return text
    if info.detail.kin:  # which it counts
        return b""
    return _OME_SIZE.sub(lambda m: m[1] + b"%d" % (info.width if m[2] else info.height), text)


def _foreign_tags(page: Any) -> Iterator[Tag]:
    """Yield the tags that are not the layout's, as bytes: what they mean is not looked at, nor the code of a text."""
    handle = page.parent.filehandle
    for tag in page.tags.values():
        size = tag.valuebytecount
        if tag.code in _OWN or size > _LARGEST_TAG or tag.valueoffset + size > handle.size:
            continue
        handle.seek(tag.valueoffset)
        value: Any = handle.read(size)
        if tag.dtype in _RATIONALS:  # of which bytes are counted twice
            value = struct.unpack(f"{page.parent.byteorder}{size // 4}{_RATIONALS[tag.dtype]}", value)
        yield tag.code, int(tag.dtype), tag.count, value, True


def _resolution(page: Any) -> tuple[Any, Any] | None:
    values = [page.tags.valueof(code) for code in (282, 283)]
    sound = all(isinstance(v, tuple) and len(v) == 2 and all(isinstance(n, int) for n in v) and v[1] for v in values)
    return (values[0], values[1]) if sound else None


def _resolution_unit(page: Any) -> int | None:
    unit = page.tags.valueof(296)
    return int(unit) if unit in (1, 2, 3) else None
