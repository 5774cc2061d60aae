"""The two networks: their size, their torus, and what they may start from."""

from __future__ import annotations

import pytest
import torch

from svbrdf_core.diffusion.network import STRIDE, CherelUNet, ConditionalUNet, FoldedUNet


def inputs(channels: int, height: int, width: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    x, seen = (torch.randn(2, channels, height, width, generator=generator) for _ in range(2))
    hole = (torch.rand(2, 1, height, width, generator=generator) > 0.5).float()
    return x, seen * (1 - hole), hole, torch.tensor([0.2, 0.9])


def count(network: ConditionalUNet) -> int:
    return sum(weight.numel() for weight in network.parameters())


def test_the_published_network_has_the_published_number_of_parameters() -> None:
    assert count(CherelUNet(3, 32)) == 163_459  # "160k"
    assert count(CherelUNet(12, 32, inputs=32)) == 172_972  # four maps, each with three channels, a mask and a timestep


@pytest.mark.parametrize("network", [FoldedUNet(4, 16), CherelUNet(4, 8)])
@pytest.mark.parametrize("axis", [0, 1])
def test_a_picture_that_wraps_may_be_rolled(network: ConditionalUNet, axis: int) -> None:
    torch.manual_seed(0)
    for weight in network.parameters():  # nothing stays zero
        torch.nn.init.normal_(weight, std=0.1)
    network.wrap(axis == 0, axis == 1)
    x, seen, hole, level = inputs(4, 32, 40)

    def rolled(tensor: torch.Tensor) -> torch.Tensor:
        return tensor.roll(2 * STRIDE, 2 + axis)

    with torch.inference_mode():
        one = rolled(network(x, seen, hole, level))
        other = network(rolled(x), rolled(seen), rolled(hole), level)
        assert (one - other).abs().max() < 1e-4
        network.wrap(False, False)
        plain = network(rolled(x), rolled(seen), rolled(hole), level)
    assert (one - plain).abs().max() > 1e-3


@pytest.mark.parametrize("network", [FoldedUNet(2, 16), CherelUNet(2, 8)])
def test_every_input_matters(network: ConditionalUNet) -> None:
    torch.manual_seed(0)
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    given = list(inputs(2, 16, 16))
    with torch.inference_mode():
        before = network(*given)
        assert before.shape == given[0].shape
        for number in range(4):
            changed = [tensor + 0.3 if n == number else tensor for n, tensor in enumerate(given)]
            assert (network(*changed) - before).abs().max() > 1e-4
