"""A tensor with a hole comes in; the tensor filled by one nearest-neighbour field for all its channels goes out."""

from svbrdf_core.patch.fill import fill
from svbrdf_core.patch.initialization import depth_of
from svbrdf_core.patch.level import Plane, halve
from svbrdf_core.patch.types import FillResult, Guess, PatchSettings, Turn
from svbrdf_core.patch.cpu_backend.warm import ready
from svbrdf_core.patch.features import Standard, standard_of

__all__ = [
    "FillResult",
    "Guess",
    "PatchSettings",
    "Plane",
    "Standard",
    "Turn",
    "depth_of",
    "fill",
    "halve",
    "ready",
    "standard_of",
]
