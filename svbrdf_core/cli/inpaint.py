"""``svbrdf inpaint``: fill a hole in all maps of a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from svbrdf_core.cli.extensions import inpaint_backend
from svbrdf_core.cli.fields import data_of, parameters, part_of, with_parameters
from svbrdf_core.cli.options import BudgetOption, JsonOption, QuietOption, seconds
from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.session import Session
from svbrdf_core.errors import InputError
from svbrdf_core.request import FILLING, HOLE, READING, WRITING, HoleSpec, LoadOptions, MethodChoice, OutputSpec

if TYPE_CHECKING:
    from svbrdf_core.request import InpaintRequest

Values = dict[str, Any]
MethodPresetOption = Annotated[
    str | None,
    typer.Option(
        "--preset",
        metavar="NAME",
        rich_help_panel=FILLING,
        help="How the diffusion is trained: fast (default), quality (wants a graphics card), paper (as published).",
    ),
]
ModelOption = Annotated[
    Path | None,
    typer.Option(
        "--model", metavar="FILE", rich_help_panel=FILLING, help="A model from svbrdf train, instead of training now."
    ),
]
RotationsOption = Annotated[
    bool, typer.Option("--rotations", rich_help_panel=FILLING, help="Copy from turned places too.")
]
MirrorsOption = Annotated[
    bool, typer.Option("--mirrors", rich_help_panel=FILLING, help="Copy from mirrored places too.")
]
ServerOption = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="URL",
        rich_help_panel=FILLING,
        help="Have it done by the service at URL (svbrdf serve), or with auto by the one that runs here.",
    ),
]


def _inpaint(
    context: typer.Context,
    *,
    preset: MethodPresetOption = None,
    budget: BudgetOption = None,
    model: ModelOption = None,
    rotations: RotationsOption = False,
    mirrors: MirrorsOption = False,
    server: ServerOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
    **values: Any,
) -> Outcome:
    """Fill a hole in all maps of FOLDER by one joint decision, and write the maps to OUT.

    Outside the hole every stored sample stays as it is, and so do format, depth, size and packing.

    All files appear together or not at all.
    """
    from svbrdf_core.cli import fills

    backend = None if server is None else inpaint_backend("server")
    if server is not None and backend is None:
        raise InputError("--server needs an HTTP client; install it with: pip install 'svbrdf-inpaint[server]'.")
    given = {"--rotations": rotations or None, "--mirrors": mirrors or None, "--budget": seconds(budget)}
    request = _request(values, preset, {**given, "--model": model}, here=server is None)
    session: Session = context.obj
    if server is not None and backend is not None:
        return backend(request, server, session, quiet=quiet)
    return fills.run(request, session, quiet=quiet)


inpaint = with_parameters(
    _inpaint,
    [
        *parameters(LoadOptions, "source", READING, arguments=("path",)),
        *parameters(HoleSpec, "hole", HOLE),
        *parameters(OutputSpec, "output", WRITING, optional=("folder",)),
        *parameters(MethodChoice, "method", FILLING),
    ],
    panels=(HOLE, WRITING, FILLING, READING),
)


def _request(values: Values, preset: str | None, shortcuts: Values, *, here: bool) -> InpaintRequest:
    """Return the request that the options make.

    Raises:
        BadParameter: two options contradict each other, or one lacks another.
        SvbrdfError: a value is out of bounds, or not for this method.
    """
    from svbrdf_core.cli.settings import settings_data
    from svbrdf_core.codec import InputFile
    from svbrdf_core.request import InpaintRequest

    source = part_of(LoadOptions, "source", values)
    method = part_of(MethodChoice, "method", {**values, "method_settings": None})
    settings = settings_data(
        method.name,
        preset=preset,
        shortcuts={
            flag: InputFile(value) if isinstance(value, Path) else value
            for flag, value in shortcuts.items()
            if value is not None
        },
        options=values["method_settings"] or (),
        here=here,
    )
    return InpaintRequest(
        source=source,
        hole=part_of(HoleSpec, "hole", values),
        method=part_of(MethodChoice, "method", {**values, "method_settings": None}, settings=settings),
        output=_output(source.path, method.variations, values),
    )


def _output(path: Path, variations: int, values: Values) -> OutputSpec:
    """Return where the result goes.

    Raises:
        BadParameter: nowhere, or --in-place contradicts another option.
    """
    given = data_of(OutputSpec, "output", values)
    if given.get("in_place") and variations > 1:
        raise typer.BadParameter("--in-place takes one fill; give -o OUT for --variations.")
    if "folder" in given:
        return part_of(OutputSpec, "output", values)
    if not given.get("in_place"):
        raise typer.BadParameter("Give -o OUT, the folder for the repaired maps (or --in-place).")
    return part_of(OutputSpec, "output", values, folder=path if path.is_dir() else path.parent)
