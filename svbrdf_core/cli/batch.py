"""``svbrdf batch``: a whole library repaired, on this machine's cores or on a cluster."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from svbrdf_core.cli.executors import RUNNING, LimitOption, RayOption, choose_executor
from svbrdf_core.cli.fields import data_of, parameters, part_of, with_parameters
from svbrdf_core.cli.options import BudgetOption, JsonOption, QuietOption, seconds
from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.session import Session
from svbrdf_core.codec.plain import Json
from svbrdf_core.request import FILLING, HOLE, READING, WRITING, HoleSpec, LoadOptions, MethodChoice, OutputSpec

if TYPE_CHECKING:
    from svbrdf_core.batch import BatchTemplate, FinishedRow, PlannedRow, Row

INCOMPLETE = 7
MEMORY = 0.7
"""Of this machine's memory that fills may need together, by default."""
SHOWN = 20
"""Rows of a plan that are told one by one."""
Values = dict[str, Any]

Library = Annotated[
    str | None,
    typer.Argument(
        metavar="LIBRARY", show_default=False,
        help="The folder that all sets are in. It, masks, a manifest and OUT may be addresses: s3://bucket/path.",
    ),
]  # fmt: skip
Masks = Annotated[
    str | None,
    typer.Option(
        "--masks", metavar="MASKS", rich_help_panel=HOLE,
        help="A folder with a mask for each set, by its name or path; or a path with {name}, {path} or {folder}.",
    ),
]  # fmt: skip
MaskFrom = Annotated[
    str | None,
    typer.Option(
        "--mask-from", metavar="HOLE", rich_help_panel=HOLE,
        help="Make the mask of each set from it: alpha, nan, key:#RRGGBB~TOLERANCE, or a shape.",
    ),
]  # fmt: skip
Manifest = Annotated[
    str | None,
    typer.Option(
        "--manifest", metavar="FILE", rich_help_panel=READING,
        help="CSV or JSON Lines with a repair a row (source, mask, out, set, method, seed, variations), in place of "
        "LIBRARY.",
    ),
]  # fmt: skip
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", min=1, metavar="N", rich_help_panel=RUNNING, help="Fills at a time.  [default: one a core]"),
]
Memory = Annotated[
    float | None,
    typer.Option(
        "--memory", min=0.1, metavar="GB", rich_help_panel=RUNNING,
        help="What fills at work may need together.  [default: seven tenths of the machine's]",
    ),
]  # fmt: skip
DryRun = Annotated[bool, typer.Option("--dry-run", rich_help_panel=RUNNING, help="Say what would be done, and stop.")]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", rich_help_panel=RUNNING, help="Try again what failed in an earlier run.")
]
Redo = Annotated[
    Path | None,
    typer.Option(
        "--redo", metavar="FILE", rich_help_panel=RUNNING,
        help="Fill those again, by another seed, whose names are in FILE, one a line; the index saves such files.",
    ),
]  # fmt: skip
Preset = Annotated[
    str | None,
    typer.Option("--preset", metavar="NAME", rich_help_panel=FILLING, help="How the diffusion is trained."),
]


def _batch(
    context: typer.Context,
    *,
    library: Library = None,
    masks: Masks = None,
    mask_from: MaskFrom = None,
    manifest: Manifest = None,
    jobs: Jobs = None,
    ray: RayOption = None,
    memory: Memory = None,
    time_limit: LimitOption = None,
    dry_run: DryRun = False,
    retry_failed: RetryFailed = False,
    redo: Redo = None,
    preset: Preset = None,
    budget: BudgetOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
    **values: Any,
) -> Outcome:
    """Repair every set of LIBRARY, and write each to OUT under its own name.

    What is done is not done again: stop at any time, and go on with the same command. What fails is told in the index,
    OUT/_batch/index.html, and does not stop the rest.
    """
    from svbrdf_core.batch import BatchPlan, open_output, plan_rows, run_batch
    from svbrdf_core.cores import count_cores

    session: Session = context.obj
    template = _template(values, preset, budget)
    rows = _rows(library, masks, mask_from, manifest, template)
    output = open_output(template.out)
    with choose_executor(jobs or count_cores(), ray, jobs, time_limit, _budget(memory)) as executor:
        found = plan_rows(rows, output, executor, retry_failed=retry_failed, redo=_names_in(redo))
        plan = BatchPlan(output, tuple(found), "svbrdf " + " ".join(sys.argv[1:]))
        if dry_run:
            return _dry(found, session, quiet=quiet)
        with _progress(session, len(plan.ready), quiet=quiet) as on_row:
            records = run_batch(plan, executor, on_row)
    return _outcome(records, template.out, quiet=quiet)


batch = with_parameters(
    _batch,
    [
        *parameters(HoleSpec, "hole", HOLE, leave=("masks",)),
        *parameters(OutputSpec, "output", WRITING, leave=("in_place", "preview", "source_map")),
        *parameters(MethodChoice, "method", FILLING),
        *parameters(LoadOptions, "source", READING, leave=("path", "set_name", "overrides")),
    ],
    panels=(HOLE, WRITING, FILLING, RUNNING, READING),
)


def _template(values: Values, preset: str | None, budget: str | None) -> BatchTemplate:
    from svbrdf_core.batch import BatchTemplate, place
    from svbrdf_core.cli.settings import settings_data

    name = part_of(MethodChoice, "method", {**values, "method_settings": None}).name
    time = seconds(budget)
    settings = settings_data(
        name,
        preset=preset,
        shortcuts={} if time is None else {"--budget": time},
        options=values["method_settings"] or (),
    )
    output = data_of(OutputSpec, "output", values)
    return BatchTemplate(
        out=place(str(output["folder"])),
        source=part_of(LoadOptions, "source", values, path="."),
        hole=part_of(HoleSpec, "hole", values),
        method=part_of(MethodChoice, "method", {**values, "method_settings": None}, settings=settings),
        overwrite=bool(output.get("overwrite")),
        keep_jpeg=bool(output.get("keep_jpeg")),
    )


def _rows(
    library: str | None, masks: str | None, mask_from: str | None, manifest: str | None, template: BatchTemplate
) -> list[Row]:
    from svbrdf_core.batch import MaskRule, find_rows, place, read_manifest

    if manifest is not None:
        if library is not None or masks is not None or mask_from is not None:
            raise typer.BadParameter("--manifest names sets and masks itself; leave out LIBRARY and masks.")
        return read_manifest(place(manifest), template)
    if library is None:
        raise typer.BadParameter("Give LIBRARY, the folder that all sets are in, or --manifest FILE.")
    if (masks is None) == (mask_from is None):
        raise typer.BadParameter("Give either --masks FOLDER or --mask-from HOLE.")
    rule = MaskRule(_absolute(masks)) if masks is not None else MaskRule(mask_from or "", made=True)
    return find_rows(place(library), rule, template)


def _absolute(masks: str) -> str:
    """Return a folder or pattern that means the same in a worker elsewhere."""
    from svbrdf_core.batch import address, place

    return masks if masks.startswith("{folder}") else address(place(masks))


def _budget(memory: float | None) -> int | None:
    """Return the bytes that fills may need together; None if nobody knows what there is."""
    from svbrdf_core.memory import memory_size

    if memory is not None:
        return int(memory * 1e9)
    there = memory_size()
    return None if there is None else int(MEMORY * there)


def _names_in(path: Path | None) -> list[str]:
    from svbrdf_core.errors import InputError

    if path is None:
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read; give a text file with a name a line.") from error
    return [line.strip() for line in lines if line.strip()]


def _dry(planned: Sequence[PlannedRow], session: Session, *, quiet: bool) -> Outcome:
    ready = [row for row in planned if row.state == "ready"]
    work, most = sum(row.seconds for row in ready), max((row.memory for row in ready), default=0)
    told = [row for row in planned if row.state in ("refused", "failed")]
    text = [f"{row.row.name}: {row.why}" for row in told[:SHOWN]]
    if len(told) > SHOWN:
        text.append(f"… and {len(told) - SHOWN} more that cannot be filled.")
    text.append(_count(row.state for row in planned))
    if ready:
        text.append(f"About {work:.0f} s of one processor; the largest needs about {most / 1e9:.1f} GB.")
    rows: list[Json] = [
        {"name": row.row.name, "state": row.state, "why": row.why, "pixels": row.pixels, "seconds": row.seconds}
        for row in planned
    ]
    return Outcome({"rows": rows, "seconds": work, "memory": most}, () if quiet else tuple(text))


@contextmanager
def _progress(session: Session, total: int, *, quiet: bool) -> Iterator[Callable[[FinishedRow], None]]:
    """Give what is to be called for each finished row, with a bar.

    Raises:
        Cancelled: Ctrl-C was pressed; what is finished stays.
    """
    from svbrdf_core.cli.bar import visible_run
    from svbrdf_core.errors import Cancelled

    done = 0
    with visible_run(session, quiet=quiet) as run:

        def on_row(row: FinishedRow) -> None:
            nonlocal done
            done = row.done
            run.check()
            if row.record["state"] == "failed":
                run.note(f"{row.record['name']}: {row.record['why']}")
            run.report(f"{row.done} of {row.total}: {row.record['name']}", row.share)

        try:
            if total:
                run.report(f"0 of {total}", 0.0)
            yield on_row
        except (KeyboardInterrupt, Cancelled):
            raise Cancelled(
                f"Stopped; {done} of {total} repairs are written and kept. Run the same command again to go on."
            ) from None


def _outcome(records: Sequence[dict[str, Any]], out: Path, *, quiet: bool) -> Outcome:
    from svbrdf_core.batch import address
    from svbrdf_core.batch.index import PAGE
    from svbrdf_core.batch.row import HOME

    page = address(out / HOME / PAGE)
    bad = [record for record in records if record["state"] != "done"]
    told = [f"{record['name']}: {record['why']}" for record in bad if record["state"] == "refused"]
    text = [*told[:SHOWN], _count(record["state"] for record in records), f"Look at {page}."]
    rows: list[Json] = [{name: record[name] for name in ("name", "state", "why")} for record in records]
    return Outcome({"index": page, "rows": rows}, () if quiet else tuple(text), INCOMPLETE if bad else 0)


def _count(states: Iterable[str]) -> str:
    counts = Counter(states)
    words = {"ready": "to be filled", "done": "done", "failed": "failed", "refused": "refused"}
    return ", ".join(f"{counts[state]} {word}" for state, word in words.items() if counts[state]) + "."
