"""The work of ``svbrdf score``: from two materials and a hole to tables of figures."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.table import Table
from scipy import ndimage

from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.session import Session
from svbrdf_core.codec.plain import Json
from svbrdf_core.errors import InputError, MaskError
from svbrdf_core.material import Material, hole_mask
from svbrdf_core.material.tiling import single
from svbrdf_core.metrics import Metric, describe, measure
from svbrdf_core.request import HoleSpec
from svbrdf_core.tensors.torus import find_span, grow_span

Bools = NDArray[np.bool_]

AROUND = 128
"""Pixels around the hole that are read; no metric looks farther."""
ROWS = 512
"""Rows that are compared at once outside the hole, so that large materials need little memory."""
SAME = 0.5 / 65535
"""Values that differ by less than half a step of 16 bits are the same."""


@dataclass(frozen=True)
class ScoreRequest:
    """What ``svbrdf score`` was asked for: see the options of the same names."""

    original: Path
    filled: Path
    hole: HoleSpec
    groups: tuple[str, ...]


def run(before: Material, after: Material, request: ScoreRequest, session: Session, *, quiet: bool = False) -> Outcome:
    """Measure a fill and lay the figures out.

    Raises:
        SvbrdfError: anything that the user can put right.
    """
    start = time.perf_counter()
    check_alike(before, after, request)
    mask, notes = hole_mask(request.hole, before, tileable=bool(request.hole.tileable))
    inside = mask > 0
    _check_hole(inside)
    session.tell((*notes, *_describe_left_out(request.groups)), quiet=quiet)
    figures = figures_of(before, after, inside, request)
    absent = before.absent()
    judged = inside if absent is None else inside | absent
    changed = count_changed_outside(before, after, judged)
    session.tell(_warning(changed, judged), quiet=quiet)
    described = describe(figures)
    data: dict[str, Json] = {
        "original": str(request.original),
        "filled": str(request.filled),
        "maps": list(before.layout.names),
        "groups": list(request.groups),
        "hole": {"pixels": int(inside.sum()), "share": float(inside.mean())},
        "changed_outside": {name: count for name, count in changed.items() if count},
        "metrics": [
            {"name": m.name, "title": m.title, "unit": m.unit, "better": m.better, "value": figures[m.name]}
            for m in described
        ],
        "seconds": round(time.perf_counter() - start, 3),
    }
    text = f"{before.name}: {int(inside.sum())} pixels of the hole, {before.width} x {before.height}"
    return Outcome(data, () if quiet else (text, *tables(described, figures, before.layout.names)))


def check_alike(before: Material, after: Material, request: ScoreRequest) -> None:
    """Refuse two materials that cannot be laid over each other.

    Raises:
        InputError: a map that only one has, other sizes, or another number of channels.
    """
    pairs = ((before, after, request.original, request.filled), (after, before, request.filled, request.original))
    both = [name for name in before.layout.names if name in after.maps]
    for has, lacks, where, there in pairs:
        missing = [name for name in has.layout.names if name not in lacks.maps]
        if missing:
            way = f"judge the maps of both by --only {','.join(both)}" if both else "say which file is it by --map"
            raise InputError(f"{there} has no {', '.join(missing)}, which {where} has; add the file, or {way}.")
    if (before.height, before.width) != (after.height, after.width):
        sizes = [f"{w} is {m.width} x {m.height}" for w, m in ((request.original, before), (request.filled, after))]
        raise InputError(f"{' and '.join(sizes)} pixels; give two materials of one size.")
    if _tiles(before) != _tiles(after):
        odd = min(_tiles(before) ^ _tiles(after))
        *_, owner, other = pairs[0] if odd in _tiles(before) else pairs[1]
        raise InputError(f"{other} has no tile {odd}, which {owner} has; give two sets of the same tiles.")
    for name in both:
        counts = [material.maps[name].n_channels for material in (before, after)]
        if counts[0] != counts[1]:
            raise InputError(
                f"The map {name} has {counts[0]} channels in {request.original} and {counts[1]} in {request.filled}; "
                "save both as grey or both in colour."
            )


def _tiles(material: Material) -> set[int]:
    """Return the numbers of a set of several tiles; none of one alone, whose number need not be that of the other."""
    return set() if material.tiles is None or len(material.tiles.cells) == 1 else set(material.tiles.cells)


def _describe_left_out(groups: Sequence[str]) -> tuple[str, ...]:
    if "perceptual" not in groups:
        return ()
    from svbrdf_core.metrics.network import find_missing

    sentence = find_missing()
    return (sentence,) if sentence else ()


def _check_hole(inside: Bools) -> None:
    if not inside.any():
        raise MaskError("The mask is empty, so there is nothing to judge; white is the hole (--invert turns it round).")
    if inside.all():
        raise MaskError("The mask covers everything; give the mask that was filled (--invert turns it round).")


def figures_of(before: Material, after: Material, inside: Bools, request: ScoreRequest) -> dict[str, float]:
    """Return the figures of a fill; of large materials only what is near the hole is read."""
    size = (before.height, before.width)
    box = (0, 0, *size) if bool(request.hole.tileable) else _box(inside)
    cut = (slice(box[0], box[0] + box[2]), slice(box[1], box[1] + box[3]))
    absent = before.absent()
    known = None if absent is None else ~absent[cut]
    if inside[cut].all() or (known is not None and not (known & ~inside[cut]).any()):
        raise MaskError("The mask leaves nothing around the hole to compare with.")
    return measure(
        after.window(*box), before.window(*box), before.layout, inside[cut],
        groups=request.groups, tileable=bool(request.hole.tileable), linear=before.linear(),
        part=(box[0], box[1], *size), known=known,
    )  # fmt: skip


def _box(inside: Bools) -> tuple[int, int, int, int]:
    """Return top, left, height and width of the hole with its surroundings."""
    (top, height), (left, width) = (
        grow_span(find_span(inside.any(axis=1 - axis)), AROUND, total) for axis, total in enumerate(inside.shape)
    )
    return top, left, height, width


def count_changed_outside(before: Material, after: Material, inside: Bools) -> dict[str, int]:
    """Return how many pixels of each map changed outside of what may: the hole, and where a set of tiles has none."""
    found: dict[str, int] = {}
    for name in before.maps:
        # A sample of a smaller map covers several pixels, and enlarging it reaches into its neighbours'.
        ratio = single(before, name).magnification
        reach = 2 * math.ceil(ratio) if ratio > 1 else 0
        ours = ndimage.maximum_filter(inside, 2 * reach + 1) if reach else inside
        found[name] = sum(_changes(single(before, name), single(after, name), ours))
    return found


def _changes(before: Material, after: Material, inside: Bools) -> Iterator[int]:
    for top in range(0, before.height, ROWS):
        count = min(ROWS, before.height - top)
        one, other = (material.window(top, 0, count, material.width) for material in (before, after))
        same = np.isclose(one, other, rtol=0, atol=SAME, equal_nan=True).all(axis=0)
        yield int(np.sum(~same & ~inside[top : top + count]))


def _warning(changed: dict[str, int], inside: Bools) -> tuple[str, ...]:
    outside = int(inside.size - inside.sum())
    said = [f"{name} {count} ({count / outside:.1%})" for name, count in changed.items() if count]
    if not said:
        return ()
    return (f"Warning: pixels outside the hole changed, which no figure counts: {', '.join(said)}; is the mask right?",)


def tables(described: Sequence[Metric], figures: dict[str, float], maps: Sequence[str]) -> tuple[Table, ...]:
    """Return one table with a column for each map, and one of the figures of the whole material."""
    rows: dict[str, list[Metric]] = {}
    for metric in described:
        if metric.map in maps:
            rows.setdefault(metric.heading, []).append(metric)
    by_map = _table("per map", maps)
    for heading, metrics in rows.items():
        of = {metric.map: _number(figures[metric.name]) for metric in metrics}
        by_map.add_row(_title(heading, metrics[0]), _describe_better(metrics[0]), *(of.get(name, "") for name in maps))
    whole = _table("whole material", ("",))
    for metric in described:
        if metric.map not in maps:
            whole.add_row(_title(metric.title, metric), _describe_better(metric), _number(figures[metric.name]))
    return tuple(table for table in (by_map, whole) if table.row_count)


def _table(heading: str, columns: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(heading)
    table.add_column("best")
    for column in columns:
        table.add_column(column, justify="right", overflow="fold")
    return table


def _title(title: str, metric: Metric) -> str:
    return f"{title} ({metric.unit})" if metric.unit else title


def _describe_better(metric: Metric) -> str:
    return {"one": "1", "zero": "0"}.get(metric.better, metric.better)


def _number(value: float) -> str:
    return f"{value:.4g}"
