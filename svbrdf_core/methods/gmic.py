"""G'MIC's patch match as methods: all channels in one call, or map by map."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from svbrdf_core.errors import FillError
from svbrdf_core.methods.interface import Bools, FillResult, Floats, InpaintProblem, Method, NoSettings
from svbrdf_core.methods.values import Scale, make_valid, without_hole
from svbrdf_core.run import Run

PAUSE = 0.2
"""Seconds between two looks at whether the user wants to stop."""


def _find_missing() -> str | None:
    if shutil.which("gmic"):
        return None
    return "It needs the program gmic; install it (Debian: apt install gmic; others: gmic.eu)."


def _write(path: Path, planes: Floats) -> None:
    """Write ``(C, H, W)`` as G'MIC's own .cimg, the one format that takes any number of float channels as it is."""
    channels, height, width = planes.shape
    head = f"1 float little_endian\n{width} {height} 1 {channels}\n".encode()
    path.write_bytes(head + np.ascontiguousarray(planes, "<f4").tobytes())


def _read(path: Path, shape: tuple[int, ...]) -> Floats:
    data = path.read_bytes()
    start = data.index(b"\n", data.index(b"\n") + 1) + 1
    return np.frombuffer(data, "<f4", offset=start).reshape(shape).astype(np.float32)


def _matchpatch(planes: Floats, hole: Bools, run: Run) -> Floats:
    with tempfile.TemporaryDirectory(prefix="svbrdf-") as name:
        folder = Path(name)
        _write(folder / "in.cimg", np.where(hole, np.float32(0), planes))
        _write(folder / "hole.cimg", np.where(hole, np.float32(255), np.float32(0))[None])
        command = ["gmic", "-v", "-", str(folder / "in.cimg"), str(folder / "hole.cimg")]
        command += ["inpaint_matchpatch[0]", "[1]", "keep[0]", "-o", f"{folder / 'out.cimg'},float"]
        _run(command, run)
        return _read(folder / "out.cimg", planes.shape)


def _run(command: list[str], run: Run) -> None:
    """Run G'MIC, ended when the user wants to stop.

    Raises:
        FillError: it failed.
        Cancelled: the user wants to stop.
    """
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as running:
        try:
            while True:
                try:
                    _, errors = running.communicate(timeout=PAUSE)
                    break
                except subprocess.TimeoutExpired:
                    run.check()
        finally:
            running.kill()
    if running.returncode:
        last = (errors.strip().splitlines() or ["no message"])[-1]
        raise FillError(f"gmic failed ({last}); try another method.")


def _scale_maps(problem: InpaintProblem) -> tuple[Floats, dict[str, Scale]]:
    """Return the maps in 0..255, as G'MIC's defaults expect them, and how each was put there."""
    planes = without_hole(problem.tensor, problem.hole)
    scales = {}
    for name in problem.layout.names:
        at = problem.layout.slice_of(name)
        scales[name] = Scale.of(name, problem.tensor[at][:, ~problem.hole])
        planes[at] = scales[name].to_255(planes[at])
    return planes, scales


def _fill(problem: InpaintProblem, run: Run, *, joint: bool) -> FillResult:
    planes, scales = _scale_maps(problem)
    slices = {name: problem.layout.slice_of(name) for name in problem.layout.names}
    run.report("running gmic", 0.0)
    if joint:
        planes = _matchpatch(planes, problem.hole, run)
    else:
        for number, (name, at) in enumerate(slices.items()):
            run.report(f"running gmic, {name}", number / len(slices))
            planes[at] = _matchpatch(planes[at], problem.hole, run)
    for name, at in slices.items():
        planes[at] = scales[name].back(planes[at])
    return FillResult(make_valid(planes, problem))


def jointly(problem: InpaintProblem, settings: NoSettings, run: Run) -> FillResult:
    """Fill all channels in one call of ``inpaint_matchpatch`` with its defaults."""
    return _fill(problem, run, joint=True)


def map_by_map(problem: InpaintProblem, settings: NoSettings, run: Run) -> FillResult:
    """Fill each map by a call of its own."""
    return _fill(problem, run, joint=False)


JOINT = Method("gmic", "G'MIC matchpatch, all channels", jointly, missing=_find_missing)
PER_MAP = Method("gmic-per-map", "G'MIC matchpatch, map by map", map_by_map, missing=_find_missing)
