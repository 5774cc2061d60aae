"""Layers, networks and critics of fillers."""

from __future__ import annotations

import pytest
import torch

from svbrdf_core.learned.critics import list_seers, penalize_gradient, penalize_real, see_part
from svbrdf_core.learned.layers import average_down, from_wavelets, to_wavelets
from svbrdf_core.learned.model_file import build
from svbrdf_core.learned.networks import FewSteps, OnePass, Shown
from svbrdf_core.learning.layers import Convolution
from tests.learned.made import CHANNELS, settings, spec_of

TASKS = ("autoencoder", "glcic", "attention", "diffusion-gan", "wavelet-diffusion")


def shown(height: int = 32, width: int = 48, count: int = 2) -> Shown:
    generator = torch.Generator().manual_seed(0)
    hole = torch.zeros(count, 1, height, width)
    hole[..., 8:20, 10:30] = 1
    known = (1 - hole).expand(-1, len(CHANNELS), -1, -1).contiguous()
    return Shown(torch.randn(count, len(CHANNELS), height, width, generator=generator) * known, known, hole)


def painted(task: str, given: Shown, wrap: bool = False, roll: int = 0) -> torch.Tensor:
    torch.manual_seed(1)
    network = build(spec_of(settings(task)))
    network.wrap(wrap, wrap)
    with torch.no_grad():
        if isinstance(network, OnePass):
            found: torch.Tensor = network(given).fine
            return found
        noise = torch.randn(given.values.shape, generator=torch.Generator().manual_seed(2)).roll((roll, roll), (2, 3))
        assert isinstance(network, FewSteps)
        out: torch.Tensor = network(noise, given, torch.full((len(noise),), 0.5), noise[:, :1])
        return out


def test_wavelets_are_orthonormal_and_can_be_undone() -> None:
    x = torch.randn(2, 3, 8, 12)
    bands = to_wavelets(x)
    assert bands.shape == (2, 12, 4, 6)
    torch.testing.assert_close(from_wavelets(bands), x)
    torch.testing.assert_close(bands.square().sum(), x.square().sum())
    flat = to_wavelets(torch.ones(1, 1, 4, 4))
    torch.testing.assert_close(flat, torch.cat([torch.full((1, 1, 2, 2), 2.0), torch.zeros(1, 3, 2, 2)], 1))
    columns = to_wavelets(torch.tensor([1.0, -1.0]).tile(2, 1)[None, None])
    torch.testing.assert_close(columns.flatten(), torch.tensor([0.0, 2.0, 0.0, 0.0]))


def test_a_convolution_on_a_torus_moves_with_the_picture() -> None:
    layer = Convolution(2, 3, 5, dilation=4)
    layer.wrap = (True, True)
    x = torch.randn(1, 2, 8, 8)  # smaller than what it reaches
    torch.testing.assert_close(layer(x.roll((3, 5), (2, 3))), layer(x).roll((3, 5), (2, 3)))


def test_a_mosaic_keeps_means_and_loses_detail() -> None:
    x = torch.randn(1, 1, 48, 48, generator=torch.Generator().manual_seed(0))
    coarse = average_down(x, 12)
    assert coarse.shape == x.shape
    assert coarse.std() < 0.2 * x.std()
    torch.testing.assert_close(average_down(torch.ones(1, 1, 30, 50), 12), torch.ones(1, 1, 30, 50))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("size", [(32, 48), (40, 24)])
def test_networks_paint_pictures_of_any_side_that_eight_divides(task: str, size: tuple[int, int]) -> None:
    given = shown(*size)
    assert painted(task, given).shape == given.values.shape


@pytest.mark.parametrize("task", TASKS)
def test_networks_know_the_torus(task: str) -> None:
    """Moved by 16, which all their grids divide, the picture is painted the same."""
    given = shown(48, 48)
    moved = Shown(*(x.roll((16, 16), (2, 3)) for x in (given.values, given.known, given.hole)))
    found = painted(task, moved, wrap=True, roll=16)
    torch.testing.assert_close(found, painted(task, given, wrap=True).roll((16, 16), (2, 3)), atol=1e-4, rtol=1e-3)
    plain = painted(task, moved, roll=16) - painted(task, given).roll((16, 16), (2, 3))
    assert plain.abs().max() > 1e-3


def test_the_part_that_a_critic_sees_is_where_the_hole_is() -> None:
    hole = torch.zeros(2, 1, 32, 32)
    hole[0, :, :6, :6] = 1
    hole[1, :, 14:20, 20:26] = 1
    seen = see_part(torch.cat([hole, hole], 1), hole)
    assert seen.shape == (2, 2, 16, 16)
    assert seen[0].sum() == 2 * 36
    assert seen[1].sum() == 2 * 36


def test_choices_of_critics() -> None:
    assert [sorted(list_seers(name, 1.0)) for name in ("none", "picture", "wavelet", "both")] == [
        [],
        ["part", "whole"],
        ["wavelets"],
        ["part", "wavelets", "whole"],
    ]


def test_the_penalty_is_zero_for_a_slope_of_one_in_the_hole() -> None:
    """A linear critic of slope g has a gradient of length g times the root of the hole's values."""
    real = torch.randn(3, 2, 8, 8)
    fake = real.clone()
    fake[:, :, 2:4, 2:4] += 1
    weight = torch.zeros(2, 8, 8)
    weight[:, 2:4, 2:4] = 8**-0.5
    weight[:, 5:] = 100  # outside the hole it does not count

    def critic(x: torch.Tensor) -> torch.Tensor:
        return (x * weight).sum((1, 2, 3))

    at = torch.rand(3)
    torch.testing.assert_close(penalize_gradient(critic, real, fake, at), torch.zeros(3), atol=1e-6, rtol=0)
    twice = penalize_gradient(lambda x: 2 * critic(x), real, fake, at)
    torch.testing.assert_close(twice, torch.ones(3))
    torch.testing.assert_close(penalize_real(lambda x: (3 * x).sum((1, 2, 3)), real), torch.full((3,), 9.0 * 128))
