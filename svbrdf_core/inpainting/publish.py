"""Results that were made elsewhere, put where a repair would have put them."""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from svbrdf_core.errors import InputError
from svbrdf_core.formats import replace_files, write_files
from svbrdf_core.formats.atomic import Writer
from svbrdf_core.inpainting.staging import stage_copies
from svbrdf_core.sentences import IN_PLACE

PublishedFiles = tuple[tuple[Path, ...], Path | None]


def publish_results(
    staged: Path,
    target: Path,
    *,
    sources: Mapping[str, Path],
    pictures: Mapping[Path, Path] | None = None,
    in_place: bool = False,
    overwrite: bool = False,
) -> PublishedFiles:
    """Copy complete result files to a folder as ``Material.save`` would have written them, all or none.

    In the folder of the sources only files that differ from their source are replaced, and the originals go to a
    backup folder in the same step. Nothing in ``staged`` is changed.

    Args:
        staged: folder of result files, and of folders of such files (``v1``, ``v2``, …), one level deep.
        target: the folder to write to; made if it is new.
        sources: name of a result to the file that it was made from.
        pictures: target to source of further files, which appear along with the results.
        in_place: allow ``target`` to be the folder of the sources.
        overwrite: allow files of the same names in another folder to be replaced.

    Returns:
        The files that were written, and the backup folder, None if there is none.

    Raises:
        InputError: there are no results, they are not such files, or ``target`` is the folder of the sources without
            ``in_place`` or with several variations.
        OutputError: something cannot be written, or is there already without ``overwrite``; nothing was changed.
    """
    with stage_copies(pictures or {}, overwrite=overwrite):
        return _publish_staged(staged, target, sources, in_place=in_place, overwrite=overwrite)


def _publish_staged(
    staged: Path, target: Path, sources: Mapping[str, Path], *, in_place: bool, overwrite: bool
) -> PublishedFiles:
    results = _results(staged)
    folders = {source.parent for source in sources.values() if source.parent.is_dir()}
    if not (target.is_dir() and any(target.samefile(folder) for folder in folders)):
        writers: dict[str, Writer] = {name: partial(shutil.copyfile, path) for name, path in results.items()}
        return write_files(target, writers, overwrite=overwrite), None
    if not in_place:
        raise InputError(f"{target} is the input folder; give another output folder", IN_PLACE)
    if any("/" in name for name in results):
        raise InputError(f"Several variations cannot be written over {target}; give another output folder.")
    return _replace_sources(results, target, sources)


def _replace_sources(results: Mapping[str, Path], target: Path, sources: Mapping[str, Path]) -> PublishedFiles:
    """Replace the files that differ; the originals are the sources, and whatever else has the name of a result."""
    filecmp.clear_cache()  # it takes files of the same size and time for the same
    new = {name: path for name, path in results.items() if not _same(path, sources.get(name))}
    if not new:
        return (), None
    old = [target / name for name in new if (target / name).exists()]
    old += [sources[name] for name in new if name in sources]
    originals: dict[str, Writer] = {}
    for path in old:
        originals.setdefault(path.name, partial(shutil.copyfile, path))
    writers: dict[str, Writer] = {name: partial(shutil.copyfile, path) for name, path in new.items()}
    written, backup = replace_files(target, writers, originals)
    return written, backup if originals else None


def _same(path: Path, source: Path | None) -> bool:
    return source is not None and source.is_file() and filecmp.cmp(path, source, shallow=False)


def _results(staged: Path) -> dict[str, Path]:
    """Return the files in a folder and in its folders, by their path in it, with ``/`` on every system."""
    found: dict[str, Path] = {}
    for path in sorted(staged.rglob("*")):
        name = path.relative_to(staged)
        plain = path.is_file() or (path.is_dir() and len(name.parts) == 1)
        if path.is_symlink() or not plain or len(name.parts) > 2:
            raise InputError(f"{name} is no result file; results are files, or folders of files.")
        if path.is_file():
            found[name.as_posix()] = path
    if not found:
        raise InputError(f"{staged} holds no results; nothing was written.")
    return found
