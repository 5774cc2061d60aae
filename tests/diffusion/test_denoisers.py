"""Denoisers made of networks and of other denoisers: right, differentiable, and on a torus."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

from svbrdf_core.diffusion.denoiser import Denoiser, Observed, from_eps, from_v, from_x0
from svbrdf_core.diffusion.model_file import Model
from svbrdf_core.diffusion.network import FoldedUNet
from svbrdf_core.diffusion.schedule import make_cosine, make_linear
from svbrdf_core.diffusion.tiled import Tiled
from svbrdf_core.diffusion.wrappers import Clipped, OnTorus, PerMap, ValueRange
from svbrdf_core.learning.spec import ModelSpec
from svbrdf_core.run import Run
from tests.diffusion.gaussian import GaussianDenoiser, make_field
from tests.diffusion.made import spec

SCHEDULE = make_linear()


@pytest.mark.parametrize("prediction", ["x0", "eps", "v"])
def test_what_a_network_predicts_comes_to_the_same_denoiser(prediction: str) -> None:
    """A network that predicts exactly for a Gaussian field is that field's denoiser."""
    field = make_field()

    def predict(x: torch.Tensor, t: torch.Tensor, observed: Observed | None) -> torch.Tensor:
        a = SCHEDULE.alphas_cumprod[int(t[0])]
        x0 = field(x.double() / a.sqrt(), SCHEDULE.sigmas[int(t[0])][None]).double()
        eps = (x - a.sqrt() * x0) / (1 - a).sqrt()
        return {"x0": x0, "eps": eps, "v": a.sqrt() * eps - (1 - a).sqrt() * x0}[prediction].float()

    make = {"x0": from_x0, "eps": from_eps, "v": from_v}[prediction]
    denoise = make(predict, SCHEDULE, field.channels, conditional=False)
    assert denoise.sigma_range == pytest.approx((SCHEDULE.sigmas[1].item(), SCHEDULE.sigmas[-1].item()))
    generator = torch.Generator().manual_seed(0)
    for t in (1, 100, 500, 1000):
        sigma = SCHEDULE.sigmas[t : t + 1]
        x = field.mean + (1 + sigma) * torch.randn(3, 2, 4, 4, generator=generator)
        assert (denoise(x.float(), sigma.expand(3)) - field(x, sigma.expand(3))).abs().max() < 1e-3 * (1 + sigma * 0.1)


def blur(channels: int = 2, radius: int = 3) -> Denoiser:
    """Return a denoiser that looks ``radius`` pixels far, and at what is known."""
    torch.manual_seed(0)
    network = nn.Conv2d(2 * channels + 1, channels, 2 * radius + 1, padding=radius).requires_grad_(False)

    def predict(x: torch.Tensor, t: torch.Tensor, observed: Observed | None) -> torch.Tensor:
        assert observed is not None
        shape = (-1, -1, *x.shape[2:])
        seen = [part.expand(len(x), *shape[1:]) for part in (observed.values, observed.hole)]
        found: torch.Tensor = network(torch.cat([x, *seen], 1))
        return found * (1 + t.view(-1, 1, 1, 1).float() / 1000)

    names = tuple(f"value.{number}" for number in range(channels))
    return from_x0(predict, make_cosine(), names, conditional=True)


def scene(channels: int = 2, side: int = 16) -> tuple[torch.Tensor, torch.Tensor, Observed]:
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(2, channels, side, side, generator=generator, dtype=torch.float64)
    hole = torch.zeros(1, 1, side, side)
    hole[..., 3:9, 5:12] = 1
    values = torch.randn(1, channels, side, side, generator=generator) * (1 - hole)
    return x, torch.tensor([0.5, 3.0], dtype=torch.float64), Observed(values, hole)


def folded() -> Denoiser:
    network = FoldedUNet(2, 8).eval().requires_grad_(False)
    torch.manual_seed(0)
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.1)
    return Model(spec(), network).denoiser("cpu")


WRAPPED: dict[str, Callable[[], Denoiser]] = {
    "x0": blur,
    "eps": lambda: from_eps(lambda x, t, observed: x.tanh(), SCHEDULE, ("a.0", "a.1"), conditional=False),
    "v": lambda: from_v(lambda x, t, observed: x.tanh(), SCHEDULE, ("a.0", "a.1"), conditional=False),
    "U-Net": folded,
    "per map": lambda: PerMap(("a.0", "b.0"), [((0,), blur(1)), ((1, 1), blur(2))]),
    "range": lambda: ValueRange(blur(), (0.5, -1.0), 2.0),
    "torus": lambda: OnTorus(blur(), (True, True), 8),
    "clipped": lambda: Clipped(blur(), (-9.0,), (9.0,)),
    "tiled": lambda: Tiled(blur(), Run(), tile=8),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_a_gradient_flows_through_every_denoiser(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The derivative of a loss of the estimate by x is the one by finite differences."""
    monkeypatch.setattr("svbrdf_core.diffusion.model_file.autocast", lambda device: torch.enable_grad())
    denoise = WRAPPED[name]()
    x, sigma, observed = scene()
    x.requires_grad_()
    (gradient,) = torch.autograd.grad((denoise(x, sigma, observed) ** 2).sum(), x)
    direction = torch.randn(x.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    with torch.no_grad():
        step = 1e-2
        losses = [(denoise(x + sign * step * direction, sigma, observed) ** 2).double().sum() for sign in (1, -1)]
    slope = ((losses[0] - losses[1]) / (2 * step)).item()
    assert (gradient * direction).sum().item() == pytest.approx(slope, rel=2e-2, abs=1e-2)
    assert gradient.abs().sum() > 0


def test_maps_are_denoised_each_alone() -> None:
    x, sigma, observed = scene(3)
    one, two = blur(1), blur(2)
    whole = PerMap(("a.0", "b.0", "b.1"), [((0,), one), ((1, 2), two)])
    found = whole(x, sigma, observed)
    assert (found[:, :1] == one(x[:, :1], sigma, observed.select([0]))).all()
    assert (found[:, 1:] == two(x[:, 1:], sigma, observed.select([1, 2]))).all()
    assert whole.conditional and whole.sigma_range == one.sigma_range
    grey = PerMap(("a.0",), [((0, 0), two)])
    both = two(x[:, [0, 0]], sigma, observed.select([0, 0]))
    assert (grey(x[:, :1], sigma, observed.select([0])) - both.mean(1, keepdim=True)).abs().max() < 1e-6
    with pytest.raises(ValueError, match="all channels"):
        PerMap(("a.0", "b.0"), [((0,), one)])
    with pytest.raises(ValueError, match="as many channels"):
        PerMap(("a.0", "b.0"), [((0, 1), one)])


def test_answers_are_kept_in_range() -> None:
    x, sigma, observed = scene()
    found, plain = Clipped(blur(), (-0.1, 0.0), (0.1, 0.2))(x, sigma, observed), blur()(x, sigma, observed)
    assert (found[:, 0] == plain[:, 0].clamp(-0.1, 0.1)).all() and (found[:, 1] == plain[:, 1].clamp(0.0, 0.2)).all()
    assert (Clipped(blur(), (-0.1,), (0.1,))(x, sigma, observed) == plain.clamp(-0.1, 0.1)).all()
    assert plain.abs().max() > 0.2


def test_another_range_of_values_is_that_of_another_gaussian() -> None:
    field = make_field()
    offset, factor = (0.3, -2.0), 1.7
    moved = factor * field.mean + torch.tensor(offset)[:, None, None]
    wanted = GaussianDenoiser(moved, factor**2 * field.covariance)
    found = ValueRange(field, offset, factor)
    x = torch.randn(3, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    sigma = torch.full((3,), 0.8, dtype=torch.float64)
    assert (found(x, sigma) - wanted(x, sigma)).abs().max() < 1e-5


@pytest.mark.parametrize("axis", [2, 3])
def test_on_a_torus_pictures_may_be_rolled(axis: int) -> None:
    x, sigma, observed = scene()
    denoise = OnTorus(blur(), (axis == 2, axis == 3), 8)
    other = Observed(observed.values.roll(5, axis), observed.hole.roll(5, axis))
    one, two = denoise(x, sigma, observed).roll(5, axis), denoise(x.roll(5, axis), sigma, other)
    assert (one - two).abs().max() < 1e-5
    plain = blur()(x.roll(5, axis), sigma, other)
    assert (plain - two).abs().max() > 1e-3


@pytest.mark.parametrize("wrap", [(False, False), (True, True)])
def test_tiles_agree_with_the_whole(wrap: tuple[bool, bool]) -> None:
    whole = OnTorus(blur(), wrap, 8)
    x, sigma, observed = scene(side=40)
    tiled = Tiled(whole, Run(), wrap=wrap, piece=blur(), tile=16)
    assert (tiled(x, sigma, observed) - whole(x, sigma, observed)).abs().max() < 1e-5
    assert tiled.channels == whole.channels and tiled.conditional


def test_a_model_is_a_conditional_denoiser() -> None:
    denoise = folded()
    x, sigma, _ = scene()
    assert denoise.conditional and denoise.channels == spec().channels
    with pytest.raises(ValueError, match="looks at what is known"):
        denoise(x, sigma)
    assert isinstance(spec(), ModelSpec)
