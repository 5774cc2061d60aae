"""Networks of pictures asked about the channels of a material: grey ones, large ones, and ones that wrap."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
import torch
from torch import nn

from svbrdf_core.diffusion.checkpoints.pictures import ask_by_parts, ask_in_tiles
from svbrdf_core.diffusion.checkpoints.pretrained import Pretrained, PretrainedSize
from svbrdf_core.diffusion.checkpoints.wrappers import GreyAsColour, Padded
from svbrdf_core.diffusion.denoiser import Observed
from svbrdf_core.diffusion.samplers import GaussianNoise
from svbrdf_core.diffusion.schedule import make_linear
from svbrdf_core.diffusion.window import SampledWindow
from svbrdf_core.run import Run

VARIANCE = 0.4


@dataclass
class GreyWorld:
    """The exact denoiser of colour pictures whose channels are one grey picture of white noise of this variance."""

    channels: tuple[str, ...] = ("r", "g", "b")
    sigma_range: tuple[float, float] = (0.01, 100.0)
    conditional: bool = False
    asked: list[torch.Tensor] = field(default_factory=list)

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None = None) -> torch.Tensor:
        self.asked.append(x)
        assert observed is None or observed.values.shape[1] == 3
        gain = VARIANCE / (
            VARIANCE + sigma.view(-1, 1, 1, 1).square() / 3
        )  # the mean of three has a third of the noise
        return (gain * x.mean(1, keepdim=True)).expand(-1, 3, -1, -1)


def noise(seed: int = 0) -> GaussianNoise:
    return GaussianNoise(torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("sigma", [0.1, 1.0, 20.0])
def test_a_grey_channel_gets_the_exact_answer_of_a_network_of_colours(sigma: float) -> None:
    world = GreyWorld()
    x = noise(1)(torch.zeros(2, 1, 64, 64)) * (VARIANCE + sigma**2) ** 0.5
    sigmas = torch.full((2,), sigma)
    found = GreyAsColour(world, noise())(x, sigmas, Observed(x, torch.zeros(2, 1, 64, 64)))
    assert (found - VARIANCE / (VARIANCE + sigma**2) * x).abs().max() < 1e-4 * (1 + sigma)
    # And what the network is shown is such a picture with independent noise of sqrt(3) sigma in each channel.
    (shown,) = world.asked
    law = torch.cov(shown.transpose(0, 1).flatten(1))
    expected = VARIANCE + 3 * sigma**2 * torch.eye(3)
    assert ((law - expected).abs() < 0.06 * (VARIANCE + 3 * sigma**2)).all()


def test_parts_are_asked_as_pictures_of_their_own() -> None:
    names = ("diffuse.0", "diffuse.1", "diffuse.2", "height.0")
    denoise = ask_by_parts(GreyWorld(), names, [(0, 1, 2), (3,)], noise())
    low, high = denoise.sigma_range
    assert (denoise.channels, low) == (names, 0.01) and high == pytest.approx(100 / 3**0.5)
    x = noise(1)(torch.zeros(1, 4, 8, 8))
    found = denoise(x, torch.ones(1))
    assert torch.equal(found[:, 0], found[:, 2])
    assert (found[:, 3] - VARIANCE / (VARIANCE + 1) * x[:, 3]).abs().max() < 1e-5


def test_padding_is_a_mirror_image_that_is_cut_off_again() -> None:
    world = GreyWorld()
    x = torch.arange(3 * 5 * 7.0).view(1, 3, 5, 7)
    found = Padded(world, 4)(x, torch.zeros(1), Observed(x, torch.zeros(1, 1, 5, 7)))
    assert found.shape == x.shape and torch.allclose(found, x.mean(1, keepdim=True).expand_as(x))
    (shown,) = world.asked
    assert shown.shape == (1, 3, 8, 8)
    assert torch.equal(shown[..., 5:, :7], x.flip(2)[:, :, :3]) and torch.equal(shown[..., 7:], shown[..., 6:7])


@pytest.mark.parametrize("wrap", [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("size", [(24, 32), (70, 101)])
def test_a_network_is_shown_no_more_than_its_window(size: tuple[int, int], wrap: tuple[bool, bool]) -> None:
    """It answers with the mean of its 9 x 9 surroundings, which every tile has to have around it."""
    shown: list[tuple[int, ...]] = []

    def predict(x: torch.Tensor, t: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        shown.append(tuple(x.shape[2:]))
        assert labels is not None and labels.tolist() == [7]
        return nn.functional.avg_pool2d(x, 9, stride=1, padding=4, count_include_pad=False)

    network = Pretrained(PretrainedSize(3, 9, 32, 4), nn.Module(), predict, make_linear(), "sample")
    window = SampledWindow(np.arange(size[0]), np.arange(size[1]), wrap)
    denoise = ask_in_tiles(network, 7, window, 32, Run())
    x = noise()(torch.zeros(1, 3, *size))
    found = denoise(x, torch.zeros(1))
    assert max(max(side) for side in shown) <= 32 and all(side % 4 == 0 for one in shown for side in one)
    assert (len(shown) == 1) == (size == (24, 32) and not any(wrap))
    pads = [4 if wraps else 0 for wraps in wrap]
    around = torch.from_numpy(np.pad(x.numpy(), ((0, 0), (0, 0), (pads[0], pads[0]), (pads[1], pads[1])), mode="wrap"))
    expected = nn.functional.avg_pool2d(around, 9, stride=1, padding=4, count_include_pad=False)
    expected = expected[:, :, pads[0] :, pads[1] :][:, :, : size[0], : size[1]]
    middle = (..., slice(0 if wrap[0] else 4, size[0] - (0 if wrap[0] else 4)), slice(4, size[1] - 4))
    assert (found - expected)[middle].abs().max() < 1e-5
