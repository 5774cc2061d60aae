"""A folder of texture maps and a hole come in; the folder with the hole filled in all maps goes out."""

from svbrdf_core.errors import (
    AmbiguousInput,
    Cancelled,
    FillError,
    InputError,
    MaskError,
    OutputError,
    SvbrdfError,
)
from svbrdf_core.inpaint import METHODS, Fill, Progress, SourceMap, inpaint
from svbrdf_core.layout import ChannelLayout
from svbrdf_core.maps import MAPS, MapSpec
from svbrdf_core.material import Material, SaveReport
from svbrdf_core.patch import PatchSettings

__all__ = [
    "MAPS",
    "METHODS",
    "AmbiguousInput",
    "Cancelled",
    "ChannelLayout",
    "Fill",
    "FillError",
    "InputError",
    "MapSpec",
    "MaskError",
    "Material",
    "OutputError",
    "PatchSettings",
    "Progress",
    "SaveReport",
    "SourceMap",
    "SvbrdfError",
    "inpaint",
]
