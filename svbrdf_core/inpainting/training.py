"""Training of one model on several materials, to fill holes in these or in others of their kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.device import resolve
from svbrdf_core.diffusion import DiffusionSettings
from svbrdf_core.errors import FillError, InputError, MaskError
from svbrdf_core.inpainting.call import usable
from svbrdf_core.material import Material
from svbrdf_core.methods.learning import name_channels
from svbrdf_core.run import Run
from svbrdf_core.sentences import Remedy
from svbrdf_core.tensors.pyramid import Plane, halve
from svbrdf_core.tensors.standardize import Standardizer

if TYPE_CHECKING:
    from svbrdf_core.learning.crops import MaskedPicture


def train(
    materials: Sequence[Material],
    settings: DiffusionSettings | None = None,
    *,
    mask: NDArray[np.float32] | None = None,
    thickness: float = 128,
    tileable: bool = False,
    device: str = "auto",
    checkpoint: bytes | None = None,
    on_checkpoint: Callable[[Callable[[], bytes]], None] | None = None,
    run: Run | None = None,
) -> tuple[bytes, tuple[str, ...]]:
    """Train a model on materials (Cherel et al. 2024, section IV.C does so for line drawings).

    Args:
        materials: of the same maps; each is standardised by itself.
        settings: see `DiffusionSettings`; ``seconds`` are those of the training.
        mask: ``(H, W)``, above 0 where nothing is learnt, as where values are NaN; for a single material.
        thickness: pixels that the holes will be thick, which sets the scale unless the settings ask for full scale.
        tileable: the materials are tori.
        device: ``auto``, ``cpu``, ``cuda``, ``mps``.
        checkpoint: what ``on_checkpoint`` was given by a training with the same arguments, to go on from there.
        on_checkpoint: called after each step with a function that returns a checkpoint.
        run: told how far the training is, and asked before each step whether it should stop; its device and random
            numbers are not used.

    Returns:
        A safetensors file for ``DiffusionSettings.model``, and sentences for the user.

    Raises:
        InputError: no materials, materials of other maps, or a foreign checkpoint.
        MaskError: a mask for several materials.
        FillError: too little to learn from.
        Cancelled: the run was stopped.
    """
    from svbrdf_core.diffusion.denoising import train_denoiser
    from svbrdf_core.diffusion.recipe import find_recipe
    from svbrdf_core.patch import count_halvings

    usable("diffusion")
    settings = settings or DiffusionSettings()
    _check(materials, mask)
    depth = count_halvings(thickness, settings.coarse_hole) if settings.coarse_hole else 0
    pictures, channels = _pictures(materials, mask, depth, tileable)
    spec = find_recipe(settings).spec(channels, settings.width, 2**depth)
    run = replace(run or Run(), device=resolve(device))
    model = train_denoiser(pictures, spec, settings, run, checkpoint=checkpoint, on_checkpoint=on_checkpoint)
    return model.to_bytes(), tuple(run.notes)


def _check(materials: Sequence[Material], mask: NDArray[np.float32] | None) -> None:
    if not materials:
        raise InputError("There is no material to train on; give a folder of maps.")
    if mask is not None and len(materials) > 1:
        raise MaskError("A mask belongs to one material; train on one, or leave the mask out.")
    first = materials[0]
    for material in materials:
        if material.layout != first.layout:
            raise InputError(
                f"{material.name} has the maps {', '.join(material.layout.names)} and {first.name} has "
                f"{', '.join(first.layout.names)}",
                Remedy("only", "choose maps that all have, with as many channels"),
            )


def _pictures(
    materials: Sequence[Material], mask: NDArray[np.float32] | None, depth: int, tileable: bool
) -> tuple[list[MaskedPicture], tuple[str, ...]]:
    """Return what to learn at the scale, and the names of the channels: those that vary in one of the materials."""
    from svbrdf_core.learning.crops import MaskedPicture

    layout = materials[0].layout
    planes: list[tuple[Plane, list[int]]] = []
    for material in materials:
        tensor = material.tensor()
        known = np.ones(tensor.shape[1:], np.bool_) if mask is None else ~(np.asarray(mask) > 0)
        known = known & np.isfinite(tensor).all(0)
        if not known.any():
            raise FillError(f"Nothing of {material.name} is known; there is nothing to learn from.")
        standardizer = Standardizer.measure(tensor, layout, known)
        values = standardizer.standardize(tensor).transpose(1, 2, 0)
        plane = Plane(np.where(known[..., None], values, 0).astype(np.float32), known, np.ones_like(known))
        for _ in range(depth):
            plane = halve(plane)
        planes.append((plane, standardizer.channels.tolist()))
    varying = sorted({channel for _, channels in planes for channel in channels})
    if not varying:
        raise FillError("Every map of the material is constant; there is nothing to learn.")
    pictures = []
    for plane, channels in planes:
        whole = np.zeros((len(varying), *plane.known.shape), np.float32)
        whole[[varying.index(channel) for channel in channels]] = plane.image.transpose(2, 0, 1)
        pictures.append(MaskedPicture(whole, plane.known, (tileable, tileable)))
    return pictures, name_channels(layout, np.array(varying, np.intp))
