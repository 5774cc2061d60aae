"""Rows of a batch: one repair each, found by walking through a library."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from svbrdf_core.batch.masks import MaskRule
from svbrdf_core.batch.row import BatchTemplate, Row
from svbrdf_core.batch.scratch import scratch
from svbrdf_core.batch.view import StoreView
from svbrdf_core.errors import InputError, SvbrdfError
from svbrdf_core.formats import MAX_PIXELS
from svbrdf_core.material.folders import images_in
from svbrdf_core.material.loading import set_names


def find_rows(library: Path, rule: MaskRule, template: BatchTemplate) -> list[Row]:
    """Return a row for each set below a folder, in the order of their names.

    A folder with images is a set, or several; folders in it are not looked at.

    Args:
        library: the folder, perhaps in an object store (`svbrdf_core.batch.places`).
        rule: how the mask of each set is found.
        template: what all have in common.

    Raises:
        InputError: the library does not exist, or there is no set in it.
    """
    with scratch() as home:
        view = StoreView(home)
        with view.telling():
            seen = replace(template, out=view.here(template.out))
            return view.real(_find(view.show(library), rule.seen(view), seen))


def _find(library: Path, rule: MaskRule, template: BatchTemplate) -> list[Row]:
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
