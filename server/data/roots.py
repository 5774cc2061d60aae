"""Registered folders, and files that are certain to lie in them."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .names import BadName, path

# Without following links, so that what was checked is what is opened, whatever is swapped in between.
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)
_FILE = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
WALKS = os.open in os.supports_dir_fd
"""Whether this system opens a file relative to an open folder (Windows does not)."""


class Root:
    """A folder that jobs may name; links in it may lead about in it, and nowhere else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve(strict=True)

    def locate(self, text: str) -> Path:
        """Return a path with all links followed, which is in the root.

        Raises:
            BadName: there is none, or it leads out.
        """
        try:
            target = self._folder.joinpath(*path(text)).resolve(strict=True)
        except (OSError, RuntimeError) as error:
            raise BadName("There is no such file or folder in that root.") from error
        if not target.is_relative_to(self._folder):
            raise BadName("That path leads out of its root.")
        return target

    def files(self, text: str) -> list[str]:
        """Return the names of the files right in a folder of the root, hidden ones left out.

        Raises:
            BadName: there is no such folder in the root.
        """
        return self._names(text, _is_file)

    def folders(self, text: str) -> list[str]:
        """Return the names of the folders right in a folder of the root, hidden ones left out.

        Raises:
            BadName: there is no such folder in the root.
        """
        return self._names(text, _is_folder)

    def _names(self, text: str, wanted: Callable[[os.DirEntry[str]], bool]) -> list[str]:
        target = self.locate(text)
        try:
            with self._scan(target) as entries:
                return sorted(entry.name for entry in entries if not entry.name.startswith(".") and wanted(entry))
        except OSError as error:
            raise BadName("There is no such folder in that root.") from error

    @contextmanager
    def open(self, text: str) -> Iterator[BinaryIO]:
        """Give a regular file of the root, opened to be read.

        Raises:
            BadName: there is no such file in the root.
        """
        target = self.locate(text)
        try:
            handle = self._walk(target, _FILE) if WALKS else os.open(target, _FILE)
        except OSError as error:
            raise BadName("There is no such file in that root.") from error
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise BadName("That is not a regular file.")
        with os.fdopen(handle, "rb") as stream:
            yield stream

    @contextmanager
    def _scan(self, target: Path) -> Iterator[Iterator[os.DirEntry[str]]]:
        """Give what is in a folder."""
        if not WALKS:
            with os.scandir(target) as entries:
                yield entries
            return
        handle = self._walk(target, _FOLDER)
        try:
            with os.scandir(handle) as entries:
                yield entries
        finally:
            os.close(handle)

    def _walk(self, target: Path, how: int) -> int:
        """Open a path name by name, from the root on; a link that appeared since is an error, not a way out."""
        handle = os.open(self._folder, _FOLDER)
        parts = target.relative_to(self._folder).parts
        for number, part in enumerate(parts, 1):
            try:
                inner = os.open(part, how if number == len(parts) else _FOLDER, dir_fd=handle)
            finally:
                os.close(handle)
            handle = inner
        return handle


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether something in a folder is a file; a link that leads round in a circle is none."""
    try:
        return entry.is_file()
    except OSError:
        return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
