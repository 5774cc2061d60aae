"""Materials: loaded from files or arrays, read and edited by windows, written back."""

from svbrdf_core.material.binding import MapBinding, Place, Rect
from svbrdf_core.material.folders import folders_of
from svbrdf_core.material.material import Material
from svbrdf_core.material.saving import SaveReport
from svbrdf_core.material.validate import Finding, validate

__all__ = ["Finding", "MapBinding", "Material", "Place", "Rect", "SaveReport", "folders_of", "validate"]
