"""The patch engine: a hole filled by one nearest-neighbour field for all channels of a tensor."""

from svbrdf_core.patch.cpu_backend.warm import compile_in_background, compile_kernels, is_compiled
from svbrdf_core.patch.fill import fill
from svbrdf_core.patch.guidance import count_halvings
from svbrdf_core.patch.objective import Bias, Objective, PublishedObjective, SearchState
from svbrdf_core.patch.types import Guidance, Orientation, PatchFill, PatchSettings

__all__ = [
    "Bias",
    "Guidance",
    "Objective",
    "Orientation",
    "PatchFill",
    "PatchSettings",
    "PublishedObjective",
    "SearchState",
    "compile_in_background",
    "compile_kernels",
    "count_halvings",
    "fill",
    "is_compiled",
]
