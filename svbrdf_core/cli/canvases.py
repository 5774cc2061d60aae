"""``svbrdf extend``, ``svbrdf tile`` and ``svbrdf grow``: a larger material, one that tiles, a new sheet."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

import typer

from svbrdf_core.cli.fields import option_parameter, parameters, part_of
from svbrdf_core.cli.inpaint import filling_command
from svbrdf_core.request import CANVAS, HOLE, CanvasSpec, ExtendSpec, GrowSpec, HoleSpec, TileSpec

SIZE = "Width and height of the sheet."
TO = "Width and height that the maps are to have; what the sides leave of it is added half on either side."

NOWHERE = ("source_map",)
"""Output of commands whose results lie elsewhere than what they are copied from."""


def _hole() -> list[inspect.Parameter]:
    return parameters(HoleSpec, "hole", HOLE, leave=("tileable",))


def _extension(values: Mapping[str, Any]) -> CanvasSpec:
    given = {} if values["canvas_to"] is None else {"to": _size(values["canvas_to"], "--to")}
    return part_of(ExtendSpec, "canvas", {**values, "canvas_to": None}, **given)


def _tiling(values: Mapping[str, Any]) -> CanvasSpec:
    return part_of(TileSpec, "canvas", values)


def _sheet(values: Mapping[str, Any]) -> CanvasSpec:
    return part_of(GrowSpec, "canvas", {}, size=_size(values["canvas_size"], "--size"))


def _size(text: str, option: str) -> list[int]:
    """Return width and height of a text such as ``2048x1024``.

    Raises:
        BadParameter: it is none.
    """
    found = re.fullmatch(r"\s*(\d{1,6})\s*[x×,]\s*(\d{1,6})\s*", text)
    if found is None:
        raise typer.BadParameter(f'"{text}" is not a size such as 2048x1024.', param_hint=option)
    return [int(found[1]), int(found[2])]


extend = filling_command(
    "extend",
    """Make all maps of FOLDER larger: the material goes on beyond its edges.

    What was there stays as it is. With --mask alpha a scan with ragged edges becomes a full rectangle.
    """,
    _extension,
    [
        *parameters(ExtendSpec, "canvas", CANVAS, leave=("to",)),
        option_parameter("canvas_to", "--to", metavar="WxH", panel=CANVAS, description=TO, required=False),
        *_hole(),
    ],
    leave=NOWHERE,
)
tile = filling_command(
    "tile",
    """Make the edges of all maps of FOLDER meet, by filling the narrowest bands along them that do it.

    Outside the bands every stored sample stays as it is, unless --flatten takes out light.
    """,
    _tiling,
    [*parameters(TileSpec, "canvas", CANVAS), *_hole()],
)
grow = filling_command(
    "grow",
    """Make a new sheet of any size of the material in FOLDER, at its scale, in all maps at once.

    Another --seed makes another sheet; --source takes further materials as examples.
    """,
    _sheet,
    [
        option_parameter("canvas_size", "--size", metavar="WxH", panel=CANVAS, description=SIZE, required=True),
        *_hole(),
    ],
    leave=NOWHERE,
)
