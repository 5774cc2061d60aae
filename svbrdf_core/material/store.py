"""Decoded files, the latest used kept up to a number of bytes, and the edits that lie over them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from svbrdf_core import formats
from svbrdf_core.formats import RasterInfo, Samples
from svbrdf_core.material.resample import Indices

CACHE_BYTES = 768 * 2**20
"""Decoded samples kept between windows: the 8-bit maps of an 8192 x 8192 set of ten channels just fit."""


class Store:
    """Gives the samples of files, decoding each when it is asked for and forgetting the least recently used."""

    def __init__(
        self,
        arrays: Mapping[Path, Samples] | None = None,
        budget: int = CACHE_BYTES,
        laid: Mapping[Path, LaidFile] | None = None,
    ) -> None:
        """Start with ``arrays`` for files that exist only in memory, and ``laid`` for those of another size."""
        self._arrays = dict(arrays or {})
        self._laid = dict(laid or {})
        self._cache: OrderedDict[Path, Samples] = OrderedDict()
        self._budget = budget
        self._lock = Lock()  # maps of different files are read by several threads

    def take(self, file: RasterInfo, rows: Indices, columns: Indices) -> Samples:
        """Return a writable copy ``(len(rows), len(columns), C)`` of a file's samples.

        Raises:
            InputError: the file changed or is damaged.
        """
        if file.path in self._laid:
            return self._laid[file.path].take(rows, columns)
        taken: Samples = self.samples(file)[_lines(rows, columns)].copy()
        return taken

    def samples(self, file: RasterInfo) -> Samples:
        """Return the file's samples ``(H, W, C)``, not to be written to.

        Raises:
            InputError: the file changed or is damaged.
        """
        if file.path in self._laid:
            return self._laid[file.path].take(np.arange(file.height), np.arange(file.width))
        if file.path in self._arrays:
            return self._arrays[file.path]
        with self._lock:
            if file.path in self._cache:
                self._cache.move_to_end(file.path)
                return self._cache[file.path]
            self._make_room(file.nbytes)
        samples = formats.decode(file)
        samples.flags.writeable = False
        with self._lock:
            self._cache[file.path] = samples
        return samples

    def _make_room(self, nbytes: int) -> None:
        while self._cache and sum(a.nbytes for a in self._cache.values()) + nbytes > self._budget:
            self._cache.popitem(last=False)


@dataclass(frozen=True)
class LaidFile:
    """A file on a canvas of another size, which it covers over and over; nothing of the canvas's size is kept.

    Attributes:
        store: of the file as it is.
        patches: edits that lie over it there.
        file: as it is.
        rows, columns: the row of the file for each row of the canvas, and the column for each column.
    """

    store: Store
    patches: Sequence[Patch]
    file: RasterInfo
    rows: Indices
    columns: Indices

    def take(self, rows: Indices, columns: Indices) -> Samples:
        """Return a writable copy ``(len(rows), len(columns), C)`` of the canvas's samples."""
        own_rows, at_row = np.unique(self.rows[rows], return_inverse=True)
        own_columns, at_column = np.unique(self.columns[columns], return_inverse=True)
        own = gather(self.store, self.file, self.patches, own_rows, own_columns)
        taken: Samples = own[_lines(at_row, at_column)].copy()
        return taken


@dataclass(frozen=True)
class Patch:
    """New samples ``(h, w, C)`` for the crossing of some rows and columns of a file."""

    path: Path
    rows: Indices
    columns: Indices
    samples: Samples


def gather(store: Store, file: RasterInfo, patches: Iterable[Patch], rows: Indices, columns: Indices) -> Samples:
    """Return a writable copy ``(len(rows), len(columns), C)`` of a file's samples with later patches on top."""
    result = store.take(file, rows, columns)
    for patch in patches:
        if patch.path == file.path:
            _overlay(result, patch, file, rows, columns)
    return result


def _lines(rows: Indices, columns: Indices) -> tuple[Any, ...]:
    """Return what picks rows and columns; slices where none is left out, which take a tenth of the time."""
    if all(len(at) and at[-1] - at[0] == len(at) - 1 and (np.diff(at) == 1).all() for at in (rows, columns)):
        return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    return np.ix_(rows, columns)


def apply_patches(store: Store, file: RasterInfo, patches: Iterable[Patch]) -> Samples:
    """Return a copy of all samples of a file with its patches applied."""
    result = store.take(file, np.arange(file.height), np.arange(file.width))
    for patch in patches:
        if patch.path == file.path:
            result[np.ix_(patch.rows, patch.columns)] = patch.samples
    return result


def _overlay(result: Samples, patch: Patch, file: RasterInfo, rows: Indices, columns: Indices) -> None:
    y, from_y = _meet(rows, patch.rows, file.height)
    x, from_x = _meet(columns, patch.columns, file.width)
    if len(y) and len(x):
        result[np.ix_(y, x)] = patch.samples[np.ix_(from_y, from_x)]


def _meet(wanted: Indices, given: Indices, size: int) -> tuple[Indices, Indices]:
    """Return positions in ``wanted`` that ``given`` holds, and where."""
    where = np.full(size, -1, np.intp)
    where[given] = np.arange(len(given))
    found = where[wanted]
    at = np.flatnonzero(found >= 0)
    return at, found[at]
