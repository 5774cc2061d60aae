"""Status and result of a job, as the service reports them, and the files of a result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import PurePosixPath
from typing import Any, Literal

from numpy.typing import NDArray

from ..client import Service, UserError
from .threads import run_parallel

Phase = Literal[
    "connecting", "sending", "queued", "running", "cancelling", "done", "failed", "cancelled", "interrupted"
]  # fmt: skip
ENDED = frozenset({"done", "failed", "cancelled", "interrupted"})
Json = Mapping[str, Any]
Count = tuple[int, int]
ResultFile = bytes | NDArray[Any]
"""A repaired file: its bytes, or, of an array that was sent, its samples."""


@dataclass(frozen=True)
class Variation:
    """One way in which the hole was filled.

    Attributes:
        number: from 1, the best.
        seed: that it was made with.
        files: the name of a source to its file in the result.
    """

    number: int
    seed: int
    files: Mapping[str, str]


@dataclass(frozen=True)
class Result:
    """What a job made.

    Attributes:
        job: its id.
        material: the id of the material.
        variations: the ways in which the hole was filled, the best first.
        seconds: that it took.
        remarks: what there is to say of it, each a sentence in the service's JSON.
        size: width and height of the largest map as it is now; zeros where the service does not say.
        placed: left, top, width and height of the picture as it was within that; None where nothing is said of it.
        tiles: whether the edges were made to meet.
        grown: whether it is a new sheet, in which the picture as it was has no place.
        method: what it was filled by.
    """

    job: str
    material: str
    variations: tuple[Variation, ...]
    seconds: float
    remarks: tuple[Json, ...] = ()
    size: Count = (0, 0)
    placed: tuple[int, int, int, int] | None = None
    tiles: bool = False
    grown: bool = False
    method: str = ""

    @property
    def extended(self) -> bool:
        """Whether the picture is part of a larger one now."""
        return self.placed is not None and self.placed != (0, 0, *self.size)


@dataclass(frozen=True)
class Status:
    """How far a fill is.

    Attributes:
        phase: where it is; the last four are its end.
        fraction: done, of this phase; None where nobody knows.
        variation: which one is made, of how many.
        step: which step of that, of how many.
        obstacle: what it waits for to pass: a queue that is full, or a service that is gone.
        left: seconds, if they can be told.
        elapsed: seconds since it was begun here.
        ahead: jobs that are done before.
        preview: the newest picture of it, a PNG.
        preview_number: how many there were.
        job: its id, once there is one.
        result: what it made, in the end.
        error: why there is none.
    """

    phase: Phase = "connecting"
    fraction: float | None = None
    variation: Count = (0, 0)
    step: Count = (0, 0)
    obstacle: UserError | None = None
    left: float | None = None
    elapsed: float = 0.0
    ahead: int = 0
    preview: bytes | None = field(default=None, repr=False)
    preview_number: int = 0
    job: str | None = None
    result: Result | None = None
    error: UserError | None = None


def parse_progress(progress: Json) -> dict[str, Any]:
    """Return what a service says of a running job, by the names of `Status`."""
    return {
        "fraction": _parse_number(progress.get("fraction"), 1.0),
        "left": _parse_number(progress.get("seconds_left"), 1e7),
        "variation": (_parse_count(progress.get("variation")), _parse_count(progress.get("variations"))),
        "step": (_parse_count(progress.get("step")), _parse_count(progress.get("steps"))),
    }


def parse_result(job: Json, sources: Sequence[str] = ()) -> Result:
    """Return the result of a job that is done.

    Args:
        job: as the service shows it.
        sources: names under which images were sent; without them files go by their own names.

    Raises:
        UserError: the service says it in another way.
    """
    try:
        rows = job["result"]["variations"]
        seed = int(job["request"]["method"]["seed"])
        variations = tuple(
            Variation(
                number, int(row.get("seed", seed + number - 1)), _match_files([str(f) for f in row["files"]], sources)
            )
            for number, row in enumerate(rows, 1)
        )
        seconds = float(job["finished"] or 0) - float(job["started"] or 0)
        remarks = tuple(dict(said) for group in ("warnings", "notes") for said in job["result"].get(group, ()))
        width, height = map(int, job["result"].get("size") or (0, 0))
        placed = job["result"].get("placed")
        return Result(
            str(job["id"]),
            str(job["material"]),
            variations,
            max(seconds, 0.0),
            remarks,
            size=(width, height),
            placed=None if placed is None else _parse_box(placed),
            tiles=job["result"].get("tiling") is not None,
            grown="size" in (job["request"].get("canvas") or {}),
            method=str(job["request"]["method"].get("name", "")),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        sentence = "The service tells of its results in another way; see that add-on and service are of one version."
        raise UserError("broken", sentence) from error


def fetch_results(service: Service, result: Result, variation: int, names: Iterable[str]) -> dict[str, ResultFile]:
    """Return the repaired files of sources, by their names; those that are ``.npy`` as arrays.

    Raises:
        UserError: there is no such variation or file any more, or the service cannot be reached.
    """
    chosen = next((one for one in result.variations if one.number == variation), None)
    if chosen is None:
        raise UserError("gone", f"There is no variation {variation} of this result.")
    wanted = list(dict.fromkeys(names))
    missing = [name for name in wanted if name not in chosen.files]
    if missing:
        raise UserError("gone", f"The result holds no {', '.join(missing)}; fill again.")
    work: list[Callable[[], ResultFile]] = [
        partial(_fetch_file, service, result.job, chosen.files[name]) for name in wanted
    ]
    return dict(zip(wanted, run_parallel(work), strict=True))


def fetch_thumbnail(service: Service, job: str, variation: int = 1, size: int = 256) -> bytes:
    """Return a small drawing of a result, a PNG.

    Raises:
        UserError: there is no such result any more, or the service cannot be reached.
    """
    return service.render_picture(job, variation, size)


def _fetch_file(service: Service, job: str, path: str) -> ResultFile:
    return service.get_array(job, path) if path.endswith(".npy") else service.get_file(job, path)


def _match_files(files: Sequence[str], sources: Sequence[str]) -> dict[str, str]:
    """Return the file of each source; one in a format that loses something comes back as another (JPEG as PNG)."""
    by_name = {PurePosixPath(file).name: file for file in files}
    if not sources:
        return by_name
    by_stem = {PurePosixPath(file).stem: file for file in files}
    matches = {name: by_name.get(name) or by_stem.get(PurePosixPath(name).stem) for name in sources}
    return {name: file for name, file in matches.items() if file is not None}


def _parse_box(box: Sequence[object]) -> tuple[int, int, int, int]:
    left, top, width, height = (int(str(value)) for value in box)
    return left, top, width, height


def _parse_count(value: object) -> int:
    return value if isinstance(value, int) else 0


def _parse_number(value: object, most: float) -> float | None:
    return min(max(float(value), 0.0), most) if isinstance(value, int | float) else None
