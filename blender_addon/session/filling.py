"""A material with its settings in, a running fill out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from ..client import Service, Source, UserError
from ..graph import convention
from ..holes import store
from ..holes.mask import Wish, hole
from ..images.reading import source
from ..job import HoleSpec, InpaintRequest, LoadOptions, MethodChoice, Record, Watch
from ..material.asking import asked
from ..material.localising import refuse_linked
from . import connecting, settings
from .desk import Fill, Named, desk
from .selection import Row, Selection, select
from .target import found, named

ENDINGS = (".bmp", ".exr", ".hdr", ".jpeg", ".jpg", ".png", ".tga", ".tif", ".tiff", ".webp")
"""Files that every service reads; a newer one says itself what it reads."""

TILEABLE = {"AUTO": None, "YES": True, "NO": False}


def wish_of(material: Any, selection: Selection) -> Wish:
    """Return which hole the settings of a material ask for."""
    ours, base = material.svbrdf, selection.base
    return Wish(
        kind=ours.hole,
        image=ours.hole_image if ours.hole == "IMAGE" else base.image if base and ours.hole == "ALPHA" else None,
        threshold=ours.threshold,
    )


def request_of(material: Any) -> tuple[InpaintRequest, dict[str, Named]]:
    """Return what is sent to have a material filled, and which image each source is of.

    Raises:
        UserError: a sentence: no map, or no hole.
    """
    selection = select(material, anew=True)
    if not selection.chosen:
        raise UserError("maps", no_maps(selection))
    refuse_linked(material, {row.use.image for row in selection.chosen})
    mask = hole(material, wish_of(material, selection), selection.size)
    if not mask.any():
        raise UserError("hole", "There is no hole yet: paint one, or take the selected faces, a box or an image.")
    ours = material.svbrdf
    sources, roles = _sent(selection.chosen)
    request = InpaintRequest(
        title=material.name,
        images=tuple(sources.values()),
        source=LoadOptions(overrides=roles, normal=convention([row.use for row in selection.chosen])),
        hole=HoleSpec(
            masks=(mask,),
            forbid=_forbidden(ours.forbid, selection.size),
            grow=ours.grow,
            feather=ours.feather,
            tileable=TILEABLE[ours.tileable],
        ),
        method=MethodChoice(name=ours.method.lower(), seed=ours.seed, variations=ours.variations),
    )
    return request, {sources[row.use.image].name: named(row.image) for row in selection.chosen}


def begin(material: Any, given: Mapping[str, Any] | None = None) -> Fill:
    """Have a material filled. What is wrong with it is said now; the rest happens in the background.

    Args:
        material: what is filled.
        given: settings of the method, which go before those of the material.

    Raises:
        UserError: a sentence: no map, no hole, or an image that cannot be read.
    """
    request, images = request_of(material)
    shown = settings.values(material.svbrdf)
    fill = Fill(named(material), images, material.svbrdf.mode, desk.loads)
    desk.fills.insert(0, fill)

    def ask(service: Service) -> None:
        # Only now is it known what the service's defaults are.
        wanted = settings.changed(request.method.name, shown) | dict(given or {})
        method = replace(request.method, settings=wanted)
        connecting.begin_watch(fill, Watch(service, replace(request, method=method)))

    connecting.with_service(fill, ask)
    return fill


def again(fill: Fill) -> Fill:
    """Have the same hole filled with other seeds; nothing is sent anew."""
    assert fill.result is not None
    job, variations = fill.result.job, len(fill.result.variations)
    new = Fill(fill.material, fill.images, fill.mode, desk.loads)
    desk.fills.insert(0, new)

    def ask(service: Service) -> None:
        desk.background.run(lambda: service.retry_job(job, variations), lambda came: retried(service, came))

    def retried(service: Service, other: str | UserError) -> None:
        if isinstance(other, UserError):
            new.trouble = new.trouble or other
        elif new.cancelled:
            desk.background.run(lambda: service.cancel_job(other), lambda ended: None)
        else:
            connecting.begin_watch(new, Watch(service, job=other))

    connecting.with_service(new, ask)
    return new


def pick_up(record: Record) -> Fill:
    """Go on with a job of an earlier session, or return the fill that does so already."""
    known = desk.of_job(record.job)
    if known is not None and (known.active or known.result is not None):
        return known
    images = {source: Named(0, name) for source, name in record.images.items()}
    wanted = Named(0, record.material)
    material = found(bpy.data.materials, wanted)
    mode = material.svbrdf.mode if material is not None else "BESIDE"
    fill = Fill(wanted, images, mode, desk.loads, automatic=False, recorded=True, earlier=record.job)
    desk.fills.insert(0, fill)
    connecting.with_service(fill, lambda service: connecting.begin_watch(fill, Watch(service, job=record.job)))
    return fill


def cancel(fill: Fill) -> None:
    """End a fill in whatever it does; what is there already stays."""
    fill.cancelled = True
    if fill.watch is not None:
        fill.watch.cancel()
    elif fill.active:
        fill.trouble = UserError("cancelled", "Cancelled.")


def no_maps(selection: Selection) -> str:
    """Return why there is nothing to fill."""
    reasons = [row.reason for row in selection.rows if row.reason] + [left.reason for left in selection.left]
    if selection.rows and not reasons:
        return "All maps are left out; tick those that are to be filled."
    return reasons[0] if reasons else "This material has no image textures; choose one that has."


def _sent(rows: tuple[Row, ...]) -> tuple[dict[str, Source], dict[str, str]]:
    """Return what is sent of each image, by its full name, and for each map its file and channels at the service."""
    images = {row.use.image: row.image for row in rows}
    sources = {key: source(image, str(number), _endings()) for number, (key, image) in enumerate(images.items())}
    return sources, asked([row.use for row in rows], images, {key: one.name for key, one in sources.items()})


def _endings() -> list[str]:
    """Return the kinds of files that the service reads."""
    known = desk.connection.info["endings"] if desk.connection is not None else ENDINGS
    return [ending for ending in known if ending != ".npy"]


def _forbidden(image: Any, size: tuple[int, int]) -> tuple[NDArray[np.uint8], ...]:
    return () if image is None else (store.read(image, size).view(np.uint8),)
