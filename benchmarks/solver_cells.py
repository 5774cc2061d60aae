"""Cells of the benchmark of solvers: one fill of one case each, measured, drawn and kept: none is made twice."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args
from unittest import mock

import numpy as np

import svbrdf_core as sv
from benchmarks import common
from benchmarks.common import MAPS, Floats, commit, load_case
from benchmarks.sheet import draw_beside
from svbrdf_core.codec import InputFile, encode
from svbrdf_core.diffusion.posterior.times import count_passes, make_times
from svbrdf_core.diffusion.settings import CONDITIONAL, SolverName
from svbrdf_core.errors import InputError
from svbrdf_core.formats import read_image, write_png
from svbrdf_core.learning.store import VARIABLE
from svbrdf_core.masks import Mask
from svbrdf_core.metrics import measure
from svbrdf_core.metrics.renders import Placement, encode_light, render_views
from svbrdf_core.metrics.windows import windows
from svbrdf_core.render import nine_views

FIGURES = ("two_sample", "stlpips/render", "coherence", "seam", "sharpness")
SOLVERS: tuple[SolverName, ...] = get_args(SolverName)
PRIORS = tuple(name for name in SOLVERS if name not in CONDITIONAL)
NETWORKS: dict[str, tuple[SolverName, ...]] = {
    "conditional": CONDITIONAL,
    "prior": PRIORS,
    "library": PRIORS,
    "map-by-map": PRIORS,
}
"""Trained on the material for holes, trained on it as a prior, and trained on others: on all maps, or one on each."""
PATCH = "patch"
ROWS = (PATCH, *(f"{network}/{solver}" for network, solvers in NETWORKS.items() for solver in solvers))
"""What may fill a case: ``patch``, or network and solver."""
JOINT = "joint.safetensors"


@dataclass(frozen=True)
class Trial:
    """How cells are filled.

    Attributes:
        shared: folder with materials and cases.
        settings: of the diffusion, but for network and solver.
        library: a prior of other materials, or a folder that has one for all maps, ``joint.safetensors``, and one for
            each, ``diffuse.safetensors`` and so on.
        renders: whether renderings are compared, which is slow.
    """

    shared: Path
    settings: sv.DiffusionSettings
    library: Path | None = None
    renders: bool = False

    def find(self, case: str, row: str) -> dict[str, Any]:
        """Return the figures of a cell: those that are kept, or new ones, which are kept then."""
        path = self.path(case, row)
        if path.is_file():
            kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return kept
        found, strip = self._measure(case, row)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_png(path.with_suffix(".png"), strip)
        path.write_text(json.dumps(found) + "\n", encoding="utf-8")
        return found

    def strip(self, case: str, row: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Return the picture of a cell that is kept."""
        return read_image(self.path(case, row).with_suffix(".png")).samples

    def path(self, case: str, row: str) -> Path:
        """Return where a cell is kept, by all that it depends on but the commit."""
        about = "" if row == PATCH else json.dumps(encode(self.settings), sort_keys=True, default=str)
        files = self._models(row)
        of = [about, str(self.renders), *(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)]
        digest = hashlib.sha256("\n".join(of).encode()).hexdigest()[:12]
        return find_kept() / f"{case}-{row.replace('/', '-')}-{digest}.json"

    def _models(self, row: str) -> list[Path]:
        network = row.partition("/")[0]
        if network not in ("library", "map-by-map"):
            return []
        if self.library is None or (network == "map-by-map" and not self.library.is_dir()):
            raise InputError(
                f"{row} needs priors of other materials; give a folder with {JOINT} and one for each map by --library."
            )
        if network == "map-by-map":
            return [file for name in MAPS if (file := self.library / f"{name}.safetensors").is_file()]
        return [self.library / JOINT if self.library.is_dir() else self.library]

    def _measure(self, case: str, row: str) -> tuple[dict[str, Any], np.ndarray[Any, np.dtype[np.uint8]]]:
        material, mask = load_case(self.shared, case)
        fill, passes = self.filler(case, row)
        began = time.process_time()
        filled = fill()
        seconds = time.process_time() - began
        truth, hole = material.tensor(), mask > 0
        groups = ("maps", "structure", "statistics", *(("perceptual",) if self.renders else ()))
        found = measure(filled, truth, material.layout, hole, groups=groups)
        depth = measure_depth(filled, truth, material.layout, hole) if self.renders else None
        return {
            "case": case,
            "row": row,
            "passes": passes,
            "seconds": seconds,
            "figures": {**{name: found.get(name) for name in FIGURES}, "depth": depth},
            "error": {name: found[f"mse/{name}"] for name in MAPS},
            "commit": commit(),
        }, draw_beside(truth, filled, material.layout, hole)

    def filler(self, case: str, row: str) -> tuple[Callable[[], Floats], int]:
        """Return what fills a case, warm, and how often it asks its network."""
        network, _, solver = row.partition("/")
        material, mask = load_case(self.shared, case)
        if row == PATCH:
            sv.inpaint(material, mask, device="cpu")  # loads what is compiled
            return lambda: sv.inpaint(material, mask, seed=0, device="cpu").canvas.tensor(), 0
        assert solver in SOLVERS
        sampler = replace(self.settings.sampler, solver=solver)
        given = replace(self.settings, sampler=sampler)
        passes = count_passes(make_times(sampler, given.sampling_steps))
        models = self._models(row)
        if network == "map-by-map":
            return lambda: self._fill_alone(case, mask, given), passes * len(models)
        if models:
            given = replace(given, model=InputFile(models[0]))
        else:
            quick = replace(sampler, solver="ancestral" if sampler.conditional else "ddnm")
            _fill(material, mask, replace(given, sampling_steps=1, sampler=quick), 0)  # trains
        return lambda: _fill(material, mask, given, 0), passes

    def _fill_alone(self, case: str, mask: Mask, given: sv.DiffusionSettings) -> Floats:
        """Return a material whose maps were filled one by one, each from noise of its own."""
        parts = []
        for seed, name in enumerate(MAPS):
            material, _ = load_case(self.shared, case, (name,))
            model = Path(self.library or ".") / f"{name}.safetensors"
            if model.is_file():
                parts.append(_fill(material, mask, replace(given, model=InputFile(model)), seed))
            elif np.ptp(material.tensor()) == 0:
                parts.append(material.tensor())  # there was nothing to learn, and there is nothing to fill
            else:
                raise InputError(f"{model} is not there; train a prior of {name} that the case {case} needs.")
        return np.concatenate(parts)


def _fill(material: sv.Material, mask: Mask, given: sv.DiffusionSettings, seed: int) -> Floats:
    with _cache():
        filled = sv.inpaint(material, mask, method="diffusion", settings=given, seed=seed, device="cpu")
    return filled.canvas.tensor()


@contextmanager
def _cache() -> Iterator[None]:
    """Keep trained models beside the cells."""
    with mock.patch.dict(os.environ, {VARIABLE: str(find_kept() / "models")}):
        yield


def find_kept() -> Path:
    """Return the folder of the cells."""
    return common.OUT / "solvers"


def measure_depth(filled: Floats, truth: Floats, layout: sv.ChannelLayout, hole: np.ndarray[Any, Any]) -> float:
    """Return the gradient energy of nine renderings of a fill over that of the truth's: below 1 it looks flat."""
    energy = [0.0, 0.0]
    for window in windows(filled, truth, hole, 16):
        place = Placement(layout, 0, 0, *hole.shape)
        assert window.truth is not None
        for number, values in enumerate((window.filled, window.truth)):
            light = encode_light(render_views(values, window, place, nine_views()))
            for axis in (-1, -2):
                inside = window.hole & np.roll(window.hole, 1, axis)
                energy[number] += float(np.square(light - np.roll(light, 1, axis))[..., inside].sum())
    return energy[0] / energy[1] if energy[1] else float("nan")


def choose_cases(names: Sequence[str], wanted: str) -> list[str]:
    """Return all of the fixed cases, or so many that lie evenly among them.

    Raises:
        InputError: it is neither ``all`` nor a number of them.
    """
    if wanted == "all":
        return list(names)
    if not wanted.isdigit() or not 1 <= int(wanted) <= len(names):
        raise InputError(f"--cases is all, or a number of 1 to {len(names)}.")
    at = np.linspace(0, len(names) - 1, int(wanted)).round().astype(int)
    return [names[number] for number in at]
