"""Masks from pictures, shapes and channels: float32 ``(H, W)`` in 0..1, everything above 0 is the hole."""

from svbrdf_core.masks._brush import BrushSettings, brush
from svbrdf_core.masks._build import Sources, build
from svbrdf_core.masks._check import check, fit, source_mask
from svbrdf_core.masks._image import from_alpha, from_image, from_key, from_nonfinite, read
from svbrdf_core.masks._morph import feather, grow, invert, shrink
from svbrdf_core.masks._overlay import overlay
from svbrdf_core.masks._parse import parse, parse_shape
from svbrdf_core.masks._regions import Region, components, regions
from svbrdf_core.masks._shapes import add_capsule, add_circle, add_polygon, add_rect
from svbrdf_core.masks._spec import FORMS, MaskPicture, MaskSpec, shift
from svbrdf_core.masks._types import Hole, Mask, Size

__all__ = [
    "FORMS",
    "BrushSettings",
    "Hole",
    "Mask",
    "MaskPicture",
    "MaskSpec",
    "Region",
    "Size",
    "Sources",
    "add_capsule",
    "add_circle",
    "add_polygon",
    "add_rect",
    "brush",
    "build",
    "check",
    "components",
    "feather",
    "fit",
    "from_alpha",
    "from_image",
    "from_key",
    "from_nonfinite",
    "grow",
    "invert",
    "overlay",
    "parse",
    "parse_shape",
    "read",
    "regions",
    "shift",
    "shrink",
    "source_mask",
]
