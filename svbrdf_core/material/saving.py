"""Saving of edited maps: untouched files as bytes, edited ones encoded anew one at a time, all or none."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from svbrdf_core import formats
from svbrdf_core.errors import InputError
from svbrdf_core.formats import RasterInfo
from svbrdf_core.formats.atomic import Writer
from svbrdf_core.material.binding import MapBinding
from svbrdf_core.material.store import Patch, Store, apply_patches


@dataclass(frozen=True)
class SaveReport:
    """What was written.

    Attributes:
        files: every file of the result.
        notes: sentences about what is not as in the source.
        backup: folder of the originals, when written in place.
    """

    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()
    backup: Path | None = None


def save(
    out: Path,
    maps: Mapping[str, MapBinding],
    store: Store,
    patches: Sequence[Patch],
    source: Path | None,
    passengers: Sequence[RasterInfo],
    *,
    in_place: bool,
    overwrite: bool,
) -> SaveReport:
    """Write the files of a material; see ``Material.save``."""
    files = list({p.file.path: p.file for b in maps.values() for p in b.places}.values())
    touched = [f for f in files if any(p.path == f.path for p in patches)]
    if source is not None and out.exists() and out.samefile(source):
        if not in_place:
            raise InputError(f"{out} is the input folder; give another output folder, or --in-place to keep a backup.")
        return _save_in_place(out, touched, store, patches)
    writers: dict[str, Writer] = {}
    for file in [*files, *passengers]:
        edited = file in touched or file.format == "memory"
        name = _target_name(file) if edited else file.path.name
        writers[name] = partial(_encode, file, store, patches) if edited else partial(_copy, file)
    return SaveReport(formats.write_files(out, writers, overwrite=overwrite), _notes(touched))


def _save_in_place(folder: Path, touched: list[RasterInfo], store: Store, patches: Sequence[Patch]) -> SaveReport:
    """Replace the edited files; originals go to a new backup folder in the same step."""
    if not touched:
        return SaveReport(())
    originals: dict[str, Writer] = {f.path.name: partial(_copy, f) for f in touched}
    writers: dict[str, Writer] = {_target_name(f): partial(_encode, f, store, patches) for f in touched}
    written, backup = formats.replace_files(folder, writers, originals)
    return SaveReport(written, (*_notes(touched), f"The originals are kept in {backup}."), backup)


def _target_name(file: RasterInfo) -> str:
    """Return the file's own name, whatever its ending claims, unless the result is of another format."""
    same = file.format == "memory" or formats.SUFFIXES[file.suffix] == file.format
    return file.path.name if same else file.path.stem + file.suffix


def _encode(file: RasterInfo, store: Store, patches: Sequence[Patch], target: Path) -> None:
    samples = apply_patches(store, file, patches)
    if file.format == "memory":
        formats.write_new(target, file, samples)
    else:
        formats.encode(file, samples, target)


def _copy(file: RasterInfo, target: Path) -> None:
    formats.check_unchanged(file)
    shutil.copyfile(file.path, target)


def _notes(touched: Sequence[RasterInfo]) -> tuple[str, ...]:
    return tuple(note for file in touched for note in file.notes)
