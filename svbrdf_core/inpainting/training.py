"""Training of models on materials, to fill holes in these or in others of their kind."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.device import resolve
from svbrdf_core.diffusion import DiffusionSettings
from svbrdf_core.errors import FillError, InputError, MaskError
from svbrdf_core.inpainting.call import usable
from svbrdf_core.learned.settings import FillerSettings
from svbrdf_core.material import Material
from svbrdf_core.methods.learning import name_channels
from svbrdf_core.run import Run
from svbrdf_core.sentences import Remedy
from svbrdf_core.tensors.maps import order_key
from svbrdf_core.tensors.pyramid import Plane, halve
from svbrdf_core.tensors.standardize import Standardizer

if TYPE_CHECKING:
    from svbrdf_core.learned.card import SeenMaterial
    from svbrdf_core.learned.few_steps import FewStepsTask
    from svbrdf_core.learned.library import Exemplar
    from svbrdf_core.learned.one_pass import OnePassTask
    from svbrdf_core.learning.crops import MaskedPicture
    from svbrdf_core.learning.spec import ModelSpec


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


def train_filler(
    materials: Sequence[Material],
    settings: FillerSettings | None = None,
    *,
    thickness: float = 128,
    tileable: bool = False,
    device: str = "auto",
    licence: str = "",
    seconds: float | None = None,
    checkpoint: bytes | None = None,
    on_checkpoint: Callable[[Callable[[], bytes]], None] | None = None,
    run: Run | None = None,
) -> tuple[bytes, tuple[str, ...]]:
    """Train a network that fills in one pass, or in a few, on a library of materials (`svbrdf_core.learned`).

    Args:
        materials: of any maps; the network knows those of all of them, and fills materials that have some.
        settings: see `FillerSettings`.
        thickness: pixels that the holes will be thick, which sets the scale: there they are half a crop.
        tileable: the materials are tori.
        device: ``auto``, ``cpu``, ``cuda``, ``mps``.
        licence: of the materials, for the model's card.
        seconds: train as long, up to ten times the steps; None trains exactly the steps.
        checkpoint: what ``on_checkpoint`` was given by a training with the same arguments, to go on from there.
        on_checkpoint: called after each step with a function that returns a checkpoint.
        run: told how far the training is, and asked before each step whether it should stop; its device and random
            numbers are not used.

    Returns:
        A safetensors file for `LearnedSettings.model`, and sentences for the user.

    Raises:
        InputError: no materials, or a foreign checkpoint.
        FillError: too little to learn from.
        Cancelled: the run was stopped.
    """
    from svbrdf_core.learning.training import TrainingPlan
    from svbrdf_core.learning.training import train as train_task

    usable("learned")
    settings = settings or FillerSettings()
    task, spec = make_filler_task(materials, settings, thickness=thickness, tileable=tileable, licence=licence)
    run = replace(run or Run(), device=resolve(device))
    modules = train_task(
        task,
        spec,
        TrainingPlan(settings.train_steps, settings.batch_size, seconds),
        run,
        checkpoint=checkpoint,
        on_checkpoint=on_checkpoint,
    )
    return task.export(modules), tuple(run.notes)


def make_filler_task(
    materials: Sequence[Material],
    settings: FillerSettings,
    *,
    thickness: float = 128,
    tileable: bool = False,
    licence: str = "",
) -> tuple[OnePassTask | FewStepsTask, ModelSpec]:
    """Return what `train_filler` trains, and the network; see there."""
    from svbrdf_core.learned.few_steps import FewStepsTask
    from svbrdf_core.learned.model_file import make_spec
    from svbrdf_core.learned.one_pass import OnePassTask

    _check_count(materials)
    depth = max(0, math.ceil(math.log2(thickness / (settings.crop_size // 2))))
    exemplars, channels, groups = list_exemplars(materials, depth, tileable)
    kind = FewStepsTask if settings.few_steps else OnePassTask
    task = kind(exemplars, groups, settings, tuple(_see(material, licence) for material in materials))
    return task, make_spec(settings, channels, 2**depth)


def list_exemplars(
    materials: Sequence[Material], depth: int, tileable: bool
) -> tuple[list[Exemplar], tuple[str, ...], tuple[tuple[int, ...], ...]]:
    """Return materials in the channels that they have between them, halved ``depth`` times.

    Returns:
        Materials; names of the channels, as ``normal.0``; which of these are one map.

    Raises:
        FillError: nothing of a material is known, or no map varies.
    """
    from svbrdf_core.learned.library import Exemplar

    learnt = [_standardize(material, None, depth) for material in materials]
    found = {name for one in learnt for name in one.names}
    if not found:
        raise FillError("Every map of the materials is constant; there is nothing to learn.")
    channels = tuple(sorted(found, key=_channel_order))
    maps = dict.fromkeys(name.rpartition(".")[0] for name in channels)
    groups = tuple(tuple(n for n, name in enumerate(channels) if name.rpartition(".")[0] == one) for one in maps)
    exemplars = []
    for material, one in zip(materials, learnt, strict=True):
        mine = [channels.index(name) for name in one.names]
        values = np.zeros((len(channels), *one.plane.known.shape), np.float32)
        present = np.zeros(len(channels), np.bool_)
        mean, scale = (np.zeros(len(channels), np.float32) for _ in range(2))
        places = np.full(len(channels), -1, np.intp)
        values[mine], present[mine] = one.plane.image.transpose(2, 0, 1), True
        mean[mine], scale[mine] = one.standardizer.mean, one.standardizer.scale
        places[mine] = one.standardizer.channels
        picture = _make_picture(values, one.plane.known, tileable)
        exemplars.append(Exemplar(material.name, picture, present, mean, scale, material.layout, one.usual, places))
    return exemplars, channels, groups


def _channel_order(name: str) -> tuple[tuple[int, str], int]:
    of, _, number = name.rpartition(".")
    return order_key(of), int(number)


def _see(material: Material, licence: str) -> SeenMaterial:
    from svbrdf_core.learned.card import MOST, SeenMaterial, make_prints

    tensor = material.tensor()
    known = np.asarray(np.isfinite(tensor).all(0))
    size = (known.shape[0], known.shape[1])
    return SeenMaterial(material.name, licence, make_prints(tensor, material.layout, known, (0, 0), size, MOST))


def _check_count(materials: Sequence[Material]) -> None:
    if not materials:
        raise InputError("There is no material to train on; give a folder of maps.")


def _check(materials: Sequence[Material], mask: NDArray[np.float32] | None) -> None:
    _check_count(materials)
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


@dataclass(frozen=True)
class _Learnt:
    """What is learnt of a material, at its scale.

    Attributes:
        plane: standardised, the channels that vary.
        standardizer: of the material.
        names: of the channels, as ``normal.0``.
        usual: float32 ``(K,)``, the mean of every channel of the material.
    """

    plane: Plane
    standardizer: Standardizer
    names: tuple[str, ...]
    usual: NDArray[np.float32]


def _standardize(material: Material, mask: NDArray[np.float32] | None, depth: int) -> _Learnt:
    tensor = material.tensor()
    known = np.ones(tensor.shape[1:], np.bool_) if mask is None else ~(np.asarray(mask) > 0)
    known = known & np.isfinite(tensor).all(0)
    if not known.any():
        raise FillError(f"Nothing of {material.name} is known; there is nothing to learn from.")
    standardizer = Standardizer.measure(tensor, material.layout, known)
    values = standardizer.standardize(tensor).transpose(1, 2, 0)
    plane = Plane(np.where(known[..., None], values, 0).astype(np.float32), known, np.ones_like(known))
    for _ in range(depth):
        plane = halve(plane)
    usual = tensor[:, known].mean(1, dtype=np.float64).astype(np.float32)
    return _Learnt(plane, standardizer, name_channels(material.layout, standardizer.channels), usual)


def _pictures(
    materials: Sequence[Material], mask: NDArray[np.float32] | None, depth: int, tileable: bool
) -> tuple[list[MaskedPicture], tuple[str, ...]]:
    """Return what to learn at the scale, and the names of the channels: those that vary in one of the materials."""
    learnt = [_standardize(material, mask, depth) for material in materials]
    varying = sorted({channel for one in learnt for channel in one.standardizer.channels.tolist()})
    if not varying:
        raise FillError("Every map of the material is constant; there is nothing to learn.")
    pictures = []
    for one in learnt:
        whole = np.zeros((len(varying), *one.plane.known.shape), np.float32)
        mine = [varying.index(channel) for channel in one.standardizer.channels.tolist()]
        whole[mine] = one.plane.image.transpose(2, 0, 1)
        pictures.append(_make_picture(whole, one.plane.known, tileable))
    return pictures, name_channels(materials[0].layout, np.array(varying, np.intp))


def _make_picture(values: NDArray[np.float32], known: NDArray[np.bool_], tileable: bool) -> MaskedPicture:
    """Return a picture to learn from; importing its class loads torch."""
    from svbrdf_core.learning.crops import MaskedPicture

    return MaskedPicture(values, known, (tileable, tileable))
