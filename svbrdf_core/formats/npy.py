"""NumPy's ``.npy`` files: one array ``(H, W)`` or ``(H, W, 1..4)``, its header kept byte for byte.

Structure: NumPy Enhancement Proposal 1, "A Simple File Format for NumPy Arrays", versions 1.0 to 3.0. The header is
matched by its form and neither evaluated nor unpickled.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from svbrdf_core.errors import InputError
from svbrdf_core.formats.raster import RasterInfo, Samples, at_size, decoding_error, read_bytes, stamp_of

MAGIC = b"\x93NUMPY"
LONGEST = 10_000
"""Bytes of a header; NumPy's own limit. Those of plain arrays have 118."""
_KINDS = {"u1": 8, "u2": 16, "f2": 16, "f4": 32}
_CHANNELS = (("L",), ("L", "A"), ("R", "G", "B"), ("R", "G", "B", "A"))
_SHAPE = r"\( ?(?:\d{1,9} ?(?:, ?\d{1,9} ?)*(?:, ?)?)?\)"
_ENTRY = rf"""['"]\w+['"] ?: ?(?:['"][^'"]*['"]|True|False|{_SHAPE})"""
_HEADER = re.compile(rf"\{{ ?{_ENTRY}(?: ?, ?{_ENTRY})* ?(?:, ?)?\}}", re.ASCII)
_FIELD = re.compile(r"""['"](\w+)['"] ?: ?(?:['"]([^'"]*)['"]|(True|False)|\(([^)]*)\))""", re.ASCII)


@dataclass(frozen=True)
class NpyDetail:
    """All bytes before the samples, the samples' type in the file's own byte order, and the number of dimensions."""

    head: bytes
    stored: np.dtype[Any]
    axes: int


def probe(path: Path) -> RasterInfo:
    """Describe an array from its header.

    Raises:
        InputError: it is damaged, its size is not what the header says, or it holds anything but ``(H, W)`` or
            ``(H, W, 1..4)`` of uint8, uint16, float16 or float32 in C order.
    """
    head, fields = _header(path)
    shape = tuple(int(length) for length in re.findall(r"[0-9]+", fields["shape"]))
    kind = re.fullmatch(r"[<>|]?(u1|u2|f2|f4)", fields["descr"])
    if kind is None or (fields["descr"][0] not in "<>" and kind[1] != "u1"):
        raise InputError(
            f"{path} holds values of the type {fields['descr'][:16]!r}; "
            "save it as an array of uint8, uint16, float16 or float32."
        )
    if fields["fortran_order"] == "True":
        raise InputError(f"{path} is stored column by column (Fortran order); save numpy.ascontiguousarray of it.")
    if len(shape) not in (2, 3) or not all(shape) or (len(shape) == 3 and shape[2] > 4):
        raise InputError(f"{path} is an array of the shape {shape}; save it as (H, W) or (H, W, 1 to 4).")
    stored = np.dtype(fields["descr"])
    height, width, count = (*shape, 1)[:3]
    if stamp_of(path).size != len(head) + height * width * count * stored.itemsize:
        raise decoding_error(path, "its size is not what its header says")
    return RasterInfo(
        path=path, format="npy", height=height, width=width, channels=_CHANNELS[count - 1],
        dtype=stored.newbyteorder("="), bits=_KINDS[kind[1]], suffix=".npy", detail=NpyDetail(head, stored, len(shape)),
    )  # fmt: skip


def decode(info: RasterInfo) -> Samples:
    """Return samples ``(H, W, C)`` in the machine's byte order.

    Raises:
        InputError: the file ends early.
    """
    detail: NpyDetail = info.detail
    shape = (info.height, info.width, len(info.channels))
    values = np.fromfile(info.path, detail.stored, int(np.prod(shape)), offset=len(detail.head))
    if values.size != np.prod(shape):
        raise decoding_error(info.path, "the file ends early")
    return values.reshape(shape).astype(info.dtype, copy=False)


def encode(info: RasterInfo, samples: Samples, target: Path) -> None:
    """Write ``samples`` after the source's header, in its byte order."""
    detail: NpyDetail = info.detail
    with target.open("wb") as stream:
        stream.write(detail.head)
        stream.write(np.ascontiguousarray(samples, detail.stored).data)


def resize(info: RasterInfo, height: int, width: int) -> RasterInfo:
    """Return the description at another size, with a header of the same version in NumPy's own form."""
    detail: NpyDetail = info.detail
    version = detail.head[6:8]
    write = np.lib.format.write_array_header_1_0 if version == b"\1\0" else np.lib.format.write_array_header_2_0
    shape = (height, width, len(info.channels))[: detail.axes]
    stream = io.BytesIO()
    write(stream, {"descr": detail.stored.str, "fortran_order": False, "shape": shape})
    head = MAGIC + version + stream.getvalue()[8:]  # version 3 is version 2 in another character set
    return at_size(info, height, width, detail=replace(detail, head=head))


def _header(path: Path) -> tuple[bytes, dict[str, str]]:
    """Return all bytes before the samples, and the header's three fields as text."""
    start = read_bytes(path, 12 + LONGEST)
    if len(start) < 12 or start[6:8] not in (b"\1\0", b"\2\0", b"\3\0"):
        raise decoding_error(path, "no header of a known version")
    at = 10 if start[6] == 1 else 12
    length = int.from_bytes(start[8:at], "little")
    if length > LONGEST or len(start) < at + length:
        raise decoding_error(path, "the header is too long")
    text = start[at : at + length].decode("latin-1")
    text = " ".join(text.split())  # so that matching takes no longer than the header is long
    found = _FIELD.findall(text) if _HEADER.fullmatch(text) else []
    # Each field counts in its own form alone: a shape that is a text is none.
    fields = {
        name: {"descr": word, "fortran_order": flag, "shape": shape}.get(name, "") for name, word, flag, shape in found
    }
    if len(found) != 3 or fields.keys() != {"descr", "fortran_order", "shape"}:
        raise InputError(
            f"{path} holds no plain array of numbers; save it as an array of uint8, uint16, float16 or float32."
        )
    if not (fields["descr"] and fields["fortran_order"]):
        raise decoding_error(path, "impossible header")
    return start[: at + length], fields
