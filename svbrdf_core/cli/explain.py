"""``svbrdf explain``: a fill, watched, and why it became what it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from svbrdf_core.cli.fields import parameters, with_parameters
from svbrdf_core.cli.inpaint import (
    MethodPresetOption,
    MirrorsOption,
    ModelOption,
    RotationsOption,
    SolverOption,
    WeightsOption,
    check_hole,
    make_request,
    shortcuts_of,
)
from svbrdf_core.cli.options import BudgetOption, JsonOption, QuietOption
from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.session import Session
from svbrdf_core.request import (
    FILLING,
    GUIDES,
    HOLE,
    READING,
    WRITING,
    GuideSpec,
    HoleSpec,
    LoadOptions,
    MethodChoice,
    OutputSpec,
)

if TYPE_CHECKING:
    from svbrdf_core.explain import Explained


OutOption = Annotated[
    Path,
    typer.Option(
        "--out",
        "-o",
        metavar="OUT",
        rich_help_panel=WRITING,
        help="The folder for the page, its pictures and figures.",
        show_default=False,
    ),
]


def _explain(
    context: typer.Context,
    *,
    out: OutOption,
    preset: MethodPresetOption = None,
    budget: BudgetOption = None,
    model: ModelOption = None,
    weights: WeightsOption = None,
    solver: SolverOption = None,
    rotations: RotationsOption = False,
    mirrors: MirrorsOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
    **values: Any,
) -> Outcome:
    """Fill a hole as inpaint does, and write to OUT why it became what it is, as a page with pictures and figures.

    It shows what pixels were copied from, how often, and what a network looked at while it sampled.

    OUT/index.html is to be looked at; OUT/explain.json holds every figure. The maps are not written.
    """
    from svbrdf_core.cli.bar import visible_run
    from svbrdf_core.explain import explain

    check_hole(values)
    given = shortcuts_of(rotations, mirrors, budget, model, weights, solver)
    request = make_request({**values, "output_folder": out}, [], None, None, preset, given, here=True)
    session: Session = context.obj
    with visible_run(session, quiet=quiet) as run:
        done = explain(request, run)
    return Outcome(done.report, () if quiet else _lines(done))


explain = with_parameters(
    _explain,
    [
        *parameters(HoleSpec, "hole", HOLE),
        *parameters(GuideSpec, "guides", GUIDES),
        *parameters(LoadOptions, "source", READING, arguments=("path",)),
        *parameters(OutputSpec, "output", WRITING, leave=("folder", "in_place", "keep_jpeg", "preview", "source_map")),
        *parameters(MethodChoice, "method", FILLING, leave=("variations",)),
    ],
    panels=(HOLE, WRITING, FILLING, GUIDES, READING),
)


def _lines(done: Explained) -> tuple[str, ...]:
    return (*done.sentences, f"Look at {done.page}; every figure is in {done.page.parent / 'explain.json'}.")
