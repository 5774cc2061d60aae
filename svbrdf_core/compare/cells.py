"""One cell of a comparison, a method on a case: its fills, figures and pictures, in a folder of its own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Collection
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from svbrdf_core.compare.cases import Case, mask_of
from svbrdf_core.compare.crops import save_crops, usable_crops
from svbrdf_core.compare.machine import peak_mb, start_counting
from svbrdf_core.compare.pictures import Shades, save_pictures
from svbrdf_core.compare.timing import describe_place
from svbrdf_core.formats import write_png, write_texts
from svbrdf_core.inpainting.call import usable
from svbrdf_core.inpainting.fill import inpaint
from svbrdf_core.learning.store import VARIABLE
from svbrdf_core.material import Material
from svbrdf_core.methods import find
from svbrdf_core.metrics import blemish, measure
from svbrdf_core.version import package_version

RECORD = "cell.json"
"""Written last: a cell without it is not finished."""


@dataclass(frozen=True)
class Cell:
    """One fill to be made and measured.

    Attributes:
        case: the material and its hole.
        method: the method's name.
        seed: of its randomness.
        groups: of metrics to measure.
        tileable: whether materials are taken to wrap.
        device: what to compute on.
    """

    case: Case
    method: str
    seed: int
    groups: tuple[str, ...]
    tileable: bool
    device: str

    @property
    def folder(self) -> Path:
        """Where its record and pictures are, within the report."""
        return Path("cases") / self.case.id / f"{self.method}-{self.seed}"

    @property
    def key(self) -> str:
        """Changes when anything does that the result depends on, but the code of a version."""
        identity = {
            "case": self.case.digest,
            "window": asdict(self.case.window),
            "only": self.case.only,
            "truth": self.case.truth,
            "method": self.method,
            "seed": self.seed,
            "groups": sorted(self.groups),
            "tileable": self.tileable,
            "device": self.device,
            "version": package_version(),
        }
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]


def read_finished(cell: Cell, report: Path) -> dict[str, Any] | None:
    """Return the record of a cell that was done before with the same input, None if it must be run."""
    try:
        record: dict[str, Any] = json.loads((report / cell.folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if record.get("key") != cell.key or record["result"]["status"] != "done":
        return None
    result = record["result"]
    files = [*result["pictures"].values(), *([result["crops"]] if result["crops"] else [])]
    return dict(result) if all((report / path).is_file() for path in files) else None


def run_cell(cell: Cell, report: Path) -> dict[str, Any]:
    """Fill, measure, draw, write the record and return it; in a process that does nothing else.

    It pays for what it learns, whatever was learnt before: the store of models is off from here on.

    Raises:
        SvbrdfError: the method could not fill this case.
    """
    began, case = time.time(), cell.case
    os.environ[VARIABLE] = "off"
    material = case.load()
    mask = mask_of(case.mask_text, material)
    warm_up(cell.method)
    start_counting()
    fill = inpaint(material, mask, method=cell.method, seed=cell.seed, tileable=cell.tileable, device=cell.device)
    peak = peak_mb()
    before, filled = view(material, case), view(fill.canvas, case)
    hole = case.window.take(mask) > 0
    part = (case.window.top, case.window.left, case.height, case.width)
    truth = before if case.truth else None
    metrics = measure(filled, truth, material.layout, hole, groups=cell.groups, linear=material.linear(), part=part)
    if truth is None:
        metrics["blemish"] = blemish(filled, material.layout, hole)
    shutil.rmtree(report / cell.folder, ignore_errors=True)
    shades = Shades.of(before, material.layout)
    lit = material.linear() if "render" in cell.groups else None
    pictures = save_pictures(filled, material.layout, shades, report, cell.folder, linear=lit)
    crops = None
    if usable_crops(cell.groups):
        crops = (cell.folder / "crops.npz").as_posix()
        save_crops(report / crops, filled, {"hole": hole}, material, case)
    result = {
        **result_of(cell, "done"),
        "seconds": fill.seconds,
        "peak_mb": peak,
        "energy": fill.energy,
        "metrics": {name: float(value) for name, value in metrics.items() if np.isfinite(value)},
        "pictures": pictures,
        "crops": crops,
        "place": describe_place(began),
    }
    write_record(cell, report, result)
    return result


def result_of(cell: Cell, status: str, why: str | None = None) -> dict[str, Any]:
    """Return a cell's entry in results.json without figures."""
    return {
        "case": cell.case.id,
        "method": cell.method,
        "seed": cell.seed,
        "status": status,
        "why": why,
        "seconds": None,
        "peak_mb": None,
        "energy": None,
        "metrics": {},
        "pictures": {},
        "crops": None,
        "place": None,
    }


def write_record(cell: Cell, report: Path, result: dict[str, Any]) -> None:
    """Write what `read_finished` reads."""
    text = json.dumps({"key": cell.key, "result": result}, indent=1) + "\n"
    write_texts(report / cell.folder, {RECORD: text})


@cache
def warm_up(method: str) -> None:
    """Let a method load what it loads once a process, on a tiny hole, so that no cell's time holds it."""
    found = find(method)
    if not found.traits().compiles:
        return
    noise = np.random.default_rng(0).random((64, 64)).astype(np.float32)
    hole = np.zeros((64, 64), np.float32)
    hole[28:36, 28:36] = 1
    inpaint(
        Material.from_arrays("noise", {"roughness": noise}),
        hole,
        method=found,
        settings=found.warmup_settings,
        device="cpu",
    )


def settings_of(method: str) -> dict[str, Any]:
    """Return the settings a method is compared with."""
    return asdict(usable(method).settings())


def view(material: Material, case: Case) -> np.ndarray:
    """Return the case's window of a material, float32 ``(C, h, w)``."""
    at = case.window
    return material.window(at.top, at.left, at.height, at.width)


def draw_case(case: Case, report: Path, groups: Collection[str]) -> dict[str, Any]:
    """Write the pictures and crops of a case before its hole was filled; return its entry in results.json."""
    material = case.load()
    home = Path("cases") / case.id
    truth = view(material, case)
    shades = Shades.of(truth, material.layout)
    lit = material.linear() if "render" in groups else None
    pictures = save_pictures(truth, material.layout, shades, report, home / "truth", linear=lit)
    hole = case.window.take(mask_of(case.mask_text, material)) > 0
    write_png(report / home / "mask.png", np.where(hole, 255, 0).astype(np.uint8))
    crops = (home / f"crops-{case.digest}.npz").as_posix() if usable_crops(groups) else None
    if crops and not (report / crops).is_file():
        save_crops(report / crops, truth, {"hole": hole, "known": ~hole}, material, case)
    return {
        "id": case.id,
        "material": case.material,
        "mask": case.mask,
        "height": case.height,
        "width": case.width,
        "hole_pixels": case.hole_pixels,
        "window": [case.window.top, case.window.left, case.window.height, case.window.width],
        "maps": list(case.maps),
        "truth": case.truth,
        "pictures": pictures,
        "crops": crops,
        "mask_picture": (home / "mask.png").as_posix(),
    }
