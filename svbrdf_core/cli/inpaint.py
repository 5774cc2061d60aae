"""``svbrdf inpaint``: fill a hole in all maps of a folder."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from svbrdf_core.cli.extensions import inpaint_backend
from svbrdf_core.cli.fields import data_of, parameters, part_of, with_parameters
from svbrdf_core.cli.options import BudgetOption, JsonOption, QuietOption, seconds
from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.session import Session
from svbrdf_core.errors import InputError
from svbrdf_core.request import (
    CANVAS,
    FILLING,
    GUIDES,
    HOLE,
    READING,
    WRITING,
    CanvasSpec,
    GuideSpec,
    HoleSpec,
    LoadOptions,
    MethodChoice,
    OutputSpec,
)

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
WeightsOption = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        metavar="FILE",
        rich_help_panel=FILLING,
        help="A network that others trained, for repaint, lama and mat: a file, or a folder of diffusers.",
    ),
]
SolverOption = Annotated[
    str | None,
    typer.Option(
        "--solver",
        metavar="NAME",
        rich_help_panel=FILLING,
        help="What samples from the diffusion: ancestral (default), ddim; or of a prior repaint, ddnm, ddnm-plus, "
        "pigdm, mcg, dps, ddrm, diffpir.",
    ),
]
RotationsOption = Annotated[
    bool, typer.Option("--rotations", rich_help_panel=FILLING, help="Copy from turned places too.")
]
MirrorsOption = Annotated[
    bool, typer.Option("--mirrors", rich_help_panel=FILLING, help="Copy from mirrored places too.")
]
SourceOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--source",
        metavar="FOLDER",
        rich_help_panel=FILLING,
        help="Copy from this material instead, brought to the same scale and colours; several add up.",
    ),
]
VaryOption = Annotated[
    Path | None,
    typer.Option(
        "--vary",
        metavar="FOLDER",
        rich_help_panel=FILLING,
        help="Vary this earlier result of the same hole, with --from-step.",
    ),
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


def filling_command(
    name: str,
    doc: str,
    canvas_of: Callable[[Values], CanvasSpec | None],
    derived: Sequence[inspect.Parameter],
    *,
    leave: Sequence[str] = (),
) -> Callable[..., Outcome]:
    """Return a command that fills maps of a folder.

    Args:
        name: of the command.
        doc: its help.
        canvas_of: returns how the picture changes, of what the parser found.
        derived: parameters besides those that all such commands have.
        leave: fields of the output that it has no option for.
    """

    def run(
        context: typer.Context,
        *,
        sources: SourceOption = None,
        vary: VaryOption = None,
        preset: MethodPresetOption = None,
        budget: BudgetOption = None,
        model: ModelOption = None,
        weights: WeightsOption = None,
        solver: SolverOption = None,
        rotations: RotationsOption = False,
        mirrors: MirrorsOption = False,
        server: ServerOption = None,
        json: JsonOption = False,
        quiet: QuietOption = False,
        **values: Any,
    ) -> Outcome:
        from svbrdf_core.cli import fills

        canvas = canvas_of(values)
        backend = None if server is None else inpaint_backend("server")
        if server is not None and backend is None:
            raise InputError("--server needs an HTTP client; install it with: pip install 'svbrdf-inpaint[server]'.")
        given = shortcuts_of(rotations, mirrors, budget, model, weights, solver)
        request = make_request(values, sources or [], vary, canvas, preset, given, here=server is None)
        session: Session = context.obj
        if server is not None and backend is not None:
            return backend(request, server, session, quiet=quiet)
        return fills.run(request, session, quiet=quiet)

    run.__name__, run.__doc__ = name, doc
    return with_parameters(
        run,
        [
            *derived,
            *parameters(GuideSpec, "guides", GUIDES),
            *parameters(LoadOptions, "source", READING, arguments=("path",)),
            *parameters(OutputSpec, "output", WRITING, optional=("folder",), leave=leave),
            *parameters(MethodChoice, "method", FILLING),
        ],
        panels=(CANVAS, HOLE, WRITING, FILLING, GUIDES, READING),
    )


def check_hole(values: Values) -> None:
    """See that there is a hole.

    Raises:
        BadParameter: there is none.
    """
    if not values.get("hole_masks"):
        raise typer.BadParameter("Give --mask HOLE, the region to repair.")


inpaint = filling_command(
    "inpaint",
    """Fill a hole in all maps of FOLDER by one joint decision, and write the maps to OUT.

    Outside the hole every stored sample stays as it is, and so do format, depth, size and packing.

    All files appear together or not at all.
    """,
    check_hole,
    parameters(HoleSpec, "hole", HOLE),
)


def shortcuts_of(
    rotations: bool, mirrors: bool, budget: str | None, model: Path | None, weights: Path | None, solver: str | None
) -> Values:
    """Return the options that stand for settings of a method, by their flags; None for those that were not given."""
    return {
        "--rotations": rotations or None,
        "--mirrors": mirrors or None,
        "--budget": seconds(budget),
        "--model": model,
        "--weights": weights,
        "--solver": solver,
    }


def make_request(
    values: Values, sources: list[Path], vary: Path | None, canvas: CanvasSpec | None, preset: str | None,
    shortcuts: Values, *, here: bool,
) -> InpaintRequest:  # fmt: skip
    """Return the request that the options make.

    Args:
        values: what the parser found for the fields of a request.
        sources: materials to copy from instead.
        vary: a result that is varied.
        canvas: how the picture changes.
        preset: of the method.
        shortcuts: settings of the method by the options that stand for them; None for those that were not given.
        here: whether this machine does the work.

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
        canvas=canvas,
        guides=part_of(GuideSpec, "guides", values),
        examples=tuple(LoadOptions(path) for path in sources),
        former=None if vary is None else replace(source, path=vary),
    )


def _output(path: Path, variations: int, values: Values) -> OutputSpec:
    """Return where the result goes.

    Raises:
        BadParameter: nowhere, or --in-place contradicts another option.
    """
    given = data_of(OutputSpec, "output", values)
    if given.get("in_place") and variations > 1:
        raise typer.BadParameter("--in-place takes one fill; give -o OUT for --variations.")
    if given.get("in_place") and "folder" in given:
        raise typer.BadParameter("-o OUT and --in-place are two places for the repaired maps; give one of them.")
    if "folder" in given:
        return part_of(OutputSpec, "output", values)
    if not given.get("in_place"):
        raise typer.BadParameter("Give -o OUT, the folder for the repaired maps (or --in-place).")
    return part_of(OutputSpec, "output", values, folder=path if path.is_dir() else path.parent)
