"""The torch backend gives what the compiled kernels give: each step, and a whole fill."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pytest

from svbrdf_core.errors import FillError
from svbrdf_core.patch import PatchSettings, fill
from svbrdf_core.patch.backend import Backend
from svbrdf_core.patch.cpu_backend.backend import CpuBackend
from svbrdf_core.patch.cpu_backend.kernels import FAR
from svbrdf_core.patch.level import Level, build_level
from svbrdf_core.patch.objective import Bias
from svbrdf_core.patch.solve import ALL_PAIRS
from svbrdf_core.patch.types import Field
from svbrdf_core.run import Run
from svbrdf_core.tensors.pyramid import Plane
from tests.patch.cases import LAYOUTS, box, level, random_bias, random_sources, texture, weave

pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed"),
    # torch 2.x imports modules that a newer Python deprecates
    pytest.mark.filterwarnings("ignore::DeprecationWarning:torch"),
]
QUANTILE = 0.75
MISSED = 0.005
"""Part of the targets that may choose another source: one that is as good but for rounding."""


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> str:
    import torch

    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("there is no CUDA device")
    return str(request.param)


@dataclass(frozen=True)
class Pair:
    """The same level on both backends; each has its own image."""

    ours: Backend
    theirs: Backend
    level: Level
    copy: Level
    bias: Bias | None

    @property
    def biases(self) -> tuple[Any, Any]:
        return self.ours.bias(self.level, self.bias), self.theirs.bias(self.copy, self.bias)

    def fields(self, seed: int = 0) -> tuple[Field, Field]:
        rows, cols = random_sources(self.level, seed)
        ours, theirs = self.ours.field(self.level, rows, cols), self.theirs.field(self.copy, rows.copy(), cols.copy())
        self.measure(ours, theirs)
        return ours, theirs

    def measure(self, ours: Field, theirs: Field) -> None:
        on_ours, on_theirs = self.biases
        self.ours.measure(self.level, ours, on_ours)
        self.theirs.measure(self.copy, theirs, on_theirs)

    def compare(self, ours: Field, theirs: Field) -> None:
        at = self.level.ys, self.level.xs
        rows, cols, cost = (array[at] for array in self.ours.numpy(ours))
        want_rows, want_cols, want = (array[at] for array in self.theirs.numpy(theirs))
        np.testing.assert_allclose(cost, want, rtol=2e-4, atol=1e-4)
        other = ((rows != want_rows) | (cols != want_cols)) & (want > 0)  # where nothing is known all sources are alike
        assert np.mean(other) <= MISSED


CASES = [
    (1, (False, False), 0),
    (4, (True, False), 0),
    (7, (True, True), 0),
    (7, (False, False), 3),
    (16, (False, True), 1),
]


def named(parameter: tuple[tuple[int, tuple[bool, bool], int], bool]) -> str:
    (channels, (wrap_y, wrap_x), copies), biased = parameter
    return f"{channels}ch-wrap{wrap_y:d}{wrap_x:d}-copies{copies}{'-bias' if biased else ''}"


@pytest.fixture(params=list(product(CASES, (False, True))), ids=named)
def pair(request: pytest.FixtureRequest, device: str) -> Iterator[Pair]:
    from svbrdf_core.patch.torch_backend.backend import TorchBackend

    (channels, wrap, copies), biased = request.param
    one, other = level(channels, wrap, copies=copies), level(channels, wrap, copies=copies)
    ours, theirs = TorchBackend(device), CpuBackend()
    yield Pair(ours, theirs, ours.prepare(one), theirs.prepare(other), random_bias(one) if biased else None)


def test_measure(pair: Pair) -> None:
    pair.compare(*pair.fields())


@pytest.mark.parametrize("step", [2, 8])
def test_sweep(pair: Pair, step: int) -> None:
    ours, theirs = pair.fields()
    for seed in (1, 2**31 - 1):
        ours = pair.ours.sweep(pair.level, ours, pair.biases[0], step, 15, seed)
        theirs = pair.theirs.sweep(pair.copy, theirs, pair.biases[1], step, 15, seed)
        pair.compare(ours, theirs)


def test_search_all(pair: Pair) -> None:
    ours, theirs = pair.fields()
    pair.ours.search_all(pair.level, ours, pair.biases[0])
    pair.theirs.search_all(pair.copy, theirs, pair.biases[1])
    pair.compare(ours, theirs)


@pytest.mark.parametrize("draws", [0, 5, 30])
def test_search_ring(pair: Pair, draws: int) -> None:
    ours, theirs = pair.ours.field(pair.level), pair.theirs.field(pair.copy)
    ys, xs = pair.level.ys[::2], pair.level.xs[::2]
    for seed in (3, 4):
        ours = pair.ours.search_ring(pair.level, ours, pair.biases[0], pair.level.known, ys, xs, draws, seed)
        theirs = pair.theirs.search_ring(pair.copy, theirs, pair.biases[1], pair.level.known, ys, xs, draws, seed)
        pair.compare(ours, theirs)
    assert (pair.ours.numpy(ours)[2][pair.level.ys[1::2], pair.level.xs[1::2]] >= FAR).all()


def test_vote_and_write(pair: Pair) -> None:
    """Both with every target matched and with a third of them, so that some pixels are covered by no patch."""
    ours, theirs = pair.fields()
    at = pair.level.hole_ys, pair.level.hole_xs
    for unmatched in (0, 3):
        if unmatched:
            far = pair.level.xs < np.sort(pair.level.xs)[2 * len(pair.level.xs) // 3]
            ours.cost[pair.level.ys[far], pair.level.xs[far]] = float(FAR)
            theirs.cost[pair.level.ys[far], pair.level.xs[far]] = FAR
        values, want = (
            backend.vote(on, field, QUANTILE, *at)
            for backend, on, field in ((pair.ours, pair.level, ours), (pair.theirs, pair.copy, theirs))
        )
        np.testing.assert_allclose(values.cpu().numpy(), want, rtol=1e-4, atol=1e-5)
        change = pair.ours.write_pixels(pair.level, *at, values)
        assert change == pytest.approx(pair.theirs.write_pixels(pair.copy, *at, want), rel=1e-4)
    pair.measure(ours, theirs)  # sees the image that was written, padding included
    pair.compare(ours, theirs)


def test_restore(pair: Pair) -> None:
    ours, theirs = pair.fields()
    pixels = pair.ours.pixels(pair.level)
    values = pair.ours.vote(pair.level, ours, QUANTILE, pair.level.hole_ys, pair.level.hole_xs)
    pair.ours.write_pixels(pair.level, pair.level.hole_ys, pair.level.hole_xs, values)
    pair.ours.write_pixels(pair.level, pair.level.hole_ys, pair.level.hole_xs, pixels)
    pair.ours.measure(pair.level, ours, pair.biases[0])
    pair.compare(ours, theirs)


def test_look_up_is_no_worse(pair: Pair) -> None:
    """Most targets find a better source than they had, and on the whole better ones than the inverted file's."""
    ours, theirs = pair.fields()
    before = pair.ours.numpy(ours)[2][pair.level.ys, pair.level.xs]
    pair.ours.look_up(pair.level, pair.ours.index(pair.level), ours, pair.biases[0])
    pair.theirs.look_up(pair.copy, pair.theirs.index(pair.copy), theirs, pair.biases[1])
    after, want = (
        backend.numpy(field)[2][pair.level.ys, pair.level.xs]
        for backend, field in ((pair.ours, ours), (pair.theirs, theirs))
    )
    assert (after <= before).all()
    assert after.mean() < before.mean()
    # What is nearest is not always the cheapest, and the lists of an inverted file hold other candidates.
    assert after.mean() <= (1.001 if pair.bias is None else 1.05) * want.mean()
    found = Field(ours.rows, ours.cols, ours.cost.clone())
    pair.ours.measure(pair.level, found, pair.biases[0])
    np.testing.assert_allclose(pair.ours.numpy(found)[2][pair.level.ys, pair.level.xs], after, rtol=2e-4, atol=1e-4)


def test_small_chunks_change_nothing(device: str) -> None:
    from svbrdf_core.patch.torch_backend.backend import TorchBackend

    one = level(7, (True, True))
    fields = []
    for budget in (1 << 24, 20_000):
        backend = TorchBackend(device)
        backend._memory.budget = budget
        field = backend.field(backend.prepare(one), *random_sources(one))
        backend.measure(one, field, None)
        field = backend.sweep(one, field, None, 8, 15, 7)
        backend.write_pixels(
            one, one.hole_ys, one.hole_xs, backend.vote(one, field, QUANTILE, one.hole_ys, one.hole_xs)
        )
        backend.search_all(one, field, None)
        fields.append(backend.numpy(field))
    for array, same in zip(*fields, strict=True):
        np.testing.assert_allclose(array, same, rtol=1e-5)


def test_memory_that_runs_out_halves_the_chunks() -> None:
    import torch

    from svbrdf_core.patch.torch_backend.memory import Memory

    memory = Memory(torch.device("cpu"))
    memory.budget = 100
    done: list[int] = []

    def work(part: slice) -> None:
        if part.stop - part.start > 3:
            raise torch.OutOfMemoryError("too much")
        done.extend(range(part.start, part.stop))

    memory.in_chunks(17, 10, work)
    assert done == list(range(17))
    assert memory.budget == 25


def test_memory_that_never_suffices_is_an_error_with_advice() -> None:
    import torch

    from svbrdf_core.patch.torch_backend.memory import Memory

    def work(part: slice) -> None:
        raise RuntimeError("MPS backend out of memory")

    with pytest.raises(FillError, match="use the processor"):
        Memory(torch.device("cpu")).in_chunks(5, 10, work)


def test_other_errors_pass_through() -> None:
    import torch

    from svbrdf_core.patch.torch_backend.memory import Memory

    def work(part: slice) -> None:
        raise RuntimeError("a mistake of ours")

    with pytest.raises(RuntimeError, match="a mistake of ours"):
        Memory(torch.device("cpu")).in_chunks(5, 10, work)


WHOLE = [
    (4, PatchSettings(iterations=3, blend=False), False, 96),
    (7, PatchSettings(iterations=3, rotations=True), (True, False), 64),
    (1, PatchSettings(iterations=3, mirrors=True, feature_weight=0), True, 80),
]


@pytest.mark.parametrize(("channels", "settings", "tileable", "size"), WHOLE)
def test_a_whole_fill_is_as_coherent(
    device: str, channels: int, settings: PatchSettings, tileable: bool | tuple[bool, bool], size: int
) -> None:
    """Energies agree within 5 % where the levels are small enough to do without an index."""
    tensor, mask = texture(channels, size, size - 6), box(size, size - 6, 20, 24, 22, 26)
    ours, theirs = (
        fill(tensor, LAYOUTS[channels], mask, settings, tileable=tileable, run=Run(name))
        for name in (f"{device}:0", "cpu")
    )
    assert ours.energy == pytest.approx(theirs.energy, rel=0.05)
    assert (ours.tensor[:, mask == 0] == tensor[:, mask == 0]).all()
    if not settings.blend:
        assert (ours.tensor[:, ours.rows, ours.cols] == tensor[:, ours.source_rows, ours.source_cols]).all()


FEW = PatchSettings(iterations=2)


def test_fills_with_an_index_are_as_coherent(device: str) -> None:
    """A fill differs from the next with the seed, on either device; the mean energies of six agree within 1 %.

    The energy of a rich fill depends on the favourites of its seed, too, by many times as much.
    """
    tensor, mask = texture(4, 128, 128, blur=0.7), box(128, 128, 40, 44, 40, 40)
    half = Plane(np.zeros((64, 64, 1), np.float32), mask[::2, ::2] == 0, np.ones((64, 64), np.bool_))
    assert build_level(half, [half], (False, False)).pairs > ALL_PAIRS, "the half size is not indexed"
    energies = {
        name: [
            fill(
                tensor,
                LAYOUTS[4],
                mask,
                PatchSettings(iterations=2, richness=0, pieces=0),
                run=Run(name, np.random.default_rng(seed)),
            ).energy
            for seed in range(6)
        ]
        for name in (f"{device}:0", "cpu")
    }
    assert np.mean(energies[f"{device}:0"]) == pytest.approx(np.mean(energies["cpu"]), rel=0.01)


def test_a_weave_is_continued(device: str) -> None:
    tensor = weave(4, 64, 72)
    mask = box(64, 72, 20, 22, 17, 15)
    damaged = np.where(mask > 0, np.float32(np.nan), tensor)
    assert (fill(damaged, LAYOUTS[4], mask, PatchSettings(blend=False), run=Run(f"{device}:0")).tensor == tensor).all()
