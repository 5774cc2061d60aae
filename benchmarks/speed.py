"""One material and one hole come in; seconds and errors of our joint fill and of what people use instead go out."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

import svbrdf_core as sv
from benchmarks.common import Floats, errors, keep
from benchmarks.peers import Peer, installed
from svbrdf_core.example import make_example

SIZE = 512
HOLE = 128


def example(size: int = SIZE) -> tuple[sv.Material, Floats]:
    """Return the undamaged example bricks (10 channels) and a square hole a quarter of their side."""
    made = make_example("bricks", size, 0)
    clean = sv.Material.from_arrays("bricks", made.clean)
    mask = np.zeros((size, size), np.float32)
    side = size * HOLE // SIZE
    mask[side : 2 * side, side : 2 * side] = 1
    return clean, mask


def measure(material: sv.Material, mask: Floats, runs: int) -> dict[str, Any]:
    """Time every method in turn, ``runs`` times after one warm-up of ours; the median counts."""
    peers = installed()
    truth = material.tensor()
    seconds: dict[str, list[float]] = {"svbrdf-inpaint": [], **{name: [] for name in peers}}
    filled: dict[str, Floats] = {}
    sv.inpaint(material, mask, device="cpu")
    for _ in range(runs):
        started = time.perf_counter()
        filled["svbrdf-inpaint"] = sv.inpaint(material, mask, device="cpu").material.tensor()
        seconds["svbrdf-inpaint"].append(time.perf_counter() - started)
        for name, peer in peers.items():
            if peer is not None:
                filled[name], took = _by_map(material, truth, mask, peer)
                seconds[name].append(took)
    ours = float(np.median(seconds["svbrdf-inpaint"]))
    rows: list[dict[str, Any]] = []
    for name, times in seconds.items():
        if not times:
            rows.append({"method": name, "seconds": None, "ratio": None, "error": None})
            continue
        median = float(np.median(times))
        error = errors(filled[name], truth, material.layout, mask > 0)
        rows.append({"method": name, "seconds": median, "ratio": median / ours, "error": error})
    shape = {"height": material.height, "width": material.width, "channels": material.layout.n_channels}
    return {"runs": runs, "hole": int((mask > 0).sum()), **shape, "methods": rows}


def _by_map(material: sv.Material, truth: Floats, mask: Floats, peer: Peer) -> tuple[Floats, float]:
    """Fill each map on its own, as 8-bit RGB: the peers take nothing else."""
    out, took = truth.copy(), 0.0
    hole = mask > 0
    for name in material.layout.names:
        at = material.layout.slice_of(name)
        stored = truth[at] / 2 + 0.5 if name == "normal" else truth[at]
        picture = np.broadcast_to(np.rint(stored * 255).transpose(1, 2, 0), (*hole.shape, 3)).astype(np.uint8)
        picture[hole] = 0
        started = time.perf_counter()
        result = peer(np.ascontiguousarray(picture), hole)
        took += time.perf_counter() - started
        values = result.reshape(*hole.shape, -1)[..., : stored.shape[0]].transpose(2, 0, 1).astype(np.float32) / 255
        out[at][:, hole] = (values * 2 - 1 if name == "normal" else values)[:, hole]
    return out, took


def table(result: dict[str, Any]) -> str:
    """Return the result as Markdown."""
    maps = list(result["methods"][0]["error"])
    lines = [
        "| method | seconds | against ours | " + " | ".join(f"error, {name}" for name in maps) + " |",
        "| --- | --- | --- |" + " --- |" * len(maps),
    ]
    for row in result["methods"]:
        if row["seconds"] is None:
            lines.append(f"| {row['method']} | not installed | |" + " |" * len(maps))
            continue
        cells = " | ".join(f"{row['error'][name]:.4f}" for name in maps)
        lines.append(f"| {row['method']} | {row['seconds']:.2f} | {row['ratio']:.1f} x | {cells} |")
    return "\n".join(lines)


def run(runs: int = 3, material: Path | None = None, mask: Path | None = None) -> None:
    """Measure, print and keep."""
    if material is not None and mask is not None:
        from svbrdf_core import masks

        loaded = sv.Material.load(material)
        hole, _ = masks.check(masks.read(mask), (loaded.height, loaded.width))
    else:
        loaded, hole = example()
    result = measure(loaded, hole, runs)
    print(table(result))
    keep("speed", "python -m benchmarks speed", result)
