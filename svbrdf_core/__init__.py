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
    from svbrdf_core.exporting import write_map
    from svbrdf_core.formats import MAX_PIXELS, read_image, write_png
    from svbrdf_core.formats import SUFFIXES as IMAGE_ENDINGS
    from svbrdf_core.formats import probe as probe_image
    from svbrdf_core.holes import Shaping
    from svbrdf_core.inpainting import Fill, inpaint, train, usable
    from svbrdf_core.layout import ChannelLayout
    from svbrdf_core.maps import MAPS, MapSpec
    from svbrdf_core.material import Material, SaveReport
    from svbrdf_core.methods import FillResult, InpaintProblem, Method, SourceMap, Traits
    from svbrdf_core.methods import find as find_method
    from svbrdf_core.methods import names as method_names
    from svbrdf_core.methods.auto import AutoSettings
    from svbrdf_core.patch import PatchSettings
    from svbrdf_core.publishing import publish_results
    from svbrdf_core.reading import Reading
    from svbrdf_core.repairing import Checked, Choice, Hole, Repair, Repaired, check, repair
    from svbrdf_core.request import (
        HoleSpec,
        InpaintRequest,
        InputFile,
        LoadOptions,
        MaskShape,
        MethodChoice,
        OutputFile,
        OutputSpec,
    )
    from svbrdf_core.run import Progress, Run, TrainingProgress
    from svbrdf_core.showing import crop_picture, map_picture, picture

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
    "exporting": ("write_map",),
    "formats": ("MAX_PIXELS", "read_image", "write_png"),
    "holes": ("Shaping",),
    "inpainting": ("Fill", "inpaint", "train", "usable"),
    "layout": ("ChannelLayout",),
    "maps": ("MAPS", "MapSpec"),
    "material": ("Material", "SaveReport"),
    "methods": ("FillResult", "InpaintProblem", "Method", "SourceMap", "Traits"),
    "methods.auto": ("AutoSettings",),
    "patch": ("PatchSettings",),
    "publishing": ("publish_results",),
    "reading": ("Reading",),
    "run": ("Progress", "Run", "TrainingProgress"),
    "repairing": ("Checked", "Choice", "Hole", "Repair", "Repaired", "check", "repair"),
    "request": (
        "HoleSpec",
        "InpaintRequest",
        "InputFile",
        "LoadOptions",
        "MaskShape",
        "MethodChoice",
        "OutputFile",
        "OutputSpec",
    ),
    "showing": ("crop_picture", "map_picture", "picture"),
}
_AT_HOME = {
    "IMAGE_ENDINGS": ("formats", "SUFFIXES"),
    "find_method": ("methods", "find"),
    "method_names": ("methods", "names"),
    "probe_image": ("formats", "probe"),
}
"""Names that would say too little without the name of their home."""

__all__ = [
    "IMAGE_ENDINGS",
    "MAPS",
    "MAX_PIXELS",
    "PRESETS",
    "AmbiguousInput",
    "AutoSettings",
    "Cancelled",
    "ChannelLayout",
    "Checked",
    "Choice",
    "DiffusionSettings",
    "Fill",
    "FillError",
    "FillResult",
    "Hole",
    "HoleSpec",
    "InpaintProblem",
    "InpaintRequest",
    "InputError",
    "InputFile",
    "LoadOptions",
    "MapSpec",
    "MaskError",
    "MaskShape",
    "Material",
    "Method",
    "MethodChoice",
    "OutputError",
    "OutputFile",
    "OutputSpec",
    "PatchSettings",
    "Progress",
    "Reading",
    "Repair",
    "Repaired",
    "Run",
    "SaveReport",
    "Shaping",
    "SourceMap",
    "SvbrdfError",
    "TrainingProgress",
    "Traits",
    "check",
    "crop_picture",
    "find_method",
    "inpaint",
    "map_picture",
    "method_names",
    "picture",
    "probe_image",
    "publish_results",
    "read_image",
    "repair",
    "train",
    "usable",
    "write_map",
    "write_png",
]


def __getattr__(name: str) -> typing.Any:
    """Import a public name when it is first asked for: numba and scipy take a second, `svbrdf --help` should not."""
    homes = {public: (home, public) for home, names in _HOMES.items() for public in names} | _AT_HOME
    if name not in homes:
        raise AttributeError(f"module 'svbrdf_core' has no attribute {name!r}")
    home, attribute = homes[name]
    value = getattr(importlib.import_module(f"svbrdf_core.{home}"), attribute)
    globals()[name] = value
    return value
