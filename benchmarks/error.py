"""Benchmark of errors: our fills of fixed holes in real materials against the published patch code's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

import svbrdf_core as sv
from benchmarks.common import MAPS, SHARED, judge_fill, keep, load_case, read_published_errors
from benchmarks.sheet import Pixels, contact_sheet, draw_beside
from svbrdf_core.formats import write_png

LEAST = 2e-6
"""Reference errors below this are 0 in the file: the map is constant, or copied exactly. No ratio is formed then, our
own error is listed, and cases where it is not 0 too are named."""
LIMIT = 1.25


def measure(
    shared: Path, cases: Sequence[str], seeds: Sequence[int], settings: sv.PatchSettings, sheet: Path | None = None
) -> dict[str, Any]:
    """Fill every case with every seed; return errors, seconds and sharpness a case, the summary and its spread.

    ``sheet`` names a PNG that takes the truth and the first seed's fill of each case, side by side.
    """
    reference = read_published_errors(shared)
    rows = []
    pictures: list[Pixels] = []
    for case in cases or sorted(reference):
        for seed in seeds:
            row, picture = _case(shared, case, seed, settings)
            if sheet is not None and seed == seeds[0]:
                pictures.append(picture)
            row["reference"] = reference[case]
            rows.append(row)
            print(_line(row), flush=True)
    if sheet is not None:
        write_png(sheet, contact_sheet(pictures))
    found = {"settings": asdict(settings), "seeds": list(seeds), "cases": rows, "summary": summary(rows)}
    return {**found, "spread": spread(rows)}


def _case(shared: Path, case: str, seed: int, settings: sv.PatchSettings) -> tuple[dict[str, Any], Pixels]:
    material, mask = load_case(shared, case)
    truth = material.tensor()
    fill = sv.inpaint(material, mask, seed=seed, settings=settings, device="cpu")
    filled = fill.canvas.tensor()
    row = {
        "case": case,
        "seed": seed,
        **judge_fill(filled, truth, material.layout, mask > 0),
        "energy": fill.energy,
        "seconds": fill.seconds,
    }
    return row, draw_beside(truth, filled, material.layout, mask > 0)


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return, for each map, our mean error over theirs and the median and geometric mean of the ratios a case."""
    found: dict[str, Any] = {}
    for name in MAPS:
        pairs = [(row["error"][name], row["reference"][name]) for row in rows]
        ratios = np.array([ours / theirs for ours, theirs in pairs if theirs > LEAST])
        total = sum(theirs for _, theirs in pairs if theirs > LEAST)
        found[name] = {
            "counted": len(ratios),
            "mean": sum(ours for ours, theirs in pairs if theirs > LEAST) / total if total else float("nan"),
            "median": float(np.median(ratios)) if len(ratios) else float("nan"),
            "geometric": float(np.exp(np.log(np.maximum(ratios, 1e-6)).mean())) if len(ratios) else float("nan"),
            "largest_where_reference_is_0": max((ours for ours, theirs in pairs if theirs <= LEAST), default=0.0),
        }
    worst = [(row["case"], row["seed"], name, ratio) for row in rows for name, ratio in _ratios(row).items()]
    return {
        "maps": found,
        "above_limit": [entry for entry in sorted(worst, key=lambda e: -e[3]) if entry[3] > LIMIT],
        "reference_is_0_ours_not": [
            (row["case"], row["seed"], name, row["error"][name])
            for row in rows
            for name in MAPS
            if row["reference"][name] <= LEAST < row["error"][name]
        ],
        "two_sample_mean": float(np.nanmean([row["two_sample"] for row in rows])),
        "wasserstein_mean": float(np.nanmean([row["wasserstein"] for row in rows])),
        "sharpness_median": float(np.nanmedian([row["sharpness"] for row in rows])),
        "seconds_median": float(np.median([row["seconds"] for row in rows])),
    }


def spread(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, list[float]]]:
    """Return the lowest and the highest mean and median ratio of the seeds, for each map."""
    seeds = sorted({row["seed"] for row in rows})
    each = [summary([row for row in rows if row["seed"] == seed])["maps"] for seed in seeds]
    return {
        name: {key: [pick(found[name][key] for found in each) for pick in (min, max)] for key in ("mean", "median")}
        for name in MAPS
    }


def _ratios(row: dict[str, Any]) -> dict[str, float]:
    return {n: row["error"][n] / row["reference"][n] for n in MAPS if row["reference"][n] > LEAST}


def _line(row: dict[str, Any]) -> str:
    ratios = "  ".join(f"{name} {ratio:5.2f}" for name, ratio in _ratios(row).items())
    return f"{row['case']:34s} seed {row['seed']}  {row['seconds']:5.2f} s  sharp {row['sharpness']:4.2f}  {ratios}"


def table(result: dict[str, Any]) -> str:
    """Return the summary as Markdown."""
    lines = ["| | " + " | ".join(MAPS) + " |", "| --- |" + " --- |" * len(MAPS)]
    for key, label in (
        ("mean", "mean error, ours / theirs"),
        ("median", "median of the ratios a case"),
        ("geometric", "geometric mean of the ratios"),
    ):
        cells = [f"{result['summary']['maps'][name][key]:.2f}" for name in MAPS]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    cells = [str(result["summary"]["maps"][name]["counted"] // len(result["seeds"])) for name in MAPS]
    lines.append("| cases counted (the reference is 0.000000 in the others) | " + " | ".join(cells) + " |")
    cells = [f"{result['summary']['maps'][name]['largest_where_reference_is_0']:.6f}" for name in MAPS]
    lines.append("| largest error of ours in the others | " + " | ".join(cells) + " |")
    if len(result["seeds"]) > 1:
        for key in ("mean", "median"):
            cells = ["{:.2f} to {:.2f}".format(*result["spread"][name][key]) for name in MAPS]
            lines.append(f"| {key} over {len(result['seeds'])} seeds, lowest to highest | " + " | ".join(cells) + " |")
    above = ", ".join(
        f"{case} ({name} {ratio:.2f}, seed {seed})" for case, seed, name, ratio in result["summary"]["above_limit"]
    )
    lost = ", ".join(
        f"{case} ({name} {value:.6f}, seed {seed})"
        for case, seed, name, value in result["summary"]["reference_is_0_ours_not"]
    )
    lines.append(
        f"\nCases above {LIMIT}: {above or 'none'}. Cases where the reference is 0 and ours is not: {lost or 'none'}. "
        f"Median sharpness of the fills against the truth: "
        f"{result['summary']['sharpness_median']:.2f}; mean two-sample excess "
        f"{result['summary']['two_sample_mean']:.3f}, mean Wasserstein distance over the truth's "
        f"{result['summary']['wasserstein_mean']:.2f}; median time of a fill, reading included: "
        f"{result['summary']['seconds_median']:.2f} s."
    )
    return "\n".join(lines)


def run(
    shared: Path = SHARED, cases: Sequence[str] = (), seeds: Sequence[int] = (0,), sheet: Path | None = None
) -> None:
    """Measure, print and keep."""
    if not (shared / "cases" / "reference.csv").is_file():
        print(f"error: skipped, there is no {shared / 'cases'} (give another folder with --shared)")
        return
    result = measure(shared, cases, seeds, sv.PatchSettings(), sheet)
    print("\n" + table(result))
    command = ["python -m benchmarks error", f"--seeds {len(seeds)}", *(f"--case {case}" for case in cases)]
    keep("error", " ".join(command), result)
