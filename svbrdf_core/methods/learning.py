"""Models of a material: one from a file, one that was kept, or one that is trained now."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import ndimage

from svbrdf_core.diffusion import DiffusionSettings
from svbrdf_core.errors import InputError
from svbrdf_core.learning import store
from svbrdf_core.methods.interface import Bools, Floats, InpaintProblem
from svbrdf_core.run import Run
from svbrdf_core.tensors.layout import ChannelLayout

if TYPE_CHECKING:
    from svbrdf_core.diffusion.model_file import Model
    from svbrdf_core.learning.crops import MaskedPicture
    from svbrdf_core.learning.spec import ModelSpec

FINE_TUNING = 0.2
"""The part of the steps that a model of the same material takes to learn the surroundings of another hole."""
RESERVE, RESERVE_LEAST = 0.15, 4.0
"""The part of a time limit that is kept for sampling and matching, and seconds that it is at least."""
TRAINING = "training"
"""The phase of a run."""
VERSION = 2
"""Of what a model means: one that was kept by a program with another number is not used."""


@dataclass
class ModelProvider:
    """Finds or trains the model for one problem.

    Attributes:
        problem: the hole.
        settings: see `DiffusionSettings`.
        run: that the training is; told of it alone.
        preview: returns what a model makes of the window.
        began: when the fill began, for its time limit.
    """

    problem: InpaintProblem
    settings: DiffusionSettings
    run: Run
    preview: Callable[[Model], Any]
    began: float = field(default_factory=time.perf_counter)

    def model(self, picture: MaskedPicture, channels: tuple[str, ...]) -> Model:
        """Return a model of these channels, as named by `name_channels`; one from a file may know more.

        Raises:
            InputError: the file that the settings name holds no model of these channels.
            FillError: too little of the picture is known to learn from.
            Cancelled: the user wants to stop.
        """
        from svbrdf_core.diffusion.recipe import find_recipe

        scale = max(1, round(self.problem.hole.shape[0] / picture.known.shape[0]))
        spec = find_recipe(self.settings).spec(channels, self.settings.width, scale)
        if self.settings.model is not None:
            return self._read_file(self.settings.model.path, spec)
        kept = store.open_store() if self.settings.cache else None
        if kept is None:
            return self._train(picture, spec, None)
        return self._find_or_train(kept, picture, spec)

    def _find_or_train(self, kept: store.ModelStore, picture: MaskedPicture, spec: ModelSpec) -> Model:
        known = ~self.problem.hole & self.problem.allowed
        key = self._key(picture, spec)
        content = store.digest_content(self.problem.tensor, known)
        size = self.problem.size or (known.shape[0], known.shape[1])
        blocks = store.list_blocks(self.problem.tensor, known, *self.problem.corner, size)
        found = kept.find(key, content, blocks, self.run.note)
        start = None if found is None else self._read_kept(found.data)
        if found is not None and start is not None and found.exact:
            self.run.note("A model that was trained on this material before is used (svbrdf cache).")
            self.run.report(TRAINING, 1.0, timed=False)
            return start
        model = self._train(picture, spec, start)
        sentence = kept.put(key, content, blocks, model.to_bytes(), _title(spec, known))
        if sentence is not None:
            self.run.note(sentence)
        return model

    def _train(self, picture: MaskedPicture, spec: ModelSpec, start: Model | None) -> Model:
        from svbrdf_core.diffusion.denoising import train_denoiser

        settings, run = self.settings, self.run
        if settings.seconds is not None:
            spent = time.perf_counter() - self.began
            kept = max(RESERVE * settings.seconds, RESERVE_LEAST)
            settings = replace(settings, seconds=max(0.1, settings.seconds - kept - spent))
        if start is not None:
            self.run.note("A model of this material that was trained for another hole is trained a little more.")
            steps = max(1, round(settings.train_steps * FINE_TUNING))
            settings = replace(settings, train_steps=steps, learning_rate=settings.learning_rate / 2)
            run.report(TRAINING, 1 - FINE_TUNING, timed=False)
            run = run.part(1 - FINE_TUNING, 1)
        return train_denoiser([picture], spec, settings, run, start=start, preview=self.preview)

    def _key(self, picture: MaskedPicture, spec: ModelSpec) -> str:
        settings = asdict(self.settings)
        for name in ("sampling_steps", "sampler", "model", "cache"):
            del settings[name]
        where = self.run.device.partition(":")[0]
        return store.make_key(
            spec=spec.to_json(), wrap=list(picture.wrap), settings=settings, device=where, version=VERSION
        )

    def _read_kept(self, data: bytes) -> Model | None:
        from svbrdf_core.diffusion.model_file import Model

        try:
            return Model.from_bytes(data, self.run.device)
        except InputError:
            self.run.note("A kept model could not be read; it is trained again.")
            return None

    def _read_file(self, path: Path, spec: ModelSpec) -> Model:
        from svbrdf_core.diffusion.model_file import Model
        from svbrdf_core.learning.spec import check_knows

        try:
            data = path.read_bytes()
        except OSError as error:
            raise InputError(f"The model {path} cannot be read: {error.strerror}.") from error
        model = Model.from_bytes(data, self.run.device)
        check_knows(model.spec, spec.channels, str(path))
        if model.spec.scale != spec.scale:
            self.run.note(
                f"{path} was trained at 1/{model.spec.scale} of the size, and this hole is filled at 1/{spec.scale}."
            )
        return model


def _title(spec: ModelSpec, known: Bools) -> str:
    """Return what a model was trained on, in words."""
    height, width = known.shape
    maps = ", ".join(dict.fromkeys(name.partition(".")[0] for name in spec.channels))
    return f"{maps}; {width} x {height} at 1/{spec.scale}"


def name_channels(layout: ChannelLayout, channels: np.ndarray[tuple[int], np.dtype[np.intp]]) -> tuple[str, ...]:
    """Return the names of channels of a tensor, as ``normal.0``."""
    counted = zip(layout.names, layout.counts, strict=True)
    names = [f"{name}.{number}" for name, count in counted for number in range(count)]
    return tuple(names[channel] for channel in channels)


def enlarge(values: Floats, shape: tuple[int, int]) -> Floats:
    """Return coarse values ``(C, h, w)`` at ``shape``, bilinear."""
    ys, xs = (
        (np.arange(fine) + 0.5) * coarse / fine - 0.5 for fine, coarse in zip(shape, values.shape[1:], strict=True)
    )
    grid = np.meshgrid(ys, xs, indexing="ij")
    return np.stack([ndimage.map_coordinates(plane, grid, order=1, mode="nearest") for plane in values])
