"""Fills, from the material with its settings to a job that runs at the service."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_iface as _
from numpy.typing import NDArray

from ..client import Service, Source, UserError
from ..graph import normal_convention
from ..holes.mask import is_waiting, read_hole, read_mask
from ..holes.raster import surround_hole
from ..holes.surface import UNSEEN, is_seen_nowhere
from ..images.reading import make_source, make_tile_source
from ..images.tiles import TileLayout
from ..job import CanvasSpec, ExtendSpec, HoleSpec, InpaintRequest, LoadOptions, MethodChoice, Record, Watch
from ..material.maps import map_roles
from ..material.nodes import refuse_linked
from . import connection, settings
from .context import find_block, reference_to
from .guides import read_guides
from .selection import Row, Selection, hole_request, select
from .state import DatablockRef, Fill, state

ENDINGS = (".bmp", ".exr", ".hdr", ".jpeg", ".jpg", ".png", ".tga", ".tif", ".tiff", ".webp")
"""Files that every service reads; a newer one says itself what it reads."""

TILEABLE = {"AUTO": None, "YES": True, "NO": False}


def build_request(material: Any, canvas: CanvasSpec | None = None) -> tuple[InpaintRequest, dict[str, DatablockRef]]:
    """Return what is sent to have a material filled, and which image each source is of.

    Args:
        material: what is filled.
        canvas: how the picture itself changes; then a hole may be missing, and one that waits goes along.

    Raises:
        UserError: a sentence: no map, no hole, a picture that cannot be changed so, or a guide that is none for it.
    """
    selection = select(material, anew=True)
    if not selection.chosen:
        raise UserError("maps", explain_no_maps(selection))
    refuse_linked(material, {row.image.name_full for row in selection.chosen})
    if canvas is not None:
        _check_canvas(canvas, selection)
    hole = _read_wanted_hole(material, selection, needed=canvas is None)
    if not hole.any() and canvas is None:
        raise UserError("hole", "There is no hole yet: paint one, or take the selected faces, a box or an image.")
    ours, guides = material.svbrdf, read_guides(material, canvas, selection)
    layout, forbid = selection.layout, _forbidden_masks(ours.forbid, selection)
    if layout is not None:
        part = layout.part(layout.around(n for n in layout.numbers if hole[layout.box(n)].any()))
        hole, *forbid = (cut_tiles(mask, layout, part) for mask in (hole, *forbid))
        layout = part
    collected, roles = _collect_sources(selection.chosen, layout)
    if not roles:
        said = _("The alpha of “{image}” is 1 everywhere, and nothing else of it is used; there is nothing to fill.")
        raise UserError("maps", said.format(image=selection.chosen[0].image.name))
    request = InpaintRequest(
        title=material.name,
        images=tuple(source for sources in collected.values() for source in sources),
        source=LoadOptions(
            overrides=roles, only=_maps_of(roles), normal=normal_convention([row.use for row in selection.chosen])
        ),
        hole=HoleSpec(
            masks=(hole,) if hole.any() else (),
            forbid=tuple(forbid),
            grow=ours.grow,
            feather=ours.feather,
            tileable=TILEABLE[ours.tileable] if layout is None and canvas is None else False,
        ),
        method=MethodChoice(name=ours.method, seed=ours.seed, variations=ours.variations),
        canvas=canvas,
        guides=guides,
    )
    return request, {
        source.name: reference_to(row.image) for row in selection.chosen for source in collected[row.use.image]
    }


def _check_canvas(canvas: CanvasSpec, selection: Selection) -> None:
    if selection.layout is not None:
        sentence = (
            "UDIM tiles have their size and no edges that meet; extend, tile or grow a material of single images."
        )
        raise UserError("maps", sentence)
    if isinstance(canvas, ExtendSpec) and not any(canvas.to_json().values()):
        raise UserError("bad", "Every side is extended by 0 pixels; say by how many under More Than Holes.")


def _read_wanted_hole(material: Any, selection: Selection, *, needed: bool) -> NDArray[np.uint8]:
    """Return the hole; without a need for one, nothing if it is filled already or no image says where it is."""
    ours = material.svbrdf
    if needed or (ours.hole == "IMAGE" and ours.hole_image is not None) or ours.hole == "ALPHA" or is_waiting(material):
        return read_hole(material, hole_request(material, selection), selection.size)
    return np.zeros(selection.size, np.uint8)


def begin(material: Any, given: Mapping[str, Any] | None = None, canvas: CanvasSpec | None = None) -> Fill:
    """Have a material filled. What is wrong with it is said now; the rest happens in the background.

    Args:
        material: what is filled.
        given: settings of the method within each other, which go before those of the material.
        canvas: how the picture itself changes; None if only a hole is filled.

    Raises:
        UserError: a sentence: no map, no hole, or an image or a setting's file that cannot be read.
    """
    request, images = build_request(material, canvas)
    shown = settings.read_values(material.svbrdf)
    for values in (shown, given or {}):
        replace(request.method, settings=values).check_files()
    fill = Fill(reference_to(material), images, material.svbrdf.mode, state.loads)
    if canvas is None:
        _note_hole(fill, material, request.hole)
    state.fills.insert(0, fill)

    def ask(service: Service) -> None:
        # Only now is it known what the service's defaults are.
        wanted = settings.merge_values(settings.changed_values(request.method.name, shown), given or {})
        method = replace(request.method, settings=wanted)
        connection.begin_watch(fill, Watch(service, replace(request, method=method)))

    connection.with_service(fill, ask)
    return fill


def _note_hole(fill: Fill, material: Any, hole: HoleSpec) -> None:
    """Note where the hole of a fill is, and whether anybody will see it."""
    for mask in hole.masks:
        if isinstance(mask, np.ndarray):
            fill.crop = surround_hole(mask)
            fill.warning = _(UNSEEN).format(name=material.name) if is_seen_nowhere(material, mask > 0) else ""


def fill_again(fill: Fill, different: float = 1.0, variation: int = 1) -> Fill:
    """Have the same hole filled with other seeds; nothing is sent anew.

    Args:
        fill: what it was filled by before.
        different: how much of its result is to change, up to 1 for all of it, where the method can tell.
        variation: which of its results.
    """
    assert fill.result is not None
    job, variations = fill.result.job, len(fill.result.variations)
    share = different if settings.can_vary(fill.result.method) and not fill.result.grown else None
    new = Fill(fill.material, fill.images, fill.mode, state.loads, crop=fill.crop)
    state.fills.insert(0, new)

    def ask(service: Service) -> None:
        state.background.run(
            lambda: service.retry_job(job, variations, share, variation), lambda other: watch_other(service, other)
        )

    def watch_other(service: Service, other: str | UserError) -> None:
        if isinstance(other, UserError):
            new.error = new.error or other
        elif new.cancelled:
            state.background.run(lambda: service.cancel_job(other), lambda ended: None)
        else:
            connection.begin_watch(new, Watch(service, job=other))

    connection.with_service(new, ask)
    return new


def pick_up(record: Record) -> Fill:
    """Go on with a job of an earlier session, or return the fill that does so already."""
    known = state.fill_of_job(record.job)
    if known is not None and (known.active or known.result is not None):
        return known
    images = {source: DatablockRef(0, name) for source, name in record.images.items()}
    wanted = DatablockRef(0, record.material)
    material = find_block(bpy.data.materials, wanted)
    mode = material.svbrdf.mode if material is not None else "BESIDE"
    fill = Fill(wanted, images, mode, state.loads, automatic=False, recorded=True, earlier=record.job)
    state.fills.insert(0, fill)
    connection.with_service(fill, lambda service: connection.begin_watch(fill, Watch(service, job=record.job)))
    return fill


def cancel(fill: Fill) -> None:
    """End a fill in whatever it does; what is there already stays."""
    fill.cancelled = True
    if fill.watch is not None:
        fill.watch.cancel()
    elif fill.active:
        fill.error = UserError("cancelled", "Cancelled.")


def explain_no_maps(selection: Selection) -> str:
    """Return why there is nothing to fill."""
    reasons = [row.reason for row in selection.rows if row.reason] + [left.reason for left in selection.left]
    if selection.rows and not reasons:
        return "All maps are left out; tick those that are to be filled."
    return reasons[0] if reasons else "This material has no image textures; choose one that has."


def cut_tiles(mask: NDArray[np.uint8], whole: TileLayout, part: TileLayout) -> NDArray[np.uint8]:
    """Return the mask of some tiles, of one ``(H, W)`` of all."""
    found = np.zeros(part.size, np.uint8)
    for number in part.numbers:
        found[part.box(number)] = mask[whole.box(number)]
    return found


def _collect_sources(
    rows: tuple[Row, ...], layout: TileLayout | None
) -> tuple[dict[str, list[Source]], dict[str, str]]:
    """Return what is sent of each image, by its full name, and for each map its file and channels at the service.

    Of UDIM images the tiles of a layout are sent; one of them stands for all.
    """
    images = {row.use.image: row.image for row in rows}
    sources = {key: _sources_of(image, str(at), layout) for at, (key, image) in enumerate(images.items())}
    names = {key: ones[0].name for key, ones in sources.items() if ones}
    return sources, map_roles([row.use for row in rows], images, names)


def _sources_of(image: Any, name: str, layout: TileLayout | None) -> list[Source]:
    if layout is None:
        return [make_source(image, name, _service_endings())]
    numbers = [tile.number for tile in image.tiles if tile.number in layout.numbers]
    return [make_tile_source(image, number, name) for number in sorted(numbers)]


def _maps_of(roles: Mapping[str, str]) -> tuple[str, ...]:
    """Return the service's maps of these roles: what is not among them stays as it is, channel by channel."""
    return tuple(re.sub(r"^glossiness(?=:|$)", "roughness", role) for role in roles)


def _service_endings() -> list[str]:
    """Return the kinds of files that the service reads."""
    known = state.connection.info["endings"] if state.connection is not None else ENDINGS
    return [ending for ending in known if ending != ".npy"]


def _forbidden_masks(image: Any, selection: Selection) -> list[NDArray[np.uint8]]:
    return [] if image is None else [read_mask(image, selection.size, layout=selection.layout).view(np.uint8)]
