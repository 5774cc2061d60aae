"""MAT: what is refused, and where its package is installed what that package's network fills."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import svbrdf_core as sv
from svbrdf_core.diffusion.checkpoints.mat import MARK, probe_mat
from svbrdf_core.methods import find
from svbrdf_core.methods.inpainters import InpainterSettings
from tests.diffusion.checkpoints.names import lama_shapes, random_weights

INSTALLED = importlib.util.find_spec("spandrel_extra_arches") is not None


def test_other_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w"
    for tensors in (random_weights(lama_shapes(8, 1, 1)), {MARK: torch.zeros(4, 4), "discriminator.a": torch.zeros(1)}):
        save_file(tensors, path)
        with pytest.raises(sv.InputError, match="^The weights are not those of a MAT generator"):
            probe_mat(path)


@pytest.mark.skipif(INSTALLED, reason="spandrel-extra-arches is installed")
def test_it_says_what_to_install() -> None:
    missing = find("mat").missing()
    assert missing is not None and "pip install spandrel-extra-arches" in missing


@pytest.mark.stress
@pytest.mark.skipif(not INSTALLED, reason="needs spandrel-extra-arches, whose licences do not allow every use")
def test_the_packages_network_fills(tmp_path: Path) -> None:
    """Two minutes on a core: it knows one size, of 62 million weights."""
    from spandrel_extra_arches.architectures.MAT import MAT

    save_file(
        {name.removeprefix("model."): value.clone() for name, value in MAT().state_dict().items()}, tmp_path / "w"
    )
    values = np.random.default_rng(0).random((60, 50, 3)).astype(np.float32)
    material, mask = sv.Material.from_arrays("m", {"diffuse": values}), np.zeros((60, 50), np.float32)
    mask[20:30, 20:30] = 1
    settings = InpainterSettings(sv.InputFile(tmp_path / "w"))
    one, again, other = (
        sv.inpaint(material, mask, method="mat", settings=settings, seed=seed, device="cpu").canvas.tensor()
        for seed in (1, 1, 2)
    )
    assert (one == again).all() and (one != other).any()
    assert (one == material.tensor())[:, mask == 0].all() and one[:, mask > 0].std() > 0.01
