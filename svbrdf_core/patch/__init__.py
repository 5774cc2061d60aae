"""A tensor with a hole comes in; the tensor filled by one nearest-neighbour field for all its channels goes out."""

from svbrdf_core.patch.fill import fill
from svbrdf_core.patch.types import FillResult, PatchSettings, Turn
from svbrdf_core.patch.warm import ready

__all__ = ["FillResult", "PatchSettings", "Turn", "fill", "ready"]
