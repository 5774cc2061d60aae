"""A material and a mask come in; the material with the hole filled in all its maps goes out."""

from svbrdf_core.inpainting.engine import usable
from svbrdf_core.inpainting.run import Fill, inpaint
from svbrdf_core.inpainting.training import train

__all__ = ["Fill", "inpaint", "train", "usable"]
