"""Benchmark of joint fills: what one decision for all maps gains over one for each map."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import svbrdf_core as sv
from benchmarks.common import MAPS, SHARED, judge_fill, keep
from benchmarks.speed import example
from svbrdf_core import masks

CASES = (
    "ds19_metal_plating_23_square",
    "ds19_creature_scales_26_square",
    "painted_bricks002_square",
    "facade005_square",
    "ds19_burnt_wood_07_square",
    "scifi_floor_panel_brush",
)
WAYS = {"joint": "patch", "per map": "patch-per-map"}


def measure(shared: Path, cases: Sequence[str] = CASES) -> dict[str, Any]:
    """Fill the cases both ways; without the shared cases, the example bricks."""
    rows = []
    there = (shared / "cases").is_dir()
    for case in (cases or CASES) if there else ("example bricks",):
        if there:
            material = sv.Material.load(shared / "materials" / case.rsplit("_", 1)[0], only=MAPS)
            mask = masks.read(shared / "cases" / f"{case}.png")
        else:
            material, mask = example()
        truth, hole = material.tensor(), mask > 0
        row: dict[str, Any] = {"case": case}
        for way, method in WAYS.items():
            fill = sv.inpaint(material, mask, method=method, device="cpu")
            row[way] = {**judge_fill(fill.canvas.tensor(), truth, material.layout, hole), "seconds": fill.seconds}
        rows.append(row)
    return {"cases": rows}


def table(result: dict[str, Any]) -> str:
    """Return the result as Markdown."""
    lines = [
        "| case | coherence, joint | coherence, per map | seconds, joint | seconds, per map | error per map / joint |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in result["cases"]:
        joint, alone = row["joint"]["error"], row["per map"]["error"]
        ratio = " ".join(f"{name} {alone[name] / value:.2f}" for name, value in joint.items() if value > 2e-6)
        lines.append(
            f"| {row['case']} | {row['joint']['coherence']:.2f} | {row['per map']['coherence']:.2f} "
            f"| {row['joint']['seconds']:.2f} | {row['per map']['seconds']:.2f} | {ratio} |"
        )
    return "\n".join(lines)


def run(shared: Path = SHARED, cases: Sequence[str] = CASES) -> None:
    """Measure, print and keep."""
    result = measure(shared, cases)
    print(table(result))
    keep("joint", "python -m benchmarks joint", result)
