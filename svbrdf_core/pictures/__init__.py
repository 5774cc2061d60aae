"""Pictures of a material, of one of its maps, or of it under a light."""

from svbrdf_core.pictures.drawing import ReducedMaterial, Rgb, picture
from svbrdf_core.pictures.look import Look, check_drawable
from svbrdf_core.pictures.maps import crop_picture, map_picture
from svbrdf_core.pictures.views import hole_in, reduce_map, view_whole

__all__ = [
    "Look",
    "ReducedMaterial",
    "Rgb",
    "check_drawable",
    "crop_picture",
    "hole_in",
    "map_picture",
    "picture",
    "reduce_map",
    "view_whole",
]
