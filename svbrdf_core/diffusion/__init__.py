"""Pictures with holes come in; holes go out filled as a network trained on the rest of those pictures would."""

from svbrdf_core.diffusion.settings import PRESETS, DiffusionSettings

__all__ = ["PRESETS", "DiffusionSettings"]
