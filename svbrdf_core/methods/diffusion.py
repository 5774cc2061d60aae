"""A task comes in; the window goes out filled by a small diffusion model trained on the very material.

After Cherel, Almansa, Gousseau, Newson 2024, "Diffusion-based image inpainting with internal learning". At full scale
the model fills the hole itself, as published. At a coarse scale, which takes less than a minute on a processor, it only
decides how structure goes on: the patch engine takes its fill as one more start of the search and keeps it where it
matches the material better than its own; detail, sharpness and one source for all maps are the patches'.
"""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from svbrdf_core.diffusion import DiffusionSettings
from svbrdf_core.errors import FillError
from svbrdf_core.methods.interface import Bools, Detail, Filled, Floats, Method, Task
from svbrdf_core.methods.learning import Learner, channels_of, enlarged
from svbrdf_core.methods.patches import fill_by_patches
from svbrdf_core.methods.values import made_valid, without_hole
from svbrdf_core.patch import Initialization, PatchSettings
from svbrdf_core.tensors.standardize import Standardizer

if TYPE_CHECKING:
    from svbrdf_core.diffusion.crops import Picture
    from svbrdf_core.diffusion.model import Model
    from svbrdf_core.diffusion.training import Step

TRAINING, SAMPLING = 0.85, 0.05
"""The parts of the time that these take, about; matching takes the rest."""
TOO_LITTLE = "There is too little of the material to train on; patches alone fill the hole."
BRIEF = DiffusionSettings(training=1, batch=1, crop=16, width=8, sampling=1, cache=False)
GLANCE = 8
"""Passes of the network for a preview."""


def fill(task: Task, settings: DiffusionSettings) -> Filled:
    """Train, or find a trained model, and fill."""
    standardizer = Standardizer.measure(task.tensor, task.layout, ~task.hole)
    job = _Job(task, settings, standardizer)
    if not settings.coarse_hole:
        return job.whole()

    def fine(phase: str, fraction: float, detail: Detail | None = None) -> None:
        spent = TRAINING + SAMPLING if job.asked else 0.0  # the patches prepare before they ask for an initialization
        task.report(phase, spent + (1 - TRAINING - SAMPLING) * fraction, detail)

    initialization = Initialization(job.initialize, settings.coarse_hole)
    filled = fill_by_patches(replace(task, report=fine), PatchSettings(), initialization)
    notes = [] if job.asked or not len(standardizer.channels) else [TOO_LITTLE]
    return replace(filled, notes=(*filled.notes, *job.learner.notes, *notes))


class _Job:
    """One fill: what training and sampling share."""

    def __init__(self, task: Task, settings: DiffusionSettings, standardizer: Standardizer) -> None:
        self.task, self.settings, self.standardizer = task, settings, standardizer
        self.learner = Learner(task, settings, self._learning)
        self.asked = False
        self._picture: Picture

    def whole(self) -> Filled:
        """Fill at full scale."""
        if not len(self.standardizer.channels):
            return Filled(made_valid(without_hole(self.task.tensor, self.task.hole), self.task))
        values = self._standardised(self.task.tensor)
        filled = self._sampled(values, ~self.task.hole, self.task.allowed)
        return Filled(self._restored(filled), notes=tuple(self.learner.notes))

    def initialize(self, values: Floats, known: Bools, allowed: Bools) -> Floats | None:
        """Return standardised maps ``(h, w, K)`` filled; None, with a note, if there is too little to learn from."""
        self.asked = True
        try:
            filled = self._sampled(np.ascontiguousarray(values.transpose(2, 0, 1)), known, allowed)
        except FillError:
            self.learner.notes.append(TOO_LITTLE)
            return None
        return np.ascontiguousarray(filled.transpose(1, 2, 0))

    def _sampled(self, values: Floats, known: Bools, allowed: Bools) -> Floats:
        from svbrdf_core.diffusion.crops import Picture
        from svbrdf_core.diffusion.sampling import filled

        channels = channels_of(self.task.layout, self.standardizer.channels)
        self._picture = Picture(values, known, self.task.wrap)
        model = self.learner.model(Picture(values, known & allowed, self.task.wrap), channels)
        # A model from a file may know channels that are constant here: they are 0, the mean.
        mine = [model.kind.channels.index(name) for name in channels]
        whole = np.zeros((len(model.kind.channels), *known.shape), np.float32)
        whole[mine] = values

        def report(share: float) -> None:
            self.task.report("sampling", TRAINING + SAMPLING * share)

        sampled = filled(
            model,
            Picture(whole, known, self.task.wrap),
            self.settings.sampling,
            self.task.generator,
            self.task.device,
            self.task.check,
            report,
            self.learner.notes.append,
        )
        return sampled[mine]

    def _learning(self, step: Step) -> None:
        detail = Detail(step.step, step.steps, step.loss, lambda: self._preview(step.model()))
        self.task.report("training", TRAINING * step.done, detail)

    def _preview(self, model: Model) -> Floats:
        """Return the window as the model fills it, blurred if its scale is coarse."""
        from svbrdf_core.diffusion.sampling import filled

        coarse = filled(model, self._picture, GLANCE, np.random.default_rng(0), self.task.device)
        height, width = self.task.hole.shape
        return self._restored(coarse if coarse.shape[1:] == (height, width) else enlarged(coarse, (height, width)))

    def _standardised(self, tensor: Floats) -> Floats:
        values = self.standardizer.standardize(tensor)
        return np.where(self.task.hole, np.float32(0), values).astype(np.float32)

    def _restored(self, values: Floats) -> Floats:
        """Return the window with standardised values ``(K, H, W)`` in the hole, in the maps' own units and ranges."""
        channels = self.standardizer.channels
        out = without_hole(self.task.tensor, self.task.hole)
        out[channels] = np.where(self.task.hole, self.standardizer.restore(values), out[channels])
        return made_valid(out, self.task)


def _missing() -> str | None:
    if importlib.util.find_spec("torch") is not None and importlib.util.find_spec("safetensors") is not None:
        return None
    return "It needs torch and safetensors; install them with: pip install 'svbrdf-inpaint[torch]'."


DIFFUSION = Method(
    "diffusion",
    "diffusion for structure, patches for detail (ours, joint)",
    fill,
    DiffusionSettings,
    missing=_missing,
    random=True,
    copies=True,
    traces=True,
    wraps=True,
    compiles=True,
    brief=BRIEF,
)
