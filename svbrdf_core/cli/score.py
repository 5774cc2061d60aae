"""``svbrdf score``: how good a fill is that was made anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from svbrdf_core.cli.fields import parameters, part_of, with_parameters
from svbrdf_core.cli.options import JsonOption, QuietOption, names
from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.session import Session
from svbrdf_core.request import FILLING, HOLE, READING, HoleSpec, LoadOptions
from svbrdf_core.sentences import Sentence

Original = Annotated[
    Path, typer.Argument(metavar="ORIGINAL", help="The material without the hole: a folder.", show_default=False)
]
FilledArgument = Annotated[
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
    typer.Option(
        "--groups",
        metavar="GROUP,…",
        help="Metrics: maps, structure, statistics, sets, render, perceptual.  [default: all]",
    ),
]
Feather = Annotated[
    float, typer.Option("--feather", min=0, metavar="PX", rich_help_panel=HOLE, help="Count a rim outside the hole.")
]
Tileable = Annotated[
    bool, typer.Option("--tileable", rich_help_panel=FILLING, help="The surroundings go on across the edges.")
]


def _score(
    context: typer.Context,
    *,
    original: Original,
    filled: FilledArgument,
    mask: Masks,
    groups: Groups = None,
    feather: Feather = 0.0,
    tileable: Tileable = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    **values: Any,
) -> Outcome:
    """Say how good FILLED is, in the hole alone, against ORIGINAL; docs/metrics.md explains every figure.

    Nothing is written. Pixels that changed outside the hole are not counted, but reported.

    Example: svbrdf score bricks repaired --mask mask.png
    """
    from svbrdf_core.cli.scoring import ScoreRequest, run
    from svbrdf_core.material import load_material
    from svbrdf_core.metrics.groups import usable_groups

    usable, notes = usable_groups(names([groups] if groups else None) or None)
    sources = [part_of(LoadOptions, "source", values, path=path) for path in (original, filled)]
    before, after = (load_material(source) for source in sources)
    hole = part_of(HoleSpec, "hole", {**values, "hole_masks": mask, "hole_feather": feather, "hole_tileable": tileable})
    session: Session = context.obj
    session.tell(notes, quiet=quiet)
    session.tell((Sentence.of(text).after("Warning: ") for text in (*before.warnings, *after.warnings)), quiet=quiet)
    return run(before, after, ScoreRequest(original, filled, hole, usable), session, quiet=quiet)


score = with_parameters(
    _score,
    [
        *parameters(HoleSpec, "hole", HOLE, leave=("masks", "forbid", "feather", "tileable")),
        *parameters(LoadOptions, "source", READING, leave=("path", "also")),
    ],
    panels=(HOLE, FILLING, READING),
)
