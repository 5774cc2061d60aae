"""Fills by LaMa, a network that others trained to repair photographs, asked map by map."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

import numpy as np

from svbrdf_core.codec import InputFile, option
from svbrdf_core.errors import InputError
from svbrdf_core.methods.colour_pictures import ColourPictures, GreyMaps
from svbrdf_core.methods.interface import Cost, FillResult, Floats, InpaintProblem, Method
from svbrdf_core.run import Run
from svbrdf_core.sentences import Remedy

SEEN = 256
"""Pixels round a hole in the window that a fill is given, about."""
PIXEL_BYTES, PIXEL_SECONDS = 3000, 8e-6
"""Of a picture, on one core, about, with the published width."""
MAPS = 3
"""Pictures that a material makes, about."""


@dataclass(frozen=True)
class LamaSettings:
    """Which network fills.

    Attributes:
        weights: of LaMa's generator.
        grey: ``together`` makes one colour picture of three maps of one channel each, ``alone`` asks about each of them
            as a grey picture, which takes three times as long.
    """

    weights: InputFile | None = option(None, "Weights of a LaMa generator.", shortcut="--weights")
    grey: GreyMaps = option("together", "Three maps of one channel as one colour picture, or each alone.")


def fill(problem: InpaintProblem, settings: LamaSettings, run: Run) -> FillResult:
    """Ask the network once for each picture that the maps make."""
    import torch

    from svbrdf_core.diffusion.checkpoints.lama import load_lama
    from svbrdf_core.diffusion.filling import try_device

    network = load_lama(_weights(settings).path)
    pictures = ColourPictures.of(problem, settings.grey)
    unit = pictures.to_unit(problem)
    hole = torch.from_numpy(problem.hole.astype(np.float32))[None, None]

    def ask_on(device: str) -> Floats:
        network.to(device)
        out = unit.copy()
        for number, part in enumerate(pictures.parts):
            run.check()
            run.report("filling", number / len(pictures.parts))
            picture = torch.from_numpy(unit[list(part)])[None].expand(-1, 3, -1, -1)
            with torch.no_grad():
                found = network.repair(picture.to(device), hole.to(device))[0].cpu().numpy()
            out[list(part)] = found if len(part) == 3 else found.mean(0, keepdims=True)
        return out

    return FillResult(pictures.restore(try_device(run, ask_on), problem))


def _weights(settings: LamaSettings) -> InputFile:
    if settings.weights is None:
        raise InputError("The method lama needs a network", Remedy("weights", "choose a file of weights"))
    return settings.weights


def _check_files(settings: LamaSettings) -> None:
    """See that the file holds the network, by its header.

    Raises:
        InputError: it does not.
    """
    file = _weights(settings)
    from svbrdf_core.diffusion.checkpoints.lama import probe_lama  # loads torch, which takes a second

    probe_lama(file.path)


def _extra_cost(settings: LamaSettings, box: tuple[int, int]) -> Cost:
    """Return what the network takes for the largest window."""
    pixels = (box[0] + 2 * SEEN) * (box[1] + 2 * SEEN)
    return Cost(2**29 + pixels * PIXEL_BYTES, MAPS * pixels * PIXEL_SECONDS)


def find_missing() -> str | None:
    """Say what to install for networks of others."""
    if importlib.util.find_spec("torch") is not None and importlib.util.find_spec("safetensors") is not None:
        return None
    return "It needs torch and safetensors; install them with: pip install 'svbrdf-inpaint[torch]'."


LAMA = Method(
    "lama",
    "LaMa (map by map)",
    fill,
    LamaSettings,
    missing=find_missing,
    check_files=_check_files,
    extra_cost=_extra_cost,
)
