"""``python -m benchmarks [speed|size|error|joint|table]``: measure, print a table, write JSON to benchmarks/out/."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from benchmarks import error, joint, readme, size, speed
from benchmarks.common import SHARED


def main() -> None:
    """Run what the command line names; with nothing named, all of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["speed", "size", "error", "joint", "table", "readme", "size-of"])
    parser.add_argument("folder", nargs="?", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder with materials/ and cases/")
    parser.add_argument("--case", action="append", default=[], help="error, joint: only this case (repeatable)")
    parser.add_argument("--sheet", type=Path, help="error: PNG that takes truth and fill of each case")
    parser.add_argument("--largest", type=int, default=8192, help="size: side of the larger set")
    parser.add_argument("--seeds", type=int, default=1, help="error: fills a case")
    parser.add_argument("--runs", type=int, default=3, help="speed: counted runs")
    parser.add_argument("--material", type=Path, help="speed: a folder instead of the example")
    parser.add_argument("--mask", type=Path, help="speed: its mask")
    options = parser.parse_args()
    if options.what == "size-of":
        print(json.dumps(size.one(options.folder)))
        return
    if options.what in ("table", "readme"):
        readme.update()
        return
    if options.what in (None, "speed"):
        speed.run(options.runs, options.material, options.mask)
    if options.what in (None, "size"):
        size.run(options.largest)
    if options.what in (None, "error"):
        error.run(options.shared, options.case, range(options.seeds), options.sheet)
    if options.what in (None, "joint"):
        joint.run(options.shared, options.case)


if __name__ == "__main__":
    main()
