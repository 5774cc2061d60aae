"""What ``svbrdf train`` trains: a network that denoises, or one that fills at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from svbrdf_core.cli.options import Preset

if TYPE_CHECKING:
    from svbrdf_core.masks import Mask
    from svbrdf_core.material import Material
    from svbrdf_core.run import Run


class TrainTask(StrEnum):
    """What a network learns."""

    denoising = "denoising"
    autoencoder = "autoencoder"
    glcic = "glcic"
    attention = "attention"
    diffusion_gan = "diffusion-gan"
    wavelet_diffusion = "wavelet-diffusion"


@dataclass(frozen=True)
class Common:
    """What every training is given besides its settings."""

    mask: Mask | None
    thickness: float
    tileable: bool
    device: str
    licence: str
    checkpoint: bytes | None
    keep: Callable[[Callable[[], bytes]], None]
    run: Run


Learn = Callable[["list[Material]", Common], tuple[bytes, tuple[str, ...]]]
"""Trains on materials; returns the model's file and sentences for the user."""


def prepare(
    task: TrainTask, preset: Preset | None, options: list[str], *, prior: bool, masked: bool, seconds: float | None
) -> Learn:
    """Return the training that is wanted.

    Raises:
        InputError: an option belongs to another task, or says nothing.
    """
    from svbrdf_core.errors import InputError

    if task == TrainTask.denoising:
        if options:
            raise InputError("The task denoising has presets, not options; give --preset, or another --task.")
        return _denoising(preset, prior, seconds)
    given = {"--preset": preset is not None, "--prior": prior, "--mask": masked}
    foreign = [flag for flag, there in given.items() if there]
    if foreign:
        raise InputError(f"{foreign[0]} is for the task denoising, not for {task.value}; leave it out.")
    return _filling(task, options, seconds)


def _denoising(preset: Preset | None, prior: bool, seconds: float | None) -> Learn:
    from svbrdf_core.diffusion import SamplerSettings
    from svbrdf_core.inpainting.training import train as train_model
    from svbrdf_core.methods import find

    settings = replace(find("diffusion").presets[(preset or Preset.fast).value], seconds=seconds)
    if prior:
        settings = replace(settings, sampler=SamplerSettings("repaint"))

    def learn(materials: list[Material], common: Common) -> tuple[bytes, tuple[str, ...]]:
        return train_model(
            materials,
            settings,
            mask=common.mask,
            thickness=common.thickness,
            tileable=common.tileable,
            device=common.device,
            checkpoint=common.checkpoint,
            on_checkpoint=common.keep,
            run=common.run,
        )

    return learn


def _filling(task: TrainTask, options: list[str], seconds: float | None) -> Learn:
    from svbrdf_core.cli.settings import option_named
    from svbrdf_core.codec import changed_fields, decode, setting_from_text
    from svbrdf_core.errors import FieldError, InputError
    from svbrdf_core.inpainting.training import train_filler
    from svbrdf_core.learned import TASKS, FillerSettings

    data = dict(changed_fields(TASKS[task.value]))
    try:
        for text in options:
            data |= setting_from_text(FillerSettings, text)
        if data.get("task", task.value) != task.value:
            raise InputError(f"--option task={data['task']} is not --task {task.value}; leave the option out.")
        settings = decode(FillerSettings, {**data, "task": task.value})
    except FieldError as error:
        raise InputError(error.naming(option_named(error.where, task.value))) from error

    def learn(materials: list[Material], common: Common) -> tuple[bytes, tuple[str, ...]]:
        return train_filler(
            materials,
            settings,
            thickness=common.thickness,
            tileable=common.tileable,
            device=common.device,
            licence=common.licence,
            seconds=seconds,
            checkpoint=common.checkpoint,
            on_checkpoint=common.keep,
            run=common.run,
        )

    return learn


def describe_model(data: bytes, title: str) -> str:
    """Return the card of a model that fills at once."""
    from svbrdf_core.learned.card import describe
    from svbrdf_core.learned.model_file import FillerModel

    model = FillerModel.from_bytes(data)
    maps = dict.fromkeys(name.rpartition(".")[0] for name in model.spec.channels)
    return describe(model.card, title, tuple(maps))
