"""Benchmarks of canvases: materials extended back to what they were cut from, made to tile, and a large sheet."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import svbrdf_core as sv
from benchmarks.common import keep
from svbrdf_core.compare.machine import peak_mb
from svbrdf_core.formats import write_png
from svbrdf_core.inpainting.bands import UNSEEN
from svbrdf_core.inpainting.repair import repair
from svbrdf_core.material.canvas import Floats
from svbrdf_core.metrics import measure
from svbrdf_core.request import CanvasSpec, ExtendSpec, GrowSpec, TileSpec

FIGURES = ("two_sample", "sharpness", "wasserstein/1", "wasserstein/2", "wasserstein/4", "seam", "coherence")
CUT = 0.8
"""Part of a material, from somewhere inside, that is made to tile: most materials tile as they are."""


def run_extend(shared: Path, names: Sequence[str], pictures: Path | None) -> None:
    """Cut each material to its middle half and extend it back; judge the new part by what was there."""
    rows = []
    for material in _materials(shared, names):
        height, width = material.height, material.width
        top, left = height // 4, width // 4
        cut = material.on_canvas(-top, -left, height // 2, width // 2)
        sides = ExtendSpec(left, width - left - cut.width, top, height - top - cut.height)
        started = time.perf_counter()
        done, _ = _repair(cut, sides)
        mask = np.ones((height, width), np.bool_)
        mask[top : top + cut.height, left : left + cut.width] = False
        filled, truth = done.tensor(), material.tensor()
        found = measure(filled, truth, material.layout, mask, groups=("maps", "structure", "statistics"))
        figures = {name: found.get(name) for name in FIGURES}
        rows.append({"material": material.name, "seconds": time.perf_counter() - started, "figures": figures})
        cells = "  ".join(f"{name} {value:.3f}" for name, value in figures.items() if value is not None)
        print(f"{material.name:28s} {rows[-1]['seconds']:6.1f} s  {cells}", flush=True)
        _draw(pictures, f"extend-{material.name}", [_colours(material, values) for values in (truth, filled)])
    if rows:
        print(extend_table({"rows": rows}))
        keep("extend", "python -m benchmarks extend", {"rows": rows})


def run_tile(shared: Path, names: Sequence[str], pictures: Path | None) -> None:
    """Make a part of each material tile."""
    rows = []
    for material in _materials(shared, names):
        height, width = (int(CUT * size) // 4 * 4 for size in (material.height, material.width))
        cut = material.on_canvas(-(material.height // 12) // 2 * 2, -(material.width // 7) // 2 * 2, height, width)
        started = time.perf_counter()
        done, report = _repair(cut, TileSpec())
        rows.append({"material": material.name, "seconds": time.perf_counter() - started, **report["tiling"]})
        row = rows[-1]
        print(
            f"{material.name:28s} {row['seconds']:6.1f} s  band {row['band']}  edges {row['edge_rows']:.2f} "
            f"{row['edge_columns']:.2f} (before {row['edge_rows_before']:.2f} {row['edge_columns_before']:.2f})  "
            f"repetition {row['repetition']:.3f}",
            flush=True,
        )
        laid = [np.tile(_colours(material, values), (2, 2, 1)) for values in (cut.tensor(), done.tensor())]
        _draw(pictures, f"tile-{material.name}", laid)
    unseen = [row for row in rows if max(row["edge_rows"], row["edge_columns"]) <= UNSEEN]
    print(f"{len(unseen)} of {len(rows)} materials: the step over every edge is at most {UNSEEN} of one inside")
    if rows:
        keep("tile", "python -m benchmarks tile", {"rows": rows})


def run_sheet(side: int) -> None:
    """Grow a large sheet of a made-up material of ten channels, in a process whose memory is told."""
    from svbrdf_core.example import write_example

    with tempfile.TemporaryDirectory() as home:
        write_example(Path(home), "bricks", 1024)
        material = sv.Material.load(Path(home, "clean"))
        started = time.perf_counter()
        request = _request(Path(home, "clean"), Path(home, "out"), GrowSpec((side, side)))
        repair(request, sv.Run(on_progress=_print_progress))
        seconds = time.perf_counter() - started
    most = peak_mb() / 1000
    print(f"\n{side} x {side}, {material.layout.n_channels} channels: {seconds:.0f} s, {most:.2f} GB at most")
    keep(f"sheet-{side}", f"python -m benchmarks sheet --largest {side}", {"seconds": seconds, "gigabytes": most})


def _print_progress(progress: sv.Progress) -> None:
    left = "" if progress.seconds_left is None else f"{progress.seconds_left:.0f} s left"
    print(f"\r{progress.fraction:6.1%} {progress.phase:30.30s} {left:14s}", end="", flush=True)


def _materials(shared: Path, names: Sequence[str]) -> list[sv.Material]:
    home = shared / "materials"
    if not home.is_dir():
        print(f"skipped, there is no {home} (give another folder with --shared)")
        return []
    wanted = [path for path in sorted(home.iterdir()) if path.is_dir() and (not names or path.name in names)]
    return [sv.Material.load(path) for path in wanted]


def _repair(cut: sv.Material, canvas: CanvasSpec) -> tuple[sv.Material, dict[str, Any]]:
    """Write a material, repair it as a user would, and return the result and the report."""
    with tempfile.TemporaryDirectory() as home:
        whole = np.ones((cut.height, cut.width), np.float32)
        cut.with_window(cut.tensor(), whole, 0, 0).save(Path(home, cut.name))
        done = repair(_request(Path(home, cut.name), Path(home, "out"), canvas))
        return done.material, dict(done.report)


def _request(folder: Path, out: Path, canvas: CanvasSpec) -> sv.InpaintRequest:
    return sv.InpaintRequest(source=sv.LoadOptions(folder), output=sv.OutputSpec(out), canvas=canvas)


def _colours(material: sv.Material, values: Floats) -> np.ndarray[Any, Any]:
    """Return the first map of a tensor ``(C, H, W)`` as a picture ``(H, W, 3)``."""
    shown = np.clip(values[material.layout.slice_of(material.shown_map)], 0, 1)
    shown = shown if len(shown) == 3 else np.repeat(shown[:1], 3, 0)
    return np.asarray(shown.transpose(1, 2, 0) * 255, np.uint8)


def _draw(folder: Path | None, name: str, pictures: Sequence[np.ndarray[Any, Any]]) -> None:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        write_png(folder / f"{name}.png", np.concatenate(pictures, axis=1))


def extend_table(result: dict[str, Any]) -> str:
    """Return means and medians as Markdown."""
    lines = ["| figure of the new part | mean | median | worst |", "| --- | --- | --- | --- |"]
    for name in FIGURES:
        found = {row["material"]: row["figures"][name] for row in result["rows"] if row["figures"][name] is not None}
        best = 0.0 if name == "two_sample" else 1.0
        worst = max(found, key=lambda one: found[one] if name == "two_sample" else abs(found[one] - best))
        mean, median = np.mean(list(found.values())), np.median(list(found.values()))
        lines.append(f"| {name} | {mean:.2f} | {median:.2f} | {found[worst]:.2f} ({worst}) |")
    return "\n".join(lines)


def tile_table(result: dict[str, Any]) -> str:
    """Return a row for each material as Markdown."""
    head = "| material | band | step over the edges, rows / columns | before | repetition |"
    lines = [head, "| --- | --- | --- | --- | --- |"]
    for row in result["rows"]:
        lines.append(
            f"| {row['material']} | {row['band'][0]} | {row['edge_rows']:.2f} / {row['edge_columns']:.2f} "
            f"| {row['edge_rows_before']:.2f} / {row['edge_columns_before']:.2f} | {row['repetition']:.3f} |"
        )
    return "\n".join(lines)
