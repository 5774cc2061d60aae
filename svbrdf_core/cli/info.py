"""``svbrdf info``: what was recognised in a folder, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from svbrdf_core.cli.fields import parameters, part_of, with_parameters
from svbrdf_core.cli.options import JsonOption
from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.codec.plain import Json
from svbrdf_core.request import READING, LoadOptions
from svbrdf_core.sentences import Sentence, harmless

if TYPE_CHECKING:
    from svbrdf_core.material import Material, Place


def _info(*, json: JsonOption = False, **values: Any) -> Outcome:
    """Say what is recognised in FOLDER (files, sizes, depths, packing, conventions) and what is wrong with it.

    Nothing is written. Checks read all pixels: unit normals, ranges, metalness, albedo, energy.
    """
    from svbrdf_core.material import load_material, validate

    options = part_of(LoadOptions, "source", values)
    material = load_material(options)
    places = [(name, place) for name, binding in material.maps.items() for place in binding.places]
    findings = validate(material)
    data: dict[str, Json] = {
        "name": material.name,
        "width": material.width,
        "height": material.height,
        "channels": material.layout.n_channels,
        "tiles": sorted(material.tiles.cells) if material.tiles is not None else [],
        "maps": [_place(name, place) for name, place in places],
        "warnings": list(material.warnings),
        "notes": list(material.notes),
        "findings": [{"map": f.map, "level": f.level, "text": f.text} for f in findings],
        "unrecognised": [path.name for path in material.unrecognised],
    }
    title = f"{material.name}: {len(material.maps)} maps, {_size(material)}"
    remarks = [Sentence.of(text).after("Warning: ") for text in material.warnings]
    remarks += [Sentence.of(f.text).after(f"{f.level.capitalize()}: ") for f in findings]
    remarks += [Sentence.of(text).after("Note: ") for text in material.notes]
    return Outcome(data, (title, _table(places), *remarks))


info = with_parameters(_info, parameters(LoadOptions, "source", READING, arguments=("path",)), panels=(READING,))


def _size(material: Material) -> str:
    if material.tiles is None:
        return f"{material.width} x {material.height}"
    numbers = ", ".join(map(str, sorted(material.tiles.cells)))
    return f"{len(material.tiles.cells)} tiles of {material.tiles.width} x {material.tiles.height} ({numbers})"


def _place(name: str, place: Place) -> dict[str, Json]:
    file, rect = place.file, place.rect
    return {
        "map": name,
        "file": file.path.name,
        "format": file.format,
        "channels": list(place.channel_names),
        "width": rect.width,
        "height": rect.height,
        "bits": file.bits,
        "float": file.is_float,
        "packed": _is_packed(place),
        "udim": place.tile,
        "tile": {"top": rect.top, "left": rect.left} if _is_tile(place) else None,
        "inverted": place.inverted,
        "convention": ("directx" if place.directx else "opengl") if name == "normal" else None,
        "notes": list(file.notes),
    }


def _table(places: Sequence[tuple[str, Place]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("map", "file", "channels", "size", "depth", "stored as"):
        table.add_column(heading, overflow="fold")
    for name, place in places:
        cells = (
            name,
            place.file.path.name,
            " ".join(place.channel_names),
            f"{place.rect.width} x {place.rect.height}",
            f"{place.file.bits} bit{' float' if place.file.is_float else ''}",
            ", ".join(_remarks(name, place)),
        )
        table.add_row(*(Text(harmless(cell)) for cell in cells))
    return table


def _remarks(name: str, place: Place) -> list[str]:
    said = {
        "DirectX (y down)": name == "normal" and place.directx,
        "OpenGL (y up)": name == "normal" and not place.directx,
        "glossiness": place.inverted,
        "tile of a strip": _is_tile(place),
        "packed": _is_packed(place),
    }
    return [place.file.format, *(word for word, true in said.items() if true)]


def _is_tile(place: Place) -> bool:
    return (place.rect.height, place.rect.width) != (place.file.height, place.file.width)


def _is_packed(place: Place) -> bool:
    """Whether the file holds something besides this map."""
    return len({channel for group in place.channels for channel in group}) < len(place.file.channels)
