"""Fills by a small diffusion model that is trained on the very material, alone or as a guide for patches.

After Cherel, Almansa, Gousseau, Newson 2024, "Diffusion-based image inpainting with internal learning". At full scale
the model fills the hole itself, as published. At a coarse scale, which takes less than a minute on a processor, it only
decides how structure goes on: what a few of its samples agree on guides the pieces that the patch engine cuts from
elsewhere, and its choice among its starts; detail, sharpness and one source for all maps are the patches'.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from svbrdf_core.diffusion import PRESETS, DiffusionSettings, SamplerSettings
from svbrdf_core.diffusion.effort import estimate_memory, estimate_sampling, estimate_training
from svbrdf_core.errors import FillError
from svbrdf_core.methods.guidance import MapGuide, read_photograph
from svbrdf_core.methods.interface import Bools, Cost, FillResult, Floats, InpaintProblem, Method, Traits
from svbrdf_core.methods.learning import ModelProvider, enlarge, name_channels
from svbrdf_core.methods.patches import fill_by_patches
from svbrdf_core.methods.values import make_valid, without_hole
from svbrdf_core.patch import Guidance, PatchSettings
from svbrdf_core.run import Run
from svbrdf_core.tensors.pyramid import Plane, halve
from svbrdf_core.tensors.standardize import Standardizer

if TYPE_CHECKING:
    from svbrdf_core.diffusion.hierarchy import Coarse
    from svbrdf_core.diffusion.model_file import Model
    from svbrdf_core.learning.crops import MaskedPicture

TOO_LITTLE = "There is too little of the material to train on; patches alone fill the hole."
SAMPLES = 3
"""Coarse samples of a hole: what they agree on guides the patches."""
SEEN = 48
"""Pixels that a sample sees on each side of a hole."""
WARMUP = DiffusionSettings(train_steps=1, batch_size=1, crop_size=16, width=8, sampling_steps=1, cache=False)
PREVIEW_STEPS = 8
"""Of the sampler, for a preview."""


def fill(problem: InpaintProblem, settings: DiffusionSettings, run: Run) -> FillResult:
    """Train, or find a trained model, and fill."""
    standardizer = Standardizer.measure(problem.tensor, problem.layout, ~problem.hole)
    job = _Job(problem, settings, run, standardizer)
    if not settings.coarse_hole:
        return job.whole()
    pixels = _coarse_size(int(np.count_nonzero(problem.hole)), settings)
    guidance = Guidance(job.draw, settings.coarse_hole, sum(job.estimate(pixels, SAMPLES)))
    filled = fill_by_patches(problem, PatchSettings(), run, guidance=guidance)
    if not job.asked and len(standardizer.channels):
        run.note(TOO_LITTLE)
    return filled


def _coarse_size(pixels: int, settings: DiffusionSettings) -> int:
    """Return about how many pixels are sampled of a hole at the coarse scale: it with its surroundings."""
    return int((min(pixels**0.5, settings.coarse_hole) + 2 * SEEN) ** 2)


def _extra_cost(settings: DiffusionSettings, box: tuple[int, int]) -> Cost:
    """Return what the network takes: its training, and its samples of a hole."""
    height, width = box
    pixels, count = (height + 2 * SEEN) * (width + 2 * SEEN), 1
    if settings.coarse_hole:
        pixels, count = _coarse_size(height * width, settings), SAMPLES
    training, sampling = estimate_training(settings, "cpu"), count * estimate_sampling(settings, pixels, "cpu")
    once = training if settings.cache else 0.0
    return Cost(estimate_memory(settings, pixels), sampling + training - once, once)


class _Job:
    """One fill: what training and sampling share."""

    def __init__(
        self, problem: InpaintProblem, settings: DiffusionSettings, run: Run, standardizer: Standardizer
    ) -> None:
        self.problem, self.settings, self.run, self.standardizer = problem, settings, run, standardizer
        self.provider = ModelProvider(problem, settings, run, self._preview)
        self.asked = False
        self._picture: MaskedPicture

    def whole(self) -> FillResult:
        """Fill at full scale."""
        if not len(self.standardizer.channels):
            return FillResult(make_valid(without_hole(self.problem.tensor, self.problem.hole), self.problem))
        values = self._standardize(self.problem.tensor)
        (filled,) = self._sample(values, ~self.problem.hole, self.problem.allowed, 1, self.run)
        return FillResult(self._restore(filled))

    def estimate(self, pixels: int, count: int) -> tuple[float, float]:
        """Return the seconds of training, and of sampling so many pixels so often."""
        device, share = self.run.device, 1.0 if self.problem.former is None else self.problem.former.from_step
        return estimate_training(self.settings, device), share * count * estimate_sampling(
            self.settings, pixels, device
        )

    def draw(self, values: Floats, known: Bools, allowed: Bools, run: Run) -> list[Floats]:
        """Return samples of standardised maps ``(h, w, K)``; none, with a note, if there is too little to learn."""
        self.asked = True
        try:
            samples = self._sample(np.ascontiguousarray(values.transpose(2, 0, 1)), known, allowed, SAMPLES, run)
        except FillError:
            self.run.note(TOO_LITTLE)
            return []
        return [np.ascontiguousarray(sample.transpose(1, 2, 0)) for sample in samples]

    def _sample(self, values: Floats, known: Bools, allowed: Bools, count: int, run: Run) -> list[Floats]:
        from svbrdf_core.diffusion.hierarchy import Coarse, find_factor, shrink, shrink_mask
        from svbrdf_core.learning.crops import MaskedPicture

        picture, former = MaskedPicture(values, known, self.problem.wrap), self._former(known.shape)
        factor = find_factor(picture, self.settings.crop_size // 2) if self.settings.sampler.hierarchy else 1
        if factor == 1:
            return self._sample_at(self.provider, picture, allowed, former, [None] * count, run)
        coarser, finer = run.parts([1.0, 2.0])
        limit = self.settings.seconds
        sooner = replace(self.settings, seconds=None if limit is None else limit / 2)
        small, usable = shrink(picture, factor), shrink_mask(allowed, factor)
        first = None if former is None else shrink(former, factor)
        fills = self._sample_at(replace(self.provider, settings=sooner), small, usable, first, [None] * count, coarser)
        held = [Coarse(fill, known, factor) for fill in fills]
        return self._sample_at(self.provider, picture, allowed, former, held, finer)

    def _sample_at(
        self,
        provider: ModelProvider,
        picture: MaskedPicture,
        allowed: Bools,
        former: MaskedPicture | None,
        coarse: Sequence[Coarse | None],
        run: Run,
    ) -> list[Floats]:
        """Return a sample for each coarser fill, or None where there is none to keep to."""
        from svbrdf_core.diffusion.filling import Beginning, fill_picture
        from svbrdf_core.diffusion.window import find_window

        channels = name_channels(self.problem.layout, self.standardizer.channels)
        self._picture = picture
        window = find_window(picture)
        rows, columns = (len(side) for side in (window.rows, window.columns))
        training, sampling = run.parts(self.estimate(rows * columns, len(coarse)))
        provider = replace(provider, run=training)
        model = provider.model(replace(picture, known=picture.known & allowed), channels)
        # A model from a file may know channels that are constant here: they are 0, the mean.
        mine = [model.spec.channels.index(name) for name in channels]

        def spread(values: Floats) -> Floats:
            whole = np.zeros((len(model.spec.channels), *values.shape[1:]), np.float32)
            whole[mine] = values
            return whole

        def fill(held: Coarse | None, part: Run) -> Floats:
            kept = None if held is None else replace(held, values=spread(held.values))
            return fill_picture(model, whole, self.settings.sampling_steps, part, sampler, guide, kept, begin)[mine]

        sampler = self.settings.sampler
        guide = MapGuide(self.problem, sampler, self.standardizer).make(mine, picture.known)
        whole = replace(picture, values=spread(picture.values))
        begin = None
        if former is not None and self.problem.former is not None:
            going_on = np.where(picture.known, picture.values, former.values)
            begin = Beginning(spread(going_on), self.problem.former.from_step)
        return [fill(held, part) for held, part in zip(coarse, sampling.parts([1.0] * len(coarse)), strict=True)]

    def _former(self, shape: tuple[int, ...]) -> MaskedPicture | None:
        """Return the former fill, standardised, at the scale of a picture of this shape; None if there is none."""
        from svbrdf_core.learning.crops import MaskedPicture

        former = self.problem.former
        if former is None:
            return None
        image = np.ascontiguousarray(self.standardizer.standardize(former.tensor).transpose(1, 2, 0))
        everywhere = np.ones(image.shape[:2], np.bool_)
        plane = Plane(image, everywhere, everywhere)
        while plane.image.shape[:2] != shape:
            plane = halve(plane)
        return MaskedPicture(np.ascontiguousarray(plane.image.transpose(2, 0, 1)), plane.known, self.problem.wrap)

    def _preview(self, model: Model) -> Floats:
        """Return the window as the model fills it, blurred if its scale is coarse."""
        from svbrdf_core.diffusion.filling import fill_picture

        quick = SamplerSettings("ancestral" if self.settings.sampler.conditional else "ddnm")
        coarse = fill_picture(model, self._picture, PREVIEW_STEPS, Run(self.run.device), quick)
        height, width = self.problem.hole.shape
        return self._restore(coarse if coarse.shape[1:] == (height, width) else enlarge(coarse, (height, width)))

    def _standardize(self, tensor: Floats) -> Floats:
        values = self.standardizer.standardize(tensor)
        return np.where(self.problem.hole, np.float32(0), values).astype(np.float32)

    def _restore(self, values: Floats) -> Floats:
        """Return the window with standardised values ``(K, H, W)`` in the hole, in the maps' own units and ranges."""
        channels = self.standardizer.channels
        out = without_hole(self.problem.tensor, self.problem.hole)
        out[channels] = np.where(self.problem.hole, self.standardizer.restore(values), out[channels])
        return make_valid(out, self.problem)


def _traits(settings: DiffusionSettings) -> Traits:
    """Return the traits: at full scale the network paints every pixel, so that none has a source."""
    coarse = settings.coarse_hole > 0
    return Traits(
        is_random=True,
        copies_pixels=True,
        has_sources=coarse,
        wraps=True,
        trains=True,
        learns_each=settings.model is None,
        samples=True,
        compiles=coarse,
        varies=True,
        accelerated=True,
    )


def _check_files(settings: DiffusionSettings) -> None:
    """See that the file of a model, if there is one, holds one that the solver takes, and a photograph one.

    Raises:
        InputError: they do not.
    """
    if settings.model is not None:
        from svbrdf_core.diffusion.model_file import check_solver, probe  # loads torch, which takes a second

        check_solver(probe(settings.model.path), settings.sampler)
    if settings.sampler.photograph is not None:
        read_photograph(settings.sampler.photograph.path)


def _find_missing() -> str | None:
    if importlib.util.find_spec("torch") is not None and importlib.util.find_spec("safetensors") is not None:
        return None
    return "It needs torch and safetensors; install them with: pip install 'svbrdf-inpaint[torch]'."


DIFFUSION = Method(
    "diffusion",
    "diffusion for structure, patches for detail (ours, joint)",
    fill,
    DiffusionSettings,
    _traits,
    _find_missing,
    _check_files,
    PRESETS,
    WARMUP,
    _extra_cost,
)
