"""Files among a method's settings: paths of this machine in a request, digests in the JSON that is sent."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..client import Source, UserError

MAX_NAME = 200
"""Characters of the name that goes with a digest."""


@dataclass(frozen=True)
class InputFile:
    """A file of this machine that is read, such as a model."""

    path: Path

    @property
    def name(self) -> str:
        """What it is called at the service: without a folder, and with its ending, which may tell the format."""
        return re.sub(r"[/\\\x00-\x1f]", "_", self.path.name)[-MAX_NAME:] or "file"


def find_files(value: object, where: str) -> dict[str, InputFile]:
    """Return all files in settings by the path of the field, such as ``method.settings.diffusion.model``."""
    if isinstance(value, InputFile):
        return {where: value}
    if isinstance(value, Mapping):
        inner = [find_files(item, f"{where}.{name}") for name, item in value.items()]
    elif isinstance(value, list | tuple):
        inner = [find_files(item, f"{where}[{number}]") for number, item in enumerate(value)]
    else:
        return {}
    return {field: file for found in inner for field, file in found.items()}


def make_sources(files: Mapping[str, InputFile]) -> tuple[Source, ...]:
    """Return files as they are sent, each called by the path of its field: two may have the same name."""
    return tuple(Source(where, file.path) for where, file in files.items())


def encode_files(value: Any, where: str, digests: Mapping[str, str]) -> Any:
    """Return settings as JSON; ``digests`` are those of `find_files`, by field."""
    if isinstance(value, InputFile):
        return {"file": digests[where], "name": value.name}
    if isinstance(value, Mapping):
        return {name: encode_files(item, f"{where}.{name}", digests) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [encode_files(item, f"{where}[{number}]", digests) for number, item in enumerate(value)]
    return value


def decode_files(data: Any, resolve: Callable[[str], str] = str) -> Any:
    """Return JSON with a file of this machine for each ``{"file": "/path"}``.

    With a ``name`` beside it, ``file`` is the digest of what the service has already; such a one is left as it is.

    Args:
        data: the JSON.
        resolve: returns the path that a text means.
    """
    if isinstance(data, Mapping):
        if set(data) == {"file"} and isinstance(data["file"], str):
            return InputFile(Path(resolve(data["file"])))
        return {name: decode_files(item, resolve) for name, item in data.items()}
    return [decode_files(item, resolve) for item in data] if isinstance(data, list) else data


def check_readable(files: Mapping[str, InputFile]) -> None:
    """Find out whether all files can be read.

    Raises:
        UserError: one cannot; the sentence names it and its setting.
    """
    for where, file in files.items():
        try:
            if file.path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            if not file.path.is_file():  # to open a pipe could take for ever
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            file.path.open("rb").close()
        except OSError as error:
            setting = where.removeprefix("method.settings.")
            sentence = f"{file.path}, the setting {setting}, cannot be read ({error.strerror}); choose another file."
            raise UserError("file", sentence) from error
