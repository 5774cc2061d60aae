"""Renderer of materials: linear light, differentiable, or pictures."""

from svbrdf_core.render.color import film
from svbrdf_core.render.environment import Environment
from svbrdf_core.render.lighting import LIGHTS
from svbrdf_core.render.plane import Part, render
from svbrdf_core.render.preview import preview
from svbrdf_core.render.scene import SHAPES
from svbrdf_core.render.surface import Surface, surface
from svbrdf_core.render.surroundings import environment
from svbrdf_core.render.views import Light, View, flash, nine_views
from svbrdf_core.tensors.color import from_srgb, to_srgb

__all__ = [
    "LIGHTS",
    "SHAPES",
    "Environment",
    "Light",
    "Part",
    "Surface",
    "View",
    "environment",
    "film",
    "flash",
    "from_srgb",
    "nine_views",
    "preview",
    "render",
    "surface",
    "to_srgb",
]
