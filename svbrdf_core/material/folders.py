"""The paths of materials in folders, and in folders of such folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from svbrdf_core.errors import InputError
from svbrdf_core.formats import SUFFIXES
from svbrdf_core.formats.raster import reason

UNREAD = frozenset({
    ".ktx", ".ktx2", ".basis", ".vtf", ".psb", ".xcf", ".kra", ".ora", ".heic", ".heif", ".avif", ".jxl", ".dng",
    ".cr2", ".nef", ".pcx", ".sgi", ".rgb", ".ppm", ".pgm", ".pfm", ".dpx",
})  # fmt: skip
"""Endings of image files that we do not read; such a file beside the maps is named."""


def folders_of(paths: Sequence[Path]) -> list[Path]:
    """Return each material's folder or image once.

    Raises:
        InputError: a path leads nowhere.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_file():
            found.append(path)
            continue
        if not path.is_dir():
            raise InputError(f"There is no {path}; give folders of maps, folders of such folders, or image files.")
        below = sorted(child for child in path.iterdir() if child.is_dir() and not child.name.startswith("."))
        own = any(child.is_file() and child.suffix.lower() in SUFFIXES for child in path.iterdir())
        found += [path] if own or not below else below
    return list(dict.fromkeys(found))


def images_in(folder: Path) -> list[Path]:
    """Return the files of a folder that are named as images, sorted; hidden ones are not looked at.

    Raises:
        InputError: the folder cannot be read.
    """
    return [p for p in _children(folder) if p.suffix.lower() in SUFFIXES and p.is_file()]


def unread_in(folder: Path) -> list[Path]:
    """Return the files of a folder that are images of kinds we do not read, sorted.

    Raises:
        InputError: the folder cannot be read.
    """
    return [p for p in _children(folder) if p.suffix.lower() in UNREAD and p.is_file()]


def image_folder(folder: Path) -> Path:
    """Return the folder itself, or, if it has no image, the only one in it that has some, as ``textures`` may be.

    Raises:
        InputError: several folders in it have images, or it cannot be read.
    """
    if images_in(folder):
        return folder
    below = [child for child in _children(folder) if child.is_dir() and images_in(child)]
    if len(below) > 1:
        names = ", ".join(f"{child.name}/" for child in below[:6])
        raise InputError(f"{folder} has no image of its own, and several folders that have some ({names}); give one.")
    return below[0] if below else folder


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    except OSError as error:
        raise InputError(f"{folder} cannot be read ({reason(error)}); check its permissions.") from error
