"""A finished fill in; its samples fetched, put into the material, taken out again or kept."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import bpy
from bpy.app.translations import pgettext_iface as _

from ..client import UserError
from ..holes import store
from ..images.making import made
from ..images.paths import name_beside
from ..job import Record, Records, ResultFile, fetch_results, fetch_thumbnail
from ..material import applying, keeping
from ..material.localising import refuse_linked
from . import connecting, stacking
from .desk import Fill, desk
from .target import found
from .user import folder

THUMBNAIL = 192
"""Longest side of the picture of a variation, in pixels."""


def note_record(fill: Fill) -> None:
    """Write down a job, so that another Blender can pick it up; where that cannot be written the user is told."""
    kept = folder()
    if kept is None or desk.connection is None:
        fill.note = "The user folder cannot be written: this job cannot be picked up after Blender has ended."
        return
    images = {source: image.name for source, image in fill.images.items()}
    record = Record(
        job=fill.job, url=desk.connection.service.address.url, blend=bpy.data.filepath, material=fill.material.name,
        images=images, created=fill.began,
    )  # fmt: skip
    try:
        Records(kept / "jobs").add(record)
        desk.records = None
    except UserError as trouble:
        fill.note = trouble.sentence


def forget_record(job: str) -> None:
    """Remove what was written down of a job."""
    kept = folder()
    if kept is not None and job:
        Records(kept / "jobs").remove(job)
        desk.records = None


def want(fill: Fill, variation: int, *, again: bool = True) -> None:
    """Have a variation put in, now if its samples are here, else when they have been fetched.

    A service that has ended meanwhile still has them once it is started ``again``.
    """
    fill.wanted = variation
    result, watch = fill.result, fill.watch
    if variation in fill.fetched or result is None or watch is None:
        return

    def arrived(samples: dict[str, ResultFile] | UserError) -> None:
        if not isinstance(samples, UserError):
            fill.fetched[variation] = samples
        elif again and samples.kind in {"absent", "lost", "not_a_service"}:
            connecting.look(start=True, then=started)
        else:
            fill.note, fill.wanted = samples.sentence, None

    def started(trouble: UserError | None) -> None:
        if trouble is None:
            want(fill, variation, again=False)
        else:
            fill.note, fill.wanted = trouble.sentence, None

    desk.background.run(lambda: fetch_results(watch.service.relocate(), result, variation, fill.images), arrived)


def draw_thumbnails(fill: Fill) -> None:
    """Have a small picture of every variation drawn, one after the other; one that cannot be drawn is left out."""
    result, watch = fill.result, fill.watch
    if result is None or watch is None:
        return
    service, waiting = watch.service, iter(result.variations)

    def draw_next() -> None:
        one = next(waiting, None)
        if one is not None and fill in desk.fills:
            desk.background.run(
                lambda: fetch_thumbnail(service, result.job, one.number, THUMBNAIL),
                lambda png: arrived(one.number, png),
            )

    def arrived(number: int, png: bytes | UserError) -> None:
        if not isinstance(png, UserError):
            fill.thumbnails[number] = png
        draw_next()

    draw_next()


def put_in(fill: Fill, variation: int) -> tuple[Any, list[str]]:
    """Put a fetched variation into its material, in place of one that is in it; the caller makes the undo step.

    Returns:
        The material, and what the user should know, a sentence each.

    Raises:
        UserError: the material or all its images are gone; nothing was changed.
    """
    material = found(bpy.data.materials, fill.material)
    if material is None:
        sentence = _('The material "{name}" is gone; the repaired maps stay with the service.')
        raise UserError("gone", sentence.format(name=fill.material.name))
    olds = {source: image for source, image in _olds(fill).items() if image is not None}
    if not olds:
        raise UserError("gone", "All images of this fill are gone; undo their removal, then choose the result again.")
    refuse_linked(material, {image.name_full for image in olds.values()})
    back = stacking.in_the_way(material, set(olds.values()))
    new = _made(fill, variation, olds)
    words = [
        _('The image "{name}" is gone; its repaired map was left out.').format(name=fill.images[source].name)
        for source in fill.fetched[variation]
        if source not in olds
    ]
    for _step in range(back):
        words += applying.revert(material)
    for source, image in new.items():
        image.name = name_beside(olds[source].name)  # which had another's name until that was taken back
    words += applying.apply(material, {olds[source].name_full: image for source, image in new.items()}, mode=fill.mode)
    stacking.note(material, fill.job, variation)
    fill.applied = True
    return material, words


def _olds(fill: Fill) -> dict[str, Any]:
    return {source: found(bpy.data.images, image) for source, image in fill.images.items()}


def _made(fill: Fill, variation: int, olds: dict[str, Any]) -> dict[str, Any]:
    """Return the new images by source: all, or none at all."""
    new: dict[str, Any] = {}
    try:
        for source, old in olds.items():
            ending = PurePath(source_file(fill, variation, source)).suffix
            new[source] = made(old, fill.fetched[variation][source], ending)
    except (OSError, RuntimeError, UserError) as error:
        for image in new.values():
            bpy.data.images.remove(image)
        if isinstance(error, UserError):
            raise
        said = "A repaired map could not be read back; look at Temporary Files in the preferences, under File Paths."
        raise UserError("file", said) from error
    return new


def source_file(fill: Fill, variation: int, source: str) -> str:
    """Return the name of the file that a source became."""
    assert fill.result is not None
    return next(one.files[source] for one in fill.result.variations if one.number == variation)


def revert(material: Any) -> list[str]:
    """Take the last result out of a material; return what could not be brought back.

    Raises:
        UserError: there is none in it.
    """
    if not len(material.svbrdf_changes):
        raise UserError("hole", "There is no result in this material to take out.")
    words = applying.revert(material)
    stacking.settle(material)
    return words


def keep(material: Any) -> list[str]:
    """Make a result the material's own, with files where its images lay in files; return what was written.

    When all of it is kept, the painted hole has done its work and is cleared.

    Raises:
        UserError: there is none in it.
    """
    if not len(material.svbrdf_changes):
        raise UserError("hole", "There is no result in this material to keep.")
    jobs = stacking.jobs(material)
    words = keeping.keep(material)
    for job in jobs - stacking.jobs(material):
        forget_record(job)
    stacking.settle(material)
    if not len(material.svbrdf_changes) and material.svbrdf.hole == "PAINT":
        store.clear(bpy.context, material)
    return words


def records() -> list[Record]:
    """Return the jobs that were written down, by this Blender or an earlier one."""
    kept = folder()
    if desk.records is None:
        desk.records = Records(kept / "jobs").all() if kept is not None else []
    return desk.records
