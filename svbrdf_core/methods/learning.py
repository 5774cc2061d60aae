"""A picture comes in; a model trained on it goes out: one from a file, one that was kept, or a new one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from svbrdf_core import models
from svbrdf_core.diffusion import DiffusionSettings
from svbrdf_core.errors import InputError
from svbrdf_core.layout import ChannelLayout
from svbrdf_core.methods.interface import Bools, Floats, InpaintProblem
from svbrdf_core.run import Run

if TYPE_CHECKING:
    from svbrdf_core.diffusion.crops import Picture
    from svbrdf_core.diffusion.model import Kind, Model
    from svbrdf_core.diffusion.training import Step

AGAIN = 0.2
"""The part of the steps that a model of the same material takes to learn the surroundings of another hole."""
LAST = 0.15
"""The part of a time limit that is kept for sampling and matching."""
VERSION = 1
"""Of what a model means: one that was kept by a program with another number is not used."""


@dataclass
class Learner:
    """Finds or makes the model for one problem.

    Attributes:
        problem: the hole.
        settings: see `DiffusionSettings`.
        run: that the training is part of.
        report: called with where the training is, and the model as it stands.
        began: when the fill began, for its time limit.
    """

    problem: InpaintProblem
    settings: DiffusionSettings
    run: Run
    report: Callable[[Step], None]
    began: float = field(default_factory=time.perf_counter)

    def model(self, picture: Picture, channels: tuple[str, ...]) -> Model:
        """Return a model of these channels, as named by `channels_of`; one from a file may know more.

        Raises:
            InputError: the file that the settings name holds no model of these channels.
            FillError: too little of the picture is known to learn from.
            Cancelled: the user wants to stop.
        """
        from svbrdf_core.diffusion.model import Kind

        scale = max(1, round(self.problem.hole.shape[0] / picture.known.shape[0]))
        kind = Kind(self.settings.recipe, channels, self.settings.width, scale)
        if self.settings.model:
            return self._from_file(Path(self.settings.model), kind)
        cache = models.default() if self.settings.cache else None
        if cache is None:
            return self._trained(picture, kind, None)
        known = ~self.problem.hole & self.problem.allowed
        key = self._key(picture, kind)
        content = models.content_of(self.problem.tensor, known)
        blocks = models.blocks_of(self.problem.tensor, known, *self.problem.corner, self.problem.size or _size(known))
        found = cache.find(key, content, blocks, self.run.note)
        start = None if found is None else self._read(found.data)
        if found is not None and start is not None and found.exact:
            self.run.note("A model that was trained on this material before is used (svbrdf cache).")
            return start
        model = self._trained(picture, kind, start)
        height, width = known.shape
        maps = ", ".join(dict.fromkeys(name.partition(".")[0] for name in channels))
        title = f"{maps}; {width} x {height} at 1/{scale}"
        told = cache.put(key, content, blocks, model.to_bytes(), title)
        if told is not None:
            self.run.note(told)
        return model

    def _trained(self, picture: Picture, kind: Kind, start: Model | None) -> Model:
        from svbrdf_core.diffusion.training import Hooks, train, tuned

        settings = self.settings
        if settings.seconds is not None:
            spent = time.perf_counter() - self.began
            settings = replace(settings, seconds=max(0.1, settings.seconds * (1 - LAST) - spent))
        if start is not None:
            self.run.note("A model of this material that was trained for another hole is trained a little more.")
            settings = tuned(settings, AGAIN)
        hooks = Hooks(self.run.check, self.report, self.run.note)
        return train([picture], kind, settings, self.run.device, start=start, hooks=hooks)

    def _key(self, picture: Picture, kind: Kind) -> str:
        facts = asdict(self.settings)
        for name in ("sampling", "model", "cache"):
            del facts[name]
        where = self.run.device.partition(":")[0]
        told: dict[str, models.Json] = {"kind": asdict(kind), "wrap": list(picture.wrap), "settings": facts}
        return models.key_of(**told, device=where, version=VERSION)

    def _read(self, data: bytes) -> Model | None:
        from svbrdf_core.diffusion.model import Model

        try:
            return Model.from_bytes(data, self.run.device)
        except InputError:
            self.run.note("A kept model could not be read; it is trained again.")
            return None

    def _from_file(self, path: Path, kind: Kind) -> Model:
        from svbrdf_core.diffusion.model import Model

        try:
            data = path.read_bytes()
        except OSError as error:
            raise InputError(f"The model {path} cannot be read: {error.strerror}.") from error
        model = Model.from_bytes(data, self.run.device)
        lacking = [name for name in kind.channels if name not in model.kind.channels]
        if lacking:
            raise InputError(
                f"{path} cannot fill {', '.join(lacking)}; it knows {', '.join(model.kind.channels)}. "
                "Train one on materials with the same maps (svbrdf train), or choose maps with --only."
            )
        if model.kind.scale != kind.scale:
            self.run.note(
                f"{path} was trained at 1/{model.kind.scale} of the size, and this hole is filled at 1/{kind.scale}."
            )
        return model


def _size(known: Bools) -> tuple[int, int]:
    return known.shape[0], known.shape[1]


def channels_of(layout: ChannelLayout, channels: np.ndarray[tuple[int], np.dtype[np.intp]]) -> tuple[str, ...]:
    """Return the names of channels of a tensor, as ``normal.0``."""
    counted = zip(layout.names, layout.counts, strict=True)
    names = [f"{name}.{number}" for name, count in counted for number in range(count)]
    return tuple(names[channel] for channel in channels)


def enlarged(values: Floats, shape: tuple[int, int]) -> Floats:
    """Return coarse values ``(C, h, w)`` at ``shape``, bilinear."""
    ys, xs = (
        (np.arange(fine) + 0.5) * coarse / fine - 0.5 for fine, coarse in zip(shape, values.shape[1:], strict=True)
    )
    grid = np.meshgrid(ys, xs, indexing="ij")
    return np.stack([ndimage.map_coordinates(plane, grid, order=1, mode="nearest") for plane in values])
