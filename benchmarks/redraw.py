"""Benchmark of Blender's redraw while the service on the same machine fills a large hole (root, Debian)."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import keep
from benchmarks.service import service
from benchmarks.size import write
from svbrdf_core.cores import count_cores
from svbrdf_core.example import write_example
from tests.window.window import ROOT, SIZE, Window

SUITE, HOLE, SIDE = "trixie", 820, 2048
"""Debian's release, for its Blender, and the fill that goes on meanwhile."""
FRAMES = 40
"""Redraws of the whole window that are timed, alone and beside a fill."""
DISPLAY = ":176"


@contextmanager
def _screen() -> Iterator[None]:
    command = ["Xvfb", DISPLAY, "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def measure() -> dict[str, Any]:
    """Time redraws in Blender's window with a material in the 3D view, alone and while the service fills."""
    root = Path.home() / ".cache" / "svbrdf-inpaint" / f"blender-{SUITE}"
    subprocess.run([str(ROOT / ".ci" / "blender-root"), SUITE, str(root)], check=True)
    with tempfile.TemporaryDirectory(prefix="svbrdf-") as name, _screen(), service(Path(name) / "service") as running:
        home = Path(name)
        write(home / "large", SIDE)
        write_example(home / "stage" / "wall", "bricks", 512)
        (home / "empty").mkdir()
        window = Window(root.resolve(), home / "stage", DISPLAY, home / "empty", home)
        window.start()
        try:
            window.ask("build", folder="wall/damaged", blend="wall.blend")
            window.show("VIEW_3D")
            window.ask("look")
            window.ask("frames", count=5)
            alone = window.ask("frames", count=FRAMES)
            files = {path.name: path for path in (home / "large").iterdir()}
            material = running.client.material(files)["id"]
            at = (SIDE - HOLE) // 2
            hole = {"masks": [{"shape": f"rect:{at},{at},{HOLE},{HOLE}"}]}
            running.client.submit({"material": material, "hole": hole})
            filling = threading.Event()
            follow = threading.Thread(target=running.wait, args=(1,))
            follow.start()
            filling.wait(3)  # it reads first
            beside = window.ask("frames", count=FRAMES)
            assert follow.is_alive(), "the fill ended before the last redraw; take a larger hole"
            follow.join()
        finally:
            window.close()
    return {"alone": _describe(alone), "beside": _describe(beside)}


def _describe(seconds: list[float]) -> dict[str, float]:
    found = np.array(seconds) * 1000
    return {"median": float(np.median(found)), "p95": float(np.percentile(found, 95)), "most": float(found.max())}


def table(result: dict[str, Any]) -> str:
    """Return the result as Markdown."""
    lines = ["| redraw of Blender's window, ms | median | 95 % | longest |", "| --- | ---: | ---: | ---: |"]
    for name, title in (("alone", "alone"), ("beside", f"while the service fills {HOLE} pixels of {SIDE}")):
        row = result["redraw"][name]
        lines.append(f"| {title} | {row['median']:.0f} | {row['p95']:.0f} | {row['most']:.0f} |")
    return "\n".join(lines)


def run() -> None:
    """Measure, print and keep."""
    result = {"cores": count_cores(), "redraw": measure()}
    print(table(result))
    keep("redraw", "python -m benchmarks redraw", result)
