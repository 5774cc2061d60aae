"""Folders for what is fetched and made while a row is worked on; what a killed process left is removed by the next."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from svbrdf_core.batch.locking import lock_file
from svbrdf_core.errors import OutputError

PREFIX = "svbrdf-row-"


@contextmanager
def scratch() -> Iterator[Path]:
    """Give an empty folder of this process, which is gone at the end.

    Raises:
        OutputError: there is no room for it.
    """
    home = Path(tempfile.gettempdir())
    _clear(home)
    try:
        new = Path(tempfile.mkdtemp(prefix=".svbrdf-"))
        mark = (new / "lock").open("a")
    except OSError as error:
        raise OutputError(f"{home} cannot be written ({error.strerror}); make room there, or set TMPDIR.") from error
    with mark:
        lock_file(mark)
        folder = new.rename(home / f"{PREFIX}{new.name[len('.svbrdf-') :]}")  # seen by others when it is locked
        inner = folder / "files"
        inner.mkdir()
        try:
            yield inner
        finally:
            shutil.rmtree(inner, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def _clear(home: Path) -> None:
    """Remove the folders of processes that are no more, whose locks the system has let go."""
    for folder in home.glob(f"{PREFIX}*"):
        with suppress(OSError):  # another user's, or at work
            with (folder / "lock").open("r+") as mark:
                lock_file(mark)
            shutil.rmtree(folder, ignore_errors=True)
