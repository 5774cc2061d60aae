"""Every file of a collection read and filled under limits of time and memory, and what is outside the hole compared.

A file ends as one of: ``filled`` (and the same outside the hole by a decoder that is not ours), ``unchecked`` (filled,
but no other decoder here reads it), ``refused`` (a sentence), ``no image`` (not an image by its name), and what must
not be: ``changed``, ``memory``, ``hang``, ``crash``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import svbrdf_core as sv
from svbrdf_core.sentences import harmless

SECONDS, MEGABYTES = 60.0, 3072
"""What one file may take."""
BAD = ("changed", "memory", "hang", "crash")
HOLE = (0.375, 0.25)
"""Begin and length of the hole along each side, as parts of it."""
RIM = 2
"""Pixels round the hole that are not compared: parts of a side are rounded."""


def run(folders: Sequence[Path]) -> int:
    """Try all files, print a table, keep it as JSON, and return how many ended as none should."""
    from benchmarks.common import keep  # with all measures, which no single file needs

    rows = []
    for path in _files(folders):
        outcome, said = try_file(path)
        rows.append({"file": str(path), "outcome": outcome, "said": said})
        if outcome in BAD:
            print(f"{outcome:9} {harmless(str(path))}: {harmless(said)}", flush=True)
    counts = Counter(row["outcome"] for row in rows)
    for outcome, count in counts.most_common():
        print(f"{count:6} {outcome}")
    keep("corpus", " ".join(["corpus", *map(str, folders)]), {"counts": dict(counts), "files": rows})
    return sum(counts[outcome] for outcome in BAD)


def try_file(path: Path, *, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> tuple[str, str]:
    """Return how a file ended, and what was said of it."""
    if path.suffix.lower() not in sv.IMAGE_ENDINGS:
        return "no image", ""
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-m", "benchmarks.corpus", str(path.resolve()), home]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=seconds, check=False,
                env={**os.environ, "SVBRDF_CORPUS_MB": str(megabytes)},
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return "hang", f"more than {seconds:g} s"
        try:
            said = json.loads(done.stdout.splitlines()[-1])
        except (ValueError, IndexError):
            return "crash", f"exit {done.returncode}: {done.stderr.strip()[-300:]}"
        if said["outcome"] != "filled":
            return said["outcome"], said["said"]
        return compare(path, Path(said["said"]))


def fill_file(path: Path, home: Path) -> dict[str, str]:
    """Fill a hole in the middle of one file, in this process, whose memory is bounded first."""
    _bound_memory(int(os.environ["SVBRDF_CORPUS_MB"]))
    begin, length = (f"{100 * part:g}%" for part in HOLE)
    request = sv.InpaintRequest(
        source=sv.LoadOptions(path),
        hole=sv.HoleSpec((sv.MaskShape(f"rect:{begin},{begin},{length},{length}"),)),
        method=sv.MethodChoice("poisson", device="cpu"),
        output=sv.OutputSpec(home / "out"),
    )
    try:
        report: Any = sv.repair(request).report
    except sv.SvbrdfError as error:
        return {"outcome": "refused", "said": str(error)}
    except MemoryError:
        return {"outcome": "memory", "said": ""}
    return {"outcome": "filled", "said": report["variations"][0]["files"][0]}


def compare(before: Path, after: Path) -> tuple[str, str]:
    """Return whether two files are the same outside the hole, by decoders that are not ours."""
    try:
        first, second = _decode(before), _decode(after)
    except Exception as error:  # another program's decoder, which may raise anything
        return "unchecked", f"{type(error).__name__}: {error}"[:200]
    if first.shape != second.shape or first.dtype != second.dtype:
        return "unchecked", f"{first.shape} {first.dtype} is {second.shape} {second.dtype}"
    height, width = first.shape[:2]
    outside = np.ones((height, width), np.bool_)
    (top, bottom), (left, right) = (_span(total) for total in (height, width))
    outside[top:bottom, left:right] = False
    differs = int(np.count_nonzero(first[outside].view(np.uint8) != second[outside].view(np.uint8)))
    return ("changed", f"{differs} bytes differ") if differs else ("filled", "")


def _span(total: int) -> tuple[int, int]:
    begin, length = HOLE
    return max(0, int(total * begin) - RIM), int(total * (begin + length)) + RIM + 1


def _decode(path: Path) -> NDArray[Any]:
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return np.ascontiguousarray(np.load(path, allow_pickle=False))
    if suffix in (".tif", ".tiff"):
        import tifffile

        return np.ascontiguousarray(tifffile.imread(path, key=0))
    if suffix in (".hdr", ".pic", ".rgbe", ".png"):
        import cv2

        found = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if found is None:
            raise ValueError("OpenCV does not read it")
        return np.ascontiguousarray(found)
    from PIL import Image

    with Image.open(path) as image:
        return np.ascontiguousarray(np.asarray(image))


def _files(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else [folder]


def _bound_memory(megabytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows; there only the time is bounded
        return
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))


if __name__ == "__main__":
    print(json.dumps(fill_file(Path(sys.argv[1]), Path(sys.argv[2]))))
