"""Folders and files that are their owner's alone, whatever they were before."""

from __future__ import annotations

import os
import stat
from pathlib import Path


class Foreign(Exception):
    """A folder or file that others own; the message says which."""


def make_private(folder: Path) -> None:
    """Take all rights of others away from a folder.

    Raises:
        Foreign: it is another user's, or no folder.
        OSError: the rights cannot be taken.
    """
    if os.name != "posix":  # there the user's profile protects it
        return
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise Foreign(f"{folder} is another user's, or no folder.")
    if stat.S_IMODE(status.st_mode) != 0o700:
        folder.chmod(0o700)


def tighten(folder: Path) -> None:
    """Take all rights of others away from a folder and everything in it.

    Raises:
        Foreign: the folder is another user's.
        OSError: some rights cannot be taken.
    """
    if os.name != "posix":
        return
    was_private = not stat.S_IMODE(folder.lstat().st_mode) & 0o077
    make_private(folder)
    if was_private:  # and so nobody came further
        return
    for root, folders, files in os.walk(folder):
        for name, mode in (*((name, 0o700) for name in folders), *((name, 0o600) for name in files)):
            path = Path(root, name)
            if not path.is_symlink():
                path.chmod(mode)


def is_readable_by_others(status: os.stat_result) -> bool:
    """Whether anyone but this user may read a file, or may have written it."""
    if os.name != "posix":
        return False
    return bool(status.st_mode & 0o077) or status.st_uid not in (os.geteuid(), 0)
