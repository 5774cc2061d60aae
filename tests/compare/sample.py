"""A small comparison on disk: example materials filled in three simple ways, with real pictures and real errors."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.example import KINDS, ExampleKind, make_example
from svbrdf_core.formats import write_png

Array = NDArray[Any]
MAPS = ("diffuse", "normal", "roughness", "specular")
NASTY = '<b>x</b> & "y"'
WHY = "the process ended without a word (signal 9); </script><img src=x onerror=alert(1)> is no HTML"
METRICS = [
    *({"name": f"mse/{name}", "title": f"MSE {name}", "better": "lower"} for name in MAPS),
    {"name": "psnr/diffuse", "title": "PSNR diffuse, dB", "better": "higher"},
    {"name": "sharpness", "title": "Sharpness ratio", "better": "one"},
]


SETS = {
    "cases": 4, "crops": 130, "known": 400, "remarks": ["1 case is left out, because a method failed there."],
    "figures": [
        {"name": "fid", "title": "FID", "better": "lower", "values": {"truth": 1.5, "copy": 2.5, "mean": 90.0},
         "errors": {}},
        {"name": "kid", "title": "KID", "better": "zero", "values": {"truth": -0.01, "copy": 0.2, "mean": 30.0},
         "errors": {"truth": 0.1, "copy": 0.12, "mean": 1.0}},
    ],
}  # fmt: skip
"""Figures of sets as a comparison leaves them; they have nothing to do with the pictures."""


@dataclass(frozen=True)
class Plan:
    """What a sample holds."""

    size: int = 96
    materials: int = 2
    seeds: tuple[int, ...] = (0,)
    methods: tuple[str, ...] = ("copy", "smooth", "mean")


def copied(samples: Array, hole: Array, seed: int) -> Array:
    """Fill with what lies elsewhere."""
    shift = samples.shape[0] // 2 + 7 * seed
    return _within(samples, np.roll(samples, shift, axis=1), hole)


def smoothed(samples: Array, hole: Array, seed: int) -> Array:
    """Fill with the blurred known surroundings."""
    known = (~hole).astype(np.float64)
    width = samples.shape[0] / 16
    weight = ndimage.gaussian_filter(known, width) + 1e-9
    channels = [ndimage.gaussian_filter(c * known, width) / weight for c in np.moveaxis(samples, 2, 0)]
    return _within(samples, np.stack(channels, axis=2), hole)


def averaged(samples: Array, hole: Array, seed: int) -> Array:
    """Fill with one value."""
    return _within(samples, np.broadcast_to(samples[~hole].mean(axis=0), samples.shape), hole)


FILLS: dict[str, Callable[[Array, Array, int], Array]] = {"copy": copied, "smooth": smoothed, "mean": averaged}


def write_sample(folder: Path, plan: Plan = Plan()) -> dict[str, Any]:
    """Write ``results.json`` and the pictures it names, as a comparison leaves them; return its content.

    The last method fails on the last case, and the first material has a name that HTML can get wrong.
    """
    cases, cells = [], []
    for number in range(plan.materials):
        kind = KINDS[number % len(KINDS)]
        truth = _maps(kind, plan.size, number)
        name = NASTY if number == 0 else f"{kind} {number}"
        for mask in ("square", "brush"):
            hole = _hole(plan.size, mask)
            case = f"m{number}-{mask}"
            cases.append(_case(folder, case, name, mask, truth, hole))
            cells += [_cell(folder, case, method, seed, truth, hole) for method in plan.methods for seed in plan.seeds]
    cells[-1] |= {"status": "failed", "why": WHY, "seconds": None, "peak_mb": None, "metrics": {}, "pictures": {}}
    results = {
        "about": {
            "command": "svbrdf compare examples --methods copy,smooth,mean -o report",
            "date": "2026-01-02T03:04:05+00:00", "version": "0.1.0", "device": "cpu", "cpu": "a processor",
            "cores": 2, "python": "3.11", "versions": {"numpy": "2.4", "scipy": "1.17"},
        },
        "settings": {
            "methods": {name: {"width": 3} if name == "smooth" else {} for name in plan.methods},
            "seeds": list(plan.seeds), "groups": ["maps"],
        },
        "metrics": METRICS, "cases": cases, "cells": cells, "sets": SETS,
    }  # fmt: skip
    (folder / "results.json").write_text(json.dumps(results), encoding="utf-8")
    return results


def _within(samples: Array, fill: Array, hole: Array) -> Array:
    result: Array = np.where(hole[..., None], np.rint(fill), samples).astype(np.uint8)
    return result


def _maps(kind: ExampleKind, size: int, seed: int) -> dict[str, Array]:
    clean = make_example(kind, size, seed).clean
    named = {
        "diffuse": clean.get("diffuse", clean.get("basecolor")), "normal": clean["normal"],
        "roughness": clean["roughness"], "specular": clean.get("specular", clean.get("metallic")),
    }  # fmt: skip
    return {name: np.atleast_3d(samples) for name, samples in named.items() if samples is not None}


def _hole(size: int, mask: str) -> Array:
    y, x = np.indices((size, size)) / size
    if mask == "square":
        return np.asarray((abs(y - 0.5) < 0.14) & (abs(x - 0.45) < 0.14))
    return np.asarray((abs(y - 0.5 - 0.2 * np.sin(x * 7)) < 0.05) & (x > 0.15) & (x < 0.85))


def _lit(maps: dict[str, Array]) -> Array:
    normal = maps["normal"] / 127.5 - 1
    light = np.clip(normal @ np.array([0.45, 0.45, 0.77]), 0, 1)[..., None]
    shine = light**40 * (255 - maps["roughness"]) * 0.5
    result: Array = np.clip(maps["diffuse"] * light * 1.2 + shine, 0, 255).astype(np.uint8)
    return result


def _pictures(folder: Path, place: str, maps: dict[str, Array]) -> dict[str, str]:
    (folder / "cases" / place).mkdir(parents=True, exist_ok=True)
    paths = {}
    for name, samples in {**maps, "render": _lit(maps)}.items():
        paths[name] = f"cases/{place}/{name}.png"
        write_png(folder / paths[name], samples[..., 0] if samples.shape[2] == 1 else samples)
    return paths


def _case(folder: Path, case: str, material: str, mask: str, truth: dict[str, Array], hole: Array) -> dict[str, Any]:
    height, width = hole.shape
    pictures = _pictures(folder, f"{case}/truth", truth)
    write_png(folder / "cases" / case / "mask.png", hole.astype(np.uint8) * 255)
    return {
        "id": case, "material": material, "mask": mask, "height": height, "width": width,
        "hole_pixels": int(hole.sum()), "window": [0, 0, height, width], "maps": list(truth), "truth": True,
        "pictures": pictures, "mask_picture": f"cases/{case}/mask.png",
    }  # fmt: skip


def _cell(folder: Path, case: str, method: str, seed: int, truth: dict[str, Array], hole: Array) -> dict[str, Any]:
    fill = FILLS[method.split("-")[0]]
    filled = {name: fill(samples, hole, seed) for name, samples in truth.items()}
    return {
        "case": case, "method": method, "seed": seed, "status": "done", "why": None,
        "seconds": 0.1 + 0.01 * seed, "peak_mb": 80.0, "energy": None,
        "metrics": _metrics(filled, truth, hole), "pictures": _pictures(folder, f"{case}/{method}-{seed}", filled),
    }  # fmt: skip


def _metrics(filled: dict[str, Array], truth: dict[str, Array], hole: Array) -> dict[str, float]:
    errors = {name: float(np.mean(((filled[name] - 1.0 * truth[name])[hole] / 255) ** 2)) for name in truth}
    found = {f"mse/{name}": error for name, error in errors.items()}
    if errors["diffuse"]:
        found["psnr/diffuse"] = float(-10 * np.log10(errors["diffuse"]))
    found["sharpness"] = _steps(filled["diffuse"], hole) / _steps(truth["diffuse"], hole)
    return found


def _steps(samples: Array, hole: Array) -> float:
    return float(np.abs(np.diff(samples.astype(float), axis=1))[hole[:, 1:]].mean())
