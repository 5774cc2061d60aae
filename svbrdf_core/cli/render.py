"""``svbrdf render``: a picture of a material under a light."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from svbrdf_core.cli.fields import parameters, part_of, with_parameters
from svbrdf_core.cli.options import JsonOption, OverwriteOption, QuietOption
from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.session import Session
from svbrdf_core.request import READING, LoadOptions

PICTURE, SCENE = "What is written", "The scene"


class ShapeOption(StrEnum):
    """What the material is put on."""

    plane = "plane"
    sphere = "sphere"
    tiled = "tiled"


Out = Annotated[
    Path | None, typer.Option("--out", "-o", metavar="FILE.png", rich_help_panel=PICTURE, help="The PNG to write.")
]
Turntable = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        rich_help_panel=PICTURE,
        help="A .gif, .webp or .mp4 of the turning sphere, or of a plane with the light carried round it.",
    ),
]
Against = Annotated[
    Path | None,
    typer.Option(
        metavar="OTHER", rich_help_panel=PICTURE, help="Show this material (after) beside FOLDER, and the difference."
    ),
]
Frames = Annotated[
    int, typer.Option(min=2, max=720, metavar="N", rich_help_panel=PICTURE, help="Pictures of the turntable.")
]
Light = Annotated[
    str, typer.Option(metavar="LIGHT", rich_help_panel=SCENE, help="flash, sun, studio, sky, or a lat-long HDR file.")
]
Size = Annotated[
    int | None,
    typer.Option(
        min=16,
        max=4096,
        metavar="PX",
        rich_help_panel=SCENE,
        help="Longer side of the picture (default: that of the material, at most 1024; 512 for a sphere).",
    ),
]
Relief = Annotated[
    float,
    typer.Option(
        min=0, max=1, metavar="DEPTH", rich_help_panel=SCENE, help="Parallax of a plane from its height map, e.g. 0.05."
    ),
]


def _render(
    context: typer.Context,
    *,
    out: Out = None,
    turntable: Turntable = None,
    against: Against = None,
    frames: Frames = 36,
    overwrite: OverwriteOption = False,
    light: Light = "flash",
    shape: Annotated[
        ShapeOption, typer.Option(rich_help_panel=SCENE, help="What the material is put on.")
    ] = ShapeOption.plane,
    size: Size = None,
    film: Annotated[
        bool, typer.Option("--film", rich_help_panel=SCENE, help="Roll off highlights as film does.")
    ] = False,
    relief: Relief = 0.0,
    json: JsonOption = False,
    quiet: QuietOption = False,
    **values: Any,
) -> Outcome:
    """Draw the material of FOLDER under a light, as a picture, a turntable, or beside another material.

    Example: svbrdf render brick_wall -o bricks.png --light studio --shape sphere
    """
    from svbrdf_core.cli.rendering import RenderRequest, run
    from svbrdf_core.material import load_material
    from svbrdf_core.pictures import Look

    if out is None and turntable is None:
        raise typer.BadParameter("Give -o FILE.png, --turntable FILE, or both.")
    if against is not None and out is None:
        raise typer.BadParameter("--against draws a picture; give -o FILE.png for it.")
    session: Session = context.obj
    options = part_of(LoadOptions, "source", values)
    paths = [options.path] if against is None else [options.path, against]
    materials = [load_material(replace(options, path=path)) for path in paths]
    wanted = RenderRequest(out, turntable, frames, overwrite, Look(light, shape.value, size, film, relief))
    return run(materials, wanted, session, quiet=quiet)


render = with_parameters(
    _render,
    parameters(LoadOptions, "source", READING, arguments=("path",), leave=("also",)),
    panels=(PICTURE, SCENE, READING),
)
