"""Crops of all fills of a method as one set, against those of the known regions: figures of a whole comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.compare.crops import read_crops
from svbrdf_core.compare.stats import MIN_MATERIALS
from svbrdf_core.metrics.crops import FEATURES, SIDE, Crops
from svbrdf_core.metrics.distances import Sample, frechet, jackknife, kernel_of_strata, neighbourhoods

TRUTH = "truth"
FEWEST, FEWEST_FRECHET = 32, 2 * FEATURES
"""Crops on either side below which there is no figure, and no Fréchet distance: its covariances have 64 rows."""

FEWEST_OF_CASE = 2
"""Crops of a case on either side, so that they can be compared with each other."""

Indices = NDArray[np.intp]
Entry = Mapping[str, Any]


class Pool(NamedTuple):
    """Crops from several cases.

    Attributes:
        crops: their features.
        cases: the number of the case that each is from.
    """

    crops: Crops
    cases: Indices


FIGURES = (
    ("fid", "FID", "lower"),
    ("sfid", "sFID", "lower"),
    ("kid", "KID", "zero"),
    ("precision", "Precision", "higher"),
    ("recall", "Recall", "higher"),
    ("density", "Density", "one"),
    ("coverage", "Coverage", "higher"),
)


def measure_sets(report: Path, cases: Sequence[Entry], cells: Sequence[Entry]) -> dict[str, Any] | None:
    """Return the figures of the sets for results.json, None where no crops were taken.

    A set holds the crops of all cases that every method has filled, so that all sets are of one size; the truth's,
    where there is one, says what the figures are for untouched material. Several seeds are sets of their own, whose
    figures are averaged: a hole filled twice is not two holes.
    """
    methods = list(dict.fromkeys(cell["method"] for cell in cells if cell["status"] == "done"))
    if not methods or not all(case["crops"] for case in cases):
        return None
    done = [case for case in cases if _is_done(case, cells, methods)]
    used = [case for case in done if _has_room(report / case["crops"])]
    known = _pool([report / case["crops"] for case in used], "known")
    sets = {method: _sets_of(method, report, used, cells) for method in methods}
    if all(case["truth"] for case in used):
        sets = {TRUTH: [_pool([report / case["crops"] for case in used], "hole")], **sets}
    sizes = [len(known.cases), *(len(pool.cases) for pools in sets.values() for pool in pools)]
    materials = [case["material"] for case in used]
    found = {name: _figures(pools, known, materials) if min(sizes) >= FEWEST else {} for name, pools in sets.items()}
    return {
        "cases": len(used),
        "crops": min(sizes[1:]),
        "known": sizes[0],
        "remarks": _remarks(len(cases) - len(done), len(done) - len(used), len(used), min(sizes)),
        "figures": [
            {
                "name": name,
                "title": title,
                "better": better,
                "values": {who: figures[name] for who, figures in found.items() if name in figures},
                "errors": {who: e for who, f in found.items() if (e := f.get(f"{name}_error")) is not None},
            }
            for name, title, better in FIGURES
        ],
    }


def _is_done(case: Entry, cells: Sequence[Entry], methods: Sequence[str]) -> bool:
    mine = [cell for cell in cells if cell["case"] == case["id"] and cell["method"] in methods]
    return bool(mine) and all(cell["crops"] for cell in mine)


def _has_room(path: Path) -> bool:
    return all(len(read_crops(path, mask).pooled) >= FEWEST_OF_CASE for mask in ("hole", "known"))


def _sets_of(method: str, report: Path, cases: Sequence[Entry], cells: Sequence[Entry]) -> list[Pool]:
    """Return the set of each seed."""
    mine = [cell for cell in cells if cell["method"] == method and cell["crops"]]
    paths = {(cell["seed"], cell["case"]): report / cell["crops"] for cell in mine}
    seeds = sorted({seed for seed, _ in paths})
    return [_pool([paths[seed, case["id"]] for case in cases], "hole") for seed in seeds]


def _pool(paths: Sequence[Path], mask: str) -> Pool:
    found = [read_crops(path, mask) for path in paths]
    empty = np.zeros((0, FEATURES))
    pooled, spatial = (np.concatenate([empty, *(crops[kind] for crops in found)]) for kind in (0, 1))
    counts = np.array([len(crops.pooled) for crops in found], np.intp)
    return Pool(Crops(pooled, spatial), np.repeat(np.arange(len(found)), counts))


def _figures(pools: Sequence[Pool], known: Pool, materials: Sequence[str]) -> dict[str, float]:
    """Return the figures of a method, each the mean over its seeds."""
    found = {name: float(np.mean([get(pool, known) for pool in pools])) for name, get in _GET.items()}
    if min(len(known.cases), *(len(pool.cases) for pool in pools)) < FEWEST_FRECHET:
        found = {name: value for name, value in found.items() if name not in ("fid", "sfid")}
    apart = np.mean([_apart(pool, known) for pool in pools], axis=0)
    shares = np.bincount(pools[0].cases).astype(np.float64)
    found["kid"] = _mix(apart, shares)
    groups = _groups(materials)
    if groups is not None:
        left_out = [_mix(apart, shares * (groups != group)) for group in np.unique(groups)]
        found["kid_error"] = jackknife(np.array(left_out))
    return found


def _apart(pool: Pool, known: Pool) -> NDArray[np.float64]:
    return kernel_of_strata(_pooled(pool), _pooled(known), pool.cases, known.cases)


def _mix(apart: NDArray[np.float64], shares: NDArray[np.float64]) -> float:
    return float(shares @ apart @ shares / shares.sum() ** 2)


def _groups(materials: Sequence[str]) -> Indices | None:
    """Return what is left out at a time for the error: a material or, of few, a case; None of few cases."""
    _, groups = np.unique(materials, return_inverse=True)
    if groups.size and groups.max() + 1 >= MIN_MATERIALS:
        return groups
    return np.arange(len(materials)) if len(materials) >= MIN_MATERIALS else None


def _pooled(pool: Pool) -> Sample:
    return Sample.apart(pool.crops.pooled)


def _near(name: str) -> Callable[[Pool, Pool], float]:
    return lambda pool, known: float(getattr(neighbourhoods(_pooled(known), _pooled(pool)), name))


_GET: Mapping[str, Callable[[Pool, Pool], float]] = {
    "fid": lambda pool, known: frechet(pool.crops.pooled, known.crops.pooled),
    "sfid": lambda pool, known: frechet(pool.crops.spatial, known.crops.spatial),
    **{name: _near(name) for name in ("precision", "recall", "density", "coverage")},
}


def _remarks(failed: int, narrow: int, used: int, fewest: int) -> list[str]:
    """Return sentences on what is missing, and what to do about it."""
    found = []
    if failed:
        found.append(f"{_count(failed)} left out, because a method failed there.")
    if narrow:
        room = f"two crops of {SIDE} x {SIDE} pixels"
        found.append(f"{_count(narrow)} left out, because hole or surroundings have no room for {room}.")
    for least, what in ((FEWEST, "figures of sets"), (FEWEST_FRECHET, "FID and sFID")):
        if fewest < least:
            found.append(f"There are only {fewest} crops; {what} need {least}: compare more holes, or larger ones.")
            break
    if fewest >= FEWEST and used < MIN_MATERIALS:
        found.append(f"KID has no error, which needs {MIN_MATERIALS} cases.")
    return found


def _count(cases: int) -> str:
    return "1 case is" if cases == 1 else f"{cases} cases are"
