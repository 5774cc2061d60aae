"""The paths of materials in folders, and in folders of such folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from svbrdf_core.errors import InputError

IMAGES = {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".exr", ".hdr", ".tga", ".bmp", ".webp", ".npy"}
"""Endings of files that make a folder a material, not a folder of materials."""


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
        own = any(child.is_file() and child.suffix.lower() in IMAGES for child in path.iterdir())
        found += [path] if own or not below else below
    return list(dict.fromkeys(found))
