"""Rows of a batch: one repair each, found by walking through a library."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from svbrdf_core.batch.masks import MaskRule
from svbrdf_core.errors import InputError, SvbrdfError
from svbrdf_core.formats import MAX_PIXELS
from svbrdf_core.material.folders import images_in
from svbrdf_core.material.loading import set_names
from svbrdf_core.material.tile_hole import MaskInput
from svbrdf_core.request import HoleSpec, InpaintRequest, InputFile, LoadOptions, MethodChoice, OutputSpec

HOME = "_batch"
"""Folder in the output for what a batch remembers and shows."""


@dataclass(frozen=True)
class Row:
    """One repair of a batch.

    Attributes:
        name: where its result goes below the output, with forward slashes; no two rows have the same.
        request: what is done; None if it cannot be said, and then ``why`` tells.
        why: what is wrong with it, in a sentence.
    """

    name: str
    request: InpaintRequest | None
    why: str | None = None


@dataclass(frozen=True)
class BatchTemplate:
    """What all rows have in common, but where a manifest says otherwise.

    Attributes:
        out: the folder that all results are below.
        source: how files are read; its path is not looked at.
        hole: how masks are edited; its masks are not looked at.
        method: how holes are filled.
        overwrite: whether results that are there, and not of this batch, are replaced.
        keep_jpeg: see `OutputSpec`.
    """

    out: Path
    source: LoadOptions = field(default_factory=lambda: LoadOptions(Path()))
    hole: HoleSpec = field(default_factory=HoleSpec)
    method: MethodChoice = field(default_factory=MethodChoice)
    overwrite: bool = False
    keep_jpeg: bool = False

    def request(
        self, name: str, folder: Path, set_name: str | None, masks: tuple[MaskInput, ...], method: MethodChoice
    ) -> InpaintRequest:
        """Return the request of a row.

        Args:
            name: of the row.
            folder: of its maps, or one image.
            set_name: which set of the folder.
            masks: parts of the hole.
            method: how it is filled.
        """
        return InpaintRequest(
            source=replace(self.source, path=folder, set_name=set_name),
            hole=replace(self.hole, masks=masks),
            method=method,
            output=OutputSpec(self.out / name, overwrite=self.overwrite, keep_jpeg=self.keep_jpeg),
        )


def find_rows(library: Path, rule: MaskRule, template: BatchTemplate) -> list[Row]:
    """Return a row for each set below a folder, in the order of their names.

    A folder with images is a set, or several; folders in it are not looked at.

    Args:
        library: the folder.
        rule: how the mask of each set is found.
        template: what all have in common.

    Raises:
        InputError: the library does not exist, or there is no set in it.
    """
    if not library.is_dir():
        raise InputError(f"There is no folder {library}; give the folder that all sets are in.")
    if library.resolve() == template.out.resolve():
        raise InputError(f"The results would be written into the library {library} itself; give another output folder.")
    apart = {path.resolve() for path in (rule.folder, template.out) if path is not None}
    rows = [row for folder in _walk(library, apart) for row in _rows_of(folder, library, rule, template)]
    if not rows:
        raise InputError(f"There is no image in {library} or below it; give the folder that all sets are in.")
    return rows


def _walk(folder: Path, apart: set[Path]) -> Iterator[Path]:
    """Yield the folders with images, each once however many links lead there; ``apart`` takes those that were seen."""
    if folder.resolve() in apart:
        return
    apart.add(folder.resolve())
    if images_in(folder):
        yield folder
        return
    with os.scandir(folder) as entries:
        below = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    for name in below:
        yield from _walk(folder / name, apart)


def _rows_of(folder: Path, library: Path, rule: MaskRule, template: BatchTemplate) -> list[Row]:
    path = folder.relative_to(library).as_posix()
    base = "" if path == "." else path
    title = folder.resolve().name
    try:
        names = set_names(folder, max_pixels=template.source.max_pixels or MAX_PIXELS, apart=_masks_in(folder, rule))
    except SvbrdfError as error:
        return [Row(base or title, None, str(error))]
    if len(names) < 2:
        return [_row(base or title, title, base or title, folder, None, rule, template)]
    return [_row(f"{base}/{one}".lstrip("/"), one, f"{base}/{one}".lstrip("/"), folder, one, rule, template)
            for one in names]  # fmt: skip


def _masks_in(folder: Path, rule: MaskRule) -> list[Path]:
    """Return the images of a folder that its pattern may mean, which then are no maps."""
    if not rule.is_pattern:
        return []
    inside = [image for image in images_in(folder) if "mask" in image.stem.casefold()]
    return [image for image in inside if Path(rule.text).suffix.casefold() == image.suffix.casefold()]


def _row(
    name: str, title: str, path: str, folder: Path, set_name: str | None, rule: MaskRule, template: BatchTemplate
) -> Row:
    try:
        masks = rule.find(title, path, folder)
    except SvbrdfError as error:
        return Row(name, None, str(error))
    return Row(name, template.request(name, folder, set_name, masks, template.method))


def files_of(row: Row) -> list[Path]:
    """Return the files that a row's result depends on, sorted: all images of its folder, and what is read besides."""
    if row.request is None:
        return []
    source = row.request.source.path
    inner = [source] if source.is_file() else images_in(source) or [
        image for below in sorted(source.iterdir()) if below.is_dir() for image in images_in(below)
    ]  # fmt: skip
    return sorted({*inner, *row.request.files().values()})


def mask_files(row: Row) -> list[Path]:
    """Return the mask files of a row."""
    if row.request is None:
        return []
    return [part.path for part in row.request.hole.masks if isinstance(part, InputFile)]
