"""Options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from svbrdf_core.request import FILLING, READING


class Device(StrEnum):
    """What a fill is computed on."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


class Preset(StrEnum):
    """How much is spent on training: see `Method.presets` of diffusion."""

    fast = "fast"
    quality = "quality"
    paper = "paper"


Source = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="A folder of maps, or one image file.", show_default=False)
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="MAP,…", help="Leave all other maps as they are.", rich_help_panel=READING),
]
SetOption = Annotated[
    str | None,
    typer.Option("--set", metavar="NAME", help="Which set, where a folder holds several.", rich_help_panel=READING),
]
TileableFlag = Annotated[
    bool, typer.Option("--tileable", help="Shapes that leave the picture come in on the other side.")
]
GrowOption = Annotated[
    float, typer.Option("--grow", metavar="PX", help="Grow the hole by this radius; negative shrinks.")
]
FeatherOption = Annotated[
    float, typer.Option("--feather", min=0, metavar="PX", help="Give the hole a soft rim of this width.")
]
InvertOption = Annotated[bool, typer.Option("--invert", help="Black is the hole, not white; done before it grows.")]
PresetOption = Annotated[
    Preset | None,
    typer.Option(
        rich_help_panel=FILLING,
        help="How the diffusion is trained: fast (default), quality (wants a graphics card), paper (as published).",
    ),
]
BudgetOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        rich_help_panel=FILLING,
        help="Seconds (60, 60s) or minutes (2m) that a fill by diffusion may take; by default its steps are counted.",
    ),
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing unless it fails.")]


def names(texts: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names in options that may be repeated and may each hold several, with commas between."""
    return tuple(name.strip() for text in texts or () for name in text.split(",") if name.strip())


def pairs(texts: Sequence[str] | None, *, param_hint: str = "--map") -> dict[str, str]:
    """Return map names and files of ``NAME=FILE`` options.

    Raises:
        BadParameter: one has another form.
    """
    found: dict[str, str] = {}
    for text in texts or ():
        name, equals, file = text.partition("=")
        if not (name and equals and file):
            raise typer.BadParameter(
                f'"{text}" is not of the form NAME=FILE or NAME=FILE:CHANNEL.', param_hint=param_hint
            )
        found[name.strip()] = file
    return found


def seconds(text: str | None) -> float | None:
    """Return the seconds that a text such as ``90``, ``90s`` or ``1.5m`` means; None for None.

    Raises:
        BadParameter: it means none, or not more than 0.
    """
    if text is None:
        return None
    found = re.fullmatch(r"([0-9]*\.?[0-9]+)\s*(s|m|h)?", text.strip())
    if found is None or not float(found[1]) > 0:
        raise typer.BadParameter(f'"{text}" is not a time such as 60s or 2m.', param_hint="--budget")
    return float(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2] or "s"]
