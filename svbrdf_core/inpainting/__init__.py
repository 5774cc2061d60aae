"""A material and a mask come in; the material with the hole filled in all its maps goes out."""

from svbrdf_core.inpainting.run import METHODS, Fill, Progress, inpaint
from svbrdf_core.inpainting.sources import SourceMap

__all__ = ["METHODS", "Fill", "Progress", "SourceMap", "inpaint"]
