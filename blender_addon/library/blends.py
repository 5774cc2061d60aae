"""The .blend files of a library: found, looked at before they are opened, and where their repaired copies go."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..client import UserError
from .choice import LibraryChoice
from .report import Row

OURS, BACKUP = "_inpaint", ".before-inpaint"
"""What a repaired copy, and the copy of a file that was changed, have after the name."""
HEADER = re.compile(rb"BLENDER(?:[-_][vV](\d)(\d\d)|\d\d[-_]\d\d[vV](\d\d)(\d\d))")
"""The version in the first bytes of a file that is not compressed, until 4.5 and since 5.0."""
COMPRESSED = (b"\x28\xb5\x2f\xfd", b"\x1f\x8b")
"""The first bytes of one that is: Zstandard, and gzip in old ones."""


def find_blends(choice: LibraryChoice) -> list[Path]:
    """Return the files of a library, sorted; copies that an earlier repair made are none of them.

    Raises:
        UserError: there is no such folder, or nothing in it.
    """
    if not choice.folder.is_dir():
        raise UserError("file", f"There is no folder {choice.folder}; choose the folder of the .blend files.")
    files = sorted(path for path in choice.folder.rglob("*.blend") if path.is_file())
    found = [path for path in files if not _is_ours(path, choice)]
    if not found:
        raise UserError("file", f"There is no .blend file in {choice.folder}; choose another folder.")
    return found


def _is_ours(path: Path, choice: LibraryChoice) -> bool:
    if choice.out is not None and choice.out != choice.folder and path.is_relative_to(choice.out):
        return True
    if BACKUP in path.stem:
        return True
    return path.stem.endswith(OURS) and path.with_stem(path.stem.removesuffix(OURS)).exists()


def look(choice: LibraryChoice, version: tuple[int, int], opened: Path | None) -> tuple[list[Path], list[Row]]:
    """Return the files to open, and a row for each that is not.

    Args:
        choice: what is repaired.
        version: of this Blender.
        opened: the file that the user has open.

    Raises:
        UserError: see `find_blends`.
    """
    ready, rows = [], []
    for path in find_blends(choice):
        name = name_below(path, choice)
        if is_done(path, choice):
            words = f"Its copy {result_path(path, choice)} is there already; delete that to repair it again."
            rows.append(Row(name, "", "left", words, result=str(result_path(path, choice))))
            continue
        try:
            if choice.result == "IN_PLACE" and path == opened:
                raise UserError("file", "It is open in this Blender; repair it there, or have copies saved.")
            check_blend(path, choice, version)
        except UserError as error:
            rows.append(Row(name, "", "failed", error.sentence))
        else:
            ready.append(path)
    return ready, rows


def name_below(path: Path, choice: LibraryChoice) -> str:
    """Return a file's path below the library, with forward slashes."""
    return path.relative_to(choice.folder).as_posix()


def result_path(path: Path, choice: LibraryChoice) -> Path:
    """Return where the repaired file goes."""
    if choice.result == "IN_PLACE":
        return path
    if choice.out is None:
        return path.with_stem(path.stem + OURS)
    return choice.out / path.relative_to(choice.folder)


def images_folder(path: Path, choice: LibraryChoice) -> Path:
    """Return the folder of a file's repaired images: of its name, beside the repaired file."""
    result = result_path(path, choice)
    return result.with_suffix("") if choice.result == "COPY" else result.with_name(path.stem + OURS)


def is_done(path: Path, choice: LibraryChoice) -> bool:
    """Whether there is a repaired copy already, which is not replaced."""
    return choice.result == "COPY" and result_path(path, choice).exists()


def check_blend(path: Path, choice: LibraryChoice, version: tuple[int, int]) -> None:
    """Refuse a file that this Blender, of a version, cannot open or that cannot be written.

    Raises:
        UserError: the sentence says why.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(17)
    except OSError as error:
        raise UserError("file", f"It cannot be read ({error.strerror}).") from error
    if not head.startswith((b"BLENDER", *COMPRESSED)):
        raise UserError("file", "It is no .blend file.")
    found = HEADER.match(head)
    if found is not None:
        major, minor = (int(part) for part in found.groups() if part is not None)
        check_version((major, minor), version)
    if choice.result == "IN_PLACE" and not (os.access(path, os.W_OK) and path.stat().st_mode & 0o222):
        raise UserError("file", "It is read-only; make it writable, or have copies saved.")
    folder = next(one for one in result_path(path, choice).parents if one.exists())
    if not os.access(folder, os.W_OK):
        raise UserError("file", f"Nothing can be written into {folder}; choose another folder for copies.")


def check_version(written: tuple[int, ...], version: tuple[int, int]) -> None:
    """Refuse a file of a newer Blender: saved by this one, it would lose what only that one knows.

    Raises:
        UserError: it is.
    """
    if written[:2] > version:
        major, minor = written[:2]
        raise UserError("file", f"It was saved by Blender {major}.{minor}; repair it with that or a newer one.")


def is_compressed(path: Path) -> bool:
    """Whether a file is compressed, which its repaired copy is then too."""
    with path.open("rb") as stream:
        return stream.read(4).startswith(COMPRESSED)
