"""Libraries below a root: folders with a material each, and folders of their masks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .names import BadName
from .roots import Root

MOST_FOLDERS = 20_000
"""Folders that are looked into."""


@dataclass(frozen=True)
class FoundSet:
    """A folder of images, or one that cannot be looked into.

    Attributes:
        path: below the library, with forward slashes; empty for the library itself.
        name: of the folder.
        why: what is wrong with it, in a sentence; empty if nothing is.
    """

    path: str
    name: str
    why: str = ""


def find_sets(root: Root, folder: str, apart: str | None, endings: tuple[str, ...], most: int) -> list[FoundSet]:
    """Return the folders with images of a library, in the order of their paths; none is within another.

    Args:
        root: that the library is in.
        folder: of the library, in the root.
        apart: folder of masks, which are no materials.
        endings: of images, in small letters.
        most: sets.

    Raises:
        BadName: there is no such folder, or there are no images in it.
        ValueError: there are more than ``most`` sets, or too many folders.
    """
    seen = {root.locate(apart)} if apart is not None else set()
    title = folder.rpartition("/")[2] or "library"
    found: list[FoundSet] = []
    for one in _walk(root, folder, "", title, endings, seen):
        found.append(one)
        if len(found) > most:
            raise ValueError(f"There are more than {most} materials in that folder; choose one in it.")
    if not found:
        raise BadName("There are no images in that folder or below it.")
    return found


def find_images(root: Root, folder: str, endings: tuple[str, ...]) -> list[str]:
    """Return the images in a folder and all below it, by their paths in it.

    Raises:
        BadName: there is no such folder.
        ValueError: there are too many folders.
    """
    found: list[str] = []
    seen: set[Path] = set()
    waiting = [""]
    while waiting:
        below = waiting.pop()
        path = join(folder, below)
        try:
            if not _is_new(root.locate(path), seen):
                continue
            found += [join(below, name) for name in root.files(path) if name.lower().endswith(endings)]
            waiting += [join(below, name) for name in root.folders(path)]
        except BadName:
            if not below:
                raise
            continue  # no mask is in it that could be used
    return found


def _walk(
    root: Root, folder: str, below: str, name: str, endings: tuple[str, ...], seen: set[Path]
) -> Iterator[FoundSet]:
    path = join(folder, below)
    try:
        if not _is_new(root.locate(path), seen):
            return
        images = any(file.lower().endswith(endings) for file in root.files(path))
        folders = [] if images else root.folders(path)
    except BadName as error:
        if not below:
            raise
        yield FoundSet(below, name, str(error))
        return
    if images:
        yield FoundSet(below, name)
    for inner in folders:
        yield from _walk(root, folder, join(below, inner), inner, endings, seen)


def _is_new(folder: Path, seen: set[Path]) -> bool:
    """Note a folder, and say whether it was not seen before, however many links lead there."""
    if folder in seen:
        return False
    seen.add(folder)
    if len(seen) > MOST_FOLDERS:
        raise ValueError(f"There are more than {MOST_FOLDERS} folders in that folder; choose one in it.")
    return True


def join(folder: str, name: str) -> str:
    """Return the path of what is in a folder; either may be empty."""
    return "/".join(part for part in (folder, name) if part)
