"""Object stores seen as folders of this machine: every file that is listed there is a picture of one pixel here.

So sets and masks are found by the very rules that hold for folders, from one listing and without fetching a picture.
What only pictures tell, such as their size, is looked at where a row is checked.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from PIL import Image

from svbrdf_core.batch.places import address, in_store, moved
from svbrdf_core.batch.row import Row
from svbrdf_core.batch.stores import StoredFile, list_below
from svbrdf_core.errors import InputError, SvbrdfError
from svbrdf_core.formats import SUFFIXES
from svbrdf_core.material.tile_hole import MaskInput
from svbrdf_core.request import InputFile, TileMask

AT_A_TIME = 16
"""Folders that are listed together."""


class StoreView:
    """Stores as folders below one of this machine.

    Args:
        home: an empty folder.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._listed: dict[Path, list[StoredFile]] = {}

    def here(self, path: Path) -> Path:
        """Return where a path is seen; one of this machine is itself."""
        return self._home / path.parts[0][:-1] / Path(*path.parts[1:]) if in_store(path) else path

    def show(self, folder: Path) -> Path:
        """List what is below an address and return where it is seen; nothing is seen if there is nothing.

        Raises:
            InputError: the bucket does not exist or may not be read.
        """
        if in_store(folder) and folder not in self._listed:
            self._list([folder])
            for file in self._listed[folder]:
                self._stand_in(self.here(file.path))
        return self.here(folder)

    def _stand_in(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self._pixel if path.suffix.lower() in SUFFIXES else b"")
        except OSError as error:
            raise InputError(f"{path} cannot be made here ({error.strerror}); rename it, or make room.") from error

    @cached_property
    def _pixel(self) -> bytes:
        content = io.BytesIO()
        Image.new("RGB", (1, 1), (10, 20, 30)).save(content, "PNG")
        return content.getvalue()

    def _list(self, folders: Sequence[Path]) -> None:
        with ThreadPoolExecutor(AT_A_TIME) as threads:
            self._listed.update(zip(folders, threads.map(list_below, folders), strict=True))

    def real(self, rows: Sequence[Row]) -> list[Row]:
        """Return rows that were found in what is seen, with the addresses and the files that they are of.

        Raises:
            InputError: a bucket of theirs does not exist or may not be read.
        """
        found = [self._addressed(row) for row in rows]
        wanted = dict.fromkeys(path for row in found for path in _read_by(row) if in_store(path))
        self._list([path for path in wanted if not self._covers(path)])
        files = {file.path: file for files in self._listed.values() for file in files}
        below: dict[Path, list[StoredFile]] = {}
        for file in files.values():
            for parent in file.path.parents:
                below.setdefault(parent, []).append(file)
        return [_with_files(row, files, below) for row in found]

    def _covers(self, path: Path) -> bool:
        return any(parent in self._listed for parent in (path, *path.parents))

    def _addressed(self, row: Row) -> Row:
        request = None if row.request is None else moved(row.request, self._address)
        return replace(row, request=request, why=row.why and self._worded(row.why))

    def _address(self, path: Path) -> Path:
        if not path.is_relative_to(self._home):
            return path
        kind, *parts = path.relative_to(self._home).parts
        return Path(f"{kind}:", *parts)

    def _worded(self, text: str) -> str:
        """Return a sentence with addresses in place of what is seen here."""
        for folder in self._home.iterdir():
            text = text.replace(f"{folder}/", f"{folder.name}://")
        return text

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Have errors tell addresses."""
        try:
            yield
        except SvbrdfError as error:
            error.args = (self._worded(str(error)),)
            error.sentence = error.sentence.changed(self._worded)
            raise


def _read_by(row: Row) -> list[Path]:
    """Return the material and the masks of a row."""
    return [] if row.request is None else [row.request.source.path, *hole_files(row.request.hole.masks)]


def hole_files(parts: Sequence[MaskInput]) -> list[Path]:
    """Return the files of a hole's parts."""
    inner = [part.mask if isinstance(part, TileMask) else part for part in parts]
    return [part.path for part in inner if isinstance(part, InputFile)]


def _with_files(row: Row, files: dict[Path, StoredFile], below: dict[Path, list[StoredFile]]) -> Row:
    """Return a row with what is fetched for it, or refused if that is not there."""
    if row.request is None:
        return row
    source, *masks = _read_by(row)
    own = [files[source]] if source in files else _pictures_of(source, below.get(source, []))
    if in_store(source) and not own:
        return Row(row.name, None, f"There is no image in {address(source)}.")
    missing = [path for path in masks if in_store(path) and path not in files]
    if missing:
        return Row(row.name, None, f"There is no mask {address(missing[0])}.")
    wanted = {*own, *(files[path] for path in masks if in_store(path))}
    return replace(row, files=tuple(sorted(wanted, key=lambda file: file.path)))


def _pictures_of(folder: Path, below: list[StoredFile]) -> list[StoredFile]:
    """Return the pictures of a folder, or else those of the folders in it."""
    pictures = [file for file in below if _is_picture(file.path)]
    inner = [file for file in pictures if file.path.parent == folder]
    return inner or [file for file in pictures if file.path.parent.parent == folder]


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")
