"""Diffusion models of pictures with holes: denoisers, samplers and their training."""

from svbrdf_core.diffusion.settings import PRESETS, DiffusionSettings, SamplerSettings

__all__ = ["PRESETS", "DiffusionSettings", "SamplerSettings"]
