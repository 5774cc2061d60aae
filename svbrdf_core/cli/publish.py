"""Results of several parts that appear together: prepared out of sight, put in place at the end."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from svbrdf_core.errors import InputError, OutputError
from svbrdf_core.formats import Samples, write_files, write_png
from svbrdf_core.material import Material, SaveReport


@contextmanager
def staging(target: Path) -> Iterator[Path]:
    """Give a hidden folder on the same disk as ``target``, which need not exist; it is gone at the end.

    Raises:
        OutputError: nothing can be written there, now or while the folder is in use.
    """
    home = next((p for p in (target, *target.absolute().parents) if p.is_dir()), Path.cwd())
    folder = home / f".svbrdf-{uuid.uuid4().hex}"
    try:
        folder.mkdir()
        yield folder
    except OSError as error:
        raise OutputError(f"{target} cannot be written ({error.strerror or error}); nothing was changed.") from error
    except OutputError as error:
        raise OutputError(str(error).replace(str(folder), str(target))) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def publish(staged: Path, target: Path, *, overwrite: bool) -> tuple[Path, ...]:
    """Move everything in a staged folder (one level of folders deep) to ``target``, all or none.

    Raises:
        OutputError: it cannot be written, or is there already without ``overwrite``.
    """
    files = sorted(p for p in staged.rglob("*") if p.is_file())
    moves = {p.relative_to(staged).as_posix(): partial(os.replace, p) for p in files}
    return write_files(target, moves, overwrite=overwrite)


def save_variations(materials: Sequence[Material], out: Path, *, overwrite: bool) -> tuple[SaveReport, ...]:
    """Write materials to ``out/v1``, ``out/v2`` and so on, all or none.

    Raises:
        OutputError: something cannot be written; nothing was.
    """
    with staging(out) as staged:
        reports = [m.save(staged / f"v{number}") for number, m in enumerate(materials, 1)]
        publish(staged, out, overwrite=overwrite)
        return tuple(
            SaveReport(tuple(out / f.relative_to(staged) for f in report.files), report.notes) for report in reports
        )


@contextmanager
def pictures(wanted: dict[Path, Samples], *, overwrite: bool) -> Iterator[None]:
    """Prepare PNG pictures; they appear when the body has succeeded, and not if it fails.

    Raises:
        OutputError: one cannot be written, or is there already without ``overwrite``.
    """
    if not wanted:
        yield
        return
    path, samples = next(iter(wanted.items()))
    rest = {p: s for p, s in wanted.items() if p != path}
    with staging(path.parent) as staged, pictures(rest, overwrite=overwrite):
        write_png(staged / path.name, samples)
        yield
        publish(staged, path.parent, overwrite=overwrite)


def check_folder(out: Path, material: Material, *, in_place: bool, overwrite: bool, variations: int) -> None:
    """Refuse an output folder that saving would refuse, before any work is done.

    Raises:
        InputError: it is the input folder without ``in_place``, or named like an image.
        OutputError: it is a file, or holds files of the names to be written without ``overwrite``.
    """
    sources = [p.file.path for binding in material.maps.values() for p in binding.places]
    if out.is_dir() and out.samefile(sources[0].parent):
        if not in_place:
            raise InputError(f"{out} is the input folder; give another output folder, or --in-place to keep a backup.")
        return
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file, not a folder; give another output folder.")
    if not out.exists() and out.suffix.lower() in (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".exr"):
        raise InputError(f"{out} is named like an image, and -o takes a folder; give a name without an ending.")
    names = [out / "v1"] if variations > 1 else [out / path.name for path in sources]
    clash = next((name for name in names if name.exists()), None)
    if clash is not None and not overwrite:
        raise OutputError(f"{clash} exists already; give another folder or --overwrite.")


def check_picture(path: Path | None, inputs: Sequence[Path], *, overwrite: bool) -> None:
    """Refuse a picture that could not or should not be written, before any work is done.

    Raises:
        InputError: it is not named as a PNG, or is one of the inputs.
        OutputError: it exists already, without ``overwrite``.
    """
    if path is None:
        return
    if path.suffix.lower() != ".png":
        raise InputError(f"{path} will be a PNG; give a name that ends in .png.")
    if path.exists() and any(path.samefile(other) for other in inputs if other.exists()):
        raise InputError(f"{path} is one of the inputs; give another name.")
    if path.exists() and not overwrite:
        raise OutputError(f"{path} exists already; give another name or --overwrite.")
