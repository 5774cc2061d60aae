"""Inpainting of whole materials: a hole is filled in all texture maps of a folder by one joint decision."""

from __future__ import annotations

import importlib
import typing

if typing.TYPE_CHECKING:
    from svbrdf_core.batch.masks import MaskNames
    from svbrdf_core.device import list_devices
    from svbrdf_core.diffusion import DiffusionSettings, SamplerSettings
    from svbrdf_core.errors import (
        AmbiguousInput,
        Cancelled,
        FillError,
        InputError,
        MaskError,
        OutputError,
        SvbrdfError,
    )
    from svbrdf_core.formats import MAX_PIXELS, read_image, write_png
    from svbrdf_core.formats import SUFFIXES as IMAGE_ENDINGS
    from svbrdf_core.formats import probe as probe_image
    from svbrdf_core.inpainting.call import load_engine, usable
    from svbrdf_core.inpainting.check import CheckReport, check
    from svbrdf_core.inpainting.examples import Example
    from svbrdf_core.inpainting.fill import Fill, inpaint
    from svbrdf_core.inpainting.former import Former
    from svbrdf_core.inpainting.guides import Guides
    from svbrdf_core.inpainting.prepare import Prepared, prepare
    from svbrdf_core.inpainting.publish import publish_results
    from svbrdf_core.inpainting.repair import Repaired, repair
    from svbrdf_core.inpainting.staging import staging
    from svbrdf_core.inpainting.tile_masks import masks_by_tile
    from svbrdf_core.inpainting.training import train
    from svbrdf_core.material import Material, SaveReport, load_material
    from svbrdf_core.material.export import write_map
    from svbrdf_core.memory import memory_size
    from svbrdf_core.methods import FillResult, FormerFill, InpaintProblem, Method, SourceMap, Traits
    from svbrdf_core.methods import find as find_method
    from svbrdf_core.methods import names as method_names
    from svbrdf_core.methods.auto import AutoSettings
    from svbrdf_core.methods.model_files import MODEL_ENDING, ModelFacts, probe_model
    from svbrdf_core.methods.model_files import find_settings as settings_of_model
    from svbrdf_core.patch import PatchSettings
    from svbrdf_core.pictures import crop_picture, map_picture, picture
    from svbrdf_core.request import (
        ExtendSpec,
        GrowSpec,
        GuideSpec,
        HoleSpec,
        InpaintRequest,
        InputFile,
        LoadOptions,
        MaskShape,
        MethodChoice,
        OutputFile,
        OutputSpec,
        TileMask,
        TileSpec,
    )
    from svbrdf_core.run import Progress, Run, TrainingProgress
    from svbrdf_core.tensors.layout import ChannelLayout
    from svbrdf_core.tensors.maps import MAPS, MapSpec

_HOMES = {
    "batch.masks": ("MaskNames",),
    "device": ("list_devices",),
    "memory": ("memory_size",),
    "diffusion": ("DiffusionSettings", "SamplerSettings"),
    "errors": (
        "AmbiguousInput",
        "Cancelled",
        "FillError",
        "InputError",
        "MaskError",
        "OutputError",
        "SvbrdfError",
    ),
    "material.export": ("write_map",),
    "formats": ("MAX_PIXELS", "read_image", "write_png"),
    "inpainting.call": ("load_engine", "usable"),
    "inpainting.check": ("CheckReport", "check"),
    "inpainting.examples": ("Example",),
    "inpainting.fill": ("Fill", "inpaint"),
    "inpainting.former": ("Former",),
    "inpainting.guides": ("Guides",),
    "inpainting.prepare": ("Prepared", "prepare"),
    "inpainting.publish": ("publish_results",),
    "inpainting.repair": ("Repaired", "repair"),
    "inpainting.staging": ("staging",),
    "inpainting.tile_masks": ("masks_by_tile",),
    "inpainting.training": ("train",),
    "tensors.layout": ("ChannelLayout",),
    "tensors.maps": ("MAPS", "MapSpec"),
    "material": ("Material", "SaveReport", "load_material"),
    "methods": ("FillResult", "FormerFill", "InpaintProblem", "Method", "SourceMap", "Traits"),
    "methods.auto": ("AutoSettings",),
    "methods.model_files": ("MODEL_ENDING", "ModelFacts", "probe_model"),
    "patch": ("PatchSettings", "compile_in_background"),
    "run": ("Progress", "Run", "TrainingProgress"),
    "pictures": ("crop_picture", "map_picture", "picture"),
    "request": (
        "ExtendSpec",
        "GrowSpec",
        "GuideSpec",
        "HoleSpec",
        "InpaintRequest",
        "InputFile",
        "LoadOptions",
        "MaskShape",
        "MethodChoice",
        "OutputFile",
        "OutputSpec",
        "TileMask",
        "TileSpec",
    ),
}
_AT_HOME = {
    "IMAGE_ENDINGS": ("formats", "SUFFIXES"),
    "find_method": ("methods", "find"),
    "method_names": ("methods", "names"),
    "probe_image": ("formats", "probe"),
    "settings_of_model": ("methods.model_files", "find_settings"),
}
"""Names that would say too little without the name of their home."""

__all__ = [
    "IMAGE_ENDINGS",
    "MAPS",
    "MAX_PIXELS",
    "MODEL_ENDING",
    "AmbiguousInput",
    "AutoSettings",
    "Cancelled",
    "ChannelLayout",
    "CheckReport",
    "DiffusionSettings",
    "Example",
    "ExtendSpec",
    "Fill",
    "FillError",
    "FillResult",
    "Former",
    "FormerFill",
    "GrowSpec",
    "GuideSpec",
    "Guides",
    "HoleSpec",
    "InpaintProblem",
    "InpaintRequest",
    "InputError",
    "InputFile",
    "LoadOptions",
    "MapSpec",
    "MaskError",
    "MaskNames",
    "MaskShape",
    "Material",
    "Method",
    "MethodChoice",
    "ModelFacts",
    "OutputError",
    "OutputFile",
    "OutputSpec",
    "PatchSettings",
    "Prepared",
    "Progress",
    "Repaired",
    "Run",
    "SamplerSettings",
    "SaveReport",
    "SourceMap",
    "SvbrdfError",
    "TileMask",
    "TileSpec",
    "TrainingProgress",
    "Traits",
    "check",
    "compile_in_background",
    "crop_picture",
    "find_method",
    "inpaint",
    "list_devices",
    "load_engine",
    "load_material",
    "map_picture",
    "masks_by_tile",
    "memory_size",
    "method_names",
    "picture",
    "prepare",
    "probe_image",
    "probe_model",
    "publish_results",
    "read_image",
    "repair",
    "settings_of_model",
    "staging",
    "train",
    "usable",
    "write_map",
    "write_png",
]


def __dir__() -> list[str]:
    """Return the public names, for completion and ``pydoc``, whether they were asked for before or not."""
    return sorted(__all__)


def __getattr__(name: str) -> typing.Any:
    """Import a public name when it is first asked for: numba and scipy take a second, `svbrdf --help` should not."""
    homes = {public: (home, public) for home, names in _HOMES.items() for public in names} | _AT_HOME
    if name not in homes:
        raise AttributeError(f"module 'svbrdf_core' has no attribute {name!r}")
    home, attribute = homes[name]
    value = getattr(importlib.import_module(f"svbrdf_core.{home}"), attribute)
    globals()[name] = value
    return value
