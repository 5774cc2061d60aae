"""Tables of the last results, between the markers of the pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from benchmarks import (
    believable,
    canvases,
    diffusion,
    error,
    first,
    gpu,
    joint,
    large,
    render,
    size,
    solvers,
    speed,
    tables,
)
from benchmarks.common import OUT, ROOT

PAGES = ("README.md", "docs/benchmarks.md", "docs/gpu.md")
Result = dict[str, Any]
TABLES: dict[str, tuple[str, Callable[[Result], str]]] = {
    **{f"table_{number}": (f"table_{number}", tables.text) for number in tables.TABLES},
    "error": ("error", error.table),
    "diffusion": ("diffusion", diffusion.table),
    "solvers": ("solvers", solvers.table),
    "speed": ("speed", speed.table),
    "size": ("size", size.table),
    "large": ("large", large.table),
    "joint": ("joint", joint.table),
    "extend": ("extend", canvases.extend_table),
    "tile": ("tile", canvases.tile_table),
    "render": ("render", render.table),
    "gpu": ("gpu", gpu.table),
    "first": ("first", lambda result: first.table(result["rows"])),
}
"""Marker to the kept result that a table is made of, and what makes it."""
BELIEVABLE = {
    "believable": ("believable", "believable-gmic", "believable-pypatchmatch"),
    "believable-seeds": ("believable", "believable-seed=1", "believable-seed=2"),
    "believable-parts": (
        "believable",
        *(f"believable-{name}=0" for name in ("drafts", "pieces", "richness")),
        "believable-richness=0-pieces=0",
        "believable-blend=false",
    ),
}
"""Marker to the kept results of which each is a row: methods, seeds, and what is left out."""


def update() -> None:
    """Replace the text between ``<!-- bench:NAME -->`` and ``<!-- /bench:NAME -->`` by the last result's table."""
    for page in PAGES:
        path = ROOT / page
        text = path.read_text(encoding="utf-8")
        for marker, names in BELIEVABLE.items():
            text = _of_fills(text, marker, names)
        for marker, (name, table) in TABLES.items():
            kept = OUT / f"{name}.json"
            if kept.is_file() and f"<!-- bench:{marker} -->" in text:
                result = json.loads(kept.read_text(encoding="utf-8"))
                text = _replace(text, marker, f"{table(result)}\n\n{_origin(result['about'])}")
        path.write_text(text, encoding="utf-8")


def _of_fills(text: str, marker: str, names: tuple[str, ...]) -> str:
    kept = [OUT / f"{name}.json" for name in names]
    results = [json.loads(path.read_text(encoding="utf-8")) for path in kept if path.is_file()]
    if not results:
        return text
    origins = "\n".join(_origin(result["about"]) + "  " for result in results).rstrip()
    return _replace(text, marker, f"{believable.table_of_methods(results)}\n\n{origins}")


def _origin(about: dict[str, Any]) -> str:
    """Return the line that says which command measured a table, when and where."""
    return f"`{about['command']}`, {about['date']}, commit {about['commit']}, {about['cores']} cores, {about['cpu']}"


def _replace(text: str, marker: str, block: str) -> str:
    opening, closing = f"<!-- bench:{marker} -->", f"<!-- /bench:{marker} -->"
    before, _, rest = text.partition(opening)
    _, found, after = rest.partition(closing)
    return f"{before}{opening}\n{block}\n{closing}{after}" if found else text
