"""Pictures, shapes and channels come in; masks go out: float32 ``(H, W)`` in 0..1, everything above 0 is the hole."""

from svbrdf_core.masks._check import check, fit, source_mask
from svbrdf_core.masks._image import from_alpha, from_image, from_key, from_nonfinite, read
from svbrdf_core.masks._morph import feather, grow, invert, shrink
from svbrdf_core.masks._regions import Region, components, regions
from svbrdf_core.masks._types import Hole, Mask, Size

__all__ = [
    "Hole",
    "Mask",
    "Region",
    "Size",
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
    "read",
    "regions",
    "shrink",
    "source_mask",
]
