"""Command ``python -m benchmarks [WHAT]``, which measures, prints a table and keeps JSON in ``benchmarks/out/``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks import (
    believable,
    corpus,
    diffusion,
    error,
    gpu,
    identity,
    joint,
    large,
    memory,
    pages,
    ranking,
    render,
    size,
    speed,
    tables,
    time_left,
)
from benchmarks.common import SHARED
from svbrdf_core.errors import InputError
from svbrdf_core.methods import find

ALL = ("speed", "size", "error", "joint", "render", *tables.TABLES)


def main() -> None:
    """Run what the command line names; with nothing named, all of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "what",
        nargs="?",
        choices=[
            *ALL,
            "believable",
            "ranking",
            "diffusion",
            "gpu",
            "service",
            "time-left",
            "identity",
            "corpus",
            "table",
            "large",
            "large-of",
            "memory",
            "memory-of",
            "size-of",
            "diffusion-of",
            "gpu-part",
            "health-of",
            "repair-of",
        ],
        help="all of it if left out; i, ii, iii: the paper's tables; table: write what is kept into the pages",
    )
    parser.add_argument("folders", nargs="*", type=Path, help="i, ii, iii, corpus: folders of pictures or materials")
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder with materials/ and cases/")
    parser.add_argument("--case", action="append", default=[], help="only this of the fixed cases (repeatable)")
    parser.add_argument("--sheet", type=Path, help="error: PNG that takes truth and fill of each case")
    parser.add_argument("--largest", type=int, default=8192, help="size: side of the larger set")
    parser.add_argument("--seeds", type=int, help="error, diffusion, ranking: fills a case (1, 8, 8)")
    parser.add_argument(
        "--preset", default="fast", choices=list(find("diffusion").presets), help="diffusion: what is trained"
    )
    parser.add_argument("--seed", type=int, default=0, help="believable: of the fills")
    parser.add_argument("--method", default="patch", help="believable: what fills")
    parser.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="believable: a setting of it (repeatable)"
    )
    parser.add_argument("--renders", action="store_true", help="believable: the slow figures of renderings too")
    parser.add_argument("--small", action="store_true", help="gpu: a rehearsal on the processor")
    parser.add_argument("--runs", type=int, default=3, help="speed, large, render, service: counted runs")
    parser.add_argument("--material", type=Path, help="speed: a folder instead of the example")
    parser.add_argument("--mask", type=Path, help="speed: its mask")
    parser.add_argument("--masks", action="append", default=[], help="i, ii, iii: as svbrdf compare (repeatable)")
    parser.add_argument("--methods", default="", help="i, ii, iii: names with commas between")
    parser.add_argument("--report", type=Path, help="i, ii, iii: the report's folder")
    parser.add_argument(
        "--processor-time", action="store_true", help="time-left: of this process alone, on a machine that is shared"
    )
    parser.add_argument("--seconds", type=float, help="corpus: begin no other file after so long")
    parser.add_argument("--against", type=Path, help="identity: what another run wrote, to compare with")
    options = parser.parse_args()
    if options.what == "corpus":
        sys.exit(1 if corpus.run(options.folders, options.seconds) else 0)
    if options.what == "size-of":
        print(json.dumps(size.measure_folder(options.folders[0])))
        return
    if options.what == "large":  # minutes, so never with all the others
        large.run(options.runs)
        return
    if options.what == "memory":  # minutes, so never with all the others
        if not set(options.case) <= set(memory.CASES):
            parser.error(f"--case of memory is one of {', '.join(memory.CASES)}.")
        memory.run(options.case)
        return
    if options.what == "memory-of":
        print(json.dumps(memory.measure_case(options.folders[0], str(options.folders[1]))))
        return
    if options.what == "large-of":
        print(json.dumps(large.measure_hole(options.folders[0], int(str(options.folders[1])), options.runs)))
        return
    if options.what == "diffusion-of":
        print(json.dumps(diffusion.measure_preset(str(options.folders[0]))))
        return
    if options.what in ("service", "health-of", "repair-of"):
        _service(options)
        return
    if options.what == "diffusion":  # half an hour, so never with all the others
        diffusion.run(options.shared, options.case, options.seeds or 8, options.preset)
        return
    if options.what == "believable":
        try:
            believable.run(
                options.shared,
                options.case,
                options.method,
                options.seed,
                renders=options.renders,
                options=options.option,
            )
        except InputError as refusal:
            parser.error(str(refusal))
        return
    if options.what == "time-left":  # minutes, so never with all the others
        if not set(options.case) <= set(time_left.CASES):
            parser.error(f"--case of time-left is one of {', '.join(time_left.CASES)}.")
        time_left.run(options.case, processor_time=options.processor_time)
        return
    if options.what == "gpu":  # for another machine than the others
        gpu.run(options.shared, small=options.small)
        return
    if options.what == "gpu-part":
        for row in gpu.measure_part(str(options.folders[0]), options.shared, small=options.small):
            print(json.dumps(row), flush=True)
        return
    if options.what == "ranking":  # fills by the hundred, so never with all the others
        ranking.run(options.shared, options.case, options.seeds or 8)
        return
    if options.what == "identity":
        sys.exit(0 if identity.run(options.shared, options.case, options.against) else 1)
    if options.what == "table":
        pages.update()
        return
    if options.what in (None, "speed"):
        speed.run(options.runs, options.material, options.mask)
    if options.what in (None, "size"):
        size.run(options.largest)
    if options.what in (None, "error"):
        error.run(options.shared, options.case, range(options.seeds or 1), options.sheet)
    if options.what in (None, "joint"):
        joint.run(options.shared, options.case)
    if options.what in (None, "render"):
        render.run(options.runs)
    methods = [name for name in options.methods.split(",") if name]
    for number in tables.TABLES:
        if options.what in (None, number):
            tables.run_table(number, options.folders, options.masks, methods, options.report)


def _service(options: argparse.Namespace) -> None:
    from benchmarks import service  # with packages that nothing else here needs

    if options.what == "service":  # minutes, so never with all the others
        service.run(options.runs)
    elif options.what == "health-of":
        print(json.dumps(service.measure_waits(int(str(options.folders[0])))))
    else:
        print(json.dumps(service.repair_here(options.folders[0])))


if __name__ == "__main__":
    main()
