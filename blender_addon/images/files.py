"""Files of images: their true format, their paths and the names beside them, and writing that loses nothing."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path, PurePath
from typing import Any

import bpy

MAGIC: dict[bytes, str] = {
    b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg", b"\x76\x2f\x31\x01": ".exr", b"II*\0": ".tif",
    b"MM\0*": ".tif", b"II+\0": ".tif", b"MM\0+": ".tif", b"BM": ".bmp", b"#?RADIANCE": ".hdr", b"#?RGBE": ".hdr",
}  # fmt: skip
SAME = {".jpeg": ".jpg", ".jpe": ".jpg", ".tiff": ".tif", ".rgbe": ".hdr", ".pic": ".hdr"}
KNOWN = {*MAGIC.values(), ".webp", ".tga"}
HEAD = 16
"""Bytes that tell a format."""
SUFFIX = "_inpaint"
BACKUP = ".before-inpaint"


def detect_ending(head: bytes, name: str) -> str:
    """Return the ending for a file with these first bytes; a TGA has none that tell, so its name says it."""
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return ".webp"
    for magic, ending in MAGIC.items():
        if head.startswith(magic):
            return ending
    return ".tga" if usual_ending(name) == ".tga" else ""


def usual_ending(name: str) -> str:
    """Return the ending of a file's name, in its usual spelling."""
    ending = PurePath(name.replace("\\", "/")).suffix.lower()
    return SAME.get(ending, ending)


def file_of(image: Any) -> Path | None:
    """Return where an image's file is said to be, whether it is there or not; None if that cannot be known."""
    said = image.filepath
    if not said or (said.startswith("//") and not (bpy.data.filepath or image.library)):
        return None
    return Path(bpy.path.abspath(said, library=image.library))


def is_on_disk(image: Any) -> bool:
    """Return whether an image is one of a file beside the .blend, not of its inside."""
    return image.source in ("FILE", "TILED") and image.packed_file is None and file_of(image) is not None


def shared_file(image: Any) -> Path | None:
    """Return the file that an image shows as it lies on disk, which other images may show too; None if it does not."""
    if not is_on_disk(image) or image.is_dirty:
        return None
    path = file_of(image)
    return path.resolve() if path is not None and path.is_file() else None


def spell_path(path: Path, like: str) -> str:
    """Return a path as an image holds it: relative to the .blend if ``like`` is."""
    if like.startswith("//") and bpy.data.filepath:
        try:
            return bpy.path.relpath(str(path)).replace("\\", "/")
        except ValueError:  # another drive of Windows
            return str(path)
    return str(path)


def strip_suffix(name: str) -> str:
    """Return a name without what an earlier repair added to it."""
    return re.sub(rf"{SUFFIX}(_\d+)?(\.\d{{3}})?$", "", name)


def name_beside(name: str) -> str:
    """Return the name of an image's repaired one: ``wood_inpaint`` of wood, ``wood_inpaint.png`` of wood.png."""
    stem, dot, ending = name.rpartition(".")
    if dot and usual_ending(f"x.{ending}") in KNOWN:
        return f"{strip_suffix(stem)}{SUFFIX}.{ending}"
    return strip_suffix(name) + SUFFIX


def path_beside(image: Any, ending: str) -> str:
    """Return the path for a repaired image beside an image's own; empty if it has none."""
    path = file_of(image)
    if path is None:
        return ""
    name, tile = re.fullmatch(r"(.*?)((?:[._-]?<(?:UDIM|UVTILE)>)?)", path.stem, re.DOTALL).groups()  # type: ignore[union-attr]
    return spell_path(
        path.with_name(f"{strip_suffix(name)}{SUFFIX}{tile}{_spell_ending(path, ending)}"), image.filepath
    )


def path_instead(image: Any, ending: str) -> str:
    """Return the path for a repaired image in an image's place, which differs in the ending if the format does."""
    path = file_of(image)
    if path is None:
        return ""
    return spell_path(path.with_suffix(_spell_ending(path, ending)), image.filepath)


def _spell_ending(path: PurePath, ending: str) -> str:
    return path.suffix if usual_ending(path.name) == usual_ending(f"x{ending}") else ending


def write_new(path: Path, data: bytes) -> Path:
    """Write a file of this name, or with a number added if there is one already, and return its path.

    Raises:
        OSError: it cannot be written; then there is nothing of it.
    """
    part = _write_part(path.parent, data)
    try:
        return _place(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_over(path: Path, data: bytes, *, keep: bool = True) -> Path | None:
    """Write a file in another's place, and return where a copy of that is now; None if there is none.

    Raises:
        OSError: it cannot be written; then the file is as it was.
    """
    part, backup = _write_part(path.parent, data), None
    try:
        if path.exists():
            shutil.copymode(path, part)
            backup = write_new(path.with_stem(path.stem + BACKUP), path.read_bytes()) if keep else None
        part.replace(path)
    except OSError:
        if backup is not None:
            backup.unlink(missing_ok=True)
        raise
    finally:
        part.unlink(missing_ok=True)
    return backup


def _write_part(folder: Path, data: bytes) -> Path:
    part = folder / f".{secrets.token_hex(8)}.part"
    try:
        with part.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return part


def _place(part: Path, path: Path) -> Path:
    for candidate in _numbered_paths(path):
        try:
            os.link(part, candidate)  # unlike a rename, this never takes another's place
        except FileExistsError:
            continue
        except OSError:  # a file system without links
            if candidate.exists():
                continue
            part.rename(candidate)
        return candidate
    raise AssertionError  # numbers do not end


def _numbered_paths(path: Path) -> Iterator[Path]:
    yield path
    yield from (path.with_stem(f"{path.stem}_{number}") for number in count(2))
