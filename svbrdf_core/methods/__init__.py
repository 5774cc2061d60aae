"""Ways to fill a hole in a window of a material, by name."""

from svbrdf_core.methods.interface import FillResult, FormerFill, InpaintProblem, Method, NoSettings, Traits
from svbrdf_core.methods.registry import find, names
from svbrdf_core.methods.settings import settings_of
from svbrdf_core.methods.sources import SourceMap

__all__ = [
    "FillResult",
    "FormerFill",
    "InpaintProblem",
    "Method",
    "NoSettings",
    "SourceMap",
    "Traits",
    "find",
    "names",
    "settings_of",
]
