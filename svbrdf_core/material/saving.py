"""Saving of edited maps: untouched files as bytes, edited ones encoded anew, all or none."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from svbrdf_core import formats
from svbrdf_core.errors import InputError
from svbrdf_core.formats import RasterInfo, Samples
from svbrdf_core.formats.atomic import Writer
from svbrdf_core.material.binding import MapBinding
from svbrdf_core.material.store import Patch, Store, apply_patches
from svbrdf_core.sentences import IN_PLACE

AT_A_TIME = 2
"""Files that are encoded at a time: each holds a copy of its samples."""


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
    keep_jpeg: bool,
) -> SaveReport:
    """Write the files of a material; see ``Material.save``."""
    encoder = _Encoder(store, patches, keep_jpeg)
    files = list({p.file.path: p.file for b in maps.values() for p in b.places}.values())
    touched = [f for f in files if any(p.path == f.path for p in patches)]
    if source is not None and out.exists() and out.samefile(source):
        if not in_place:
            raise InputError(f"{out} is the input folder; give another output folder", IN_PLACE)
        return _save_in_place(out, touched, encoder)
    writers: dict[str, Writer] = {}
    for file in [*files, *passengers]:
        edited = file in touched or file.format == "memory"
        name = encoder.target_name(file) if edited else file.path.name
        writers[name] = partial(encoder.encode, file) if edited else partial(_copy, file)
    written = formats.write_files(out, writers, overwrite=overwrite, at_a_time=AT_A_TIME)
    return SaveReport(written, encoder.notes(touched))


def _save_in_place(folder: Path, touched: list[RasterInfo], encoder: _Encoder) -> SaveReport:
    """Replace the edited files; originals go to a new backup folder in the same step."""
    if not touched:
        return SaveReport(())
    originals: dict[str, Writer] = {f.path.name: partial(_copy, f) for f in touched}
    writers: dict[str, Writer] = {encoder.target_name(f): partial(encoder.encode, f) for f in touched}
    written, backup = formats.replace_files(folder, writers, originals, at_a_time=AT_A_TIME)
    return SaveReport(written, (*encoder.notes(touched), f"The originals are kept in {backup}."), backup)


class _Encoder:
    """Writes edited files anew, and remembers what is to be said about them."""

    def __init__(self, store: Store, patches: Sequence[Patch], keep_jpeg: bool) -> None:
        self._store, self._patches, self._keep_jpeg = store, patches, keep_jpeg
        self._changes: dict[Path, str] = {}

    def target_name(self, file: RasterInfo) -> str:
        """Return the file's own name, whatever its ending claims, unless the result is of another format."""
        converted = formats.is_converted(file) and not self._is_kept(file)
        return file.path.stem + file.suffix if converted else file.path.name

    def encode(self, file: RasterInfo, target: Path) -> None:
        """Write a file with its edits."""
        samples = apply_patches(self._store, file, self._patches)
        if file.format == "memory":
            formats.write_new(target, file, samples)
        elif self._is_kept(file):
            self._encode_jpeg(file, samples, target)
        else:
            formats.encode(file, samples, target)

    def notes(self, touched: Sequence[RasterInfo]) -> tuple[str, ...]:
        """Return what is not as in the sources, when they are written."""
        return tuple(n for f in touched for n in ([self._changes[f.path]] if f.path in self._changes else f.notes))

    def _is_kept(self, file: RasterInfo) -> bool:
        return self._keep_jpeg and file.format == "jpeg"

    def _encode_jpeg(self, file: RasterInfo, samples: Samples, target: Path) -> None:
        formats.check_unchanged(file)
        again = formats.encode_jpeg_again(file, samples, target)
        old = self._store.samples(file)
        beyond = (samples == old).all(axis=2)
        gaps = np.abs(again[beyond].astype(np.int16) - old[beyond])
        changed, most = (float((gaps > 0).mean()), int(gaps.max())) if gaps.size else (0.0, 0)
        self._changes[file.path] = (
            f"{file.path.name} is written as a JPEG again, at the tables it had: beyond the hole {changed:.1%} of its "
            f"samples changed, by {most} of 255 at most."
        )


def _copy(file: RasterInfo, target: Path) -> None:
    formats.check_unchanged(file)
    shutil.copyfile(file.path, target)
