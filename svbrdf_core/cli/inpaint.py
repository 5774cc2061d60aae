"""``svbrdf inpaint``: fill a hole in all maps of a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from svbrdf_core.cli.options import (
    FILLING,
    HOLE,
    WRITING,
    AlsoOption,
    BudgetOption,
    Device,
    JsonOption,
    MapOption,
    MaxPixelsOption,
    Normal,
    NormalOption,
    OnlyOption,
    PresetOption,
    QuietOption,
    SetOption,
    Source,
    seconds,
)
from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.session import Session

Masks = Annotated[
    list[str],
    typer.Option(
        "--mask",
        "-m",
        metavar="HOLE",
        show_default=False,
        rich_help_panel=HOLE,
        help="A mask image (white = hole), or rect:X,Y,W,H, circle:X,Y,R, polygon:X,Y,…, key:#RRGGBB~TOLERANCE, "
        "alpha, nan, brush:SEED; numbers are pixels or %. Several make one hole together.",
    ),
]
Forbid = Annotated[
    list[str] | None,
    typer.Option("--forbid", metavar="HOLE", rich_help_panel=HOLE, help="Where nothing may be copied from."),
]
Grow = Annotated[
    float, typer.Option("--grow", metavar="PX", rich_help_panel=HOLE, help="Grow the hole; negative shrinks.")
]
Feather = Annotated[
    float, typer.Option("--feather", min=0, metavar="PX", rich_help_panel=HOLE, help="Soft rim outside the hole.")
]
Invert = Annotated[
    bool, typer.Option("--invert", rich_help_panel=HOLE, help="Black is the hole, not white; done before --grow.")
]
Tileable = Annotated[
    bool | None,
    typer.Option(
        "--tileable/--no-tileable", rich_help_panel=FILLING, help="Whether the edges meet around (default: no)."
    ),
]
Auto = Annotated[
    bool, typer.Option("--auto", rich_help_panel=FILLING, help="Find out from the material whether it tiles.")
]
Variations = Annotated[
    int,
    typer.Option(
        min=1, metavar="N", rich_help_panel=FILLING, help="Fill N times (seeds SEED, SEED+1, …) to OUT/v1…, best first."
    ),
]
ModelFile = Annotated[
    Path | None,
    typer.Option(
        "--model", metavar="FILE", rich_help_panel=FILLING, help="A model from svbrdf train, instead of training now."
    ),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", "-o", metavar="OUT", rich_help_panel=WRITING, help="The folder for the repaired maps."),
]
InPlace = Annotated[
    bool,
    typer.Option(
        "--in-place", rich_help_panel=WRITING, help="Write to FOLDER itself; the originals go to a backup folder in it."
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", rich_help_panel=WRITING, help="Replace files that exist.")]
Preview = Annotated[
    Path | None,
    typer.Option(metavar="FILE.png", rich_help_panel=WRITING, help="Draw before, after and difference of each map."),
]
SourceMap = Annotated[
    Path | None,
    typer.Option(metavar="FILE.png", rich_help_panel=WRITING, help="Draw where each filled pixel was copied from."),
]


Server = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="URL",
        rich_help_panel=FILLING,
        help="Have it done by the service at URL (svbrdf serve), or with auto by the one that runs here.",
    ),
]


def inpaint(
    context: typer.Context,
    folder: Source,
    mask: Masks,
    out: Out = None,
    in_place: InPlace = False,
    overwrite: Overwrite = False,
    preview: Preview = None,
    source_map: SourceMap = None,
    grow: Grow = 0.0,
    feather: Feather = 0.0,
    invert: Invert = False,
    forbid: Forbid = None,
    method: Annotated[
        str,
        typer.Option(
            rich_help_panel=FILLING,
            help="How to fill: patch, diffusion, auto (the better), or another that docs/methods.md lists.",
        ),
    ] = "patch",
    preset: PresetOption = None,
    budget: BudgetOption = None,
    model: ModelFile = None,
    seed: Annotated[int, typer.Option(min=0, rich_help_panel=FILLING, help="Another seed, another fill.")] = 0,
    variations: Variations = 1,
    tileable: Tileable = None,
    auto: Auto = False,
    rotations: Annotated[
        bool, typer.Option("--rotations", rich_help_panel=FILLING, help="Copy from turned places too.")
    ] = False,
    mirrors: Annotated[
        bool, typer.Option("--mirrors", rich_help_panel=FILLING, help="Copy from mirrored places too.")
    ] = False,
    device: Annotated[Device, typer.Option(rich_help_panel=FILLING, help="What to compute on.")] = Device.auto,
    maps: MapOption = None,
    only: OnlyOption = None,
    also: AlsoOption = None,
    set_name: SetOption = None,
    normal: NormalOption = Normal.auto,
    max_pixels: MaxPixelsOption = None,
    server: Server = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> Outcome:
    """Fill a hole in all maps of FOLDER by one joint decision, and write the maps to OUT.

    Outside the hole every stored sample stays as it is, and so do format, depth, size and packing.

    All files appear together or not at all.
    """
    from svbrdf_core.cli import fills, remote
    from svbrdf_core.cli.reading import reading_of
    from svbrdf_core.cli.settings import settings_of
    from svbrdf_core.inpaint.request import Choice, Hole, Repair
    from svbrdf_core.material.hole import Shaping

    if auto and tileable is not None:
        raise typer.BadParameter("--auto finds out what --tileable and --no-tileable say; give one of the three.")
    if server is not None:
        remote.check_server()
    reading = reading_of(
        folder, maps=maps, only=only, also=also, set_name=set_name, normal=normal, max_pixels=max_pixels
    )
    material = reading.load()
    time, target = seconds(budget), _target(folder, out, in_place=in_place, variations=variations)
    settings = settings_of(
        method,
        rotations=rotations,
        mirrors=mirrors,
        preset=None if preset is None else preset.value,
        budget=time,
        model=model,
        here=server is None,
    )
    job = Repair(
        material=material,
        hole=Hole(
            tuple(mask), tuple(forbid or ()), Shaping(invert, grow, feather), tileable=None if auto else bool(tileable)
        ),
        choice=Choice(method, settings, seed, variations, device.value),
        target=target,
        in_place=in_place,
        overwrite=overwrite,
        preview=preview,
        source_map=source_map,
    )
    session: Session = context.obj
    if server is not None:
        return remote.run(job, reading, server, session, quiet=quiet)
    return fills.run(job, session, quiet=quiet)


def _target(folder: Path, out: Path | None, *, in_place: bool, variations: int) -> Path:
    """Return the folder to write to.

    Raises:
        BadParameter: there is none, or --in-place contradicts another option.
    """
    if in_place and variations > 1:
        raise typer.BadParameter("--in-place takes one fill; give -o OUT for --variations.")
    if out is not None:
        return out
    if not in_place:
        raise typer.BadParameter("Give -o OUT, the folder for the repaired maps (or --in-place).")
    return folder if folder.is_dir() else folder.parent
