"""The patch engine: a hole filled by one nearest-neighbour field for all channels of a tensor."""

from __future__ import annotations

import importlib
import typing

from svbrdf_core.patch.types import Control, Guidance, Orientation, PatchFill, PatchSettings

if typing.TYPE_CHECKING:
    from svbrdf_core.patch.cpu_backend.warm import compile_in_background, compile_kernels, is_compiled
    from svbrdf_core.patch.filling import fill
    from svbrdf_core.patch.guidance import count_halvings
    from svbrdf_core.patch.objective import Bias, Objective, PublishedObjective, SearchState

_HOMES = {
    "Bias": "objective",
    "Objective": "objective",
    "PublishedObjective": "objective",
    "SearchState": "objective",
    "compile_in_background": "cpu_backend.warm",
    "compile_kernels": "cpu_backend.warm",
    "count_halvings": "guidance",
    "fill": "filling",
    "is_compiled": "cpu_backend.warm",
}

__all__ = [
    "Bias",
    "Control",
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


def __getattr__(name: str) -> typing.Any:
    """Import what computes when it is first asked for: numba takes half a second, and who only reads settings waits."""
    if name not in _HOMES:
        raise AttributeError(f"module 'svbrdf_core.patch' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"svbrdf_core.patch.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
