"""Places of files: paths of this machine, and addresses in object stores, which are paths that begin with a scheme.

``s3://bucket/oak`` is the path ``s3:/bucket/oak``, so that a request can hold it and names join it as any other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from svbrdf_core.errors import InputError
from svbrdf_core.material.tile_hole import MaskInput
from svbrdf_core.request import InpaintRequest, InputFile, TileMask

ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/+(.*)", re.IGNORECASE | re.DOTALL)
SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:")
"""First part of a path that stands for an address; a drive of Windows has one letter."""


def place(text: str) -> Path:
    """Return the path that an address or a path stands for; one of this machine is absolute.

    Raises:
        InputError: the address names no bucket, or is of another machine's file.
    """
    found = ADDRESS.fullmatch(text)
    if found is None:
        return Path(text).absolute()
    if found[1].lower() == "file":
        return _local(text)
    parts = [part for part in found[2].split("/") if part]
    if not parts or ".." in parts:
        raise InputError(f"{text} names no bucket; write it as {found[1]}://bucket/path.")
    return Path(f"{found[1].lower()}:", *parts)


def _local(text: str) -> Path:
    parts = urlsplit(text)
    if parts.netloc not in ("", "localhost"):
        raise InputError(
            f"{text} is a file of the machine {parts.netloc}; write three slashes, as in file:///textures."
        )
    return Path(url2pathname(parts.path)).absolute()


def is_address(text: str) -> bool:
    """Whether a text is an address, not a path."""
    return ADDRESS.fullmatch(text) is not None


def in_store(path: Path) -> bool:
    """Whether a path stands for an address in an object store."""
    return len(path.parts) > 1 and SCHEME.fullmatch(path.parts[0]) is not None


def address(path: Path) -> str:
    """Return how a path is written: as an address, if it stands for one."""
    return f"{scheme(path)}://{key(path)}" if in_store(path) else str(path)


def scheme(path: Path) -> str:
    """Return the kind of store of an address."""
    return path.parts[0][:-1]


def key(path: Path) -> str:
    """Return bucket and path of an address."""
    return "/".join(path.parts[1:])


def moved(request: InpaintRequest, move: Callable[[Path], Path]) -> InpaintRequest:
    """Return a request whose material, masks and output lie elsewhere."""

    def moved_part(part: MaskInput) -> MaskInput:
        if isinstance(part, InputFile):
            return InputFile(move(part.path))
        if isinstance(part, TileMask) and isinstance(part.mask, InputFile):
            return replace(part, mask=InputFile(move(part.mask.path)))
        return part

    return replace(
        request,
        source=replace(request.source, path=move(request.source.path)),
        hole=replace(request.hole, masks=tuple(map(moved_part, request.hole.masks))),
        output=replace(request.output, folder=move(request.output.folder)),
    )
