"""Cases with a truth come in; what one decision for all maps gains over one for each map goes out."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import svbrdf_core as sv
from benchmarks.common import MAPS, SHARED, Floats, errors, keep
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


def coherence(filled: Floats, truth: Floats, layout: sv.ChannelLayout, hole: np.ndarray) -> float:
    """Return how well the edges of the maps coincide in the hole, against the truth: 1 is as well.

    The correlation of two maps' gradient magnitudes in the hole, summed over the pairs of maps that correlate in the
    truth (above 0.2), over the same sum for the truth; NaN where no pair does.
    """

    def correlations(values: Floats) -> dict[tuple[str, str], float]:
        strength = {}
        for name in layout.names:
            dy, dx = np.gradient(values[layout.slice_of(name)], axis=(1, 2))
            strength[name] = np.sqrt((dy**2 + dx**2).sum(0))[hole]
        pairs = [(a, b) for i, a in enumerate(layout.names) for b in layout.names[i + 1 :]]
        varied = [(a, b) for a, b in pairs if strength[a].std() > 1e-6 and strength[b].std() > 1e-6]
        return {(a, b): float(np.corrcoef(strength[a], strength[b])[0, 1]) for a, b in varied}

    of_truth, of_fill = correlations(truth), correlations(filled)
    pairs = [pair for pair, value in of_truth.items() if value > 0.2]
    if not pairs:
        return float("nan")
    return sum(of_fill.get(pair, 0.0) for pair in pairs) / sum(of_truth[pair] for pair in pairs)


def jointly(material: sv.Material, mask: Floats) -> Floats:
    """Return the tensor with all maps filled by one decision."""
    return sv.inpaint(material, mask, device="cpu").material.tensor()


def per_map(material: sv.Material, mask: Floats) -> Floats:
    """Return the tensor with each map filled on its own by our engine."""
    out = material.tensor()
    for name in material.layout.names:
        at = material.layout.slice_of(name)
        values = out[at] / 2 + 0.5 if name == "normal" else out[at]
        picture = values.transpose(1, 2, 0) if len(values) > 1 else values[0]
        alone = sv.Material.from_arrays(name, {name: np.rint(picture * 65535).astype(np.uint16)})
        out[at] = sv.inpaint(alone, mask, device="cpu").material.tensor()
    return out


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
        ways = {"joint": jointly, "per map": per_map}
        row: dict[str, Any] = {"case": case}
        for way, fill in ways.items():
            started = time.perf_counter()
            filled = fill(material, mask)
            seconds = time.perf_counter() - started
            row[way] = {
                "error": errors(filled, truth, material.layout, hole),
                "coherence": coherence(filled, truth, material.layout, hole),
                "seconds": seconds,
            }
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
