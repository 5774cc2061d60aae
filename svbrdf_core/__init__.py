"""A folder of texture maps and a hole come in; the folder with the hole filled in all maps goes out."""

from __future__ import annotations

import importlib
import typing

if typing.TYPE_CHECKING:
    from svbrdf_core.diffusion import PRESETS, DiffusionSettings
    from svbrdf_core.errors import (
        AmbiguousInput,
        Cancelled,
        FillError,
        InputError,
        MaskError,
        OutputError,
        SvbrdfError,
    )
    from svbrdf_core.inpainting import Fill, Progress, inpaint, teach
    from svbrdf_core.layout import ChannelLayout
    from svbrdf_core.maps import MAPS, MapSpec
    from svbrdf_core.material import Material, SaveReport
    from svbrdf_core.methods import Filled, Method, SourceMap, Task
    from svbrdf_core.patch import PatchSettings

_HOMES = {
    "diffusion": ("PRESETS", "DiffusionSettings"),
    "errors": (
        "AmbiguousInput",
        "Cancelled",
        "FillError",
        "InputError",
        "MaskError",
        "OutputError",
        "SvbrdfError",
    ),
    "inpainting": ("Fill", "Progress", "inpaint", "teach"),
    "layout": ("ChannelLayout",),
    "maps": ("MAPS", "MapSpec"),
    "material": ("Material", "SaveReport"),
    "methods": ("Filled", "Method", "SourceMap", "Task"),
    "patch": ("PatchSettings",),
}

__all__ = [
    "MAPS",
    "PRESETS",
    "AmbiguousInput",
    "Cancelled",
    "ChannelLayout",
    "DiffusionSettings",
    "Fill",
    "FillError",
    "Filled",
    "InputError",
    "MapSpec",
    "MaskError",
    "Material",
    "Method",
    "OutputError",
    "PatchSettings",
    "Progress",
    "SaveReport",
    "SourceMap",
    "SvbrdfError",
    "Task",
    "inpaint",
    "teach",
]


def __getattr__(name: str) -> typing.Any:
    """Import a public name when it is first asked for: numba and scipy take a second, `svbrdf --help` should not."""
    for home, names in _HOMES.items():
        if name in names:
            value = getattr(importlib.import_module(f"svbrdf_core.{home}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'svbrdf_core' has no attribute {name!r}")
