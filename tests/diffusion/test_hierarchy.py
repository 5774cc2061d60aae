"""Coarse fills that finer ones keep to: hierarchical restoration."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from svbrdf_core.diffusion.denoiser import Observed
from svbrdf_core.diffusion.filling import fill_picture
from svbrdf_core.diffusion.hierarchy import Coarse, KeepsMeans, find_factor, shrink, shrink_mask
from svbrdf_core.diffusion.settings import SamplerSettings, SolverName
from svbrdf_core.diffusion.window import SampledWindow
from svbrdf_core.learning.crops import MaskedPicture
from svbrdf_core.learning.holes import Bools, Floats
from tests.diffusion.gaussian import KnowingDenoiser
from tests.diffusion.made import waves
from tests.diffusion.test_shifting import make_model, seeded

FACTOR = 6


def known(height: int = 64, width: int = 72) -> Bools:
    out = np.ones((height, width), np.bool_)
    out[10:54, 9:61] = False
    return out


def random(*shape: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def window(rows: range, columns: range, *, height: int = 64, width: int = 72) -> SampledWindow:
    return SampledWindow(np.array(rows) % height, np.array(columns) % width, (False, False))


def means(values: Floats) -> Floats:
    return shrink(MaskedPicture(values, np.ones(values.shape[1:], np.bool_)), FACTOR).values


def estimate(coarse: Coarse, at: SampledWindow, x0: Floats) -> Floats:
    """Return what becomes of an estimate of the whole picture in a window."""
    inside = torch.from_numpy(at.crop(x0))
    hole = torch.from_numpy(at.crop((~coarse.known)[None].astype(np.float32)))[None]
    denoise = coarse.hold(KnowingDenoiser(inside), at, "cpu")
    found = denoise(torch.zeros(1, *inside.shape), torch.ones(1), Observed(torch.zeros(1, *inside.shape), hole))
    return found[0].numpy()


def test_blocks_of_the_hole_get_the_means_of_the_coarse_fill_and_others_keep_theirs() -> None:
    coarse, x0 = Coarse(random(2, 11, 12), known(), FACTOR), random(2, 64, 72, seed=1)
    found = estimate(coarse, window(range(64), range(72)), x0)
    inside = shrink_mask(~known(), FACTOR)
    assert inside.sum() == 7 * 8  # rows 12 to 53, columns 12 to 59
    assert np.abs(means(found) - coarse.values)[:, inside].max() < 1e-5
    assert np.abs(means(found) - means(x0))[:, ~inside].max() < 1e-5
    again = estimate(coarse, window(range(64), range(72)), found)
    assert np.abs(again - found).max() < 1e-5  # a projection


def test_a_smooth_coarse_fill_leaves_no_blocks() -> None:
    y, x = np.mgrid[:64, :72].astype(np.float32)
    ramp = np.stack([x / 12, (x - y) / 12])
    coarse = Coarse(means(ramp), known(), FACTOR)
    found = estimate(coarse, window(range(64), range(72)), np.zeros((2, 64, 72), np.float32))
    middle = np.s_[:, 24:40, 24:48]
    assert np.abs(found - ramp)[middle].max() < 0.25  # steps of blocks were 0.5
    assert np.abs(np.diff(found[middle], axis=2)).max() < 0.15


@pytest.mark.parametrize(
    "at",
    [window(range(13, 45), range(20, 52)), window(range(50, 82), range(40, 104)), window(range(4), range(3))],
    ids=["blocks cut by the window", "across the edge of a torus", "less than a block"],
)
def test_windows_keep_the_means_of_the_blocks_they_hold_whole(at: SampledWindow) -> None:
    hole = np.zeros((64, 72), np.bool_)  # a torus of which nothing is known; its last row of blocks has 4 rows
    coarse, x0 = Coarse(random(2, 11, 12), hole, FACTOR), random(2, 64, 72, seed=1)
    found = x0.copy()
    at.write(estimate(coarse, at, x0), found)
    count = shrink(MaskedPicture(np.ones((1, 64, 72), np.float32), np.ones_like(hole)), FACTOR)
    rows, columns = (np.bincount(side // FACTOR, minlength=12) for side in (at.rows, at.columns))
    whole = (rows[:11] == np.array([6] * 10 + [4]))[:, None] & (columns == 6)
    assert count.known.all()
    assert np.abs(means(found) - coarse.values)[:, whole].max(initial=0) < 1e-5
    assert (whole.any(), len(at.rows) > 4) in {(True, True), (False, False)}


def test_a_gradient_flows_through_what_is_kept() -> None:
    coarse = Coarse(random(1, 2, 2), np.zeros((12, 12), np.bool_), FACTOR)

    class Halving(KnowingDenoiser):
        def __call__(self, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None = None) -> torch.Tensor:
            return x / 2

    denoise = coarse.hold(Halving(torch.zeros(1, 12, 12)), window(range(12), range(12)), "cpu")
    assert isinstance(denoise, KeepsMeans)
    x = torch.from_numpy(random(1, 1, 12, 12)).requires_grad_()
    (gradient,) = torch.autograd.grad(denoise(x, torch.ones(1)).square().sum(), x)
    moved = x.detach() + 1e-2 * torch.from_numpy(random(1, 1, 12, 12, seed=2))
    slope = denoise(moved, torch.ones(1)).square().sum() - denoise(2 * x.detach() - moved, torch.ones(1)).square().sum()
    assert (gradient * (moved - x.detach())).sum().item() * 2 == pytest.approx(slope.item(), rel=1e-3)


@pytest.mark.parametrize("solver", ["ancestral", "ddim", "repaint", "ddnm", "ddnm-plus", "pigdm", "ddrm", "diffpir"])
@pytest.mark.parametrize("windows", ["tiles", "shift"])
def test_fills_of_every_solver_keep_to_the_coarse_one(solver: SolverName, windows: str) -> None:
    """All whose last step gives the estimate itself; `dps` and `mcg` move it once more."""
    picture = MaskedPicture(waves(64, 72), known())
    coarse = Coarse(random(2, 16, 18), known(), 4)
    sampler = SamplerSettings(solver, jump_length=1, windows=windows, window=32)  # type: ignore[arg-type]
    out = fill_picture(make_model(solver), picture, 2, seeded(), sampler, None, coarse)
    inside = shrink_mask(~known(), 4)
    away = np.abs(shrink(MaskedPicture(out, np.ones_like(known())), 4).values - coarse.values)[:, inside]
    assert away.max() < 0.02
    assert (out[:, known()] == picture.values[:, known()]).all()


def test_pictures_are_shrunk_by_what_is_known_of_them() -> None:
    values, there = random(1, 7, 8), np.ones((7, 8), np.bool_)
    there[:4, :3] = False
    found = shrink(MaskedPicture(np.where(there, values, np.nan), there), 4)
    assert found.known.tolist() == [[False, True], [True, True]]
    assert found.values[0, 1, 1] == pytest.approx(values[0, 4:, 4:].mean(), abs=1e-6)
    assert found.values[0, 0, 1] == pytest.approx(values[0, :4, 4:].mean(), abs=1e-6)
    assert find_factor(MaskedPicture(values, there), 4) == 1
    assert find_factor(MaskedPicture(values, there), 3) == 2
    assert find_factor(MaskedPicture(values, np.roll(there, 2, 0), (True, True)), 1) == 4
