"""LaMa: found by names and shapes, and what the published architecture computes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from svbrdf_core.diffusion.checkpoints.lama import find_architecture, load_lama, probe_lama
from svbrdf_core.diffusion.checkpoints.lama_network import LamaArchitecture
from svbrdf_core.errors import InputError
from tests.diffusion.checkpoints.names import Guided, Shapes, count, lama_shapes, random_weights

SHAPES = lama_shapes(8, 2, 2)


def picture() -> tuple[torch.Tensor, torch.Tensor]:
    values = np.random.default_rng(9).standard_normal((1, 3, 16, 24)).astype(np.float32)
    hole = torch.zeros(1, 1, 16, 24)
    hole[:, :, 3:9, 1:20] = 1
    return torch.from_numpy(values).sigmoid(), hole


@pytest.mark.parametrize("prefix", ["", "generator.", "model."])
def test_it_computes_what_the_published_architecture_computes(tmp_path: Path, prefix: str) -> None:
    """The numbers are those of the architecture as spandrel 0.4.2 has it, with these weights."""
    tensors = {f"{prefix}{name}": value for name, value in random_weights(SHAPES).items()}
    tensors[f"{prefix}model.1.bn_l.num_batches_tracked"] = torch.tensor(5)
    if prefix == "generator.":
        tensors["discriminator.model0.0.weight"] = torch.zeros(2, 2)
    torch.save({"state_dict": tensors}, tmp_path / "w")
    values, hole = picture()
    found = load_lama(tmp_path / "w")(values, hole)
    expected = [0.53443, 0.49492, 0.5765, 0.5888, 0.45013, 0.47329]
    assert found[0, :, 5, [2, 17]].flatten().tolist() == pytest.approx(expected, abs=2e-5)
    outside = (hole == 0).expand_as(values)
    assert torch.equal(found[outside], values[outside])


def test_the_published_size_is_known() -> None:
    shapes = lama_shapes(64, 3, 18)
    assert count(shapes) == 51_057_027
    assert find_architecture(shapes) == LamaArchitecture(4, 3, 64, 3, 18, 384)


@pytest.mark.parametrize("side", [1, 7, 8, 21])
def test_a_picture_of_any_size_is_repaired(tmp_path: Path, side: int) -> None:
    torch.save(random_weights(SHAPES), tmp_path / "w")
    hole = torch.zeros(1, 1, side, side + 1)
    hole[:, :, 0, 1] = 1
    values = torch.rand(1, 3, side, side + 1, generator=torch.Generator().manual_seed(1))
    found = load_lama(tmp_path / "w").repair(values, hole)
    assert found.shape == values.shape and found.isfinite().all()
    assert torch.equal(found[:, :, :, 0], values[:, :, :, 0])


def test_other_architectures_are_refused_in_one_sentence(tmp_path: Path) -> None:
    wrong: tuple[Shapes, ...] = (
        dict(list(SHAPES.items())[:-1]),
        {**SHAPES, "model.1.ffc.convl2l.weight": (8, 5, 7, 7)},
        {**SHAPES, "model.1.ffc.convl2l.weight": (8_000_000, 4, 7, 7)},
        Guided(64, (1, 2), 1, (2,)).shapes(),
        {"a": (1,)},
    )
    for shapes in wrong:
        with pytest.raises(InputError, match="^The weights are not those of a LaMa generator"):
            find_architecture(shapes)
    (tmp_path / "w").write_text("text")
    with pytest.raises(InputError, match="fetch it again"):
        probe_lama(tmp_path / "w")
