"""What the seconds of a comparison were measured beside: machines, cores, and how many cells were at work at a time."""

from __future__ import annotations

import platform
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from svbrdf_core.compare.machine import processor
from svbrdf_core.compare.results import CellResult
from svbrdf_core.cores import count_share


def describe_place(began: float) -> dict[str, Any]:
    """Return where and when a cell ran that began at a time (`time.time`) and ends now."""
    return {
        "machine": platform.node(),
        "processor": processor(),
        "cores": count_share(),
        "began": round(began, 3),
        "took": round(time.time() - began, 3),
    }


def count_at_a_time(places: Sequence[Mapping[str, Any] | None]) -> list[int | None]:
    """Return for each cell how many were at work on its machine at the same time at most, itself among them.

    Args:
        places: as `describe_place` gave them; None of a cell that failed, of which it is not known.
    """
    on = defaultdict[str, list[tuple[float, float]]](list)
    for place in places:
        if place is not None:
            on[place["machine"]].append(_span(place))
    return [None if place is None else _most(_span(place), on[place["machine"]]) for place in places]


def _span(place: Mapping[str, Any]) -> tuple[float, float]:
    return place["began"], place["began"] + place["took"]


def _most(span: tuple[float, float], all_spans: Sequence[tuple[float, float]]) -> int:
    """Return how many spans there are at most at one time within a span, which is one of them."""
    begin, end = span
    there = [(max(begin, first), last) for first, last in all_spans if first < end and last > begin]
    return max((sum(first <= at < last for first, last in there) for at, _ in there), default=1)


def describe_timing(cells: Sequence[CellResult]) -> str:
    """Return in a sentence how many cells ran at a time and on what; empty if that is not known of any."""
    known = [cell for cell in cells if cell.place is not None and cell.at_a_time is not None]
    if not known:
        return ""
    most = max(cell.at_a_time or 1 for cell in known)
    places = [cell.place for cell in known if cell.place is not None]
    machines = len({place["machine"] for place in places})
    cores = sorted({int(place["cores"]) for place in places})
    what = ", ".join(sorted({str(place["processor"]) for place in places}))
    each = (
        f"{cores[0]} {'core' if cores == [1] else 'cores'}" if len(cores) == 1 else f"{cores[0]} to {cores[-1]} cores"
    )
    where = f"{what}, {machines} machines" if machines > 1 else what
    if most == 1:
        return f"One at a time, on {each} ({where})."
    return (
        f"Up to {most} at a time on one machine, each on {each} ({where}). Their seconds are longer than those of a "
        "cell alone."
    )
