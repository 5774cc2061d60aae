"""What is filled: the maps that are chosen, why others are not, the hole, and what the panel says of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as _

from ..client import UserError
from ..graph import Left, TraceResult, Use
from ..holes import mask, overlay
from ..holes.mask import HoleRequest, read_hole
from ..holes.raster import MaskSummary, summarise
from ..images.reading import examine, read_samples
from ..images.tiles import TileLayout, is_tiled, layout_of
from ..material.maps import is_grey, trace_material
from ..material.nodes import node_at
from . import settings
from .context import find_block, reference_to
from .state import DatablockRef, state

PAUSE = 0.4
"""Seconds between two looks at a hole that is being painted."""
LOOKED = 2.0
"""Seconds after which nobody looks any more."""

STAYS = "The alpha of “{image}” says what is filled, and stays as it is; tick it to fill it too."

UNTILED = 'The image "{name}" is no UDIM, as "{base}" is; fill it by itself: untick the UDIM maps.'
TILED = 'The image "{name}" is a UDIM, which "{base}" is not; fill it by itself: untick the other maps.'

_known: dict[tuple[int, str, int, str], TraceResult] = {}
_grey: dict[tuple[int, int, str], bool] = {}
_sharing: dict[tuple[int, int], tuple[tuple[str, str], ...]] = {}


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
        """Height and width of the largest map that is filled, the size of the hole; zeros if there is none.

        Of UDIM maps it is that of all tiles side by side.
        """
        layout = self.layout
        if layout is not None:
            return layout.size
        return max((row.size for row in self.chosen), key=lambda size: size[0] * size[1], default=(0, 0))

    @property
    def layout(self) -> TileLayout | None:
        """Where the tiles of the maps that are filled lie; None if they are no UDIM images."""
        return layout_of(row.image for row in self.chosen)

    @property
    def base(self) -> Row | None:
        """The map whose way onto the surface counts: the base colour, or the first there is."""
        order = sorted(self.chosen, key=lambda row: row.use.role != "basecolor")
        return order[0] if order else None


def select(material: Any, *, anew: bool = False) -> Selection:
    """Return the maps of a material; ``anew`` after changes of a script, of which Blender has not told yet."""
    if anew:
        _known.clear()
        _sharing.clear()
    found = _trace_cached(material)
    turned = set(material.svbrdf.turned.split("\n"))
    telling = _find_telling(material, found)
    rows = []
    for use in found.uses:
        image = getattr(node_at(material, use.texture), "image", None)
        if image is None:
            continue  # changed since the last look, a moment ago
        if use.spare and _is_grey(image):
            continue  # it says no more than the channel that is used
        rows.append(Row(use, image, examine(image) or "", (use.role in turned) == (use.optional or use == telling)))
    rows = _of_one_kind(rows)
    said = [*found.left, *found.notes]
    if telling is not None:
        said.append(Left(telling.role, "", _(STAYS).format(image=telling.image), (telling.image,)))
    return Selection(tuple(rows), tuple(said))


def _of_one_kind(rows: list[Row]) -> list[Row]:
    """Return the maps with a reason for those that are single images beside UDIM tiles, or the other way round."""
    chosen = [row for row in rows if row.chosen and not row.reason]
    base = next((row for row in chosen if row.use.role == "basecolor"), chosen[0] if chosen else None)
    if base is None:
        return rows
    tiled = is_tiled(base.image)
    sentence = UNTILED if tiled else TILED
    return [
        replace(row, reason=_(sentence).format(name=row.image.name, base=base.image.name))
        if not row.reason and is_tiled(row.image) != tiled
        else row
        for row in rows
    ]


def _is_grey(image: Any) -> bool:
    """Whether the channels of an image are alike, which is looked at once as long as it is not changed."""
    if image.depth in (8, 16):
        return True
    if image.is_dirty or not image.has_data:
        return False
    key = (image.session_uid, state.loads, image.filepath)
    if key not in _grey:
        samples = read_samples(image)
        _grey[key] = is_grey(samples.reshape(-1, samples.shape[2]))
    return _grey[key]


def _find_telling(material: Any, found: TraceResult) -> Use | None:
    """Return the alpha that says where the hole is; filled, a decal would lose its shape."""
    base = next((use for use in found.uses if use.role == "basecolor"), found.uses[0] if found.uses else None)
    if base is None or material.svbrdf.hole != "ALPHA":
        return None
    return next((use for use in found.uses if use.image == base.image and use.channels == "A"), None)


def _trace_cached(material: Any) -> TraceResult:
    """Return what a look finds, which takes a while for large trees and is asked for by every redraw."""
    key = (material.session_uid, material.name_full, mask.count_changes(), material.svbrdf.lead)
    if key not in _known:
        _known.clear()
        _known[key] = trace_material(material)
    return _known[key]


def toggle_map(material: Any, role: str) -> None:
    """Fill a map, or leave it alone."""
    turned = {name for name in material.svbrdf.turned.split("\n") if name}
    material.svbrdf.turned = "\n".join(sorted(turned ^ {role}))


def choose_lead(material: Any, image: str) -> None:
    """Let an image's way of lying on the surface be the one by which maps are filled."""
    material.svbrdf.lead = image
    mask.note_change()
    overlay.note_change()


def explain_sharing(material: Any, selection: Selection) -> tuple[str, ...]:
    """Return which other materials show the images that are filled, and what they will show, a sentence each."""
    key = (material.session_uid, mask.count_changes())
    if key not in _sharing:
        _sharing.clear()
        _sharing[key] = _find_sharing(material, {row.image for row in selection.rows})
    after = _("will show the new image")
    if material.svbrdf.mode == "BESIDE":
        after = _("goes on showing the old image, unless the result is set to Same Images")
    chosen, found = {row.image.name_full for row in selection.chosen}, dict[str, list[str]]()
    for image, other in _sharing[key]:
        if image in chosen:
            found.setdefault(other, []).append(f"“{image}”")
    sentence = _("“{other}” uses {images} too and {after}.")
    return tuple(
        sentence.format(other=other, images=_name_some(images), after=after) for other, images in sorted(found.items())
    )


def _name_some(images: list[str]) -> str:
    """Return the first image, and how many more there are."""
    return (
        images[0] if len(images) == 1 else _("{first} and {count} more").format(first=images[0], count=len(images) - 1)
    )


def _find_sharing(material: Any, images: set[Any]) -> tuple[tuple[str, str], ...]:
    """Return images by name and the other materials that show them."""
    if not images:
        return ()
    users = bpy.data.user_map(subset=images, value_types={"MATERIAL", "NODETREE"})
    groups = {user for found in users.values() for user in found if isinstance(user, bpy.types.NodeTree)}
    within = bpy.data.user_map(subset=groups, value_types={"MATERIAL"}) if groups else {}
    pairs = {
        (image.name_full, other.name)
        for image, found in users.items()
        for user in found
        for other in ({user} if isinstance(user, bpy.types.Material) else within.get(user, set()))
        if other != material
    }
    return tuple(sorted(pairs))


def hole_request(material: Any, selection: Selection) -> HoleRequest:
    """Return which hole the settings of a material ask for."""
    ours, base = material.svbrdf, selection.base
    return HoleRequest(
        kind=ours.hole,
        image=ours.hole_image if ours.hole == "IMAGE" else base.image if base and ours.hole == "ALPHA" else None,
        threshold=ours.threshold,
        layout=selection.layout,
    )


@dataclass(frozen=True)
class HoleStatus:
    """A hole as the panel tells of it.

    Attributes:
        summary: how many pieces and how large; None if there is no hole that can be read.
        reason: why there is none.
        maps: how many maps are filled.
    """

    summary: MaskSummary | None
    reason: str
    maps: int


@dataclass
class _Watched:
    """The material that is looked at, and the last that was seen of it."""

    material: DatablockRef | None = None
    asked: float = -LOOKED
    done: float = 0.0
    changes: int = 0
    key: tuple[Any, ...] = ()
    seen: HoleStatus | None = None


_watched = _Watched()


def hole_status(material: Any) -> HoleStatus | None:
    """Return what is known of a material's hole; asking keeps it up to date. None: it is being looked at."""
    now = reference_to(material)
    if now != _watched.material:
        _watched.seen, _watched.key, _watched.material = None, (), now
    _watched.asked = time.monotonic()
    return _watched.seen


def is_watched() -> bool:
    """Whether somebody looks at the panel now."""
    return time.monotonic() - _watched.asked < LOOKED


def poll_hole() -> bool:
    """Look at the hole again if it may have changed; return whether panels should be drawn, as they are if it did.

    Only a panel that is drawn asks for a hole, and painting draws none: so each change has panels drawn once.
    """
    changes, _watched.changes = _watched.changes, mask.count_changes()
    if changes != _watched.changes and not is_watched():
        return True
    if _watched.material is None or not is_watched() or time.monotonic() - _watched.done < PAUSE:
        return False
    material = find_block(bpy.data.materials, _watched.material)
    if material is None:
        return False
    key = _key(material)
    if key == _watched.key:
        return False
    _watched.key, _watched.done = key, time.monotonic()  # first, so that what fails is not done over and over
    settings.sync_settings(material.svbrdf)
    before, _watched.seen = _watched.seen, inspect_hole(material)
    return before != _watched.seen


def inspect_hole(material: Any) -> HoleStatus:
    """Return what is to be said of a hole now."""
    selection = select(material)
    if not selection.chosen:
        return HoleStatus(None, "", 0)
    try:
        hole = read_hole(material, hole_request(material, selection), selection.size)
    except UserError as error:
        return HoleStatus(None, error.sentence, len(selection.chosen))
    return HoleStatus(summarise(hole), "", len(selection.chosen))


def _key(material: Any) -> tuple[Any, ...]:
    """Return what must be another where the hole may be another."""
    ours = material.svbrdf
    image = ours.hole_image.session_uid if ours.hole_image is not None else 0
    return mask.count_changes(), ours.hole, image, ours.threshold, ours.turned, ours.lead, state.connection is None
