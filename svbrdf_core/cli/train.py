"""``svbrdf train``: train a model on materials, to fill holes in them or in others."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from svbrdf_core.cli.options import (
    BudgetOption,
    Device,
    JsonOption,
    OnlyOption,
    OverwriteOption,
    PresetOption,
    QuietOption,
    names,
    seconds,
)
from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.session import Session
from svbrdf_core.cli.tasks import Common, TrainTask, describe_model, prepare
from svbrdf_core.request import FILLING, HOLE, WRITING, HoleSpec

if TYPE_CHECKING:
    from svbrdf_core.masks import Mask
    from svbrdf_core.material import Material


EVERY = 30.0
"""Seconds between two checkpoints."""

Folders = Annotated[
    list[Path],
    typer.Argument(metavar="FOLDER…", help="Folders of maps, folders of such folders, or images.", show_default=False),
]
Out = Annotated[
    Path,
    typer.Option(
        "--out", "-o", metavar="FILE", show_default=False, rich_help_panel=WRITING, help="The model (safetensors)."
    ),
]
Checkpoint = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        rich_help_panel=WRITING,
        help="Write to it twice a minute and when stopped; go on from it if it is there. Removed at the end.",
    ),
]
Masks = Annotated[
    list[str] | None,
    typer.Option("--mask", "-m", metavar="HOLE", rich_help_panel=HOLE, help="Where nothing is learnt; one material."),
]
Thick = Annotated[
    float,
    typer.Option(
        "--hole", min=1, metavar="PX", rich_help_panel=HOLE, help="How thick holes will be, which sets the scale."
    ),
]


Task = Annotated[
    TrainTask,
    typer.Option(
        rich_help_panel=FILLING,
        help="What is learnt: to denoise, for --method diffusion; or to fill at once, for --method learned.",
    ),
]
Options = Annotated[
    list[str] | None,
    typer.Option("--option", metavar="NAME=VALUE", rich_help_panel=FILLING, help="A setting of the task."),
]
Licence = Annotated[
    str,
    typer.Option(metavar="TEXT", rich_help_panel=WRITING, help="Of the materials, for the card beside the model."),
]


def train(
    context: typer.Context,
    folders: Folders,
    out: Out,
    task: Task = TrainTask.denoising,
    preset: PresetOption = None,
    budget: BudgetOption = None,
    options: Options = None,
    mask: Masks = None,
    hole: Thick = 128,
    prior: Annotated[
        bool,
        typer.Option(
            "--prior", rich_help_panel=FILLING, help="Learn whole pictures, for solvers such as repaint and ddnm."
        ),
    ] = False,
    tileable: Annotated[bool, typer.Option("--tileable", rich_help_panel=FILLING, help="The edges meet.")] = False,
    device: Annotated[Device, typer.Option(rich_help_panel=FILLING, help="What to compute on.")] = Device.auto,
    only: OnlyOption = None,
    licence: Licence = "",
    checkpoint: Checkpoint = None,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> Outcome:
    """Train a model on one or several materials, for ``svbrdf inpaint --model``.

    With the task ``denoising`` it is for ``--method diffusion``, which trains on its own material by itself; this is
    for trainings of hours that may be interrupted, and for learning from whole materials of the same maps what a
    damaged one of their kind should look like. The other tasks are for ``--method learned``: networks that fill at
    once, trained on a library of materials of any maps.
    """
    from svbrdf_core.cli.bar import visible_run
    from svbrdf_core.errors import InputError
    from svbrdf_core.formats import write_files
    from svbrdf_core.methods.model_files import MODEL_ENDING

    session: Session = context.obj
    if out.suffix != MODEL_ENDING:
        right = out.parent / ((out.stem or "model") + MODEL_ENDING)
        raise InputError(f"A service knows a model by its ending {MODEL_ENDING}; give -o {right}.")
    if checkpoint is not None and checkpoint.absolute() == out.absolute():
        raise InputError("The checkpoint is removed at the end, so it cannot be the model; give another file.")
    card = out.with_suffix(".md") if task != TrainTask.denoising else None
    for path in (out, card):
        if path is not None and path.exists() and not overwrite:
            raise InputError(f"{path} exists already; give another file, or --overwrite.")
    learn = prepare(task, preset, options or [], prior=prior, masked=bool(mask), seconds=seconds(budget))
    materials = _load(folders, names(only))
    known = _hole(materials, mask, tileable)
    began = time.perf_counter()
    keeper = _Keeper(checkpoint)
    with visible_run(session, quiet=quiet) as shown, keeper:
        data, notes = learn(
            materials, Common(known, hole, tileable, device.value, licence, keeper.read(), keeper.keep, shown)
        )
    writers = {out.name: _writer(data)}
    if card is not None:
        writers[card.name] = _writer(describe_model(data, out.stem).encode())
    write_files(out.parent, writers, overwrite=overwrite)
    keeper.remove()
    spent = round(time.perf_counter() - began, 1)
    maps = list(dict.fromkeys(name for material in materials for name in material.layout.names))
    summary = f"{out}: trained on {', '.join(one.name for one in materials)} ({', '.join(maps)}) in {spent} s"
    return Outcome(
        {
            "model": str(out),
            "card": None if card is None else str(card),
            "task": task.value,
            "bytes": len(data),
            "materials": [material.name for material in materials],
            "maps": maps,
            "seconds": spent,
            "notes": list(notes),
        },
        () if quiet else (summary,),
    )


class _Keeper:
    """Writes checkpoints to a file now and then, and once more when the training is stopped."""

    def __init__(self, path: Path | None) -> None:
        self._path, self._written = path, time.perf_counter()
        self._last: Callable[[], bytes] | None = None

    def read(self) -> bytes | None:
        """Return the checkpoint to go on from."""
        if self._path is None or not self._path.exists():
            return None
        from svbrdf_core.errors import InputError

        try:
            return self._path.read_bytes()
        except OSError as error:
            raise InputError(f"The checkpoint {self._path} cannot be read: {error.strerror}.") from error

    def keep(self, state: Callable[[], bytes]) -> None:
        """Take note of a state, and write it if it is time."""
        self._last = state
        if time.perf_counter() - self._written > EVERY:
            self._write()

    def remove(self) -> None:
        """Remove the file."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def __enter__(self) -> _Keeper:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._write()

    def _write(self) -> None:
        from svbrdf_core.formats import write_files

        if self._path is None or self._last is None:
            return
        write_files(self._path.parent, {self._path.name: _writer(self._last())}, overwrite=True)
        self._written = time.perf_counter()


def _writer(data: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(data)

    return write


def _load(folders: list[Path], only: tuple[str, ...]) -> list[Material]:
    from svbrdf_core.material import Material, folders_of

    return [Material.load(path, only=only or None) for path in folders_of(folders)]


def _hole(materials: list[Material], texts: list[str] | None, tileable: bool) -> Mask | None:
    from svbrdf_core.material import hole_mask, mask_parts

    if not texts:
        return None
    return hole_mask(
        HoleSpec(tuple(part for text in texts for part in mask_parts(text))), materials[0], tileable=tileable
    )[0]
