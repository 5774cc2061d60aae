"""The options that belong to a method come in; the settings of that method go out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from svbrdf_core.codec import InputFile
from svbrdf_core.diffusion import PRESETS, DiffusionSettings
from svbrdf_core.errors import InputError
from svbrdf_core.inpainting import usable
from svbrdf_core.methods.auto import AutoSettings
from svbrdf_core.patch import PatchSettings


def settings_of(
    name: str,
    *,
    rotations: bool = False,
    mirrors: bool = False,
    preset: str | None = None,
    budget: float | None = None,
    model: Path | None = None,
    here: bool = True,
) -> object | None:
    """Return the settings of a method, by the options of the same names; None for its defaults.

    With ``here`` the method must be ready to be run on this machine.

    Raises:
        InputError: there is no such method here, or it lacks what an option is about.
    """
    method = usable(name, here=here)
    turned = rotations or mirrors
    learns = preset is not None or budget is not None or model is not None
    if method.settings is PatchSettings and not learns:
        return PatchSettings(turns=rotations, mirrors=mirrors)
    diffusion = replace(PRESETS[preset or "fast"], seconds=budget, model=None if model is None else InputFile(model))
    if method.settings is DiffusionSettings and not turned:
        return diffusion
    if method.settings is AutoSettings:
        return AutoSettings(PatchSettings(turns=rotations, mirrors=mirrors), diffusion)
    if turned:
        raise InputError(f"The method {method.name} cannot use --rotations or --mirrors; leave them out.")
    if learns:
        raise InputError(f"The method {method.name} trains nothing; leave --preset, --budget and --model out.")
    return None
