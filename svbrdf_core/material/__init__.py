"""A material: all texture maps of one surface, read from files or arrays, windowed, edited and written as a whole.

Windows are float32 ``(C, h, w)``. What describes a material to load or a hole in it (`svbrdf_core.request`) is turned
into the material and the mask here.
"""

from svbrdf_core.material.binding import MapBinding, PixelRect, Place
from svbrdf_core.material.folders import folders_of
from svbrdf_core.material.grid import TileGrid
from svbrdf_core.material.hole import (
    edit_mask,
    edit_tiled_mask,
    forbidden_mask,
    hole_mask,
    mask_parts,
    sources_of,
    union_mask,
)
from svbrdf_core.material.material import Material
from svbrdf_core.material.options import find_tile_grid, load_material
from svbrdf_core.material.saving import SaveReport
from svbrdf_core.material.tile_hole import TileHole, name_tiles, tiles_near
from svbrdf_core.material.tiling import tiles
from svbrdf_core.material.validate import Finding, validate

__all__ = [
    "Finding",
    "MapBinding",
    "Material",
    "PixelRect",
    "Place",
    "SaveReport",
    "TileGrid",
    "TileHole",
    "edit_mask",
    "edit_tiled_mask",
    "find_tile_grid",
    "folders_of",
    "forbidden_mask",
    "hole_mask",
    "load_material",
    "mask_parts",
    "name_tiles",
    "sources_of",
    "tiles",
    "tiles_near",
    "union_mask",
    "validate",
]
