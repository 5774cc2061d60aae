"""Command ``python -m benchmarks [WHAT]``, which measures, prints a table and keeps JSON in ``benchmarks/out/``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks import (
    batch,
    believable,
    beside,
    canvases,
    corpus,
    diffusion,
    error,
    first,
    gpu,
    identity,
    joint,
    kills,
    large,
    learned,
    memory,
    pages,
    ranking,
    render,
    scale,
    scenes,
    size,
    solvers,
    speed,
    tables,
    time_left,
    variety,
    windows,
)
from benchmarks.common import SHARED
from svbrdf_core.errors import InputError
from svbrdf_core.methods import find

Options = argparse.Namespace


def tables_of_paper(number: str, given: Options) -> None:
    """Compare methods as one of the paper's tables does."""
    methods = [name for name in given.methods.split(",") if name]
    tables.run_table(number, given.folders, given.masks, methods, given.report)


ALL: dict[str, Callable[[Options], object]] = {
    "speed": lambda given: speed.run(given.runs, given.material, given.mask),
    "size": lambda given: size.run(given.largest),
    "error": lambda given: error.run(given.shared, given.case, range(given.seeds or 1), given.sheet),
    "joint": lambda given: joint.run(given.shared, given.case),
    "render": lambda given: render.run(given.runs),
    **{number: partial(tables_of_paper, number) for number in tables.TABLES},
}
"""What runs when nothing is named."""
LONG: dict[str, Callable[[Options], object]] = {
    "believable": lambda given: believable.run(
        given.shared, given.case, given.method, given.seed, renders=given.renders, options=given.option
    ),
    "batch": lambda given: batch.run(given.sets),
    "kills": lambda given: sys.exit(0 if kills.run(given.moments, given.seed) else 1),
    "scale": lambda given: scale.run(),
    "beside": lambda given: beside.run(given.runs),
    "corpus": lambda given: sys.exit(1 if corpus.run(given.folders, given.seconds) else 0),
    "diffusion": lambda given: diffusion.run(given.shared, given.case, given.seeds or 8, given.preset),
    "extend": lambda given: canvases.run_extend(given.shared, given.case, given.pictures),
    "tile": lambda given: canvases.run_tile(given.shared, given.case, given.pictures),
    "sheet": lambda given: canvases.run_sheet(given.largest),
    "first": lambda given: first.run(given.runs),
    "gpu": lambda given: gpu.run(given.shared, small=given.small),
    "identity": lambda given: sys.exit(0 if identity.run(given.shared, given.case, given.against) else 1),
    "large": lambda given: large.run(given.runs),
    "learned": lambda given: learned.run(
        given.shared, given.task, given.case, given.option, given.seconds, renders=given.renders
    ),
    "memory": lambda given: memory.run(given.case),
    "ranking": lambda given: ranking.run(given.shared, given.case, given.seeds or 8),
    "redraw": lambda given: _load("redraw").run(),
    "solvers": lambda given: solvers.run(
        given.shared,
        given.case,
        given.cases,
        given.methods,
        given.preset,
        given.library,
        given.option,
        given.sheet,
        renders=given.renders,
    ),
    "scenes": lambda given: sys.exit(1 if scenes.run(given.folders, given.blender) else 0),
    "service": lambda given: _load("service").run(given.runs),
    "time-left": lambda given: time_left.run(given.case, processor_time=given.processor_time),
    "windows": lambda given: windows.run(),
    "step": lambda given: _load("step").run(given.preset, 5 * given.runs),
    "variety": lambda given: variety.run(
        given.shared, given.case, given.seeds or 3, given.preset, given.option, given.pictures
    ),
    "table": lambda given: pages.update(),
}
"""What takes minutes, is for another machine, or gives no table of its own: only by name."""
PARTS: dict[str, Callable[[Options], object]] = {
    "diffusion-of": lambda given: diffusion.measure_preset(str(given.folders[0])),
    "first-of": lambda given: first.measure_program(given.folders[0], float(str(given.folders[1]))),
    "health-of": lambda given: _load("service").measure_waits(int(str(given.folders[0]))),
    "large-of": lambda given: large.measure_hole(given.folders[0], int(str(given.folders[1])), given.runs),
    "memory-of": lambda given: memory.measure_case(given.folders[0], str(given.folders[1])),
    "repair-of": lambda given: _load("service").repair_here(given.folders[0]),
    "size-of": lambda given: size.measure_folder(given.folders[0]),
    "windows-of": lambda given: windows.measure_memory(str(given.folders[0]), int(str(given.folders[1]))),
}
"""What the others have measured in a process of its own: prints JSON."""


def main() -> None:
    """Run what the command line names; with nothing named, all that takes no hours."""
    parser = _parser()
    given = parser.parse_args()
    try:
        if given.what is None:
            for measure in ALL.values():
                measure(given)
        elif given.what in PARTS:
            print(json.dumps(PARTS[given.what](given)))
        elif given.what == "gpu-part":
            for row in gpu.measure_part(str(given.folders[0]), given.shared, small=given.small):
                print(json.dumps(row), flush=True)
        else:
            {**ALL, **LONG}[given.what](given)
    except InputError as refusal:
        parser.error(str(refusal))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "what",
        nargs="?",
        choices=[*ALL, *LONG, *PARTS, "gpu-part"],
        help="all of it if left out; i, ii, iii: the paper's tables; table: write what is kept into the pages",
    )
    parser.add_argument("folders", nargs="*", type=Path, help="i, ii, iii, corpus, scenes: folders of what is tried")
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder with materials/ and cases/")
    parser.add_argument("--case", action="append", default=[], help="only this of the fixed cases (repeatable)")
    parser.add_argument("--cases", default="all", metavar="N", help="solvers: all of the fixed cases, or so many")
    parser.add_argument("--sheet", type=Path, help="error, solvers: PNG that takes truth and fill of each case")
    parser.add_argument("--pictures", type=Path, help="extend, tile, variety: folder for pictures of each material")
    parser.add_argument("--largest", type=int, default=8192, help="size, sheet: side of the larger set")
    parser.add_argument("--sets", type=int, default=200, help="batch: sets of the library")
    parser.add_argument("--moments", type=int, default=30, help="kills: how often")
    parser.add_argument("--seeds", type=int, help="error, diffusion, ranking, variety: fills a case (1, 8, 8, 3)")
    parser.add_argument(
        "--preset",
        default="fast",
        choices=list(find("diffusion").presets),
        help="diffusion, solvers, variety: what is trained",
    )
    parser.add_argument("--library", type=Path, help="solvers: a prior of other materials, or a folder of them")
    parser.add_argument("--seed", type=int, default=0, help="believable: of the fills; kills: of the moments")
    parser.add_argument("--method", default="patch", help="believable: what fills")
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="believable, solvers, learned, variety: a setting (repeatable)",
    )
    parser.add_argument(
        "--renders", action="store_true", help="believable, solvers: the slow figures of renderings too"
    )
    parser.add_argument(
        "--task", action="append", default=[], help="learned: what is trained, settings behind it (repeatable)"
    )
    parser.add_argument("--small", action="store_true", help="gpu: a rehearsal on the processor")
    parser.add_argument(
        "--runs", type=_count, default=3, help="speed, first, large, beside, render, service: counted runs"
    )
    parser.add_argument("--material", type=Path, help="speed: a folder instead of the example")
    parser.add_argument("--mask", type=Path, help="speed: its mask")
    parser.add_argument("--masks", action="append", default=[], help="i, ii, iii: as svbrdf compare (repeatable)")
    parser.add_argument("--methods", default="", help="i, ii, iii, solvers: names with commas between")
    parser.add_argument("--report", type=Path, help="i, ii, iii: the report's folder")
    parser.add_argument(
        "--processor-time", action="store_true", help="time-left: of this process alone, on a machine that is shared"
    )
    parser.add_argument("--blender", type=Path, metavar="PYTHON", help="scenes: a Python that has bpy")
    parser.add_argument(
        "--seconds",
        type=float,
        help="corpus: begin no other file after so long; learned: of each training, not its steps",
    )
    parser.add_argument("--against", type=Path, help="identity: what another run wrote, to compare with")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("give 1 or more")
    return number


def _load(name: str) -> Any:
    """Import a benchmark with packages that the others do not need."""
    return import_module(f"benchmarks.{name}")


if __name__ == "__main__":
    main()
