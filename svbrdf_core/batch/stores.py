"""Object stores: listed, read and written by fsspec, with sentences for what they refuse."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from svbrdf_core.batch.places import address, key, scheme
from svbrdf_core.errors import InputError, OutputError, SvbrdfError

INSTALL = "pip install 'svbrdf-inpaint[stores]'"
AT_A_TIME = 256
"""Objects that are asked for together."""
CREDENTIALS = ("NoCredentialsError", "PartialCredentialsError", "DefaultCredentialsError", "ProfileNotFound")
"""Names of what the libraries of stores raise where there is no access at all."""


@dataclass(frozen=True)
class StoredFile:
    """A file in a store.

    Attributes:
        path: its address.
        size: bytes.
        version: what changes with its content: the store's tag, or its time.
    """

    path: Path
    size: int
    version: str


def list_below(folder: Path) -> list[StoredFile]:
    """Return the files below an address, or the one it names, sorted; none if there is nothing.

    Raises:
        InputError: the bucket does not exist or may not be read.
    """
    with _asking(folder, InputError, "read") as store:
        found = store.find(key(folder), detail=True)
    return sorted(
        (
            StoredFile(_path(folder, name), int(about["size"]), _version(about))
            for name, about in found.items()
            if about.get("type") == "file" and not name.endswith("/")
        ),
        key=lambda file: file.path,
    )


def _path(near: Path, name: str) -> Path:
    return Path(near.parts[0], *name.split("/"))


def _version(about: Mapping[str, Any]) -> str:
    for word in ("ETag", "etag", "md5Hash", "LastModified", "mtime", "created"):
        if about.get(word):
            return str(about[word])
    return ""


def read(paths: Sequence[Path]) -> dict[Path, bytes]:
    """Return the content of those files that are there.

    Raises:
        InputError: they may not be read.
    """
    found: dict[Path, bytes] = {}
    for group in _groups(paths):
        with _asking(group[0], InputError, "read") as store:
            got = store.cat([key(path) for path in group], on_error="return")
            for name, content in got.items():
                if isinstance(content, bytes):
                    found[_path(group[0], name)] = content
                elif not isinstance(content, FileNotFoundError):
                    raise content
    return found


def fetch(files: Mapping[Path, Path]) -> None:
    """Fetch files to paths of this machine.

    Raises:
        InputError: one is not there any more, may not be read, or there is no room here.
    """
    for target in files.values():
        target.parent.mkdir(parents=True, exist_ok=True)
    for group in _groups(list(files)):
        with _asking(group[0], InputError, "read") as store:
            store.get([key(path) for path in group], [str(files[path]) for path in group])


def send(files: Mapping[Path, Path]) -> None:
    """Write files of this machine to a store, each whole or not at all.

    Args:
        files: path of this machine by address.

    Raises:
        OutputError: the store does not take them.
    """
    for group in _groups(list(files)):
        with _asking(group[0], OutputError, "written") as store:
            store.put([str(files[path]) for path in group], [key(path) for path in group])


def write(path: Path, content: bytes) -> None:
    """Write one object; what was there is replaced.

    Raises:
        OutputError: the store does not take it.
    """
    with _asking(path, OutputError, "written") as store:
        store.pipe_file(key(path), content)


def create(path: Path, content: bytes) -> bool:
    """Write an object if there is none of this name, and return whether it was written.

    Raises:
        OutputError: the store does not take it, or cannot write on that condition.
    """
    with _asking(path, OutputError, "written") as store:
        try:
            store.pipe_file(key(path), content, mode="create")
        except FileExistsError:
            return False
    return True


def remove(paths: Iterable[Path]) -> None:
    """Remove objects; those that are gone already are none's fault.

    Raises:
        OutputError: the store refuses.
    """
    for group in _groups(list(paths)):
        with _asking(group[0], OutputError, "written") as store:
            store.rm([key(path) for path in group])


def _groups(paths: Sequence[Path]) -> Iterator[Sequence[Path]]:
    """Yield paths of one kind of store, not too many at a time."""
    for kind in dict.fromkeys(map(scheme, paths)):
        alike = [path for path in paths if scheme(path) == kind]
        for first in range(0, len(alike), AT_A_TIME):
            yield alike[first : first + AT_A_TIME]


@contextmanager
def _asking(path: Path, kind: type[SvbrdfError], done: str) -> Iterator[Any]:
    """Give the file system of an address; what it raises becomes a sentence.

    Args:
        path: the address.
        kind: of the error.
        done: what cannot be done with it: ``read`` or ``written``.
    """
    if importlib.util.find_spec("fsspec") is None:
        raise InputError(f"{address(path)} is in an object store, which needs fsspec; install it with: {INSTALL}")
    import fsspec

    try:
        yield fsspec.filesystem(scheme(path), use_listings_cache=False)
    except SvbrdfError:
        raise
    except Exception as error:  # each library of a store raises its own
        raise kind(_told(path, error, done)) from error


def _told(path: Path, error: Exception, done: str) -> str:
    where, bucket = address(path), f"{scheme(path)}://{path.parts[1]}"
    if isinstance(error, ImportError):
        more = INSTALL if scheme(path) == "s3" else f"{INSTALL} and what it names ({_first_line(error)})"
        return f"{where} is in an object store whose package is missing; install it with: {more}"
    if isinstance(error, ValueError) and "rotocol" in str(error):
        return f"{where} is in no store that is known; write s3://bucket/path, gs://bucket/path or a folder."
    if type(error).__name__ in CREDENTIALS:
        return f"There are no credentials for {bucket}; set them as its command line takes them, on each machine."
    if isinstance(error, PermissionError):
        return f"{where} may not be {done} with these credentials ({_first_line(error)}); ask who owns {bucket}."
    if isinstance(error, FileNotFoundError):
        return f"{where} cannot be {done} ({_first_line(error)}); check its bucket and path."
    if isinstance(error, OSError) and error.filename is not None:
        return f"{where} cannot be {done} ({error.filename}: {error.strerror}); make room there."
    return f"{where} cannot be {done} ({_first_line(error)}); check the store, and try what failed again."


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__
