"""Files in requests, and the two ways in which JSON names them: by local path, or by digest over HTTP."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from svbrdf_core.codec.plain import Json
from svbrdf_core.errors import FieldError

DIGEST = re.compile("[0-9a-f]{64}")
LONGEST_NAME = 200
"""Characters of the name that goes with a digest."""


@dataclass(frozen=True)
class InputFile:
    """A file that is read: a mask, a model."""

    path: Path


@dataclass(frozen=True)
class OutputFile:
    """A file that is written."""

    path: Path


class Files(Protocol):
    """How JSON names files; ``where`` is always the field's path, for errors."""

    @property
    def local(self) -> bool:
        """Whether files are paths of this machine, so that fields that are `option`'s ``local`` are written."""
        ...

    def is_input(self, data: Mapping[str, object]) -> bool:
        """Whether an object of JSON names a file that is read."""
        ...

    def input_to_json(self, where: str, file: InputFile) -> Json:
        """Return the object that names a file that is read."""
        ...

    def input_from_json(self, where: str, data: object) -> InputFile:
        """Return the file that an object names.

        Raises:
            InputError: it names none.
        """
        ...

    def output_to_json(self, where: str, file: OutputFile | None) -> Json:
        """Return what stands for a file that is written, or for None."""
        ...

    def output_from_json(self, where: str, data: object) -> OutputFile | None:
        """Return the file that is to be written, None if none is wanted.

        Raises:
            InputError: it cannot be said like that.
        """
        ...


class LocalFiles:
    """Files by absolute path: ``{"file": "/a/mask.png"}`` is read, ``"/a/preview.png"`` is written."""

    local = True

    def is_input(self, data: Mapping[str, object]) -> bool:
        """Whether ``data`` is ``{"file": …}``."""
        return set(data) == {"file"}

    def input_to_json(self, where: str, file: InputFile) -> Json:
        """Return ``{"file": …}`` with the absolute path."""
        return {"file": os.path.abspath(file.path)}  # noqa: PTH100 # links stay as they are, ".." does not

    def input_from_json(self, where: str, data: object) -> InputFile:
        """Return the file that ``{"file": …}`` names."""
        path = data.get("file") if isinstance(data, Mapping) and self.is_input(data) else None
        if not isinstance(path, str) or not path or "\0" in path:
            raise FieldError('{} must be a file, as {"file": "/path"}.', where)
        return InputFile(Path(path))

    def output_to_json(self, where: str, file: OutputFile | None) -> Json:
        """Return the absolute path, None for None."""
        return None if file is None else os.path.abspath(file.path)  # noqa: PTH100

    def output_from_json(self, where: str, data: object) -> OutputFile | None:
        """Return the file of a path, None for None."""
        if data is None:
            return None
        if not isinstance(data, str) or not data or "\0" in data:
            raise FieldError("{} must be the path of a file, or null.", where)
        return OutputFile(Path(data))


LOCAL = LocalFiles()
"""Files of this machine."""


def _refuse(*_: object) -> Any:
    raise TypeError("these files can only be used the other way")


@dataclass(frozen=True)
class HttpFiles:
    """Files over HTTP: ``{"file": "<sha256>", "name": "mask.png"}`` is read; ``true`` writes a file of the service's.

    A client gives ``digest`` and encodes, a service gives ``stored`` and ``target`` and decodes.

    Attributes:
        digest: returns the SHA-256 of a file's bytes, in small hexadecimal digits.
        stored: returns where the file of a digest and a name lies; the name is empty if none was given, else it has no
            folder.
        target: returns the file to write for a field's path, as ``output.preview``.
    """

    digest: Callable[[Path], str] = _refuse
    stored: Callable[[str, str], Path] = _refuse
    target: Callable[[str], Path] = _refuse

    @property
    def local(self) -> bool:
        """Never: a path means nothing elsewhere."""
        return False

    def is_input(self, data: Mapping[str, object]) -> bool:
        """Whether ``data`` is ``{"file": …}``, with or without a name."""
        return "file" in data and set(data) <= {"file", "name"}

    def input_to_json(self, where: str, file: InputFile) -> Json:
        """Return digest and name; of a name that is too long only its ending, which may tell the format."""
        name = file.path.name
        short = name if 0 < len(name) <= LONGEST_NAME else "file" + file.path.suffix[:20]
        return {"file": self.digest(file.path), "name": short}

    def input_from_json(self, where: str, data: object) -> InputFile:
        """Return the file that was uploaded under a digest."""
        if isinstance(data, Mapping) and self.is_input(data):
            digest, name = data["file"], data.get("name")
            name = "" if name is None else name
            if isinstance(digest, str) and DIGEST.fullmatch(digest) and isinstance(name, str) and _is_name(name):
                return InputFile(self.stored(digest, name))
        raise FieldError(
            '{} must be an uploaded file, as {"file": "<sha256>", "name": "file.png"} with a digest of 64 '
            "small hexadecimal digits.",
            where,
        )

    def output_to_json(self, where: str, file: OutputFile | None) -> Json:
        """Return whether a file is wanted."""
        return file is not None

    def output_from_json(self, where: str, data: object) -> OutputFile | None:
        """Return the service's file for a field, None if it is not wanted."""
        if not isinstance(data, bool):
            raise FieldError("{} must be true or false.", where)
        return OutputFile(self.target(where)) if data else None


def input_files(value: object, where: str = "") -> Mapping[str, Path]:
    """Return all files that dataclasses name to be read, by the path of the field: ``hole.masks[0]``."""
    return dict(_inputs(value, where))


def _inputs(value: object, where: str) -> Iterator[tuple[str, Path]]:
    if isinstance(value, InputFile):
        yield where, value.path
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from _inputs(getattr(value, field.name), at(where, field.name))
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _inputs(item, at(where, str(name)))
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for number, item in enumerate(value):
            yield from _inputs(item, f"{where}[{number}]")


def at(where: str, name: str) -> str:
    """Return the path of a field in what is at ``where``."""
    return f"{where}.{name}" if where else name


def _is_name(name: str) -> bool:
    return len(name) <= LONGEST_NAME and not re.search(r"[/\\\x00-\x1f]", name) and name not in (".", "..")
