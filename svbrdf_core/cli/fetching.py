"""The report of a job that a service has done comes in; its files go where they are wanted, its words along."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from svbrdf_core.errors import OutputError
from svbrdf_core.inpaint.publish import publish_results
from svbrdf_core.inpaint.request import Repair
from svbrdf_core.inpaint.staging import copies, staging

Json = dict[str, Any]
Fetch = Callable[[str, Path], None]
"""Writes a file of the result, by its name in the report, to a place."""
MAPS = "maps"
"""Folder of the maps in a result."""


def brought(job: Repair, report: Mapping[str, Any], fetch: Fetch) -> Json:
    """Fetch the files of a result and put them where a repair on this machine would have, all or none.

    Returns:
        The report with paths of this machine; what is said about a backup is at the end of its notes.

    Raises:
        InputError: a file of the material has changed since it was loaded, or the output is the input.
        OutputError: something cannot be written, or is there already; nothing was changed.
    """
    pictures = {job.preview: report["preview"], job.source_map: report["source_map"]}
    drawn = {target: name for target, name in pictures.items() if target is not None and name is not None}
    rows = [[_name(file) for file in row["files"]] for row in report["variations"]]
    with staging(job.target) as staged:
        for name in (name for row in rows for name in row):
            (staged / MAPS / name).parent.mkdir(parents=True, exist_ok=True)
            fetch(f"{MAPS}/{name}", staged / MAPS / name)
        for number, name in enumerate(drawn.values()):
            fetch(name, staged / f"picture{number}")
        job.material.check_unchanged()
        with copies({path: staged / f"picture{n}" for n, path in enumerate(drawn)}, overwrite=job.overwrite):
            written, backup = publish_results(
                staged / MAPS, job.target, sources=_sources(job, rows), in_place=job.in_place, overwrite=job.overwrite
            )
    kept = () if backup is None else (f"The originals are kept in {backup}.",)
    return {
        **report,
        "material": job.material.name,
        "variations": [
            _row(job, row, [job.target / name for name in names if job.target / name in written], backup)
            for row, names in zip(report["variations"], rows, strict=True)
        ],
        "preview": None if job.preview is None else str(job.preview),
        "source_map": None if job.source_map is None else str(job.source_map),
        "warnings": list(job.material.warnings),
        "notes": [*report["notes"], *kept],
    }


def _row(job: Repair, row: Mapping[str, Any], files: Sequence[Path], backup: Path | None) -> Json:
    folder = files[0].parent if files else job.target
    said = {"folder": str(folder), "files": [str(file) for file in files]}
    return {**row, **said, "backup": None if backup is None else str(backup)}


def _name(file: str) -> str:
    """Return the name of a result, or its folder and name; nothing else is written, whatever a service says."""
    from svbrdf_server.data.names import BadName, path

    try:
        parts = path(file)
    except BadName:
        parts = ()
    if len(parts) not in (2, 3) or parts[0] != MAPS:
        raise OutputError("The service reports files that are none of a result; nothing was written.")
    return "/".join(parts[1:])


def _sources(job: Repair, rows: Sequence[Sequence[str]]) -> dict[str, Path]:
    """Return the file that each result was made from; of a JPEG it is a PNG of the same stem."""
    files = job.material.files()
    named, stems = {path.name: path for path in files}, {path.stem: path for path in reversed(files)}
    found = {name: named.get(name) or stems.get(PurePosixPath(name).stem) for row in rows for name in row}
    return {name: path for name, path in found.items() if path is not None}
