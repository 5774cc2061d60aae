"""Fills by networks that others trained to repair photographs, asked map by map: LaMa and MAT."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from svbrdf_core.codec import InputFile, option
from svbrdf_core.errors import InputError
from svbrdf_core.methods.colour_pictures import ColourPictures, GreyMaps
from svbrdf_core.methods.interface import Cost, FillResult, Floats, InpaintProblem, Method, Traits
from svbrdf_core.run import Run
from svbrdf_core.sentences import Remedy

if TYPE_CHECKING:
    import torch

    Repair = Callable[["torch.Tensor", "torch.Tensor"], "torch.Tensor"]
    """From a picture ``(1, 3, H, W)`` in [0, 1] and its hole ``(1, 1, H, W)`` the picture repaired."""

CONTEXT = 256
"""Pixels round a hole in the window that a fill is given, about."""
MAPS = 3
"""Pictures that a material makes, about."""
BYTES, SECONDS = 3000, 8e-6
"""Of a pixel of a picture, on one core, about."""
NETWORK_BYTES = 2**29
"""Of a network, loaded and used."""


@dataclass(frozen=True)
class InpainterSettings:
    """Which network fills.

    Attributes:
        weights: of its generator.
        grey: ``together`` makes one colour picture of three maps of one channel each, ``alone`` asks about each of them
            as a grey picture, which takes three times as long.
    """

    weights: InputFile | None = option(None, "Weights of the generator.", shortcut="--weights")
    grey: GreyMaps = option("together", "Three maps of one channel as one colour picture, or each alone.")

    def file(self) -> InputFile:
        """Return the file of weights.

        Raises:
            InputError: there is none.
        """
        if self.weights is None:
            raise InputError("The method needs a network", Remedy("weights", "choose a file of weights"))
        return self.weights


def fill_by_lama(problem: InpaintProblem, settings: InpainterSettings, run: Run) -> FillResult:
    """Ask LaMa once for each picture that the maps make."""
    from svbrdf_core.diffusion.checkpoints.lama import load_lama

    network = load_lama(settings.file().path)
    return _fill(problem, settings, run, lambda device: network.to(device).repair)


def fill_by_mat(problem: InpaintProblem, settings: InpainterSettings, run: Run) -> FillResult:
    """Ask MAT once for each picture that the maps make, all in one style."""
    import torch

    from svbrdf_core.diffusion.checkpoints.mat import STYLE, load_mat

    network = load_mat(settings.file().path)
    style = torch.from_numpy(run.generator.standard_normal(STYLE, np.float32))
    seed = int(run.generator.integers(1 << 31))

    def repair_on(device: str) -> Repair:
        network.to(device)
        return lambda picture, hole: network.repair(picture, hole, style, seed)

    return _fill(problem, settings, run, repair_on)


def _fill(
    problem: InpaintProblem, settings: InpainterSettings, run: Run, repair_on: Callable[[str], Repair]
) -> FillResult:
    import torch

    from svbrdf_core.diffusion.filling import try_device

    pictures = ColourPictures.of(problem, settings.grey)
    unit = pictures.to_unit(problem)

    def ask_on(device: str) -> Floats:
        repair, out = repair_on(device), unit.copy()
        hole = torch.from_numpy(problem.hole.astype(np.float32))[None, None].to(device)
        for number, part in enumerate(pictures.parts):
            run.check()
            run.report("filling", number / len(pictures.parts))
            picture = torch.from_numpy(unit[list(part)])[None].expand(-1, 3, -1, -1).to(device)
            with torch.no_grad():
                found = repair(picture, hole)[0].cpu().numpy()
            out[list(part)] = found if len(part) == 3 else found.mean(0, keepdims=True)
        return out

    return FillResult(pictures.restore(try_device(run, ask_on), problem))


def _check_lama(settings: InpainterSettings) -> None:
    """See that the file holds LaMa, by its header.

    Raises:
        InputError: it does not.
    """
    file = settings.file()
    from svbrdf_core.diffusion.checkpoints.lama import probe_lama  # loads torch, which takes a second

    probe_lama(file.path)


def _check_mat(settings: InpainterSettings) -> None:
    """See that the file holds MAT, by its header.

    Raises:
        InputError: it does not.
    """
    file = settings.file()
    from svbrdf_core.diffusion.checkpoints.mat import probe_mat

    probe_mat(file.path)


def _extra_cost(settings: InpainterSettings, box: tuple[int, int]) -> Cost:
    """Return what the network takes for the largest window."""
    pixels = (box[0] + 2 * CONTEXT) * (box[1] + 2 * CONTEXT)
    return Cost(NETWORK_BYTES + pixels * BYTES, MAPS * pixels * SECONDS)


def find_missing() -> str | None:
    """Say what to install for networks of others."""
    if importlib.util.find_spec("torch") is not None and importlib.util.find_spec("safetensors") is not None:
        return None
    return "It needs torch and safetensors; install them with: pip install 'svbrdf-inpaint[torch]'."


def _find_missing_for_mat() -> str | None:
    if importlib.util.find_spec("spandrel_extra_arches") is not None:
        return find_missing()
    return (
        "It needs spandrel-extra-arches, whose licences do not allow every use; install it with: "
        "pip install spandrel-extra-arches."
    )


LAMA = Method(
    "lama",
    "LaMa (map by map)",
    fill_by_lama,
    InpainterSettings,
    Traits(accelerated=True),
    missing=find_missing,
    check_files=_check_lama,
    extra_cost=_extra_cost,
)
"""Suvorov et al., "Resolution-robust large mask inpainting with Fourier convolutions", 2022."""
MAT = Method(
    "mat",
    "MAT (map by map)",
    fill_by_mat,
    InpainterSettings,
    Traits(is_random=True, accelerated=True),
    missing=_find_missing_for_mat,
    check_files=_check_mat,
    extra_cost=_extra_cost,
)
"""Li et al., "MAT: mask-aware transformer for large hole image inpainting", 2022."""
