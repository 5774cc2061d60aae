"""Benchmark of the time left that is told: over the course of a repair, against the time that it then took."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import svbrdf_core as sv
from benchmarks.common import keep
from svbrdf_core.errors import InputError
from svbrdf_core.example import make_example
from svbrdf_core.time_left import SETTLED, SOONEST, TimeLeft

CASES = {"patch-512": ("patch", 512, 128), "patch-2048": ("patch", 2048, 410), "diffusion-512": ("diffusion", 512, 128)}
"""Method, side of the example bricks, and side of a square hole, in pixels."""
SHORT, PART = 1.0, 0.02
"""Seconds, and the part of the whole, that a forecast may be wrong by in any case."""
MOMENTS = 20
"""Of a repair, that are printed."""


@dataclass(frozen=True)
class Moment:
    """A report.

    Attributes:
        at: seconds since the begin.
        phase: what was being done.
        fraction: that was done.
        told: seconds left, if they were told.
    """

    at: float
    phase: str
    fraction: float
    told: float | None


def measure(case: str, *, processor_time: bool = False) -> dict[str, Any]:
    """Repair the example and return what was told, with the truth.

    Args:
        case: one of `CASES`.
        processor_time: take the time of this process alone, which on one core is about the time without other programs.
    """
    method, side, hole = CASES[case]
    clock = time.process_time if processor_time else time.perf_counter
    with tempfile.TemporaryDirectory() as folder:
        sv.Material.from_arrays("bricks", make_example("bricks", side, 0).clean).save(Path(folder) / "set")
        at = side // 4
        request = sv.InpaintRequest(
            source=sv.LoadOptions(path=Path(folder) / "set"),
            hole=sv.HoleSpec(masks=(sv.MaskShape(f"rect:{at},{at},{hole},{hole}"),)),
            method=sv.MethodChoice(
                name=method, settings={"cache": False} if method == "diffusion" else {}, device="cpu"
            ),
            output=sv.OutputSpec(folder=Path(folder) / "out"),
        )
        moments, seconds = _follow(request, clock)
    return {"case": case, "seconds": seconds, **judge(moments, seconds), "moments": _rows(moments, seconds)}


def _follow(request: sv.InpaintRequest, clock: Callable[[], float]) -> tuple[list[Moment], float]:
    moments: list[Moment] = []
    began = clock()

    def take(progress: sv.Progress) -> None:
        moments.append(Moment(clock() - began, progress.phase, progress.fraction, progress.seconds_left))

    sv.repair(request, sv.Run(on_progress=take, time_left=TimeLeft(clock)))
    return moments, clock() - began


def judge(moments: list[Moment], seconds: float) -> dict[str, Any]:
    """Return how wrong what was told is at the worst when it is told, and from when on it is told and should be."""
    told = [now for now in moments if now.told is not None]
    factors = [_factor(now.told or 0.0, seconds - now.at, max(SHORT, PART * seconds)) for now in told]
    due = max(SETTLED * seconds, SOONEST)
    return {"due": due, "first_told": told[0].at if told else None, "worst_factor": max(factors, default=None)}


def _factor(told: float, truth: float, near: float) -> float:
    """Return by which factor a forecast is wrong, 1 if by less than ``near`` seconds."""
    if abs(told - truth) <= near:
        return 1.0
    return max(told, truth) / max(min(told, truth), 1e-3)


def _rows(moments: list[Moment], seconds: float) -> list[dict[str, Any]]:
    """Return the reports, with the part of the work and of the time that lie before each since the last."""
    rows, last = [], Moment(0.0, "", 0.0, None)
    for now in moments:
        work, took = now.fraction - last.fraction, (now.at - last.at) / seconds
        truth = seconds - now.at
        rows.append({**vars(now), "truth": truth, "work": work, "time": took})
        last = now
    return rows


def table(result: dict[str, Any]) -> str:
    """Return a result as Markdown: some moments, then what each phase was thought to take and took."""
    rows = result["moments"]
    lines = ["| after, s | phase | done | told, s | truth, s |", "| --- | --- | --- | --- | --- |"]
    chosen, wanted = [], 0.0
    for row in rows:
        if row["at"] >= wanted:
            chosen.append(row)
            wanted = row["at"] + result["seconds"] / MOMENTS
    for row in chosen:
        told = "" if row["told"] is None else f"{row['told']:.1f}"
        lines.append(f"| {row['at']:.1f} | {row['phase']} | {row['fraction']:.0%} | {told} | {row['truth']:.1f} |")
    lines += ["", "| phase | part of the work | part of the time |", "| --- | --- | --- |"]
    for phase in dict.fromkeys(row["phase"] for row in rows):
        ours = [row for row in rows if row["phase"] == phase]
        lines.append(f"| {phase} | {sum(row['work'] for row in ours):.3f} | {sum(row['time'] for row in ours):.3f} |")
    worst = "nothing was told" if result["worst_factor"] is None else f"at the worst {result['worst_factor']:.2f} times"
    first = "" if result["first_told"] is None else f", first told after {result['first_told']:.1f} s"
    lines.append(f"\n{result['case']}: {result['seconds']:.1f} s, wrong by {worst}{first} (due {result['due']:.1f} s).")
    return "\n".join(lines)


def run(cases: list[str], *, processor_time: bool = False) -> None:
    """Measure, print and keep.

    Raises:
        InputError: there is no such case.
    """
    if not set(cases) <= set(CASES):
        raise InputError(f"--case of time-left is one of {', '.join(CASES)}.")
    results = []
    for case in cases or list(CASES):
        results.append(measure(case, processor_time=processor_time))
        print(table(results[-1]), end="\n\n", flush=True)
    words = "".join(f" --case {case}" for case in cases) + (" --processor-time" if processor_time else "")
    keep("time-left", f"python -m benchmarks time-left{words}", {"cases": results})
