"""Small networks in the files of others, and settings that ask them a few times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

import svbrdf_core as sv
from svbrdf_core.cli.settings import settings_data
from svbrdf_core.diffusion.model_file import Model
from svbrdf_core.diffusion.model_file import build as build_denoiser
from svbrdf_core.diffusion.recipe import RECIPES
from svbrdf_core.learned import FillerSettings
from svbrdf_core.learned.card import Card
from svbrdf_core.learned.model_file import FillerModel, make_spec
from svbrdf_core.learned.model_file import build as build_filler
from svbrdf_core.methods import find, settings_of
from svbrdf_core.methods.repaint import RePaintSettings
from tests.diffusion.checkpoints.names import Guided, lama_shapes, random_weights

SIZE = 48
ANSWER = (0.5, -0.25, 0.1)
"""What the network below says x_0 is, in [-1, 1], whatever it is shown."""

COUNTS = {"diffuse": 3, "normal": 3, "roughness": 1, "height": 1}
"""Channels of the maps that a network knows."""


def guided(folder: Path, **changes: Any) -> sv.InputFile:
    path = folder / "guided.pt"
    torch.save(random_weights(replace(Guided(32, (1, 2), 1, (2,)), **changes).shapes()), path)
    return sv.InputFile(path)


def lama(folder: Path) -> sv.InputFile:
    torch.save(random_weights(lama_shapes(8, 2, 2)), folder / "lama.pt")
    return sv.InputFile(folder / "lama.pt")


def filler(folder: Path, counts: Mapping[str, int] = COUNTS, card: Card | None = None, **settings: Any) -> sv.InputFile:
    """Return a network of new weights that fills maps of so many channels at once."""
    spec = make_spec(FillerSettings(width=4, crop_size=32, **settings), name_all(counts), 2)
    (folder / "filler.safetensors").write_bytes(FillerModel(spec, build_filler(spec), card or Card()).to_bytes())
    return sv.InputFile(folder / "filler.safetensors")


def denoiser(folder: Path, counts: Mapping[str, int] = COUNTS, *, prior: bool = False) -> sv.InputFile:
    """Return a network of new weights that takes noise away, as diffusion takes one."""
    recipe = RECIPES["ours"].prior() if prior else RECIPES["ours"]
    spec, path = recipe.spec(name_all(counts), 8, 1), folder / f"{'prior' if prior else 'denoiser'}.safetensors"
    path.write_bytes(Model(spec, build_denoiser(spec)).to_bytes())
    return sv.InputFile(path)


def name_all(counts: Mapping[str, int]) -> tuple[str, ...]:
    """Return the names of the channels of maps."""
    return tuple(f"{name}.{number}" for name, count in counts.items() for number in range(count))


def constant(folder: Path) -> Path:
    """Return a folder of diffusers with the exact denoiser of pictures that are all one colour."""
    diffusers = pytest.importorskip("diffusers")
    blocks = {"down_block_types": ("DownBlock2D",) * 2, "up_block_types": ("UpBlock2D",) * 2}
    size = {"block_out_channels": (8, 8), "norm_num_groups": 4, "layers_per_block": 1, "sample_size": 32}
    diffusers.UNet2DModel(**size, **blocks).save_pretrained(folder / "unet")
    diffusers.DDPMScheduler(prediction_type="sample").save_pretrained(folder / "scheduler")
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(path)
    tensors["conv_out.weight"].zero_()
    tensors["conv_out.bias"] = torch.tensor(ANSWER)
    save_file(tensors, path)
    return folder


def quick(weights: sv.InputFile, **changes: Any) -> RePaintSettings:
    return RePaintSettings(weights, sampling_steps=3, jump_length=1, jump_n_sample=2, window=SIZE, **changes)


def of_folder(folder: Path, **changes: Any) -> RePaintSettings:
    given = settings_data("repaint", shortcuts={"--weights": sv.InputFile(folder)})
    found: RePaintSettings = settings_of(find("repaint"), given)
    assert found.weights is not None
    return replace(quick(found.weights, **changes), config=found.config, scheduler=found.scheduler)
