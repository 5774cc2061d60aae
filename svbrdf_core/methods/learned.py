"""Fills by a network that a library of materials taught, alone or as a guide for patches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from svbrdf_core.codec import InputFile, option
from svbrdf_core.diffusion import PRESETS
from svbrdf_core.errors import InputError
from svbrdf_core.methods.diffusion import fill as fill_by_diffusion
from svbrdf_core.methods.inpainters import find_missing
from svbrdf_core.methods.interface import Bools, Cost, FillResult, Floats, InpaintProblem, Method, Traits
from svbrdf_core.methods.learning import enlarge, name_channels
from svbrdf_core.methods.patches import fill_by_patches
from svbrdf_core.methods.values import make_valid, without_hole
from svbrdf_core.patch import Guidance, PatchSettings
from svbrdf_core.run import Run
from svbrdf_core.sentences import Remedy
from svbrdf_core.tensors.pyramid import Plane, halve
from svbrdf_core.tensors.standardize import Standardizer

if TYPE_CHECKING:
    from svbrdf_core.learned.model_file import FillerModel, Kind

SAMPLES = 3
"""Fills by a network of few steps that guide patches; one that has no choice paints once."""
BYTES = 250 * 2**20
"""Of torch and a network, loaded and used, about."""
PIXEL_SECONDS = 4e-6
"""Of a pixel at the network's scale, on one core, about."""


@dataclass(frozen=True)
class LearnedSettings:
    """Which network fills, and who puts in the detail.

    Attributes:
        model: made by ``svbrdf train --task``.
        finish: ``patches``: the network says what should be where, at the scale that it knows, and patches of the
            material do it. ``network``: what it paints stays, blended into the rim; faster, and no sharper than it is.
        draft: what a network that starts with a mosaic is given one of: a fill by patches, or by a diffusion that is
            trained on the material first. Other networks need none.
    """

    model: InputFile | None = option(None, "A filler from svbrdf train.", shortcut="--model", models=("filler",))
    finish: Literal["patches", "network"] = option("patches", "Who puts in the detail.")
    draft: Literal["patch", "diffusion"] = option("patch", "What makes the mosaic that some networks start with.")

    def file(self) -> InputFile:
        """Return the file of the model.

        Raises:
            InputError: there is none.
        """
        if self.model is None:
            raise InputError(
                "The method needs a network that materials taught", Remedy("model", "choose a file of a model")
            )
        return self.model


def fill(problem: InpaintProblem, settings: LearnedSettings, run: Run) -> FillResult:
    """Ask the network, and patches if they are to finish."""
    standardizer = Standardizer.measure(problem.tensor, problem.layout, ~problem.hole)
    if not len(standardizer.channels):
        return FillResult(make_valid(without_hole(problem.tensor, problem.hole), problem))
    job = _Job.load(problem, settings, standardizer, run)
    if settings.finish == "network":
        return FillResult(job.paint(run))
    side = max(8, job.kind.crop // 2)
    return fill_by_patches(problem, PatchSettings(), run, guidance=Guidance(job.guide, side))


@dataclass(frozen=True)
class _Job:
    """One fill: the network, and which of its channels are the problem's."""

    problem: InpaintProblem
    settings: LearnedSettings
    standardizer: Standardizer
    model: FillerModel
    mine: list[int]

    @classmethod
    def load(cls, problem: InpaintProblem, settings: LearnedSettings, standardizer: Standardizer, run: Run) -> _Job:
        """Read the network.

        Raises:
            InputError: it cannot be read, or does not know a map.
        """
        from svbrdf_core.learned.card import make_prints
        from svbrdf_core.learned.model_file import FillerModel
        from svbrdf_core.learning.spec import check_knows

        path = settings.file().path
        try:
            data = path.read_bytes()
        except OSError as error:
            raise InputError(f"The model {path} cannot be read: {error.strerror}.") from error
        model = FillerModel.from_bytes(data, "cpu")
        names = name_channels(problem.layout, standardizer.channels)
        check_knows(model.spec, names, path.name)
        size = problem.size or (problem.hole.shape[0], problem.hole.shape[1])
        seen = model.card.find_seen(make_prints(problem.tensor, problem.layout, ~problem.hole, problem.corner, size))
        if seen is not None:
            run.note(f"The network was trained on this very material ({seen}): it remembers what it fills.")
        mine = [model.spec.channels.index(name) for name in names]
        return cls(problem, settings, standardizer, model, mine)

    @property
    def kind(self) -> Kind:
        """How the network is used."""
        from svbrdf_core.learned.model_file import Kind

        return Kind.of(self.model.spec)

    def guide(self, values: Floats, known: Bools, allowed: Bools, run: Run) -> list[Floats]:
        """Return fills of standardised maps ``(h, w, K)``."""
        count = SAMPLES if self.model.spec.architecture == "few-steps" else 1
        planes = np.ascontiguousarray(values.transpose(2, 0, 1))
        parts = run.parts([1.0] * count)
        return [np.ascontiguousarray(self._fill(planes, known, part).transpose(1, 2, 0)) for part in parts]

    def paint(self, run: Run) -> Floats:
        """Return the window ``(C, H, W)`` with what the network paints, enlarged if its scale is coarse."""
        hole, channels = self.problem.hole, self.standardizer.channels
        values = np.where(hole, np.float32(0), self.standardizer.standardize(self.problem.tensor))
        draft = None
        if self.kind.start == "mosaic":
            drafting, run = run.parts([4.0, 1.0])
            draft = self._shrink(self.standardizer.standardize(self._draft(drafting)), np.ones_like(hole))[0]
        painted = self._fill(*self._shrink(values, ~hole), run, draft)
        if painted.shape[1:] != hole.shape:
            painted = self._meet_rim(enlarge(painted, (hole.shape[0], hole.shape[1])), values)
        out = without_hole(self.problem.tensor, hole)
        out[channels] = np.where(hole, self.standardizer.restore(painted), out[channels])
        return make_valid(out, self.problem)

    def _draft(self, run: Run) -> Floats:
        """Return the window as another method fills it."""
        if self.settings.draft == "diffusion":
            return fill_by_diffusion(self.problem, PRESETS["fast"], run).tensor
        return fill_by_patches(self.problem, PatchSettings(), run).tensor

    def _shrink(self, values: Floats, known: Bools) -> tuple[Floats, Bools]:
        """Return values ``(K, H, W)`` at the network's scale, and where all that they are made of is known.

        What holds any pixel of the hole is hole there, or a scratch would be gone at a coarse scale.
        """
        plane = Plane(np.ascontiguousarray(values.transpose(1, 2, 0)), known, known)
        for _ in range(self._depth()):
            plane = halve(plane)
        return np.ascontiguousarray(plane.image.transpose(2, 0, 1)), plane.allowed

    def _depth(self) -> int:
        """Return how often to halve: to the scale that the network knows, and on until it sees round the hole.

        Less often where holes lie so near to each other that nothing would be left between them.
        """
        from svbrdf_core.diffusion.hierarchy import shrink_mask
        from svbrdf_core.patch.level import measure_thickness

        depth, known = self.model.spec.scale.bit_length() - 1, ~self.problem.hole
        thickness = measure_thickness(known)
        while thickness >> depth > self.kind.crop:
            depth += 1
        while not shrink_mask(known, 2**depth).any():
            depth -= 1
        return depth

    def _fill(self, values: Floats, known: Bools, run: Run, draft: Floats | None = None) -> Floats:
        """Return standardised values ``(K, h, w)`` filled, from a draft ``(K, h, w)`` if there is one."""
        from svbrdf_core.learned.filling import FillerJob
        from svbrdf_core.learning.crops import MaskedPicture

        count = len(self.model.spec.channels)
        whole, present = np.zeros((count, *known.shape), np.float32), np.zeros(count, np.bool_)
        whole[self.mine], present[self.mine] = values, True
        picture = MaskedPicture(whole * known, known, self.problem.wrap)
        begun = None
        if draft is not None:
            begun = np.zeros_like(whole)
            begun[self.mine] = draft
        return FillerJob(self.model, picture, present, begun).fill(run)[self.mine]

    def _meet_rim(self, painted: Floats, values: Floats) -> Floats:
        """Return enlarged values without the step at the rim that enlarging leaves."""
        from svbrdf_core.learned.filling import blend
        from svbrdf_core.learning.crops import MaskedPicture

        picture = MaskedPicture(values, ~self.problem.hole, self.problem.wrap)
        return blend(painted, picture, np.ones(len(values), np.bool_))


def _traits(settings: LearnedSettings) -> Traits:
    """Return the traits, which depend on who finishes."""
    patches = settings.finish == "patches"
    return Traits(
        is_random=True,
        copies_pixels=patches,
        has_sources=patches,
        wraps=True,
        compiles=patches,
        controlled=patches,
        accelerated=True,
    )


def _check_files(settings: LearnedSettings) -> None:
    """See that the file holds a network that fills, by its header, and that it can be finished so.

    Raises:
        InputError: it does not.
    """
    file = settings.file()
    from svbrdf_core.learned.model_file import Kind, probe  # loads torch, which takes a second

    spec, _ = probe(file.path)
    if settings.finish == "patches" and Kind.of(spec).start == "mosaic":
        raise InputError(
            "This network only gives detail to a draft, which patches have no use for; choose the finish network."
        )


def _extra_cost(settings: LearnedSettings, box: tuple[int, int]) -> Cost:
    """Return what the network takes."""
    return Cost(BYTES, box[0] * box[1] * PIXEL_SECONDS)


LEARNED = Method(
    "learned",
    "a network that a library taught (ours, joint)",
    fill,
    LearnedSettings,
    _traits,
    find_missing,
    _check_files,
    {"structure": LearnedSettings(), "preview": LearnedSettings(finish="network")},
    extra_cost=_extra_cost,
)
