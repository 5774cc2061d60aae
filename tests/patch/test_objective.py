"""What an objective decides: where sources come from, what is written, which start wins; on both backends alike."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from svbrdf_core.patch import Bias, Objective, PatchFill, PatchSettings, PublishedObjective, SearchState, fill
from svbrdf_core.patch.backend import Backend
from svbrdf_core.patch.cpu_backend.backend import CpuBackend
from svbrdf_core.patch.cpu_backend.kernels import FAR
from svbrdf_core.patch.level import Level
from svbrdf_core.patch.objective import StartKind
from svbrdf_core.patch.types import Bools, Field, Floats
from svbrdf_core.run import Run
from tests.patch.cases import LAYOUTS, box, level, random_sources, texture

NEEDS_TORCH = [
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="torch is not installed"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:torch"),
]
on_both = pytest.mark.parametrize("device", ["cpu", pytest.param("cpu:0", marks=NEEDS_TORCH)])  # cpu:0 is torch's
on_plane_and_torus = pytest.mark.parametrize(
    ("device", "tileable", "rotations"),
    [
        ("cpu", False, False),
        ("cpu", True, True),
        pytest.param("cpu:0", True, False, marks=NEEDS_TORCH),
        pytest.param("cpu:0", False, True, marks=NEEDS_TORCH),
    ],
)
PLAIN = PublishedObjective()


@dataclass
class Default:
    """Today's objective, to be changed in one thing, and what it was asked."""

    asked: list[SearchState] = field(default_factory=list)

    def prepare(self, level: Level, depth: int, generator: np.random.Generator) -> None:
        PLAIN.prepare(level, depth, generator)

    def bias(self, state: SearchState) -> Bias | None:
        self.asked.append(state)
        return PLAIN.bias(state)

    def refine(self, state: SearchState) -> Floats | None:
        return PLAIN.refine(state)

    def energy(self, state: SearchState) -> float:
        return PLAIN.energy(state)


def filled(
    objective: Objective | None,
    device: str,
    tileable: bool = False,
    rotations: bool = False,
    size: int = 48,
    iterations: int = 3,
) -> PatchFill:
    tensor, mask = texture(4, size, size, blur=1.5), box(size, size, size // 3, size // 3, size // 4, size // 4)
    if tileable:
        mask = np.roll(mask, size // 2, 1)
    chosen = PatchSettings(iterations=iterations, tolerance=0, rotations=rotations, richness=0, pieces=0, blend=False)
    return fill(tensor, LAYOUTS[4], mask, chosen, tileable=tileable, run=Run(device), objective=objective)


def origins(state: SearchState) -> tuple[Floats, Floats]:
    """Return rows and columns of each source in the picture that was turned, as parts of its height and width."""
    level, starts = state.level, np.asarray(state.level.starts)
    copy = np.searchsorted(starts, level.source_ys, side="right") - 1
    height, width = level.shape
    rows, cols = np.asarray(level.source_ys - starts[copy], np.float32), np.asarray(level.source_xs, np.float32)
    tall, wide = np.where(copy % 2 == 0, height, width), np.where(copy % 2 == 0, width, height)
    for turn in range(3):  # turned back a quarter, as often as it was turned
        again = copy > turn
        rows, cols = np.where(again, cols, rows), np.where(again, tall - 1 - rows, cols)
        tall, wide = np.where(again, wide, tall), np.where(again, tall, wide)
    return np.asarray(rows / height, np.float32), np.asarray(cols / width, np.float32)


@dataclass
class LeftForbidden(Default):
    """The left half costs a fortune."""

    def bias(self, state: SearchState) -> Bias | None:
        _, cols = origins(state)
        return Bias.of(state.level, price=np.where(cols < 0.5, 1e15, 0).astype(np.float32))


@dataclass
class UpperHalfCheap(Default):
    """Distances to the upper half count a tenth."""

    def bias(self, state: SearchState) -> Bias | None:
        rows, _ = origins(state)
        return Bias.of(state.level, weight=np.where(rows < 0.5, 0.1, 1).astype(np.float32))


@on_plane_and_torus
def test_a_prohibitive_price_empties_sources(device: str, tileable: bool, rotations: bool) -> None:
    usual, priced = (filled(one, device, tileable, rotations) for one in (None, LeftForbidden()))
    assert (usual.source_cols < 24).mean() > 0.1
    assert (priced.source_cols >= 24).all()
    assert (len(set(priced.orientation.tolist())) > 1) == rotations


@on_plane_and_torus
def test_a_weight_draws_sources_to_what_it_favours(device: str, tileable: bool, rotations: bool) -> None:
    usual, drawn = (filled(one, device, tileable, rotations) for one in (None, UpperHalfCheap()))
    assert (drawn.source_rows < 24).mean() > 0.9
    assert (drawn.source_rows < 24).mean() > (usual.source_rows < 24).mean()


@dataclass
class OccurrencePrice(Default):
    """Sources that were used in one round are too dear in the next."""

    last: Bools | None = None
    kept: list[float] = field(default_factory=list)

    def bias(self, state: SearchState) -> Bias | None:
        level = state.level
        rows, cols, cost = (array[level.ys, level.xs] for array in state.field)
        used = np.zeros(level.valid.shape, np.bool_)
        used[rows[cost < FAR], cols[cost < FAR]] = True
        if state.iteration and self.last is not None:
            self.kept.append(float(self.last[used].mean()))
        self.last = used
        return Bias(np.ones(used.shape, np.float32), np.where(used, 1e15, 0).astype(np.float32))


@on_plane_and_torus
def test_a_price_for_occurrence_moves_the_sources_on(device: str, tileable: bool, rotations: bool) -> None:
    priced = OccurrencePrice()
    filled(priced, device, tileable, rotations)
    assert len(priced.kept) == 2
    assert max(priced.kept) < 0.05  # not 0: a sweep, unlike a search of all sources, may find no other


@dataclass
class Snapped(Default):
    """Voted pixels become the nearest known pixel of the level, all channels together."""

    written: list[bool] = field(default_factory=list)
    last: tuple[Level, Floats] | None = None

    def bias(self, state: SearchState) -> Bias | None:
        if self.last is not None and state.iteration and self.last[0] is state.level:
            hole = state.level.hole_ys, state.level.hole_xs
            self.written.append(bool((state.picture[hole] == self.last[1]).all()))
        return None

    def refine(self, state: SearchState) -> Floats | None:
        known = state.picture[state.level.known]
        distance = np.square(state.voted[:, None] - known).sum(2)
        self.last = state.level, known[distance.argmin(1)]
        return self.last[1]


@on_plane_and_torus
def test_what_refine_returns_is_written(device: str, tileable: bool, rotations: bool) -> None:
    snapped = Snapped()
    result = filled(snapped, device, tileable, rotations, size=40)
    assert snapped.written and all(snapped.written)
    assert np.isfinite(result.energy)


@dataclass
class Preferring(Default):
    """One kind of start wins whatever it costs."""

    kind: StartKind = "peeled"
    seen: list[SearchState] = field(default_factory=list)

    def energy(self, state: SearchState) -> float:
        self.seen.append(state)
        return float(state.start != self.kind)


@pytest.fixture
def three_levels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a picture of 96 pixels have a level between the coarsest and the finest, where starts compete."""
    monkeypatch.setattr(sys.modules[fill.__module__], "COARSEST", 24)


@on_both
@pytest.mark.usefixtures("three_levels")
def test_the_energy_chooses_the_start(device: str) -> None:
    """The level keeps the field and the image of the start with the lowest, be it the first or the last."""
    objectives = {kind: Preferring(kind=kind) for kind in ("inherited", "peeled")}
    results = {kind: filled(one, device, size=96, iterations=1) for kind, one in objectives.items()}
    assert (results["inherited"].tensor != results["peeled"].tensor).any()
    states = objectives["peeled"]
    assert {state.start for state in states.seen} >= {"inherited", "peeled"}
    assert all(state.contested and state.depth > 0 and state.iteration for state in states.seen)


@dataclass
class Sharp(Default):
    """Soft fills cost more, wherever starts compete."""

    seen: list[float] = field(default_factory=list)

    def energy(self, state: SearchState) -> float:
        self.seen.append(1 / float(state.picture[~state.level.known].var(0).sum()))
        return state.mean_cost * self.seen[-1] ** 8


@on_both
@pytest.mark.usefixtures("three_levels")
def test_an_energy_may_measure_the_picture_of_each_start(device: str) -> None:
    sharp = Sharp()
    filled(sharp, device, size=96, iterations=1)
    assert len(set(sharp.seen)) == len(sharp.seen) >= 2


def pool_sizes() -> list[int]:
    return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]


def test_linear_algebra_stays_on_one_core_while_a_fill_works() -> None:
    seen: list[int] = []

    @dataclass(frozen=True)
    class Watching(PublishedObjective):
        def bias(self, state: SearchState) -> Bias | None:
            seen.extend(pool_sizes())
            return None

    before = pool_sizes()
    fill(texture(4, 36, 36), LAYOUTS[4], box(36, 36, 13, 13, 9, 9), objective=Watching())
    assert set(seen) == {1} and pool_sizes() == before


def test_a_bias_is_asked_for_before_each_search() -> None:
    """Once a ring while there is no first field, then once a round, each with the field so far."""
    asked = Default()
    filled(asked, "cpu")
    rings = [state for state in asked.asked if state.iteration is None]
    assert rings and (rings[0].field[2][rings[0].level.ys, rings[0].level.xs] >= FAR).all()
    rounds = [state.iteration for state in asked.asked if state.iteration is not None]
    assert rounds[0] == 0 and max(rounds) == 2


@on_plane_and_torus
def test_weights_of_1_and_prices_of_0_change_nothing(device: str, tileable: bool, rotations: bool) -> None:
    class Unit(Default):
        def bias(self, state: SearchState) -> Bias | None:
            return Bias.of(state.level)

    usual, unit = (filled(one, device, tileable, rotations) for one in (None, Unit()))
    assert (usual.tensor == unit.tensor).all()
    assert (usual.source_rows == unit.source_rows).all() and (usual.source_cols == unit.source_cols).all()
    assert usual.energy == unit.energy


def backend_of(device: str) -> Backend:
    if device == "cpu":
        return CpuBackend()
    from svbrdf_core.patch.torch_backend.backend import TorchBackend

    return TorchBackend(device)


def searched(backend: Backend, on: Level, bias: Bias | None, seed: int) -> list[Any]:
    """Run every search of the backend one after the other, and return all fields."""
    given = backend.bias(on, bias)
    found: list[Any] = []

    def keep(field: Field) -> Field:
        found.extend(np.array(array) for array in backend.numpy(field))
        return field

    field = backend.field(on, *random_sources(on, seed))
    backend.measure(on, field, given)
    field = keep(backend.sweep(on, keep(field), given, 4, 15, seed))
    backend.look_up(on, backend.index(on), field, given)
    backend.search_all(on, keep(field), given)
    keep(field)
    for draws in (0, 7):
        keep(backend.search_ring(on, backend.field(on), given, on.known, on.ys[::2], on.xs[::2], draws, seed))
    return found


@on_both
@settings(max_examples=5, deadline=None)
@given(
    channels=st.sampled_from([1, 4, 7]),
    wrap=st.sampled_from(list(product((False, True), repeat=2))),
    copies=st.integers(0, 3),
    seed=st.integers(0, 2**31 - 1),
)
def test_every_search_at_weight_1_and_price_0(
    device: str, channels: int, wrap: tuple[bool, bool], copies: int, seed: int
) -> None:
    backend = backend_of(device)
    on = backend.prepare(level(channels, wrap, copies=copies, seed=seed % 1000))
    fields = [searched(backend, on, bias, seed) for bias in (None, Bias.of(on))]
    assert all((one == same).all() for one, same in zip(*fields, strict=True))


@pytest.mark.parametrize(
    ("weight", "price"),
    [(0.0, 0.0), (-1.0, 0.0), (np.nan, 0.0), (np.inf, 0.0), (1.0, -1.0), (1.0, np.inf), (1.0, 1e25)],
)
@on_both
def test_a_bias_out_of_range_is_an_error(device: str, weight: float, price: float) -> None:
    on = level(1)
    with pytest.raises(ValueError, match="weights are above 0"):
        backend_of(device).bias(on, Bias.of(on, weight, price))


@on_both
def test_a_bias_of_another_level_is_an_error(device: str) -> None:
    on, other = level(1), level(1, copies=1)
    with pytest.raises(ValueError, match="the shape of level.valid"):
        backend_of(device).bias(on, Bias.of(other))
