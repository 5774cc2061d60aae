"""Materials: loaded from files or arrays, read and edited by windows, written back."""

from svbrdf_core.material.binding import MapBinding, Place, Rect
from svbrdf_core.material.folders import folders_of
from svbrdf_core.material.hole import edit_mask, forbidden_mask, hole_mask, mask_part, union_mask
from svbrdf_core.material.material import Material
from svbrdf_core.material.options import load_material
from svbrdf_core.material.saving import SaveReport
from svbrdf_core.material.tiling import tiles
from svbrdf_core.material.validate import Finding, validate

__all__ = [
    "Finding",
    "MapBinding",
    "Material",
    "Place",
    "Rect",
    "SaveReport",
    "edit_mask",
    "folders_of",
    "forbidden_mask",
    "hole_mask",
    "load_material",
    "mask_part",
    "tiles",
    "union_mask",
    "validate",
]
