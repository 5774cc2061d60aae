"""Backups of the files of a folder that are replaced, made in the same step."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from svbrdf_core.formats.atomic import Writer, write_files


def replace_files(
    folder: Path, writers: Mapping[str, Writer], originals: Mapping[str, Writer], *, at_a_time: int = 1
) -> tuple[tuple[Path, ...], Path]:
    """Write named files into a folder over what is there, and its originals into a new backup folder, all or none.

    Args:
        folder: where to write.
        writers: file name to the function that writes it.
        originals: file name in the backup folder to the function that writes it there.
        at_a_time: see `write_files`.

    Returns:
        What was written but the backups, and the backup folder.

    Raises:
        OutputError: something cannot be written; nothing was.
    """
    backup = _free_name(folder, time.strftime("backup-%Y%m%d-%H%M%S"))
    kept = {f"{backup}/{name}": write for name, write in originals.items()}
    written = write_files(folder, {**kept, **writers}, overwrite=True, at_a_time=at_a_time)
    return written[len(kept) :], folder / backup


def _free_name(folder: Path, name: str) -> str:
    number, candidate = 1, name
    while (folder / candidate).exists():
        number += 1
        candidate = f"{name}-{number}"
    return candidate
