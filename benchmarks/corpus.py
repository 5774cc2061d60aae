"""Every file of a collection read and filled under limits of time and memory, and what is outside the hole compared.

A file ends as one of: ``filled`` (and the same outside the hole by a decoder that is not ours), ``unchecked`` (filled,
but no other decoder here reads it), ``refused`` (a sentence), ``no image`` (not an image by its name), and what must
not be: ``changed``, ``memory``, ``hang``, ``crash``.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import multiprocessing as mp
import os
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import svbrdf_core as sv
from svbrdf_core.errors import InputError
from svbrdf_core.sentences import harmless

SECONDS, MEGABYTES = 60.0, 3072
"""What one file may take."""
BAD = ("changed", "memory", "hang", "crash")
HOLE, LONGEST = (0.375, 0.25), 64
"""Begin and length of the hole along each side, as parts of it, and its most pixels: not fills are tried here."""
ROUNDED = (".jp2", ".j2k", ".j2c", ".jpf", ".jpx")
"""Endings of JPEG 2000."""
LOADED = (
    "benchmarks.corpus", "svbrdf_core.inpainting.repair", "svbrdf_core.methods.membrane", "scipy.ndimage",
    "scipy.sparse.linalg", "PIL.ImageFont", "PIL.WebPImagePlugin", "tifffile", "OpenEXR",
)  # fmt: skip
"""What the process has loaded of which those that fill are forks."""


def run(folders: Sequence[Path], most: float | None = None) -> int:
    """Try files, print a table, keep it as JSON, and return how many ended as none should; see `try_files`.

    Raises:
        InputError: a folder is not there.
    """
    from benchmarks.common import keep  # with all measures, which no single file needs

    for folder in folders:
        if not folder.exists():
            raise InputError(f"There is no folder {folder}; give one with images.")
    started, rows = time.monotonic(), []
    for row in try_files(folders, most):
        rows.append(row)
        if row["outcome"] in BAD:
            print(f"{row['outcome']:9} {harmless(row['file'])}: {harmless(row['said'])}", flush=True)
    counts = Counter(row["outcome"] for row in rows)
    print(f"{len(rows)} of {len(list(_files(folders)))} files in {time.monotonic() - started:.0f} s")
    for outcome, count in counts.most_common():
        print(f"{count:6} {outcome}")
    keep("corpus", " ".join(["corpus", *map(str, folders)]), {"counts": dict(counts), "files": rows})
    return sum(counts[outcome] for outcome in BAD)


def try_files(folders: Sequence[Path], most: float | None = None) -> Iterator[dict[str, str]]:
    """Yield for each file what became of it.

    Args:
        folders: collections, or single files.
        most: seconds after which no other is begun; files then come in an order that looks like chance and is always
            the same, so that each kind is among those that were tried.
    """
    started = time.monotonic()
    paths = list(_files(folders))
    for path in paths if most is None else sorted(paths, key=_shuffled):
        if most is not None and time.monotonic() - started >= most:
            return
        outcome, said = try_file(path)
        yield {"file": str(path), "outcome": outcome, "said": said}


def try_file(path: Path, *, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> tuple[str, str]:
    """Return how a file ended, and what was said of it."""
    if path.suffix.lower() not in sv.IMAGE_ENDINGS:
        return "no image", ""
    with tempfile.TemporaryDirectory() as home:
        ours, theirs = _processes().Pipe(duplex=False)
        process = _processes().Process(target=_try_here, args=(path.resolve(), Path(home), megabytes, theirs))
        process.start()
        theirs.close()
        try:
            return _wait(process, ours, seconds)
        finally:
            process.kill()
            process.join()
            ours.close()


def _wait(process: mp.process.BaseProcess, answer: Connection, seconds: float) -> tuple[str, str]:
    if not answer.poll(seconds):
        return "hang", f"more than {seconds:g} s"
    with contextlib.suppress(EOFError):
        outcome, said = answer.recv()
        return str(outcome), str(said)
    process.join()
    return "crash", f"exit {process.exitcode}"


@functools.cache
def _processes() -> Any:
    """Return what starts processes: where there are forks, of one with everything loaded, for there are thousands."""
    if "forkserver" not in mp.get_all_start_methods():
        return mp.get_context("spawn")
    context = mp.get_context("forkserver")
    context.set_forkserver_preload(list(LOADED))
    return context


def _try_here(path: Path, home: Path, megabytes: int, answer: Connection) -> None:
    """Fill and compare in this process, whose memory is bounded first, and whose libraries' words go nowhere."""
    _bound_memory(megabytes)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        outcome, said = fill_file(path, home)
        answer.send(compare(path, Path(said)) if outcome == "filled" else (outcome, said))
    except BaseException:  # with its traceback
        answer.send(("crash", traceback.format_exc()[-300:]))


def fill_file(path: Path, home: Path) -> tuple[str, str]:
    """Fill a hole in the middle of one file; return what became of it, and the new file or what was said."""
    source = sv.LoadOptions(path)
    try:
        material = sv.load_material(source)
        (top, height), (left, width) = (_hole(total) for total in (material.height, material.width))
        request = sv.InpaintRequest(
            source=source,
            hole=sv.HoleSpec((sv.MaskShape(f"rect:{left},{top},{width},{height}"),)),
            method=sv.MethodChoice("poisson", device="cpu"),
            output=sv.OutputSpec(home / "out"),
        )
        report: Any = sv.repair(request).report
    except sv.SvbrdfError as error:
        return "refused", str(error)
    except MemoryError:
        return "memory", ""
    return "filled", report["variations"][0]["files"][0]


def compare(before: Path, after: Path) -> tuple[str, str]:
    """Return whether two files are the same outside the hole, by decoders that are not ours.

    Two decoders of JPEG 2000 may round differently.
    """
    try:
        first, second = _decode(before), _decode(after)
    except Exception as error:  # another program's decoder, which may raise anything
        return "unchecked", f"{type(error).__name__}: {error}"[:200]
    if first.shape != second.shape or first.dtype != second.dtype:
        return "unchecked", f"{first.shape} {first.dtype} is {second.shape} {second.dtype}"
    height, width = first.shape[:2]
    outside = np.ones((height, width), np.bool_)
    (top, high), (left, wide) = (_hole(total) for total in (height, width))
    outside[top : top + high, left : left + wide] = False
    first, second = first[outside], second[outside]
    if before.suffix.lower() in ROUNDED:
        first = np.where(abs(first.astype(np.int64) - second) <= 1, second, first)
    differs = int(np.count_nonzero(first.view(np.uint8) != second.view(np.uint8)))
    return ("changed", f"{differs} bytes differ") if differs else ("filled", "")


def _hole(total: int) -> tuple[int, int]:
    """Return begin and length of the hole along a side."""
    begin, length = HOLE
    return int(total * begin), max(1, min(LONGEST, int(total * length)))


def _decode(path: Path) -> NDArray[Any]:
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return np.ascontiguousarray(np.load(path, allow_pickle=False))
    if suffix in (".tif", ".tiff"):
        import tifffile

        with tifffile.TiffFile(path) as opened:
            page: Any = opened.pages[0]
            planes = page.axes.startswith("S")
            return np.ascontiguousarray(np.moveaxis(page.asarray(), 0, -1) if planes else page.asarray())
    if suffix in (".hdr", ".pic", ".rgbe", ".png"):
        import cv2

        found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if found is None:
            raise ValueError("OpenCV does not read it")
        return np.ascontiguousarray(found[..., [2, 1, 0, *range(3, found.shape[2])]] if found.ndim == 3 else found)
    from PIL import Image

    with Image.open(path) as image:
        return np.ascontiguousarray(np.asarray(image))


def _files(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else [folder]


def _shuffled(path: Path) -> bytes:
    return hashlib.sha256(path.name.encode(errors="surrogateescape")).digest()


def _bound_memory(megabytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows; there only the time is bounded
        return
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))
