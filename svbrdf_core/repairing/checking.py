"""A repair comes in; what it comes to, or the reason why it cannot be done, goes out before anything is filled."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from svbrdf_core import masks
from svbrdf_core.device import resolve
from svbrdf_core.diffusion import DiffusionSettings
from svbrdf_core.errors import InputError
from svbrdf_core.holes import Shaping, hole
from svbrdf_core.inpainting import usable
from svbrdf_core.inpainting.engine import suited
from svbrdf_core.masks import Mask
from svbrdf_core.methods.auto import AutoSettings
from svbrdf_core.publishing import check_folder, check_picture
from svbrdf_core.repairing.request import Choice, Repair
from svbrdf_core.tiling import tiles

Tell = Callable[[Iterable[str]], None]
"""Takes sentences for the user."""


@dataclass(frozen=True)
class Checked:
    """What a repair that can be done comes to.

    Attributes:
        pixels: of the hole.
        share: of the material's pixels that are the hole's, 0 to 1.
        box: top, left, height and width of the hole in pixels; in a material that tiles it is the smallest on the
            torus, which may go on across the edges.
        regions: how many pieces the hole has, which do not touch each other.
        tileable: whether the edges of the material are taken to meet.
        notes: sentences for the user about the hole.
    """

    pixels: int
    share: float
    box: tuple[int, int, int, int]
    regions: int
    tileable: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Prepared:
    """The hole of a repair that can be done.

    Attributes:
        mask: ``(H, W)``, the hole.
        forbid: ``(H, W)``, above 0 where nothing may be copied from; None if that is nowhere.
        tileable: whether the edges meet.
        notes: sentences about the hole, which were told.
        more: sentences about the forbidden places, which were not.
    """

    mask: Mask
    forbid: Mask | None
    tileable: bool
    notes: tuple[str, ...]
    more: tuple[str, ...]


def check(job: Repair) -> Checked:
    """Find out whether a repair can be done, and what it comes to, without filling or writing anything.

    Raises:
        InputError: a method, device, model, settings or output that cannot be used, alone or together.
        MaskError: the hole is empty, full, of the wrong shape, or cannot be read.
        OutputError: what would be written is there already.
        TypeError: the settings are another method's.
    """
    found = prepared(job, lambda sentences: None)
    mask, tileable = found.mask, found.tileable
    pixels = int(np.count_nonzero(mask))
    (top, height), (left, width) = (_span(mask, axis, around=tileable) for axis in (0, 1))
    return Checked(
        pixels=pixels,
        share=pixels / mask.size,
        box=(top, left, height, width),
        regions=len(masks.components(mask, tileable=tileable)),
        tileable=tileable,
        notes=tuple(dict.fromkeys((*found.notes, *found.more))),
    )


def prepared(job: Repair, tell: Tell, *, here: bool = True) -> Prepared:
    """Return the hole of a repair, after everything that can be refused before any work; see `check`.

    Args:
        job: what is wanted.
        tell: takes sentences about the hole.
        here: whether this machine does the work; if not, it need not have what the method and the device ask for.
    """
    _check_outputs(job, here)
    tell(f"Warning: {text}" for text in job.material.warnings)
    mask, tileable, notes = _mask(job)
    tell(notes)
    texts = job.hole.forbid
    forbid, more = hole(texts, job.material, Shaping(), tileable=tileable) if texts else (None, ())
    suited(job.choice.method, job.choice.settings, forbids=forbid is not None, here=here)
    if here:
        _check_model(job.choice)
        resolve(job.choice.device)
    masks.source_mask(mask, forbid)
    return Prepared(mask, forbid, tileable, tuple(notes), more)


def _check_outputs(job: Repair, here: bool) -> None:
    method = usable(job.choice.method, here=here)
    if job.choice.variations > 1 and not method.traits(job.choice.settings).is_random:
        raise InputError(f"The method {method.name} gives the same fill for every seed; leave --variations out.")
    if job.source_map is not None and not method.traits(job.choice.settings).has_sources:
        raise InputError(f"The method {method.name} cannot say where pixels come from; leave --source-map out.")
    check_folder(
        job.target, job.material, in_place=job.in_place, overwrite=job.overwrite, variations=job.choice.variations
    )
    inputs = [p.file.path for binding in job.material.maps.values() for p in binding.places]
    inputs += [Path(text) for text in (*job.hole.masks, *job.hole.forbid)]
    for path in (job.preview, job.source_map):
        check_picture(path, inputs, overwrite=job.overwrite)


def _check_model(choice: Choice) -> None:
    learning = _learning(choice.settings)
    if learning is not None and learning.model is not None:
        from svbrdf_core.diffusion.model_file import probe  # loads torch, which takes a second

        probe(learning.model.path)


def _learning(settings: object) -> DiffusionSettings | None:
    """Return the part of settings that is about training and networks."""
    found = settings.diffusion if isinstance(settings, AutoSettings) else settings
    return found if isinstance(found, DiffusionSettings) else None


def _mask(job: Repair) -> tuple[Mask, bool, list[str]]:
    """Return the mask ``(H, W)``, whether the material is taken to tile, and notes."""
    material, wanted = job.material, job.hole
    mask, notes = hole(wanted.masks, material, wanted.shaping, tileable=bool(wanted.tileable))
    mask, more = masks.check(mask, (material.height, material.width))
    told = [*notes, *more]
    if wanted.tileable is not None:
        return mask, wanted.tileable, told
    rows, columns = tiles(material, mask)
    if rows and columns:
        mask, _ = hole(wanted.masks, material, wanted.shaping, tileable=True)
        mask, _ = masks.check(mask, (material.height, material.width))
        return mask, True, [*told, "The material tiles; the fill goes on across its edges."]
    if rows or columns:
        way = "top to bottom" if rows else "left to right"
        return (
            mask,
            False,
            [*told, f"The material goes on {way} only; its edges are kept as edges (--tileable if not)."],
        )
    return mask, False, [*told, "The material does not tile; its edges are kept as edges (--tileable if it does)."]


def _span(mask: Mask, axis: int, *, around: bool) -> tuple[int, int]:
    """Return start and length of the hole's rows or columns, on a ring if ``around``."""
    at, total = np.flatnonzero(mask.any(axis=1 - axis)), mask.shape[axis]
    first, length = int(at[0]), int(at[-1] - at[0] + 1)
    if not around:
        return first, length
    gaps = np.diff(at, append=at[0] + total)
    widest = len(gaps) - 1 - int(gaps[::-1].argmax())  # the last of equals, so that no edge is crossed in vain
    return int(at[(widest + 1) % len(at)]), total - int(gaps[widest]) + 1
