"""The result of a job that a service has done, put where a repair on this machine would have put it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence, Set
from pathlib import Path, PurePosixPath
from typing import Any

import svbrdf_core as sv
from svbrdf_core.codec.plain import JsonObject
from svbrdf_core.sentences import sentences_json

from ..data.names import BadName
from ..data.names import path as checked_path

Fetch = Callable[[str, Path], None]
"""Writes a file of the result, by its name in the report, to a place."""
MAPS = "maps"
"""Folder of the maps in a result."""


def fetch_results(
    request: sv.InpaintRequest, material: sv.Material, report: Mapping[str, Any], fetch: Fetch
) -> JsonObject:
    """Fetch the files of a result and put them where a repair on this machine would have, all or none.

    Returns:
        The report with paths of this machine; what is said about a backup is at the end of its notes, which stay
        sentences in JSON.

    Raises:
        InputError: a file of the material has changed since it was loaded, or the output is the input.
        OutputError: something cannot be written, or is there already; nothing was changed.
    """
    output = request.output
    wanted = ((output.preview, report["preview"]), (output.source_map, report["source_map"]))
    drawn = {target.path: name for target, name in wanted if target is not None and name is not None}
    rows = _checked_rows(request, material, report)
    with sv.staging(output.folder) as staged:
        for name in (name for row in rows for name in row):
            (staged / MAPS / name).parent.mkdir(parents=True, exist_ok=True)
            fetch(f"{MAPS}/{name}", staged / MAPS / name)
        for number, name in enumerate(drawn.values()):
            fetch(name, staged / f"picture{number}")
        if not output.in_place:
            _copy_beside(material, sorted({(staged / MAPS / name).parent for row in rows for name in row}))
        material.check_unchanged()
        written, backup = sv.publish_results(
            staged / MAPS,
            output.folder,
            sources=_sources(material, rows),
            pictures={path: staged / f"picture{number}" for number, path in enumerate(drawn)},
            in_place=output.in_place,
            overwrite=output.overwrite,
        )
    kept = () if backup is None else (f"The originals are kept in {backup}.",)
    return {
        **report,
        "material": material.name,
        "variations": [
            _row(output.folder, row, _written(output.folder, names, material, written), backup)
            for row, names in zip(report["variations"], rows, strict=True)
        ],
        "preview": None if output.preview is None else str(output.preview.path),
        "source_map": None if output.source_map is None else str(output.source_map.path),
        "warnings": list(material.warnings),
        "unrecognised": [path.name for path in material.unrecognised],
        "notes": [*report["notes"], *sentences_json(kept)],
        "request": request.to_json(),
    }


def _written(folder: Path, names: Sequence[str], material: sv.Material, written: Sequence[Path]) -> list[Path]:
    """Return the files of a variation that were written, of which the service sent those of these names."""
    parents = {(folder / name).parent for name in names}
    beside = [parent / path.name for parent in sorted(parents) for path in material.files_beside()]
    return [path for path in (*(folder / name for name in names), *beside) if path in written]


def _row(target: Path, row: Mapping[str, Any], files: Sequence[Path], backup: Path | None) -> JsonObject:
    folder = files[0].parent if files else target
    said = {"folder": str(folder), "files": [str(file) for file in files]}
    return {**row, **said, "backup": None if backup is None else str(backup)}


def _checked_rows(request: sv.InpaintRequest, material: sv.Material, report: Mapping[str, Any]) -> list[list[str]]:
    """Return the files of each variation by their names, with the variation's folder before it if there are several.

    Raises:
        OutputError: a name is none of those that were asked for; nothing else is written, whatever a service says.
    """
    several = request.method.variations > 1
    stems = {path.stem for path in material.files()}
    rows = [[_result_name(file, stems, several=several) for file in row["files"]] for row in report["variations"]]
    names = [name for row in rows for name in row]
    folders = [{name.rpartition("/")[0] for name in row} for row in rows]
    numbers = {f"v{number}" for number in range(1, request.method.variations + 1)} if several else {""}
    if len(set(names)) < len(names) or len(rows) > len(numbers) or not all(found <= numbers for found in folders):
        raise _foreign()
    return rows


def _result_name(file: str, stems: Set[str], *, several: bool) -> str:
    """Return the name of a result, or its folder and name."""
    try:
        parts = checked_path(file)
    except BadName:
        parts = ()
    path = PurePosixPath(parts[-1] if parts else "")
    known = path.stem in stems and path.suffix.lower() in sv.IMAGE_ENDINGS
    if len(parts) != (3 if several else 2) or parts[0] != MAPS or not known:
        raise _foreign()
    return "/".join(parts[1:])


def _foreign() -> sv.OutputError:
    return sv.OutputError("The service reports files that were not asked for; nothing was written.")


def _sources(material: sv.Material, rows: Sequence[Sequence[str]]) -> dict[str, Path]:
    """Return the file that each result was made from; of a JPEG it is a PNG of the same stem."""
    files = material.files()
    named, stems = {path.name: path for path in files}, {path.stem: path for path in reversed(files)}
    found = {name: named.get(name) or stems.get(PurePosixPath(name).stem) for row in rows for name in row}
    return {name: path for name, path in found.items() if path is not None}


def _copy_beside(material: sv.Material, folders: Sequence[Path]) -> None:
    """Copy the files of tiles beyond the canvas, which stay as they are, to folders."""
    for path in material.files_beside():
        for folder in folders:
            shutil.copyfile(path, folder / path.name)
