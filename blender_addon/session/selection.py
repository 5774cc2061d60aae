"""A material in; its maps, which of them are filled, and why others are not, out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..graph import Found, Left, Use
from ..holes import state
from ..images.kinds import examine
from ..material.look import look
from ..material.tree import node_at

_known: dict[tuple[int, str, int], Found] = {}


@dataclass(frozen=True)
class Row:
    """One map of a material.

    Attributes:
        use: which channels of which image it is.
        image: the image's datablock, for this moment only.
        reason: why it cannot be filled; empty if it can.
        chosen: whether the user wants it filled.
    """

    use: Use
    image: Any
    reason: str
    chosen: bool

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.image.size[1], self.image.size[0]


@dataclass(frozen=True)
class Selection:
    """The maps of a material, and what could not be followed."""

    rows: tuple[Row, ...]
    left: tuple[Left, ...]

    @property
    def chosen(self) -> tuple[Row, ...]:
        """The maps that are filled."""
        return tuple(row for row in self.rows if row.chosen and not row.reason)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the largest map that is filled, the size of the hole; zeros if there is none."""
        return max((row.size for row in self.chosen), key=lambda size: size[0] * size[1], default=(0, 0))

    @property
    def base(self) -> Row | None:
        """The map whose way onto the surface counts: the base colour, or the first there is."""
        order = sorted(self.chosen, key=lambda row: row.use.role != "basecolor")
        return order[0] if order else None


def select(material: Any, *, anew: bool = False) -> Selection:
    """Return the maps of a material; ``anew`` after changes of a script, of which Blender has not told yet."""
    if anew:
        _known.clear()
    found = _found(material)
    skipped = set(material.svbrdf.skipped.split("\n"))
    rows = []
    for use in found.uses:
        image = getattr(node_at(material, use.texture), "image", None)
        if image is None:
            continue  # changed since the last look, a moment ago
        rows.append(Row(use, image, examine(image) or "", use.role not in skipped))
    return Selection(tuple(rows), (*found.left, *found.notes))


def _found(material: Any) -> Found:
    """Return what a look finds, which takes a while for large trees and is asked for by every redraw."""
    key = (material.session_uid, material.name_full, state.count())
    if key not in _known:
        _known.clear()
        _known[key] = look(material)
    return _known[key]


def toggle(material: Any, role: str) -> None:
    """Fill a map, or leave it alone."""
    skipped = {name for name in material.svbrdf.skipped.split("\n") if name}
    material.svbrdf.skipped = "\n".join(sorted(skipped ^ {role}))
