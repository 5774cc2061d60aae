"""Folder of kept models: found again, kept within a limit, and never trusted."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

from svbrdf_core.learning.store.content import Blocks, Table, count_common_blocks, hash_bytes, tabulate_blocks
from svbrdf_core.learning.store.record import Damaged, is_safetensors, pack, read, read_head

LIMIT = 512 * 2**20
"""Bytes that all models together may take: some two hundred."""
VARIABLE = "SVBRDF_CACHE"
"""The environment variable that names another folder, or says ``off``."""
STALE = 3600.0
"""Seconds after which a temporary file belongs to a process that is gone."""

_MODEL = re.compile(r"svbrdf-[0-9a-f]{16}-[0-9a-f]{16}\.model")
_TEMPORARY = re.compile(r"svbrdf-[0-9a-f]{32}\.part")

Note = Callable[[str], None]
"""Is given a sentence for the user."""
Result = TypeVar("Result")


@dataclass(frozen=True)
class StoredModel:
    """A model that was kept.

    Attributes:
        data: the safetensors file.
        exact: it was trained on exactly this content, not on another part of the same material.
    """

    data: bytes
    exact: bool


@dataclass(frozen=True)
class Entry:
    """One kept model, as it is listed.

    Attributes:
        title: what it was trained on, in words.
        nbytes: the size of its file.
        used: when it was last used, in seconds since 1970.
        name: the name of its file.
    """

    title: str
    nbytes: int
    used: float
    name: str


@dataclass(frozen=True)
class _File:
    path: Path
    nbytes: int
    used: float


def open_store() -> ModelStore | None:
    """Return the user's cache, or the one in the folder that ``SVBRDF_CACHE`` names.

    Returns:
        None if ``SVBRDF_CACHE`` is ``off``, or if the user has no home folder.
    """
    named = os.environ.get(VARIABLE)
    if named:
        return None if named == "off" else ModelStore(Path(named))
    import platformdirs

    folder = platformdirs.user_cache_path("svbrdf-inpaint", appauthor=False) / "models"
    # Without a home folder this begins with a "~", which would be made here under that very name.
    return ModelStore(folder) if folder.is_absolute() else None


def _ignore(_sentence: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class ModelStore:
    """Models in a folder. Several processes may use it at once; what it cannot do is a miss, never an error.

    Attributes:
        folder: where they lie; made when the first is put there.
        limit: bytes that all of them together may take; the least recently used go first.
    """

    folder: Path
    limit: int = LIMIT

    def find(self, key: str, content: str, blocks: Blocks, note: Note = _ignore) -> StoredModel | None:
        """Return the model that was trained on this content, or else on most of the same material.

        A file that is damaged is removed and counts as not there.

        Args:
            key: what the model depends on besides the material, by ``make_key``.
            content: what is known of the material, by ``digest_content``.
            blocks: the same in blocks, by ``list_blocks``.
            note: is given a sentence for the user for each file that cannot be used.
        """
        files = {file.path.name: file for file in self._files(_MODEL) if file.path.name.startswith(_start(key))}
        exact = files.pop(_name(key, content), None)
        data = _look(exact.path, _read, note) if exact else None
        if data is not None:
            return StoredModel(data, exact=True)
        for path in _rank_models(files.values(), tabulate_blocks(blocks), note):
            data = _look(path, _read, note)
            if data is not None:
                return StoredModel(data, exact=False)
        return None

    def put(self, key: str, content: str, blocks: Blocks, data: bytes, title: str) -> str | None:
        """Keep a model, and forget the least recently used ones that there is no room for.

        Args:
            key: what the model depends on besides the material, by ``make_key``.
            content: what it was trained on, by ``digest_content``.
            blocks: the same in blocks, by ``list_blocks``.
            data: a safetensors file.
            title: what it was trained on, in words.

        Returns:
            A sentence for the user if it could not be kept.

        Raises:
            ValueError: the data are not a safetensors file.
        """
        if not is_safetensors(data):
            raise ValueError("a model must be a safetensors file")
        record = pack(key, content, title, tabulate_blocks(blocks), data)
        if len(record) > self.limit:
            return f"The trained model is not kept: it takes {len(record)} bytes, and the cache holds {self.limit}."
        path = self.folder / _name(key, content)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._sweep()
            self._write(path, record)
        except OSError as error:
            return (
                f"The trained model is not kept: {self.folder} cannot be written ({_reason(error)}); "
                f"name another folder in {VARIABLE}, or set it to off."
            )
        self._make_room(path)
        return None

    def entries(self) -> list[Entry]:
        """Return what is kept, the last used first."""
        files = sorted(self._files(_MODEL), key=lambda file: file.used, reverse=True)
        return [Entry(_title(file.path), file.nbytes, file.used, file.path.name) for file in files]

    def clear(self) -> int:
        """Remove all models, and nothing else that may lie in the folder; return the bytes that this freed."""
        return self._sweep() + sum(_remove(file) for file in self._files(_MODEL))

    def _files(self, names: re.Pattern[str]) -> Iterator[_File]:
        """Yield the plain files of this folder that bear a name of ours."""
        try:
            listed = [path for path in self.folder.iterdir() if names.fullmatch(path.name)]
        except OSError:
            return  # there is no such folder, or it cannot be read
        for path in listed:
            with contextlib.suppress(OSError):  # another process may have removed it
                status = path.lstat()
                if stat.S_ISREG(status.st_mode):
                    yield _File(path, status.st_size, status.st_mtime)

    def _write(self, path: Path, record: bytes) -> None:
        """Write a file whole or not at all."""
        temporary = self.folder / f"svbrdf-{uuid.uuid4().hex}.part"
        try:
            with temporary.open("xb") as stream:
                stream.write(record)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise

    def _make_room(self, newest: Path) -> None:
        """Remove what was least recently used, but not the newest, until the rest is within the limit."""
        files = sorted(self._files(_MODEL), key=lambda file: file.used)
        total = sum(file.nbytes for file in files)
        for file in files:
            if total > self.limit and file.path != newest:
                total -= _remove(file)

    def _sweep(self) -> int:
        """Remove what processes left that ended while they wrote; return the bytes that this freed."""
        limit = time.time() - STALE
        return sum(_remove(file) for file in self._files(_TEMPORARY) if file.used < limit)


def _start(key: str) -> str:
    """Return how the names of all files of a key begin."""
    return f"svbrdf-{hash_bytes(key.encode())[:16]}-"


def _name(key: str, content: str) -> str:
    return f"{_start(key)}{hash_bytes(content.encode())[:16]}.model"


def _rank_models(files: Iterable[_File], blocks: Table, note: Note) -> list[Path]:
    """Return the models of the same material, the one with most in common first, and of equals the last used."""
    heads = [(_look(file.path, read_head, note), file) for file in files]
    ranks = [(count_common_blocks(blocks, head.blocks), file.used, file.path) for head, file in heads if head]
    return [path for equal, _, path in sorted(ranks, reverse=True) if equal]


def _look(path: Path, reader: Callable[[BinaryIO], Result], note: Note) -> Result | None:
    """Return what a reader finds in a file; if it finds damage, say so and remove the file."""
    try:
        with path.open("rb") as stream:
            return reader(stream)
    except FileNotFoundError:
        pass  # removed by another process since it was listed
    except OSError as error:
        note(f"The kept model {path} is not used: it cannot be read ({_reason(error)}).")
    except Damaged as damage:
        with contextlib.suppress(OSError):
            path.unlink()
        note(f"The kept model {path} is removed and not used: {damage}.")
    return None


def _read(stream: BinaryIO) -> bytes:
    """Return the model in a file, and mark it as used."""
    head, data = read(stream)
    path = Path(stream.name)
    if path.name != _name(head.key, head.content):
        raise Damaged("it is another model under this name")
    with contextlib.suppress(OSError):  # a folder that cannot be written may still be read
        os.utime(path)
    return data


def _title(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return read_head(stream).title
    except (OSError, Damaged):
        return "(damaged)"


def _remove(file: _File) -> int:
    """Remove a file; return the bytes that this freed."""
    try:
        file.path.unlink()
    except OSError:
        return 0
    return file.nbytes


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
