"""Guides of a material: which there are for which picture, at what size, and what of them goes with a request.

A picture that is filled is the material's as it is, a larger one (Extend), or a sheet (Grow); each has guides of its
own, since they have its size.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from bpy.app.translations import pgettext_iface as _
from numpy.typing import NDArray

from ..client import UserError
from ..holes import guide as images
from ..holes.overlay import WHOLE
from ..holes.painting import NOWHERE, Guide
from ..job import CanvasSpec, ExtendSpec, GrowSpec, GuideSpec
from ..material.placing import Frame
from . import settings
from .selection import Selection

Size = tuple[int, int]
"""Height and width."""

SLOTS = {
    "guides": ("protect", "colours", "grain_image"),
    "extend_guides": ("protect", "colours", "grain_image"),
    "sheet_guides": ("colours", "source_colours", "grain_image"),
}
"""By picture the images that may guide. Structure says what goes on from where it is, and in a sheet nothing is yet."""
PANELS = {"guides": "Guides", "extend_guides": "Guides for Extend", "sheet_guides": "Guides for Grow"}
TITLES = {"protect": "Protect", "colours": "Colors", "source_colours": "Colors of the Material", "grain_image": "Grain"}
DATA = ("protect", "grain_image")
"""Those that are numbers, and no colours."""
MEASURED = {
    "guides": "the picture is",
    "extend_guides": "the extended picture will be",
    "sheet_guides": "the sheet will be",
}


def picture_of(canvas: CanvasSpec | None) -> str:
    """Return whose guides go with a canvas."""
    if isinstance(canvas, ExtendSpec):
        return "extend_guides"
    return "sheet_guides" if isinstance(canvas, GrowSpec) else "guides"


def canvas_of(material: Any, picture: str) -> CanvasSpec | None:
    """Return the canvas that the settings of a material ask for, where a picture is no material's as it is."""
    ours = material.svbrdf
    if picture == "extend_guides":
        return ExtendSpec(ours.extend_left, ours.extend_right, ours.extend_top, ours.extend_bottom)
    return GrowSpec((ours.sheet_width, ours.sheet_height)) if picture == "sheet_guides" else None


def is_any_given(material: Any, picture: str) -> bool:
    """Whether a fill of a picture has guides."""
    own = getattr(material.svbrdf, picture)
    given = [getattr(own, slot) for slot in SLOTS[picture] if slot != "grain_image"]
    return own.grain != "NONE" or any(image is not None for image in given)


def explain_absence(material: Any, selection: Selection) -> str:
    """Return why no guides can be followed; nothing where they can, or that is for the service to say."""
    if selection.layout is not None:
        return _("UDIM tiles cannot be filled by guides; take the guides out, or use single images.")
    method = settings.describe_method(material.svbrdf.method)
    if method is not None and not method["controlled"]:
        sentence = _("The method {name} cannot follow guides; take them out, or choose Patches under Method.")
        return sentence.format(name=method["name"])
    return ""


def frame_of(canvas: CanvasSpec | None, selection: Selection) -> Frame:
    """Return where the picture as it is lies in that of a canvas; of a sheet, by the scale of it alone."""
    height, width = selection.size
    down, across = _units(selection)
    if isinstance(canvas, ExtendSpec):
        left, right = _round_up(canvas.left, across), _round_up(canvas.right, across)
        top, bottom = _round_up(canvas.top, down), _round_up(canvas.bottom, down)
        return Frame(left, top, width, height, (left + width + right, top + height + bottom))
    if isinstance(canvas, GrowSpec):
        size = _round_up(canvas.size[0], across), _round_up(canvas.size[1], down)
        return Frame.of_sheet((width, height), size)
    return Frame(0, 0, width, height, (width, height))


def size_of(material: Any, picture: str, slot: str, selection: Selection) -> Size:
    """Return height and width that a guide must have."""
    if slot == "source_colours":
        return selection.size
    width, height = frame_of(canvas_of(material, picture), selection).size
    return height, width


def _units(selection: Selection) -> tuple[int, int]:
    """Return of how many pixels, down and across, sizes are multiples: the smaller maps have whole ones, too."""
    sizes = [row.size for row in selection.chosen]
    down, across = (math.lcm(*(Fraction(size[at], selection.size[at]).denominator for size in sizes)) for at in (0, 1))
    return down, across


def _round_up(pixels: int, unit: int) -> int:
    return -(-pixels // unit) * unit


def read_guides(material: Any, canvas: CanvasSpec | None, selection: Selection) -> GuideSpec:
    """Return the guides that go with a request.

    Raises:
        UserError: one cannot be read or has another size, colours are missing, or no guides can be followed.
    """
    picture = picture_of(canvas)
    if not is_any_given(material, picture):
        return GuideSpec()
    reason = explain_absence(material, selection)
    if reason:
        raise UserError("bad", reason)
    own, width_height = getattr(material.svbrdf, picture), frame_of(canvas, selection).size
    found = dict(_read_images(own, picture, (width_height[1], width_height[0]), selection.size))
    if picture == "sheet_guides" and ("colours" in found) != ("source_colours" in found):
        missing = "source_colours" if "colours" in found else "colours"
        sentence = _("Colors of a sheet need those of the material too: “{title}” is missing under {panel}.")
        raise UserError("bad", sentence.format(title=_(TITLES[missing]), panel=_(PANELS[picture])))
    structure = found["protect"].max(axis=2) > 127 if "protect" in found else np.zeros((1, 1), np.bool_)
    grain = found["grain_image"].mean(axis=2).round().astype(np.uint8) if "grain_image" in found else None
    return GuideSpec(
        found.get("colours"),
        found.get("source_colours"),
        (structure.view(np.uint8),) if structure.any() else (),
        "auto" if own.grain == "AUTO" else grain,
    )


def _read_images(own: Any, picture: str, size: Size, source: Size) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Yield the images of guides by slot, ``(H, W, 3)``."""
    for slot in SLOTS[picture]:
        image, title = getattr(own, slot), _(TITLES[slot])
        if slot == "grain_image" and own.grain != "IMAGE":
            continue
        if image is None:
            if slot == "grain_image":
                sentence = _("No image says how the grain runs; press New under {panel}, or choose another Grain.")
                raise UserError("bad", sentence.format(panel=_(PANELS[picture])))
            continue
        wanted = source if slot == "source_colours" else size
        samples = images.read_colours(image)
        if samples.shape[:2] != wanted:
            measured = _("the material is") if slot == "source_colours" else _(MEASURED[picture])
            sentence = _(
                "“{image}” ({title}) is {held} and {measured} {wanted}; make it of that size or take it out under "
                "{panel}."
            )
            held, right = (f"{width} x {height}" for height, width in (samples.shape[:2], wanted))
            said = {"image": image.name, "title": title, "held": held, "measured": measured, "wanted": right}
            raise UserError("bad", sentence.format(**said, panel=_(PANELS[picture])))
        yield slot, samples


def guide_to_paint(material: Any, picture: str, slot: str, selection: Selection) -> Guide:
    """Return the guide as it is painted: its image, a new one where there is none, or one of another size fitted.

    Raises:
        UserError: no guides can be followed, or the image is the user's own.
    """
    reason = explain_absence(material, selection)
    if slot not in SLOTS[picture]:
        reason = _("{panel} have no {title}.").format(panel=_(PANELS[picture]), title=_(TITLES[slot]))
    if reason:
        raise UserError("bad", reason)
    own, size = getattr(material.svbrdf, picture), size_of(material, picture, slot, selection)
    if not all(size):
        raise UserError("maps", "There is no map to guide: tick one under Maps.")
    image = getattr(own, slot)
    if image is not None and not images.is_guide(image):
        sentence = _("“{image}” is an image of your own; paint it in Blender's own way, or take it out for a new one.")
        raise UserError("bad", sentence.format(image=image.name))

    grey = grey_of(own.angle) if slot == "grain_image" else 1.0

    def make() -> Any:
        if slot == "grain_image":
            own.grain = "IMAGE"
        if image is None:
            name, start = f"{material.name} {TITLES[slot].lower()}", grey if slot == "grain_image" else 0.0
            samples = np.full((*size, 3), round(start * 255), np.uint8)
            setattr(own, slot, images.make_guide(name, samples, is_data=slot in DATA))
        elif (image.size[1], image.size[0]) != size:
            setattr(own, slot, images.replace_guide(image, images.fit_samples(images.read_colours(image), size)))
        return getattr(own, slot)

    colour = (0.9, 0.1, 0.1) if slot in ("colours", "source_colours") else (grey,) * 3
    return Guide(f"{picture}.{slot}", make, colour, _frame_to_paint(material, picture, slot, selection))


def move_guides(material: Any, size: Size, corner: tuple[int, int], held: Size) -> None:
    """Lay guides that this add-on made onto a picture of another size, as `mask.move_hole` does the hole.

    Args:
        material: whose guides of the picture as it is are moved.
        size: height and width of the picture that they are of; others stay as they are.
        corner: row and column of the other picture where that one begins; negative where it is cut off.
        held: height and width of the other picture.
    """
    own = material.svbrdf.guides
    for slot in SLOTS["guides"]:
        image = getattr(own, slot)
        if image is None or not images.is_guide(image) or (image.size[1], image.size[0]) != size:
            continue
        laid = images.lay_samples(images.read_colours(image), corner, held, goes_on=slot == "grain_image")
        setattr(own, slot, images.replace_guide(image, laid))


def _frame_to_paint(material: Any, picture: str, slot: str, selection: Selection) -> tuple[float, float, float, float]:
    if picture == "guides" or slot == "source_colours":
        return WHOLE
    if picture == "sheet_guides":
        return NOWHERE
    frame = frame_of(canvas_of(material, picture), selection)
    return (*frame.scale, *frame.location)


def grey_of(angle: float) -> float:
    """Return the grey, 0 to 1, that stands for a direction: of radians counter-clockwise from left to right."""
    return round(angle / math.pi, 6) % 1.0  # properties are of single precision
