"""Benchmarks in the layouts of the paper's Tables I, II and III.

Tables I (textures), II (line drawings) and III (SVBRDF) of Cherel et al. 2024, arXiv 2406.04206, with the methods that
are installed here. Every figure is taken inside the hole, on stored values in 0..1; the paper does not say where it
takes its own. Genuine LPIPS needs weights that have to be fetched, so ST-LPIPS stands beside it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.common import OUT, SHARED, keep
from benchmarks.drawings import draw
from svbrdf_core.compare import FinishedCell, Plan, Results, find_cases, read_results, run, write_report
from svbrdf_core.compare.results import parse_results
from svbrdf_core.compare.tables import of_methods
from svbrdf_core.errors import InputError
from svbrdf_core.inpainting.call import usable
from svbrdf_core.metrics.groups import usable_groups
from svbrdf_core.runs.executors import LocalExecutor

ALL = ("patch", "patch-per-map", "gmic", "pypatchmatch", "resynthesizer", "biharmonic", "telea", "ns", "poisson")
PLAIN = ("patch", "gmic", "pypatchmatch", "resynthesizer", "biharmonic", "telea")
COLOURS = ("diffuse", "basecolor")
"""What a plain picture is, by the workflow of its folder."""
PERCEPTUAL = tuple(f"{measure}/{name}" for measure in ("stlpips", "lpips") for name in COLOURS)


@dataclass(frozen=True)
class Table:
    """One table of the paper, and what we add to it.

    Attributes:
        title: for people.
        methods: compared where they are installed, unless others are named.
        masks: of each picture.
        only: the maps that are compared.
        quantities: the columns; those that nothing measured are left out.
    """

    title: str
    methods: tuple[str, ...]
    masks: tuple[str, ...]
    only: tuple[str, ...]
    quantities: tuple[str, ...]


MAPS = ("diffuse", "normal", "roughness", "specular")
TABLES = {
    "i": Table(
        *("textures", PLAIN, ("brush",), COLOURS),
        (*(f"{measure}/{name}" for measure in ("psnr", "ssim") for name in COLOURS), *PERCEPTUAL, "seconds"),
    ),
    "ii": Table(
        *("line drawings", PLAIN, ("brush",), COLOURS),
        (*(f"bce/{name}" for name in COLOURS), *PERCEPTUAL, "seconds"),
    ),
    "iii": Table(
        "materials",
        ALL,
        ("square", "brush"),
        MAPS,
        (
            *(f"mse/{name}" for name in MAPS),
            *(
                "two_sample",
                "wasserstein",
                "sharpness",
                "seam",
                "coherence",
                "render/log_l1",
                "flip",
                "stlpips/render",
                "seconds",
            ),
        ),
    ),
}


def measure(
    table: Table,
    folders: Sequence[Path],
    masks: Sequence[str],
    methods: Sequence[str],
    report: Path,
    seeds: int = 1,
) -> Results:
    """Run what is not finished of a comparison, write its report, and return the figures."""
    groups, notes = usable_groups(None)
    plan = Plan(
        cases=tuple(find_cases(folders, masks or table.masks, table.only)),
        methods=tuple(methods) or find_usable_methods(table.methods),
        seeds=seeds,
        groups=groups,
        device="cpu",
    )
    print(*notes, sep="\n")

    def print_step(step: FinishedCell) -> None:
        print(f"{step.done}/{step.total} {step.result['case']} {step.result['method']} {step.result['why'] or ''}")

    run(plan, report, LocalExecutor(1), print_step)
    write_report(report)
    return read_results(report)


def find_usable_methods(names: Sequence[str]) -> tuple[str, ...]:
    """Return the methods that can be used here; say which cannot."""
    found = []
    for name in names:
        try:
            found.append(usable(name).name)
        except InputError as error:
            print(error)
    return tuple(found)


def text(result: dict[str, Any]) -> str:
    """Return a kept result as Markdown."""
    return _text(result, TABLES[result["table"]].quantities)


def _text(result: dict[str, Any], quantities: Sequence[str]) -> str:
    results = parse_results(result["results"])
    measured = {column.name: column for column in results.columns}
    return of_methods(results, [measured[name] for name in quantities if name in measured])


def run_table(
    number: str, folders: Sequence[Path], masks: Sequence[str], methods: Sequence[str], report: Path | None
) -> None:
    """Measure, print and keep; without folders, on the shared materials, and for line drawings on some of our own."""
    table = TABLES[number]
    where = report or OUT / f"table-{number}"
    drawn = tempfile.TemporaryDirectory() if number == "ii" and not folders else nullcontext("")
    with drawn as folder:
        if folder:
            folders = draw(Path(folder))
        elif not folders and not (SHARED / "materials").is_dir():
            print(f"table {number}: skipped, there is no {SHARED / 'materials'} (name folders)")
            return
        elif not folders:
            folders = [SHARED / "materials"]
            masks = masks or [str(SHARED / "cases" / f"{{material}}_{kind}.png") for kind in table.masks]
        measure(table, folders, masks, methods, where)
    result = {"table": number, "results": json.loads((where / "results.json").read_text(encoding="utf-8"))}
    print("\n" + text(result))
    keep(f"table_{number}", f"python -m benchmarks {number}", result)
