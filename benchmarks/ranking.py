"""Benchmark of ranking: whether fills are put in the order that the truth would put them in, without seeing it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage, stats

import svbrdf_core as sv
from benchmarks.common import SHARED, Floats, keep, load_case
from svbrdf_core.metrics import blemish
from svbrdf_core.metrics import measure as measured
from svbrdf_core.metrics.scene import Bools
from svbrdf_core.tensors.wasserstein import sliced_wasserstein

CASES = tuple(
    f"{name}_{kind}"
    for name, kind in (
        *(("bark014", "square"), ("concrete_wall_001", "brush"), ("ds19_burnt_wood_07", "square")),
        *(("ground037", "brush"), ("leather025", "square"), ("metal007", "brush"), ("onyx003", "square")),
        *(("rock058", "square"), ("rusty_metal053c", "square"), ("terrazzo018", "square")),
    )
)
"""Irregular materials, whose fills differ from seed to seed."""
RULES = ("blemish", "seam, sharpness, coherence", "wasserstein", "two_sample")
"""What orders the fills: the rule in use, the one before it, and the two figures alone."""
ORDERS = ("ST-LPIPS of renders", "FLIP of renders", "patches against the truth's")
PATCH, DRAWN = 5, 1024


def measure(shared: Path, cases: Sequence[str], seeds: int) -> dict[str, Any]:
    """Fill each case with every seed; return how each rule's order agrees with each order by the truth."""
    rows = []
    for case in cases or CASES:
        rows.append(_case(shared, case, seeds))
        print(f"{case:32s} {rows[-1]['agreement']}  spoils found {rows[-1]['spoiled']}", flush=True)
    return {"seeds": seeds, "cases": rows}


def _case(shared: Path, case: str, seeds: int) -> dict[str, Any]:
    material, mask = load_case(shared, case)
    truth, layout, hole = material.tensor(), material.layout, mask > 0
    fills = [
        sv.inpaint(material, mask, method="patch", seed=seed, device="cpu").canvas.tensor() for seed in range(seeds)
    ]
    by_rule = _columns([judge_blindly(fill, layout, hole) for fill in fills])
    by_truth = _columns([_judge_by_truth(fill, truth, layout, hole) for fill in fills])
    whole = judge_blindly(fills[0], layout, hole)
    worse = [judge_blindly(np.where(hole, bad, truth), layout, hole) for bad in spoil(fills[0], layout, hole)]
    return {
        "case": case,
        "rules": by_rule,
        "orders": by_truth,
        "agreement": {rule: {order: correlate(by_rule[rule], by_truth[order]) for order in ORDERS} for rule in RULES},
        "spoiled": {rule: float(np.mean([bad[rule] > whole[rule] for bad in worse])) for rule in RULES},
    }


def judge_blindly(filled: Floats, layout: sv.ChannelLayout, hole: Bools) -> dict[str, float]:
    """Return what each rule says of a fill; less is better."""
    found = measured(filled.astype(np.float32), None, layout, hole, groups=("structure", "statistics"))
    before = (
        max(0.0, math.log(found.get("seam", 1.0)))
        + abs(math.log(max(found.get("sharpness", 1.0), 1e-3)))
        + max(0.0, 1 - found.get("coherence", 1.0))
    )
    named = {name: found.get(name, 0.0) for name in ("wasserstein", "two_sample")}
    return {"blemish": blemish(filled.astype(np.float32), layout, hole), "seam, sharpness, coherence": before, **named}


def _judge_by_truth(filled: Floats, truth: Floats, layout: sv.ChannelLayout, hole: Bools) -> dict[str, float]:
    found = measured(filled, truth, layout, hole, groups=("perceptual",))
    return dict(
        zip(ORDERS, (found["stlpips/render"], found["flip"], compare_patches(filled, truth, hole)), strict=True)
    )


def compare_patches(filled: Floats, truth: Floats, hole: Bools) -> float:
    """Return the sliced Wasserstein distance of the fill's patches from the truth's in the hole, wherever they lie."""
    scale = np.maximum(truth[:, hole].std(1), 0.03)[:, None, None]
    middles = np.argwhere(ndimage.binary_erosion(hole, np.ones((PATCH, PATCH), bool)))
    spots = middles[np.random.default_rng(0).permutation(len(middles))[:DRAWN]]
    along = np.arange(PATCH) - PATCH // 2
    at = (spots[:, 0, None, None] + along[:, None], spots[:, 1, None, None] + along)
    a, b = (np.moveaxis((values / scale)[:, *at], 0, 1).reshape(len(spots), -1) for values in (filled, truth))
    return sliced_wasserstein(a.astype(np.float32), b.astype(np.float32), np.random.default_rng(0))


def spoil(filled: Floats, layout: sv.ChannelLayout, hole: Bools) -> list[Floats]:
    """Return a fill made worse: blurred, too bright, too dull, noisy, enlarged, and with its maps moved apart."""
    spread = filled[:, ~hole].std(1)[:, None, None]
    mean = filled[:, hole].mean(1)[:, None, None]
    apart = filled.copy()
    for number, name in enumerate(layout.names):
        apart[layout.slice_of(name)] = np.roll(filled[layout.slice_of(name)], (5 * number, 7 * number), (1, 2))
    larger = np.stack([ndimage.zoom(c, 1.25, order=1)[: hole.shape[0], : hole.shape[1]] for c in filled])
    noise = np.random.default_rng(0).standard_normal(filled.shape)
    return [
        ndimage.gaussian_filter(filled, (0, 0.7, 0.7)),
        filled + 0.15 * spread,
        mean + 0.8 * (filled - mean),
        filled + 0.1 * spread * noise,
        larger,
        apart,
    ]


def correlate(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Return Spearman's rank correlation; None where one of the two is constant."""
    if min(np.ptp(one), np.ptp(other)) == 0:
        return None
    return float(stats.spearmanr(one, other).statistic)


def _columns(rows: Sequence[dict[str, float]]) -> dict[str, list[float]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def table(result: dict[str, Any]) -> str:
    """Return the means over the cases, and their standard errors, as Markdown."""
    lines = [
        "| order by | " + " | ".join(ORDERS) + " | spoiled fills put last |",
        "| --- |" + " --- |" * (len(ORDERS) + 1),
    ]
    for rule in RULES:
        cells = []
        for order in ORDERS:
            found = [v for row in result["cases"] if (v := row["agreement"][rule][order]) is not None]
            error = np.std(found, ddof=1) / math.sqrt(len(found)) if len(found) > 1 else float("nan")
            cells.append(f"{np.mean(found):+.2f} ± {error:.2f}")
        spoiled = np.mean([row["spoiled"][rule] for row in result["cases"]])
        lines.append(f"| {rule} | " + " | ".join([*cells, f"{100 * spoiled:.0f} %"]) + " |")
    count = f"{len(result['cases'])} cases, {result['seeds']} seeds each"
    lines.append(f"\n{count}: rank correlation with the order by the truth, mean and standard error over the cases.")
    return "\n".join(lines)


def run(shared: Path = SHARED, cases: Sequence[str] = (), seeds: int = 8) -> None:
    """Measure, print and keep."""
    if not (shared / "cases").is_dir():
        print(f"ranking: skipped, there is no {shared / 'cases'} (give another folder with --shared)")
        return
    result = measure(shared, cases, seeds)
    print("\n" + table(result))
    keep(
        "ranking",
        " ".join(["python -m benchmarks ranking", f"--seeds {seeds}", *(f"--case {c}" for c in cases)]),
        result,
    )
