"""One inpainting job from request to result, followed in a thread of its own and free of bpy."""

from .input_files import InputFile, decode_files
from .records import Record, Records
from .request import (
    CanvasSpec,
    ExtendSpec,
    GrowSpec,
    GuideSpec,
    HoleSpec,
    InpaintRequest,
    LoadOptions,
    MaskShape,
    MethodChoice,
    OutputSpec,
    TileSpec,
)
from .status import ENDED, Result, ResultFile, Status, Variation, fetch_results, fetch_thumbnail
from .threads import Background
from .watch import Watch
from .wording import in_blenders_words

__all__ = [
    "ENDED",
    "Background",
    "CanvasSpec",
    "ExtendSpec",
    "GrowSpec",
    "GuideSpec",
    "HoleSpec",
    "InpaintRequest",
    "InputFile",
    "LoadOptions",
    "MaskShape",
    "MethodChoice",
    "OutputSpec",
    "Record",
    "Records",
    "Result",
    "ResultFile",
    "Status",
    "TileSpec",
    "Variation",
    "Watch",
    "decode_files",
    "fetch_results",
    "fetch_thumbnail",
    "in_blenders_words",
]
