"""Holes that are larger than a window: mask-shift restoration.

Samples are of a Gaussian field, by a network that knows the law of what is in its window exactly and sees nothing
beyond it, so that all error is that of cutting the hole in windows. Each channel is a sample of its own.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
import torch

from svbrdf_core.diffusion.denoiser import Denoiser, Observed
from svbrdf_core.diffusion.filling import fill_picture, sample_windows
from svbrdf_core.diffusion.model_file import Model
from svbrdf_core.diffusion.network import ConditionalUNet, FoldedUNet
from svbrdf_core.diffusion.recipe import RECIPES
from svbrdf_core.diffusion.samplers import Noise, ancestral
from svbrdf_core.diffusion.schedule import make_cosine
from svbrdf_core.diffusion.settings import CONDITIONAL, SamplerSettings, SolverName
from svbrdf_core.diffusion.shifting import OVERLAP, TRIM, Shift, list_windows
from svbrdf_core.diffusion.tiled import Tiled
from svbrdf_core.diffusion.watching import Wrap
from svbrdf_core.diffusion.window import SampledWindow, find_window
from svbrdf_core.errors import Cancelled
from svbrdf_core.learning.crops import MaskedPicture
from svbrdf_core.learning.holes import Bools, Floats
from svbrdf_core.run import Run
from tests.diffusion.gaussian import ConditionalLaw, StationaryField, make_stationary
from tests.diffusion.made import CHANNELS, waves

SIDE, COUNT = 24, 300
FIELD = make_stationary(32, smooth=1.5)


@dataclass
class WindowNetwork:
    """A conditional network of one window of a field: exact for what it is shown, blind to all else.

    Its channels are samples that do not depend on each other.
    """

    source: StationaryField
    conditional: bool = True
    sigma_range: tuple[float, float] = (0.0, 1e9)
    channels: tuple[str, ...] = tuple(f"value.{number}" for number in range(COUNT))
    found: dict[bytes, tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = dataclasses.field(default_factory=dict)

    def law(self, hole: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the weights of the known pixels in the mean, and the variances and vectors of what is left."""
        key = hole.numpy().tobytes() + bytes(hole.shape)
        if key not in self.found:
            height, width = hole.shape
            rows, columns = torch.arange(height * width) // width, torch.arange(height * width) % width
            kernel = torch.fft.ifft2(self.source.spectrum).real
            covariance = kernel[rows[:, None] - rows, columns[:, None] - columns]
            inside = hole.flatten() > 0
            across = covariance[inside][:, ~inside]
            weights = torch.linalg.solve(covariance[~inside][:, ~inside], across.T).T
            self.found[key] = weights, *torch.linalg.eigh(covariance[inside][:, inside] - weights @ across.T)
        return self.found[key]

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None = None) -> torch.Tensor:
        assert observed is not None
        weights, variances, vectors = self.law(observed.hole[0, 0])
        inside = observed.hole.flatten() > 0
        out = observed.values[0].flatten(1).double()
        mean = out[:, ~inside] @ weights.T
        gain = variances / (variances + float(sigma[0]) ** 2)
        out[:, inside] = mean + (((x[0].flatten(1).double()[:, inside] - mean) @ vectors) * gain) @ vectors.T
        return out.view(x.shape).float()


def make_hole() -> torch.Tensor:
    hole = torch.zeros(1, 1, 32, 32)
    hole[..., 13:18, 4:29] = 1
    return hole


LAW = ConditionalLaw.of(FIELD, make_hole())


def scene(*, wrap: bool = False, roll: int = 0) -> MaskedPicture:
    """Return the surroundings, once for each sample."""
    values = LAW.observed.values[0].expand(COUNT, -1, -1).numpy()
    known = LAW.observed.hole[0, 0].numpy() == 0
    return MaskedPicture(np.roll(values, roll, 2), np.roll(known, roll, 1), (wrap, wrap))


def draw(picture: MaskedPicture, shifts: list[Shift], tile: int | None = None, margin: int = 0) -> Floats:
    network = WindowNetwork(FIELD)

    def make(window: SampledWindow, noise: Noise, wrap: Wrap) -> Denoiser:
        return network if tile is None else Tiled(network, Run(), tile=tile, margin=margin)

    levels = make_cosine().levels(50)
    return sample_windows(picture, shifts, make, levels, lambda window, observed: ancestral(), "cpu", Run())


def jumps(found: Floats) -> Floats:
    """Return the mean square of each jump from column to column of the hole over the one that belongs there."""
    mean, second = LAW.mean.view(5, 25), LAW.covariance.view(5, 25, 5, 25)
    variance = torch.einsum("ijij->ij", second)
    both = torch.einsum("ijik->ijk", second)
    beside = torch.stack([both[:, j, j + 1] for j in range(24)], 1)
    wanted = mean.diff(dim=1) ** 2 + variance[:, 1:] + variance[:, :-1] - 2 * beside
    inside = np.diff(found[:, 13:18, 4:29], axis=2) ** 2
    return np.asarray(inside.mean((0, 1)) / wanted.mean(0).numpy(), np.float32)


def test_across_windows_samples_have_the_law_of_the_whole_hole() -> None:
    shifts = list_windows(scene(), SIDE)
    assert len(shifts) == 2
    found = draw(scene(), shifts)
    mean, _ = LAW.errors(torch.from_numpy(found)[:, None])
    assert mean < 0.1
    assert np.abs(jumps(found) - 1).max() < 0.2
    assert (found[:, LAW.observed.hole[0, 0].numpy() == 0] == scene().values[:, scene().known]).all()


def test_tiles_of_a_network_that_sees_no_more_have_a_seam_that_shifted_windows_do_not() -> None:
    whole = find_window(scene())
    found = jumps(draw(scene(), [Shift.of(whole)], tile=16))
    seam = 16 - 1 - (4 - int(whole.columns[0]))
    assert found[seam] > 1.5
    assert np.abs(np.delete(found, seam) - 1).max() < 0.3


def test_across_the_edge_of_a_torus_samples_are_those_of_a_hole_inside() -> None:
    shifts = list_windows(scene(wrap=True, roll=13), SIDE)
    found = np.roll(draw(scene(wrap=True, roll=13), shifts), -13, 2)
    assert LAW.errors(torch.from_numpy(found)[:, None])[0] < 0.1
    assert np.abs(jumps(found) - 1).max() < 0.2


def masks() -> dict[str, tuple[Bools, tuple[bool, bool]]]:
    inside, edge, ring, corner = (np.ones((90, 120), np.bool_) for _ in range(4))
    inside[30:60, 20:101] = False
    edge[:, 50:] = False
    ring[40:52] = False
    corner[:70, :80] = False
    corner[-8:] = False
    flat = (False, False)
    return {
        "inside": (inside, flat),
        "edge": (edge, flat),
        "all of a row of a torus": (ring, (True, True)),
        "across a torus": (corner, (True, True)),
        "everything of a torus": (np.zeros((64, 96), np.bool_), (True, True)),
        "lower than a window": (inside[28:62], flat),
    }


@pytest.mark.parametrize("name", masks())
def test_windows_cover_the_hole_and_each_knows_enough_of_those_before_it(name: str) -> None:
    known, wrap = masks()[name]
    picture, side = MaskedPicture(np.zeros((1, *known.shape), np.float32), known, wrap), 48
    shifts = list_windows(picture, side)
    assert len(shifts) > 1
    done = known.copy()
    for shift in shifts:
        at = np.ix_(shift.window.rows, shift.window.columns)
        assert done[at].shape == (side, side)
        shift.keep(np.zeros((1, side, side), np.float32), picture.values, done)
    assert done.all()
    for axis in (0, 1):
        sides = [shift.window.rows if axis == 0 else shift.window.columns for shift in shifts]
        starts = sorted({int(at[0]) for at in sides})
        gaps = [b - a for a, b in pairwise(starts)]
        if not wrap[axis]:
            assert max(gaps, default=0) <= side - side // OVERLAP
    assert side // OVERLAP - TRIM > 0


def test_a_small_hole_is_one_window_and_filled_as_ever() -> None:
    known = np.ones((80, 80), np.bool_)
    known[30:60, 30:60] = False
    picture = MaskedPicture(waves(80, 80), known)
    model = make_model("ancestral")
    shifted = fill_picture(model, picture, 2, seeded(), SamplerSettings(windows="shift", window=64))
    assert (shifted == fill_picture(model, picture, 2, seeded())).all()


def make_model(solver: SolverName) -> Model:
    recipe = RECIPES["ours"] if solver in CONDITIONAL else RECIPES["ours"].prior()
    torch.manual_seed(0)
    network = FoldedUNet(2, 8, conditional=recipe.conditional).eval().requires_grad_(False)
    for weight in network.parameters():
        torch.nn.init.normal_(weight, std=0.05)
    return Model(recipe.spec(CHANNELS, 8, 1), network)


def seeded(seed: int = 0) -> Run:
    return Run(generator=np.random.default_rng(seed))


def large() -> MaskedPicture:
    known = np.ones((64, 72), np.bool_)
    known[16:48, 8:56] = False
    return MaskedPicture(waves(64, 72), known)


@pytest.mark.parametrize(
    "solver", ["ancestral", "ddim", "repaint", "ddnm", "ddnm-plus", "pigdm", "mcg", "dps", "ddrm", "diffpir"]
)
def test_every_solver_fills_by_windows_and_keeps_what_is_known(solver: SolverName) -> None:
    sampler = SamplerSettings(solver, jump_length=1, windows="shift", window=32)
    model, picture = make_model(solver), large()
    out = fill_picture(model, picture, 2, seeded(), sampler)
    assert (out[:, picture.known] == picture.values[:, picture.known]).all()
    assert np.isfinite(out).all()
    spoiled = np.where(picture.known, picture.values, np.nan).astype(np.float32)
    again = fill_picture(model, MaskedPicture(spoiled, picture.known), 2, seeded(), sampler)
    assert (again == out).all()
    assert (fill_picture(model, picture, 2, seeded(1), sampler) != out).any()


def test_no_network_sees_more_than_a_window_however_large_the_hole() -> None:
    seen = []

    class Watching(ConditionalUNet):
        def forward(self, x: torch.Tensor, *_: torch.Tensor) -> torch.Tensor:
            seen.append(tuple(x.shape[2:]))
            return torch.zeros_like(x)

    known = np.ones((320, 320), np.bool_)
    known[8:312, 8:312] = False
    model = Model(make_model("ancestral").spec, Watching())
    fill_picture(model, MaskedPicture(waves(320, 320), known), 1, seeded(), SamplerSettings(windows="shift", window=64))
    assert set(seen) == {(64, 64)}
    assert len(seen) == 81


def test_progress_rises_over_all_windows_and_each_can_be_stopped() -> None:
    told: list[float] = []
    run = Run(on_progress=lambda progress: told.append(progress.fraction))
    sampler = SamplerSettings(windows="shift", window=32)
    fill_picture(make_model("ancestral"), large(), 2, run, sampler)
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1)
    stop = Run(should_stop=lambda: len(told) > 3, on_progress=run.on_progress)
    told.clear()
    with pytest.raises(Cancelled):
        fill_picture(make_model("ancestral"), large(), 2, stop, sampler)
    assert len(told) == 4


@pytest.mark.parametrize("window", [24, 100])
def test_windows_that_networks_cannot_take_are_refused(window: int) -> None:
    with pytest.raises(ValueError, match="window must be a multiple of 8, 32 or more"):
        SamplerSettings(windows="shift", window=window)
