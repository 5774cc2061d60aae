"""``svbrdf demo``: an example material with a defect, repaired before your eyes."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from svbrdf_core.cli.options import JsonOption, QuietOption
from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.session import Session
from svbrdf_core.codec.plain import Json


class DemoKind(StrEnum):
    """The example materials."""

    bricks = "bricks"
    planks = "planks"
    hammered = "hammered"
    gravel = "gravel"


def demo(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="Where to put it.")] = Path("demo"),
    kind: Annotated[DemoKind, typer.Option(help="Which material.")] = DemoKind.bricks,
    size: Annotated[int, typer.Option(metavar="PX", help="Its side.")] = 512,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, another material and fill.")] = 0,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> Outcome:
    """Make an example material with a defect, repair it, and show before, after and difference.

    Writes DIR/clean, DIR/damaged, DIR/mask.png, DIR/repaired and DIR/preview.png, over what an earlier run left.
    """
    from svbrdf_core.cli.bar import visible_run
    from svbrdf_core.example import write_example
    from svbrdf_core.formats import write_png
    from svbrdf_core.inpainting.fill import inpaint
    from svbrdf_core.inpainting.sheet import sheet
    from svbrdf_core.inpainting.staging import publish, staging
    from svbrdf_core.material import Material

    session: Session = context.obj
    start = time.perf_counter()
    with staging(out) as staged:
        session.tell([f"Making {kind.value}, {size} x {size}."], quiet=quiet)
        example = write_example(staged, kind.value, size, seed)
        made = time.perf_counter()
        damaged = Material.load(staged / "damaged")
        with visible_run(session, quiet=quiet) as shown:
            fill = inpaint(damaged, example.mask, seed=seed, tileable=True, run=shown)
        fill.canvas.save(staged / "repaired")
        write_png(staged / "preview.png", sheet(damaged, [fill], example.mask, tileable=True))
        publish(staged, out, overwrite=True)
    paths: dict[str, Json] = {
        part: str(out / part) for part in ("clean", "damaged", "mask.png", "repaired", "preview.png")
    }
    seconds: dict[str, Json] = {
        "make": round(made - start, 3), "fill": round(fill.seconds, 3), "total": round(time.perf_counter() - start, 3)
    }  # fmt: skip
    data: dict[str, Json] = {"kind": kind.value, "size": size, "seed": seed, "paths": paths, "seconds": seconds}
    text = (
        f"Damaged material   {paths['damaged']}",
        f"Mask               {paths['mask.png']}",
        f"Repaired material  {paths['repaired']}  ({len(damaged.maps)} maps filled in {seconds['fill']} s)",
        f"Look at            {paths['preview.png']}",
    )
    return Outcome(data, () if quiet else text)
