"""An image comes in, the place of its file goes out, or the name a new one gets beside it."""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import Any

import bpy

from .formats import KNOWN, usual

SUFFIX = "_inpaint"


def file_of(image: Any) -> Path | None:
    """Return where an image's file is said to be, whether it is there or not; None if that cannot be known."""
    said = image.filepath
    if not said or (said.startswith("//") and not (bpy.data.filepath or image.library)):
        return None
    return Path(bpy.path.abspath(said, library=image.library))


def on_disk(image: Any) -> bool:
    """Return whether an image is one of a file beside the .blend, not of its inside."""
    return image.source == "FILE" and image.packed_file is None and file_of(image) is not None


def said(path: Path, like: str) -> str:
    """Return a path as an image holds it: relative to the .blend if ``like`` is."""
    if like.startswith("//") and bpy.data.filepath:
        try:
            return bpy.path.relpath(str(path)).replace("\\", "/")
        except ValueError:  # another drive of Windows
            return str(path)
    return str(path)


def base(name: str) -> str:
    """Return a name without what an earlier repair added to it."""
    return re.sub(rf"{SUFFIX}(_\d+)?(\.\d{{3}})?$", "", name)


def name_beside(name: str) -> str:
    """Return the name of an image's repaired one: ``wood_inpaint`` of wood, ``wood_inpaint.png`` of wood.png."""
    stem, dot, ending = name.rpartition(".")
    if dot and usual(f"x.{ending}") in KNOWN:
        return f"{base(stem)}{SUFFIX}.{ending}"
    return base(name) + SUFFIX


def path_beside(image: Any, ending: str) -> str:
    """Return the path for a repaired image beside an image's own; empty if it has none."""
    path = file_of(image)
    if path is None:
        return ""
    return said(path.with_name(f"{base(path.stem)}{SUFFIX}{_spelled(path, ending)}"), image.filepath)


def path_instead(image: Any, ending: str) -> str:
    """Return the path for a repaired image in an image's place, which differs in the ending if the format does."""
    path = file_of(image)
    if path is None:
        return ""
    return said(path.with_suffix(_spelled(path, ending)), image.filepath)


def _spelled(path: PurePath, ending: str) -> str:
    return path.suffix if usual(path.name) == usual(f"x{ending}") else ending
