"""``svbrdf score``: how good a fill is that was made anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from svbrdf_core.cli.options import (
    FILLING,
    HOLE,
    JsonOption,
    MapOption,
    MaxPixelsOption,
    Normal,
    NormalOption,
    OnlyOption,
    QuietOption,
    SetOption,
    names,
)
from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.session import Session

Original = Annotated[
    Path, typer.Argument(metavar="ORIGINAL", help="The material without the hole: a folder.", show_default=False)
]
Filled = Annotated[
    Path, typer.Argument(metavar="FILLED", help="The same material with the hole filled.", show_default=False)
]
Masks = Annotated[
    list[str],
    typer.Option(
        "--mask",
        "-m",
        metavar="HOLE",
        show_default=False,
        rich_help_panel=HOLE,
        help="What was filled: a mask image (white = hole), or rect:X,Y,W,H and the like, as for svbrdf inpaint.",
    ),
]
Groups = Annotated[
    str | None,
    typer.Option("--groups", metavar="GROUP,…", help="Metrics: maps, structure, render, perceptual.  [default: all]"),
]
Invert = Annotated[bool, typer.Option("--invert", rich_help_panel=HOLE, help="Black is the hole, not white.")]
Grow = Annotated[
    float, typer.Option("--grow", metavar="PX", rich_help_panel=HOLE, help="Grow the hole; negative shrinks.")
]
Feather = Annotated[
    float, typer.Option("--feather", min=0, metavar="PX", rich_help_panel=HOLE, help="Count a rim outside the hole.")
]
Tileable = Annotated[
    bool, typer.Option("--tileable", rich_help_panel=FILLING, help="The surroundings go on across the edges.")
]


def score(
    context: typer.Context,
    original: Original,
    filled: Filled,
    mask: Masks,
    groups: Groups = None,
    grow: Grow = 0.0,
    feather: Feather = 0.0,
    invert: Invert = False,
    tileable: Tileable = False,
    maps: MapOption = None,
    only: OnlyOption = None,
    set_name: SetOption = None,
    normal: NormalOption = Normal.auto,
    max_pixels: MaxPixelsOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> Outcome:
    """Say how good FILLED is, in the hole alone, against ORIGINAL; docs/metrics.md explains every figure.

    Nothing is written. Pixels that changed outside the hole are not counted, but reported.

    Example: svbrdf score bricks repaired --mask mask.png
    """
    from svbrdf_core.cli.reading import reading_of
    from svbrdf_core.cli.scoring import Request, run
    from svbrdf_core.material.hole import Shaping
    from svbrdf_core.metrics.groups import usable_groups

    usable, notes = usable_groups(names([groups] if groups else None) or None)
    before, after = (
        reading_of(path, maps=maps, only=only, set_name=set_name, normal=normal, max_pixels=max_pixels).load()
        for path in (original, filled)
    )
    session: Session = context.obj
    session.tell(notes, quiet=quiet)
    session.tell((f"Warning: {text}" for text in (*before.warnings, *after.warnings)), quiet=quiet)
    request = Request(original, filled, tuple(mask), Shaping(invert, grow, feather), tileable, usable)
    return run(before, after, request, session, quiet=quiet)
