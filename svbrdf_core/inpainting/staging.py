"""Staging of results of several parts: prepared out of sight, put in place together at the end."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from svbrdf_core.errors import OutputError
from svbrdf_core.formats import Samples, write_files, write_png
from svbrdf_core.formats.atomic import Writer
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
        raise OutputError(
            f"{target} cannot be written ({error.strerror or error}); nothing was changed, give another "
            "folder or make room."
        ) from error
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


def save_variations(
    materials: Sequence[Material], out: Path, *, overwrite: bool, keep_jpeg: bool = False
) -> tuple[SaveReport, ...]:
    """Write materials to ``out/v1``, ``out/v2`` and so on, all or none.

    Raises:
        OutputError: something cannot be written; nothing was.
    """
    with staging(out) as staged:
        reports = [m.save(staged / f"v{number}", keep_jpeg=keep_jpeg) for number, m in enumerate(materials, 1)]
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
    with _move_aside([(path, partial(_draw, samples)) for path, samples in wanted.items()], overwrite):
        yield


@contextmanager
def stage_copies(wanted: Mapping[Path, Path], *, overwrite: bool) -> Iterator[None]:
    """Prepare copies of files, target to source; they appear when the body has succeeded, and not if it fails.

    Raises:
        OutputError: one cannot be written, or is there already without ``overwrite``.
    """
    with _move_aside([(target, partial(shutil.copyfile, source)) for target, source in wanted.items()], overwrite):
        yield


@contextmanager
def _move_aside(wanted: Sequence[tuple[Path, Writer]], overwrite: bool) -> Iterator[None]:
    if not wanted:
        yield
        return
    (path, write), *rest = wanted
    with staging(path.parent) as staged, _move_aside(rest, overwrite):
        write(staged / path.name)
        yield
        publish(staged, path.parent, overwrite=overwrite)


def _draw(samples: Samples, target: Path) -> None:
    write_png(target, samples)
