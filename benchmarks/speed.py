"""One material and one hole come in; seconds and errors of our joint fill and of what people use instead go out."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

import svbrdf_core as sv
from benchmarks.common import Floats, errors, keep, sharpness
from benchmarks.peers import Bytes, Peer, gmic_startup, installed
from svbrdf_core.example import make_example

SIZE = 512
HOLE = 128
OURS = "svbrdf-inpaint"


def example(size: int = SIZE) -> tuple[sv.Material, Floats]:
    """Return the undamaged example bricks (10 channels) and a square hole a quarter of their side."""
    made = make_example("bricks", size, 0)
    clean = sv.Material.from_arrays("bricks", made.clean)
    mask = np.zeros((size, size), np.float32)
    side = size * HOLE // SIZE
    mask[side : 2 * side, side : 2 * side] = 1
    return clean, mask


def measure(material: sv.Material, mask: Floats, runs: int) -> dict[str, Any]:
    """Time every method ``runs`` times after one warm-up of ours.

    Each run of a peer comes right after a run of ours, and the ratio is formed within the pair: on a shared machine
    the pairs are comparable when the medians are not.
    """
    truth, hole = material.tensor(), mask > 0
    ours: list[float] = []
    sv.inpaint(material, mask, device="cpu")
    filled = truth
    rows = []
    for name, peer in installed().items():
        if peer is None:
            rows.append({"method": name, "seconds": None, "ratio": None, "error": None})
            continue
        pairs, theirs = [], truth
        for _ in range(runs):
            filled, took = _ours(material, mask)
            theirs, peer_took = by_peer(material, truth, hole, peer)
            pairs.append((took, peer_took))
        ours += [took for took, _ in pairs]
        row = _row(name, [t for _, t in pairs], [t / o for o, t in pairs])
        rows.append({**row, **_quality(theirs, material, hole)})
    while len(ours) < runs:
        filled, took = _ours(material, mask)
        ours.append(took)
    first = {**_row(OURS, ours, [1.0]), **_quality(filled, material, hole)}
    shape = {"height": material.height, "width": material.width, "channels": material.layout.n_channels}
    return {"runs": runs, "hole": int(hole.sum()), **shape, "gmic_startup": gmic_startup(), "methods": [first, *rows]}


def _row(name: str, times: list[float], ratios: list[float]) -> dict[str, Any]:
    median, ratio = float(np.median(times)), float(np.median(ratios))
    return {"method": name, "seconds": median, "fastest": min(times), "ratio": ratio}


def _quality(filled: Floats, material: sv.Material, hole: np.ndarray) -> dict[str, Any]:
    truth = material.tensor()
    return {
        "error": errors(filled, truth, material.layout, hole),
        "sharpness": sharpness(filled, truth, material.layout, hole),
    }


def _ours(material: sv.Material, mask: Floats) -> tuple[Floats, float]:
    started = time.perf_counter()
    fill = sv.inpaint(material, mask, device="cpu")
    took = time.perf_counter() - started
    return fill.material.tensor(), took


def by_peer(material: sv.Material, truth: Floats, hole: np.ndarray, peer: Peer) -> tuple[Floats, float]:
    """Return the tensor with the hole filled by a peer in the way that suits it best, and the seconds of its calls."""
    stored = truth.copy()
    layout = material.layout
    if "normal" in layout.names:
        stored[layout.slice_of("normal")] = stored[layout.slice_of("normal")] / 2 + 0.5
    slices = [slice(None)] if peer.takes == "all" else [layout.slice_of(name) for name in layout.names]
    took = 0.0
    for at in slices:
        picture = _picture(stored[at], hole, peer.takes == "rgb")
        started = time.perf_counter()
        result = peer.fill(picture, hole)
        took += time.perf_counter() - started
        values = result.reshape(*hole.shape, -1)[..., : stored[at].shape[0]].transpose(2, 0, 1)
        stored[at][:, hole] = values[:, hole].astype(np.float32) / 255
    if "normal" in layout.names:
        stored[layout.slice_of("normal")] = stored[layout.slice_of("normal")] * 2 - 1
    return stored, took


def _picture(values: Floats, hole: np.ndarray, rgb: bool) -> Bytes:
    picture = np.rint(values * 255).transpose(1, 2, 0).astype(np.uint8)
    picture[hole] = 0
    if rgb and picture.shape[2] == 1:
        picture = np.repeat(picture, 3, axis=2)
    return np.ascontiguousarray(picture)


def table(result: dict[str, Any]) -> str:
    """Return the result as Markdown."""
    maps = list(result["methods"][0]["error"])
    lines = [
        "| method | seconds | against ours | sharpness | " + " | ".join(f"error, {name}" for name in maps) + " |",
        "| --- | --- | --- | --- |" + " --- |" * len(maps),
    ]
    for row in result["methods"]:
        if row["seconds"] is None:
            lines.append(f"| {row['method']} | not installed | | |" + " |" * len(maps))
            continue
        cells = " | ".join(f"{row['error'][name]:.4f}" for name in maps)
        lines.append(
            f"| {row['method']} | {row['seconds']:.2f} | {row['ratio']:.1f} x | {row['sharpness']:.2f} | {cells} |"
        )
    if result.get("gmic_startup") is not None:
        lines.append(
            f"\nAn empty call of G'MIC takes {result['gmic_startup']:.2f} s, which is in its times once a call."
        )
    return "\n".join(lines)


def run(runs: int = 3, material: Path | None = None, mask: Path | None = None) -> None:
    """Measure, print and keep."""
    command = f"python -m benchmarks speed --runs {runs}"
    if material is not None and mask is not None:
        from svbrdf_core import masks

        loaded = sv.Material.load(material)
        hole, _ = masks.check(masks.read(mask), (loaded.height, loaded.width))
        command += f" --material {material.name} --mask {mask.name}"
    else:
        loaded, hole = example()
    result = measure(loaded, hole, runs)
    print(table(result))
    keep("speed", command, result)
