"""The end of a fill: results fetched, applied one on top of the other, reverted or kept; and the records of jobs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any

import bpy
import numpy as np
from bpy.app.translations import pgettext_iface as _

from ..client import UserError
from ..holes.mask import clear_hole, move_hole, note_change
from ..holes.surface import COARSE, is_seen_nowhere
from ..images.files import name_beside, shared_file
from ..images.making import crop_picture, make_image, make_tiled_image
from ..images.tiles import is_tiled
from ..job import Record, Records, ResultFile, fetch_results, fetch_thumbnail
from ..material import changes
from ..material.nodes import image_nodes, refuse_linked
from ..material.placing import Frame
from . import connection
from .context import fills_of, find_block, user_folder
from .guides import move_guides
from .state import Fill, state

THUMBNAIL, LARGEST = 192, 1024
"""Longest side of the picture of a variation, and of the drawing of the whole that it is cut out of, in pixels."""


def write_record(fill: Fill) -> None:
    """Write down a job, so that another Blender can pick it up; where that cannot be written the user is told."""
    kept = user_folder()
    if kept is None or state.connection is None:
        fill.note = "The user folder cannot be written: this job cannot be picked up after Blender has ended."
        return
    images = {source: image.name for source, image in fill.images.items()}
    record = Record(
        job=fill.job, url=state.connection.service.address.url, blend=bpy.data.filepath, material=fill.material.name,
        images=images, created=fill.began,
    )  # fmt: skip
    try:
        Records(kept / "jobs").add(record)
        state.records = None
    except UserError as error:
        fill.note = error.sentence


def forget_record(job: str) -> None:
    """Remove what was written down of a job."""
    kept = user_folder()
    if kept is not None and job:
        Records(kept / "jobs").remove(job)
        state.records = None


def request_variation(fill: Fill, variation: int, *, again: bool = True) -> None:
    """Have a variation put in, now if its samples are here, else when they have been fetched.

    A service that has ended meanwhile still has them once it is started ``again``.
    """
    fill.wanted = variation
    result, watch = fill.result, fill.watch
    if variation in fill.fetched or result is None or watch is None:
        return

    def take_samples(samples: dict[str, ResultFile] | UserError) -> None:
        if not isinstance(samples, UserError):
            fill.fetched[variation] = samples
        elif again and samples.kind in {"absent", "lost", "not_a_service"}:
            connection.find_service(start=True, then=retry)
        else:
            fill.note, fill.wanted = fill.explain(samples).sentence, None

    def retry(error: UserError | None) -> None:
        if error is None:
            request_variation(fill, variation, again=False)
        else:
            fill.note, fill.wanted = error.sentence, None

    state.background.run(lambda: fetch_results(watch.service.relocate(), result, variation, fill.images), take_samples)


def draw_thumbnail(fill: Fill) -> None:
    """Have a small picture of the next variation drawn; one that cannot be drawn is left out."""
    result, watch = fill.result, fill.watch
    if result is None or watch is None:
        return
    service, number = watch.service, fill.undrawn.pop(0)
    left, top, right, bottom = fill.crop
    size = min(round(THUMBNAIL / max(right - left, bottom - top)), LARGEST)
    fill.drawing = True

    def take_png(png: bytes | UserError) -> None:
        fill.drawing = False
        if not isinstance(png, UserError):
            with contextlib.suppress(RuntimeError):  # a picture that cannot be read is left out
                fill.thumbnails[number] = png if size == THUMBNAIL else crop_picture(png, fill.crop)

    state.background.run(lambda: fetch_thumbnail(service, result.job, number, size), take_png)


def apply_variation(fill: Fill, variation: int) -> tuple[Any, list[str]]:
    """Put a fetched variation into its material, in place of one that is in it; the caller makes the undo step.

    Returns:
        The material, and what the user should know, a sentence each.

    Raises:
        UserError: the material or all its images are gone; nothing was changed.
    """
    material = find_block(bpy.data.materials, fill.material)
    if material is None:
        sentence = _('The material "{name}" is gone; the repaired maps stay with the service.')
        raise UserError("gone", sentence.format(name=fill.material.name))
    olds = {source: image for source, image in _old_images(fill).items() if image is not None}
    frame = _frame_of(fill, olds.values())
    mode = fill.mode if frame is None else "BESIDE"  # what else shows the old image has nobody to adapt it
    sources: dict[Any, list[str]] = {}
    for source, old in olds.items():
        for image in _find_twins(material, old, mode):
            sources.setdefault(image, []).append(source)
    if not olds:
        raise UserError("gone", "All images of this fill are gone; undo their removal, then choose the result again.")
    refuse_linked(material, {image.name_full for image in sources})
    back = steps_above(material, set(sources))
    new = _make_images(fill, variation, sources)
    words = [
        _('The image "{name}" is gone; its repaired map was left out.').format(name=fill.images[source].name)
        for source in fill.fetched[variation]
        if source not in olds
    ]
    words += _explain_taken_out(material, fill.job, back)
    for _step in range(back):
        words += _take_back(material)
    for old, image in new.items():
        image.name = name_beside(old.name)  # which had another's name until that was taken back
    words += changes.apply(material, {old.name_full: image for old, image in new.items()}, mode=mode, frame=frame)
    _note_result(material, fill.job, variation)
    fill.applied = True
    if frame is not None and frame.sheet:
        _put_hole_aside(material)
    else:
        material.svbrdf.filled = True
    if frame is not None:
        words += _after_extending(material, frame)
    if fill.result is not None and fill.result.tiles:
        words += _explain_edges(material, set(new.values()))
    return material, list(dict.fromkeys(words))


def _frame_of(fill: Fill, olds: Iterable[Any]) -> Frame | None:
    """Return where the old picture, of these images, lies in that of a fill; None if it has the same size."""
    result = fill.result
    if result is not None and result.grown:
        width, height = max((tuple(image.size) for image in olds), key=lambda size: size[0] * size[1], default=(1, 1))
        return Frame.of_sheet((width, height), result.size)
    if result is None or result.placed is None or not result.extended:
        return None
    return Frame(*result.placed, size=result.size)


def _explain_taken_out(material: Any, job: str, steps: int) -> list[str]:
    """Return a sentence if other fills lie above a fill that is put in, and are taken out by it."""
    newest = sorted({change.step for change in material.svbrdf_changes}, reverse=True)[:steps]
    others = {change.job for change in material.svbrdf_changes if change.step in newest} - {job}
    return [_("What was filled on top of it was taken out; Ctrl-Z brings it back.")] if others else []


def _put_hole_aside(material: Any) -> None:
    """Let a sheet have no hole: that of the picture before comes back with it."""
    newest = max(material.svbrdf_changes, key=lambda change: change.step)
    newest.hole, material.svbrdf_hole = material.svbrdf_hole, None
    note_change()


def _after_extending(material: Any, frame: Frame) -> list[str]:
    """Lay what was painted onto the larger picture; return a sentence if nobody sees the new sides."""
    width, height = frame.size
    if not frame.sheet:
        _move_painted(material, (frame.height, frame.width), (frame.top, frame.left), (height, width))
    if width <= frame.width and height <= frame.height:
        return []
    rim = 3 + max(width, height) // COARSE * 2  # faces that end at the old picture's edge reach a texel beyond it
    sides = np.zeros((height, width), np.bool_)
    sides[rim:-rim, rim:-rim] = True
    top, left = max(frame.top - rim, 0), max(frame.left - rim, 0)
    sides[top : frame.top + frame.height + rim, left : frame.left + frame.width + rim] = False
    if is_seen_nowhere(material, sides):
        if frame.sheet:
            return [_("The object shows as much of the sheet as it showed of the old picture; scale its UVs for more.")]
        return [_("No face shows the new sides yet; let its UVs reach beyond the old picture.")]
    return []


def _move_painted(material: Any, size: tuple[int, int], corner: tuple[int, int], held: tuple[int, int]) -> None:
    """Lay the painted hole and guides onto a picture of another size, see `move_hole`."""
    move_hole(material, size, corner, held)
    move_guides(material, size, corner, held)


def _explain_edges(material: Any, images: set[Any]) -> list[str]:
    """Return a sentence if nodes show images whose edges meet now in a way that does not go on beyond them."""
    nodes = {place.node for place in image_nodes(material) if place.node.image in images}
    names = sorted({f"“{node.name}”" for node in nodes if getattr(node, "extension", "REPEAT") != "REPEAT"})
    sentence = _("The edges meet, but {names} shows the image once; set its Extension to Repeat to see it go on.")
    return [sentence.format(names=", ".join(names))] if names else []


def _take_back(material: Any) -> list[str]:
    """Take the last step out of a material, and lay what was painted back onto the picture of before."""
    frame = changes.newest_frame(material)
    newest = max((change.step for change in material.svbrdf_changes), default=0)
    hole = next((one.hole for one in material.svbrdf_changes if one.step == newest and one.hole is not None), None)
    words = changes.revert(material)
    if frame is not None and frame.sheet:
        material.svbrdf_hole = hole
        note_change()
    elif frame is not None:
        held, width = (frame.height, frame.width), frame.size[0]
        _move_painted(material, (frame.size[1], width), (-frame.top, -frame.left), held)
    return words


def _find_twins(material: Any, old: Any, mode: str) -> list[Any]:
    """Return an image and those that show the same file: what becomes of one becomes of all that are replaced."""
    file = shared_file(old)
    shown = {place.node.image for place in image_nodes(material)} | {one.old for one in material.svbrdf_changes}
    twins = [
        image
        for image in bpy.data.images
        if image != old
        and file is not None
        and image.library is None
        and (mode == "REPLACE" or image in shown)
        and shared_file(image) == file
    ]
    return [old, *twins]


def _old_images(fill: Fill) -> dict[str, Any]:
    return {source: find_block(bpy.data.images, image) for source, image in fill.images.items()}


def _make_images(fill: Fill, variation: int, sources: dict[Any, list[str]]) -> dict[Any, Any]:
    """Return the new images by old image, of which the sources are given: all, or none at all."""
    new: dict[Any, Any] = {}
    try:
        for old, names in sources.items():
            new[old] = _make_one(fill, variation, old, names)
    except (OSError, RuntimeError, UserError) as error:
        for image in new.values():
            bpy.data.images.remove(image)
        if isinstance(error, UserError):
            raise
        said = "A repaired map could not be read back; look at Temporary Files in the preferences, under File Paths."
        raise UserError("file", said) from error
    return new


def _make_one(fill: Fill, variation: int, old: Any, names: list[str]) -> Any:
    """Return the new image of an old one; of UDIM tiles each is a source."""
    ending = PurePath(_file_name(fill, variation, names[0])).suffix
    if not is_tiled(old):
        return make_image(old, fill.fetched[variation][names[0]], ending)
    tiles = {int(name.split(".")[1]): fill.fetched[variation][name] for name in names}
    return make_tiled_image(old, {number: bytes(data) for number, data in tiles.items()}, ending)


def _file_name(fill: Fill, variation: int, source: str) -> str:
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
    words = _take_back(material)
    if not len(material.svbrdf_changes):
        material.svbrdf.filled = False
    _update_shown_result(material)
    return words


def keep(material: Any, folder: str = "") -> list[str]:
    """Make a result the material's own, with files where its images lay in files; return what was written.

    Files are written to the folder, if one is given. When all of it is kept, the painted hole has done its work and is
    cleared.

    Raises:
        UserError: there is none in it.
    """
    if not len(material.svbrdf_changes):
        raise UserError("hole", "There is no result in this material to keep.")
    jobs = jobs_in(material)
    words = changes.keep(material, folder)
    for job in jobs - jobs_in(material):
        forget_record(job)
    _update_shown_result(material)
    if not len(material.svbrdf_changes) and material.svbrdf.hole == "PAINT":
        clear_hole(bpy.context, material)
    return words


def read_records() -> list[Record]:
    """Return the jobs that were written down, by this Blender or an earlier one."""
    kept = user_folder()
    if state.records is None:
        state.records = Records(kept / "jobs").all() if kept is not None else []
    return state.records


def steps_above(material: Any, wanted: set[Any]) -> int:
    """Return how many steps must be taken back until the material shows the images that a fill was made of.

    Raises:
        UserError: it does not show one of them even then.
    """
    shown = {place.node.image for place in image_nodes(material)} - {None}
    steps = sorted({change.step for change in material.svbrdf_changes}, reverse=True)
    held = [len(shown & wanted)]
    for step in steps:
        of_step = [change for change in material.svbrdf_changes if change.step == step]
        before = {change.new: change.old for change in of_step}
        shown = {before.get(image) or image for image in shown}
        held.append(len(shown & wanted))
    if not max(held):
        said = "The material shows other images than those this result was made of; fill anew."
        raise UserError("gone", said)
    return held.index(max(held))


def count_steps(material: Any) -> int:
    """Return how many results lie on top of one another in a material."""
    return len({change.step for change in material.svbrdf_changes})


def next_seed(material: Any) -> int:
    """Return a seed by which nothing of a material was filled in this session."""
    results = [fill.result for fill in fills_of(material) if fill.result is not None]
    used = [one.seed for result in results for one in result.variations]
    return max(used, default=material.svbrdf.seed + material.svbrdf.variations - 1) + 1


def _note_result(material: Any, job: str, variation: int) -> None:
    """Note whose result the newest step is."""
    step = max((change.step for change in material.svbrdf_changes), default=0)
    for change in material.svbrdf_changes:
        if change.step == step:
            change.job, change.variation = job, variation
    _update_shown_result(material)


def _update_shown_result(material: Any) -> None:
    """Let the material say whose result it shows: that of the newest step that is left."""
    newest = max(material.svbrdf_changes, key=lambda change: change.step, default=None)
    material.svbrdf.job = newest.job if newest is not None else ""
    material.svbrdf.variation = newest.variation if newest is not None else 0


def jobs_in(material: Any) -> set[str]:
    """Return the jobs whose results are in a material."""
    return {change.job for change in material.svbrdf_changes} - {""}
