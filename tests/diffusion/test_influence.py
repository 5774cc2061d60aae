"""The influence of inputs on an answer: exact where the denoiser is linear, and as finite differences say elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from svbrdf_core.diffusion.denoiser import Denoiser, Observed, from_x0
from svbrdf_core.diffusion.filling import fill_picture
from svbrdf_core.diffusion.influence import measure_influence
from svbrdf_core.diffusion.model_file import Model, Parametrization
from svbrdf_core.diffusion.network import FoldedUNet
from svbrdf_core.diffusion.schedule import NoiseLevel, make_linear
from svbrdf_core.diffusion.settings import SamplerSettings
from svbrdf_core.diffusion.watching import SamplerState, leave
from svbrdf_core.run import Run
from tests.diffusion.made import CHANNELS, picture, spec

AT = (9, 11)
LEVEL = NoiseLevel(1.7, 0.5)
REACH = 2 * (1 + 2 + 4 + 8 + 8 + 8 + 4 + 2 + 1) + 7
"""Pixels that ours can see in any direction: what its convolutions reach at each size, and 7 that are averaged."""


def observed(height: int, width: int) -> Observed:
    hole = torch.zeros(1, 1, height, width)
    hole[..., 6:14, 7:16] = 1
    values = torch.from_numpy(np.random.default_rng(1).standard_normal((1, 2, height, width)).astype(np.float32))
    return Observed(values * (1 - hole), hole)


def noisy(height: int, width: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(2).standard_normal((1, 2, height, width)).astype(np.float32))


def random_network(conditional: bool = True) -> Model:
    """Return ours with weights of which all count, as they do after a training."""
    torch.manual_seed(3)
    network = FoldedUNet(2, 8, conditional)
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.15)
    arguments = {**spec().arguments, "conditional": conditional}
    return Model(replace(spec(), arguments=arguments), network.eval().requires_grad_(False))


def precise(model: Model) -> Denoiser:
    """Return the denoiser in float32, also where the processor would use less: differences need every digit."""
    parametrization = Parametrization.of(model.spec)

    def predict(x: torch.Tensor, t: torch.Tensor, seen: Observed | None) -> torch.Tensor:
        assert seen is not None
        time = (t / parametrization.schedule.last).to(x.dtype)
        found: torch.Tensor = model.network(*parametrization.inputs(x, seen.values, seen.hole, time))
        return found

    return from_x0(predict, parametrization.schedule, CHANNELS, conditional=True)


def test_a_linear_denoisers_influence_is_its_weights() -> None:
    kernel = torch.from_numpy(np.random.default_rng(0).standard_normal((2, 2, 3, 5)).astype(np.float32))

    def predict(x: torch.Tensor, t: torch.Tensor, seen: Observed | None) -> torch.Tensor:
        assert seen is not None
        return torch.nn.functional.conv2d(x, kernel, padding=(1, 2)) - 0.25 * seen.values.roll(4, -1)

    denoiser = from_x0(predict, make_linear(1000, 1e-4, 0.02), CHANNELS, conditional=True)
    found = measure_influence(denoiser, noisy(20, 24), LEVEL, observed(20, 24), AT)
    expected = np.zeros((2, 2, 20, 24), np.float32)
    expected[:, :, AT[0] - 1 : AT[0] + 2, AT[1] - 2 : AT[1] + 3] = kernel.abs().numpy()
    assert found.noisy == pytest.approx(expected, abs=1e-6)
    known = np.zeros_like(expected)
    known[[0, 1], [0, 1], AT[0], AT[1] - 4] = 0.25
    assert found.known == pytest.approx(known, abs=1e-6)
    total = expected.sum() + known.sum()
    assert found.of_known() == pytest.approx(0.5 / total, rel=1e-5)
    assert found.on_pixels()[AT[0], AT[1] - 4] == pytest.approx(0.5 / total, rel=1e-5)
    assert found.between_channels().sum(1) == pytest.approx(1, rel=1e-5)
    row = (expected + known)[0].sum((1, 2))
    assert found.between_channels()[0] == pytest.approx(row / row.sum(), rel=1e-5)


def test_a_networks_influence_is_what_small_changes_do() -> None:
    denoiser = precise(random_network())
    x, seen = noisy(24, 24), observed(24, 24)
    found = measure_influence(denoiser, x, LEVEL, seen, AT)
    step = 1e-2

    def answer(x: torch.Tensor, seen: Observed) -> torch.Tensor:
        return denoiser(LEVEL.unscale(x), LEVEL.batched_sigma(x), seen)[0, :, AT[0], AT[1]]

    def slope(change: Callable[[float], tuple[torch.Tensor, Observed]], per: float) -> Any:
        return ((answer(*change(step)) - answer(*change(-step))) / (2 * step * per)).abs().numpy()

    def moved(values: torch.Tensor, place: tuple[int, int, int], by: float) -> torch.Tensor:
        out = values.clone()
        out[(0, *place)] += by
        return out

    growth = LEVEL.scale * (1 + LEVEL.sigma**2) ** 0.5
    for place in ((0, *AT), (1, 8, 12), (0, 12, 9)):
        own = slope(lambda by, place=place: (moved(x, place, by), seen), 1 / growth)  # type: ignore[misc]
        assert found.noisy[(slice(None), *place)] == pytest.approx(own, rel=0.05, abs=2e-3 * float(found.noisy.max()))
    for place in ((0, 9, 6), (1, 5, 11), (0, 15, 11)):
        own = slope(lambda by, place=place: (x, Observed(moved(seen.values, place, by), seen.hole)), 1.0)  # type: ignore[misc]
        assert found.known[(slice(None), *place)] == pytest.approx(own, rel=0.05, abs=2e-3 * float(found.known.max()))


def test_what_a_network_does_not_see_has_no_influence() -> None:
    side, at = 192, (96, 96)
    seen = observed(side, side)
    found = measure_influence(random_network().denoiser("cpu"), noisy(side, side), LEVEL, seen, at)
    apart = np.abs(np.arange(side) - at[0])
    far = np.maximum(apart[:, None], apart[None, :]) > REACH
    assert found.on_pixels()[far].max() == 0
    assert found.on_pixels().sum() == pytest.approx(1, rel=1e-5)
    # Where pixels are known, what is known stands in the noisy picture's place.
    assert found.noisy[:, :, seen.hole[0, 0].numpy() == 0].max() == 0
    prior = measure_influence(random_network(False).denoiser("cpu"), noisy(24, 24), LEVEL, observed(24, 24), AT)
    assert prior.of_known() == 0 and prior.noisy.max() > 0


@pytest.mark.parametrize("solver", ["ancestral", "repaint", "dps"])
def test_a_watched_sample_is_the_sample(solver: Any) -> None:
    model = random_network(conditional=solver == "ancestral")
    sampler = SamplerSettings(solver)
    states: list[SamplerState] = []

    def watch(state: SamplerState) -> None:
        states.append(state)
        denoiser: Denoiser = state.make_denoiser(leave)
        measure_influence(denoiser, state.x, state.level, state.observed, (0, 0))

    plain, watched = (
        fill_picture(model, picture(), 6, Run(generator=np.random.default_rng(0), on_state=on_state), sampler)
        for on_state in (None, watch)
    )
    assert (plain == watched).all()
    assert [state.number for state in states] == list(range(1, states[0].count + 1))
    assert all(state.level.sigma > 0 and state.x.shape == states[0].x.shape for state in states)
