"""Atomic writes of several files: temporary names, fsync, rename; undone if any step fails."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from svbrdf_core.errors import OutputError
from svbrdf_core.formats.raster import reason
from svbrdf_core.tensors.threads import map_in_threads

Writer = Callable[[Path], None]
"""Writes one complete file at the path it is given."""


def write_files(
    folder: Path, writers: Mapping[str, Writer], *, overwrite: bool = False, at_a_time: int = 1
) -> tuple[Path, ...]:
    """Write named files into a folder, all or none; a folder that is new appears by one rename.

    Args:
        folder: where to write; missing parents are made, and removed again on failure.
        writers: file name (or ``sub/name``) to the function that writes it; they are called in this order.
        overwrite: whether files of these names may be replaced.
        at_a_time: how many writers are called at a time, each by a thread of its own.

    Raises:
        OutputError: something cannot be written; what was there before is there still, and nothing else.
    """
    clash = [name for name in writers if (folder / name).exists()]
    if clash and not overwrite:
        raise OutputError(f"{folder / clash[0]} exists already; give another folder or allow overwriting.")
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file, not a folder; give another output folder.")
    try:
        with _staging(folder) as staging:
            map_in_threads(lambda name: _write_one(staging / name, writers[name]), list(writers), at_a_time)
            _publish(staging, folder, list(writers))
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written ({reason(error)}); nothing was changed, give another folder or make room."
        ) from error
    return tuple(folder / name for name in writers)


def write_file(target: Path, write: Writer, *, overwrite: bool = True) -> Path:
    """Write one file, complete or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    return write_files(target.parent, {target.name: write}, overwrite=overwrite)[0]


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files of text into a folder together, all or none; files of these names are replaced.

    Raises:
        OutputError: they cannot be written.
    """

    def writer(text: str) -> Writer:
        def write(path: Path) -> None:
            path.write_text(text, encoding="utf-8", newline="")

        return write

    write_files(folder, {name: writer(text) for name, text in texts.items()}, overwrite=True)


@contextlib.contextmanager
def _staging(folder: Path) -> Iterator[Path]:
    """A hidden sibling (or child, if the folder exists) that is gone at the end, with parents made for it."""
    made = _make_parents(folder)
    parent = folder if folder.is_dir() else folder.parent
    staging: Path | None = None
    try:
        staging = parent / f".svbrdf-{uuid.uuid4().hex}"
        staging.mkdir()
        yield staging
        made = []
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
        for empty in reversed(made):
            with contextlib.suppress(OSError):
                empty.rmdir()


def _make_parents(folder: Path) -> list[Path]:
    missing = [p for p in folder.parents if not p.exists()]
    missing.reverse()
    for path in missing:
        path.mkdir(exist_ok=True)  # another process may make it, too
    return missing


def _write_one(path: Path, write: Writer) -> None:
    path.parent.mkdir(exist_ok=True)
    write(path)
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _publish(staging: Path, folder: Path, names: list[str]) -> None:
    if not folder.exists():
        staging.rename(folder)
        _sync_folder(folder.parent)
    else:
        _replace_each(staging, folder, names)
    _sync_folder(folder)


def _replace_each(staging: Path, folder: Path, names: list[str]) -> None:
    """Rename every new file into place, keeping the old ones aside until all are there."""
    done: list[tuple[Path, Path | None]] = []
    made: list[Path] = []
    try:
        for number, name in enumerate(names):
            target, old = folder / name, None
            if not target.parent.exists():
                target.parent.mkdir()
                made.append(target.parent)
            if target.exists():
                old = staging / f"old-{number}"
                target.rename(old)
            done.append((target, old))
            (staging / name).rename(target)
    except BaseException:
        for target, old in reversed(done):
            target.unlink(missing_ok=True) if old is None else old.replace(target)
        for empty in made:
            empty.rmdir()
        raise


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
