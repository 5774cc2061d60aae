"""Benchmark of belief: whether fills of the fixed cases can be told from their materials."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import svbrdf_core as sv
from benchmarks.common import MAPS, SHARED, keep, load_case, read_published_errors
from benchmarks.error import LEAST
from svbrdf_core.cli.settings import settings_data
from svbrdf_core.codec import encode
from svbrdf_core.methods import find, settings_of
from svbrdf_core.metrics import measure as measured

EXCESS = 0.1
"""Two-sample excess above which a case is counted."""
SHARP = (0.8, 1.25)
"""Sharpness outside of which a case is counted."""
SCALES = ("wasserstein/1", "wasserstein/2", "wasserstein/4")
FIGURES = ("two_sample", "sharpness", *SCALES, "seam", "coherence")
RENDERED = ("stlpips/render", "flip")


def measure(
    shared: Path, cases: Sequence[str], method: str, seed: int, *, renders: bool, options: Sequence[str] = ()
) -> dict[str, Any]:
    """Fill every case once and judge it; ``renders`` adds the slow figures of renderings.

    Raises:
        InputError: there is no such method here, or ``options`` (``NAME=VALUE``) are none of its settings.
    """
    given = settings_data(method, options=options)
    settings = settings_of(find(method), given)
    reference = read_published_errors(shared)
    rows = []
    for case in cases or sorted(reference):
        rows.append({**_case(shared, case, method, settings, seed, renders=renders), "reference": reference[case]})
        print(_line(rows[-1]), flush=True)
    return {"method": method, "settings": encode(given), "seed": seed, "cases": rows, "summary": summary(rows)}


def _case(shared: Path, case: str, method: str, settings: object, seed: int, *, renders: bool) -> dict[str, Any]:
    material, mask = load_case(shared, case)
    fill = sv.inpaint(material, mask, method=method, settings=settings, seed=seed, device="cpu")
    groups = ("maps", "structure", "statistics", *(("perceptual",) if renders else ()))
    found = measured(fill.canvas.tensor(), material.tensor(), material.layout, mask > 0, groups=groups)
    wanted = (*FIGURES, *(RENDERED if renders else ()))
    return {
        "case": case,
        # A figure without a value, such as the sharpness of a constant material, is null.
        "figures": {name: found.get(name) for name in wanted},
        "error": {name: found[f"mse/{name}"] for name in MAPS},
        "seconds": fill.seconds,
    }


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return each figure's mean (of the sharpness the median), the cases counted, and errors over the published."""
    values = {name: _values(rows, name) for name in rows[0]["figures"]}
    out = {name: float((np.median if name == "sharpness" else np.mean)(v)) for name, v in values.items() if v}
    errors = {}
    for name in MAPS:
        pairs = [(row["error"][name], row["reference"][name]) for row in rows if row["reference"][name] > LEAST]
        total = sum(theirs for _, theirs in pairs)
        errors[name] = sum(ours for ours, _ in pairs) / total if total else None
    return {
        "figures": out,
        "cases_above_excess": _names(rows, "two_sample", lambda value: value > EXCESS),
        "cases_not_sharp": _names(rows, "sharpness", lambda value: not SHARP[0] <= value <= SHARP[1]),
        "error_over_published": errors,
        "seconds_median": float(np.median([row["seconds"] for row in rows])),
    }


def _values(rows: Sequence[dict[str, Any]], name: str) -> list[float]:
    return [row["figures"][name] for row in rows if row["figures"][name] is not None]


def _names(rows: Sequence[dict[str, Any]], name: str, holds: Callable[[float], bool]) -> list[str]:
    return [row["case"] for row in rows if row["figures"][name] is not None and holds(row["figures"][name])]


def _line(row: dict[str, Any]) -> str:
    cells = [f"{name} {'-' if value is None else format(value, '.2f')}" for name, value in row["figures"].items()]
    return f"{row['case']:32s} {row['seconds']:6.2f} s  {'  '.join(cells)}"


def table(result: dict[str, Any]) -> str:
    """Return the summary as Markdown."""
    found = result["summary"]
    figures, errors = found["figures"], found["error_over_published"]

    def show(*names: str) -> str:
        return " / ".join("-" if figures.get(name) is None else f"{figures[name]:.3f}" for name in names)

    rows = [
        ("two-sample excess, mean", show("two_sample")),
        (f"cases above {EXCESS}", str(len(found["cases_above_excess"]))),
        ("sharpness, median", show("sharpness")),
        (f"cases outside {SHARP[0]} to {SHARP[1]}", str(len(found["cases_not_sharp"]))),
        ("Wasserstein over the truth's, patches of 5 / 10 / 20 pixels", show(*SCALES)),
        *([("ST-LPIPS / FLIP of renders", show(*RENDERED))] if RENDERED[0] in figures else []),
        ("seam", show("seam")),
        ("coherence", show("coherence")),
        *((f"squared error over the published code's, {n}", f"{v:.2f}") for n, v in errors.items() if v is not None),
        ("seconds, median", f"{found['seconds_median']:.2f}"),
    ]
    head = f"| {len(result['cases'])} cases | {name_of(result)} |\n| --- | --- |\n"
    return head + "\n".join(f"| {label} | {value} |" for label, value in rows)


def name_of(result: dict[str, Any]) -> str:
    """Return what is not as usual in a result: the method, its settings, the seed."""
    seed = [f"seed {result['seed']}"] if result["seed"] else []
    changed = [f"{name} {value}" for name, value in result["settings"].items()]
    return ", ".join([f"`{result['method']}`", *changed, *seed])


def table_of_methods(results: Sequence[dict[str, Any]]) -> str:
    """Return a table with a row for each method."""
    heads = ("two-sample excess", f"above {EXCESS}", "sharpness", "not sharp", "Wasserstein", "seam", "coherence")
    rows = [f"| method | {' | '.join((*heads, 'ST-LPIPS', 'FLIP', 'error'))} |", "| --- " * (len(heads) + 4) + "|"]
    for result in results:
        found = result["summary"]
        figures = found["figures"]
        errors = [value for value in found["error_over_published"].values() if value is not None]
        cells = [
            f"{figures['two_sample']:.3f}",
            str(len(found["cases_above_excess"])),
            f"{figures['sharpness']:.2f}",
            str(len(found["cases_not_sharp"])),
            f"{np.mean([figures[name] for name in SCALES]):.2f}",
            f"{figures['seam']:.2f}",
            f"{figures['coherence']:.2f}",
            *(f"{figures[name]:.3f}" if name in figures else "" for name in RENDERED),
            f"{np.mean(errors):.2f}",
        ]
        rows.append(f"| {name_of(result)} | {' | '.join(cells)} |")
    return "\n".join(rows)


def run(
    shared: Path = SHARED,
    cases: Sequence[str] = (),
    method: str = "patch",
    seed: int = 0,
    *,
    renders: bool = False,
    options: Sequence[str] = (),
) -> None:
    """Measure, print and keep; what differs from the defaults is kept under a name of its own.

    Raises:
        InputError: as `measure`.
    """
    if not (shared / "cases" / "reference.csv").is_file():
        print(f"believable: skipped, there is no {shared / 'cases'} (give another folder with --shared)")
        return
    result = measure(shared, cases, method, seed, renders=renders, options=options)
    print("\n" + table(result))
    words = [
        f"--method {method}",
        *(f"--option {option}" for option in options),
        *(f"--case {case}" for case in cases),
        *([f"--seed {seed}"] if seed else []),
        *(["--renders"] if renders else []),
    ]
    apart = [*([] if method == "patch" else [method]), *options, *([f"seed={seed}"] if seed else [])]
    names = ["believable", *(re.sub(r"[^\w.=-]", "_", part) for part in apart)]
    keep("-".join(names), " ".join(["python -m benchmarks believable", *words]), result)
