"""Each compiled loop against the same thing written plainly."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from svbrdf_core.patch.cpu_backend import kernels
from svbrdf_core.patch.cpu_backend.backend import CpuBackend
from svbrdf_core.patch.cpu_backend.kernels import FAR
from svbrdf_core.patch.level import Level
from svbrdf_core.patch.objective import Bias
from svbrdf_core.patch.types import Field
from svbrdf_core.tensors.jit import kernel
from tests.patch.cases import level, patch_at, random_bias, random_sources

CPU = CpuBackend()
CASES = [(1, (False, False), 0), (7, (True, False), 0), (16, (True, True), 1)]
WORD = 0xFFFFFFFF


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0]}ch-wrap{case[1][0]:d}{case[1][1]:d}-copies{case[2]}")
def case(request: pytest.FixtureRequest) -> Level:
    channels, wrap, copies = request.param
    return level(channels, wrap, copies=copies)


@pytest.fixture(params=["distance", "bias"])
def bias(request: pytest.FixtureRequest, case: Level) -> Bias | None:
    return random_bias(case) if request.param == "bias" else None


def measured(on: Level, bias: Bias | None = None, seed: int = 0) -> Field:
    field = CPU.field(on, *random_sources(on, seed))
    CPU.measure(on, field, CPU.bias(on, bias))
    return field


def priced(distance: NDArray[np.float64], bias: Bias | None, rows: Any, cols: Any) -> NDArray[np.float64]:
    """Return what sources at some distances cost."""
    return distance if bias is None else distance * bias.weight[rows, cols] + bias.price[rows, cols]


def cost_of(on: Level, bias: Bias | None, y: int, x: int, row: int, col: int) -> float:
    target = patch_at(on.target, on.channels, y, x).astype(np.float64)
    distance = np.square(target - patch_at(on.source, on.channels, row, col)).sum()
    return float(priced(distance, bias, row, col))


def scramble(x: int) -> int:
    x ^= x >> 16
    x = x * 0x7FEB352D & WORD
    x ^= x >> 15
    x = x * 0x846CA68B & WORD
    return x ^ x >> 16


class Draws:
    """The random numbers of one pixel, in plain Python."""

    def __init__(self, y: int, x: int, seed: int) -> None:
        self.state = scramble((y * 73856093 ^ x * 19349663 ^ seed) & WORD)

    def below(self, count: int) -> int:
        self.state = scramble(self.state + 0x9E3779B9 & WORD)
        return self.state % count


@kernel()
def _drawn(y: int, x: int, seed: int, count: int) -> list[int]:
    state = kernels._seed_at(y, x, seed)
    found = []
    for _ in range(count):
        state = kernels._next(state)
        found.append(int(state))
    return found


@pytest.mark.parametrize(("y", "x", "seed"), [(0, 0, 0), (1, 2, 3), (8191, 8190, 2**31 - 1), (65536, 77, 12345)])
def test_random_numbers_are_the_stated_hash(y: int, x: int, seed: int) -> None:
    draws = Draws(y, x, seed)
    assert [int(state) for state in _drawn(y, x, seed, 200)] == [draws.below(1 << 32) for _ in range(200)]


def test_measure(case: Level, bias: Bias | None) -> None:
    field = measured(case, bias)
    want = [
        cost_of(case, bias, y, x, field.rows[y, x], field.cols[y, x]) for y, x in zip(case.ys, case.xs, strict=True)
    ]
    np.testing.assert_allclose(field.cost[case.ys, case.xs], want, rtol=1e-4)
    assert (field.cost[~case.is_target] == FAR).all()


def test_search_all_finds_the_cheapest_of_all(case: Level, bias: Bias | None) -> None:
    field = measured(case, bias)
    CPU.search_all(case, field, CPU.bias(case, bias))
    pixels = list(zip(case.source_ys, case.source_xs, strict=True))
    sources = np.stack([patch_at(case.source, case.channels, y, x).ravel() for y, x in pixels]).astype(np.float64)
    for y, x in list(zip(case.ys, case.xs, strict=True))[::7]:
        distances = np.square(sources - patch_at(case.target, case.channels, y, x).ravel()).sum(1)
        all_costs = priced(distances, bias, case.source_ys, case.source_xs)
        assert (field.rows[y, x], field.cols[y, x]) == pixels[int(all_costs.argmin())]
        assert field.cost[y, x] == pytest.approx(all_costs.min(), rel=1e-4)


def test_sources_may_be_compared_in_parts(case: Level, bias: Bias | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A level of many sources, or targets, is compared a part at a time, with the same answer."""
    whole, parts = measured(case, bias), measured(case, bias)
    CPU.search_all(case, whole, CPU.bias(case, bias))
    monkeypatch.setattr("svbrdf_core.patch.cpu_backend.exhaustive.SOURCES", 37)
    monkeypatch.setattr("svbrdf_core.patch.cpu_backend.exhaustive.TARGETS", 11)
    CpuBackend().search_all(case, parts, CPU.bias(case, bias))  # one that remembers no sources
    for name in ("rows", "cols", "cost"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


def test_search_ring_by_the_known_pixels(case: Level, bias: Bias | None) -> None:
    known = case.known.copy()
    field = CPU.search_ring(case, CPU.field(case), CPU.bias(case, bias), known, case.ys, case.xs, 0, 0)
    weight = np.pad(known, ((3, 3), (0, 0)), mode="wrap" if case.wrap[0] else "constant")
    weight = np.pad(weight, ((0, 0), (3, 3)), mode="wrap" if case.wrap[1] else "constant")
    pixels = list(zip(case.source_ys, case.source_xs, strict=True))
    sources = np.stack([patch_at(case.source, case.channels, y, x) for y, x in pixels]).astype(np.float64)
    for y, x in list(zip(case.ys, case.xs, strict=True))[::11]:
        difference = np.square(sources - patch_at(case.target, case.channels, y, x)).sum(3)
        distances = (difference * weight[y : y + 7, x : x + 7]).sum((1, 2))
        all_costs = priced(distances, bias, case.source_ys, case.source_xs)
        assert field.cost[y, x] == pytest.approx(all_costs.min(), rel=1e-4, abs=1e-6)


def plain_sweep(
    on: Level, field: Field, bias: Bias | None, y: int, x: int, step: int, radius: int, seed: int
) -> tuple[int, int, float]:
    """Do what the module says a sweep does, for one target."""
    height, width = on.shape
    best = int(field.rows[y, x]), int(field.cols[y, x]), float(field.cost[y, x])

    def tried(row: int, col: int) -> tuple[int, int, float]:
        if not (0 <= row < on.valid.shape[0] and 0 <= col < on.valid.shape[1] and on.valid[row, col]):
            return best
        cost = cost_of(on, bias, y, x, row, col)
        return (row, col, cost) if cost < best[2] * (1 - 1e-6) else best

    for reach, (dy, dx) in product((1, step), ((-1, 0), (1, 0), (0, -1), (0, 1))):
        qy, qx = y + dy * reach, x + dx * reach
        qy, qx = qy % height if on.wrap[0] else qy, qx % width if on.wrap[1] else qx
        if 0 <= qy < height and 0 <= qx < width and on.is_target[qy, qx]:
            best = tried(int(field.rows[qy, qx]) - dy * reach, int(field.cols[qy, qx]) - dx * reach)
    draws = Draws(y, x, seed)
    while radius >= 1:
        at = [centre + draws.below(2 * radius + 1) - radius for centre in best[:2]]
        best = tried(at[0], at[1])
        radius //= 2
    return best


def test_sweep(case: Level, bias: Bias | None) -> None:
    field = measured(case, bias)
    new = CPU.sweep(case, field, CPU.bias(case, bias), 4, 15, 99)
    for y, x in list(zip(case.ys.tolist(), case.xs.tolist(), strict=True))[::5]:
        row, col, cost = plain_sweep(case, field, bias, y, x, 4, 15, 99)
        assert (new.rows[y, x], new.cols[y, x]) == (row, col)
        assert new.cost[y, x] == pytest.approx(cost, rel=1e-4)


def test_sweep_leaves_the_field_it_came_from(case: Level) -> None:
    field = measured(case)
    before = [array.copy() for array in CPU.numpy(field)]
    CPU.sweep(case, field, CPU.bias(case, None), 8, 15, 1)
    assert all((array == old).all() for array, old in zip(CPU.numpy(field), before, strict=True))


def test_search_ring_takes_valid_sources_and_no_worse_ones(case: Level, bias: Bias | None) -> None:
    field = CPU.field(case)
    for seed in range(3):
        new = CPU.search_ring(case, field, CPU.bias(case, bias), case.known, case.ys, case.xs, 10, seed)
        assert (new.cost[case.ys, case.xs] <= field.cost[case.ys, case.xs]).all()
        assert case.valid[new.rows[case.ys, case.xs], new.cols[case.ys, case.xs]].all()
        field = new


def one_pixel_level() -> Level:
    hole = np.zeros((30, 26), np.bool_)
    hole[15, 13] = True
    return level(1, hole=hole)


def test_vote_by_hand() -> None:
    """Two patches cover the pixel, at distances 1 and 4: the 0.75 quantile of two is the larger, so s^2 = 4."""
    on = one_pixel_level()
    field = CPU.field(on)
    for y, x, cost, row, col in ((15, 13, 1.0, 4, 5), (14, 12, 4.0, 20, 8)):
        field.rows[y, x], field.cols[y, x], field.cost[y, x] = row, col, cost
    pixel = on.source[3:-3, 3:-3]
    near, far = pixel[4, 5], pixel[21, 9]  # the second patch's centre lies one up and one left of the pixel
    weights = np.exp(-1 / 8), np.exp(-4 / 8)
    value = CPU.vote(on, field, 0.75, on.hole_ys, on.hole_xs)
    assert value[0, 0] == pytest.approx((weights[0] * near + weights[1] * far) / sum(weights), rel=1e-5)


def test_vote_keeps_what_no_patch_covers() -> None:
    on = one_pixel_level()
    value = CPU.vote(on, CPU.field(on), 0.75, on.hole_ys, on.hole_xs)
    assert value[0, 0] == on.target[18, 16]


def test_vote_survives_perfect_and_hopeless_matches() -> None:
    on = one_pixel_level()
    field = measured(on)
    for cost in (0.0, 1e28):
        field.cost[on.ys, on.xs] = cost
        assert np.isfinite(CPU.vote(on, field, 0.75, on.hole_ys, on.hole_xs)).all()


@pytest.mark.parametrize("wrap", list(product((False, True), repeat=2)))
def test_write_pixels_writes_the_padding_of_an_image_that_wraps(wrap: tuple[bool, bool]) -> None:
    hole = np.zeros((30, 26), np.bool_)
    hole[:2, :2] = hole[-1, 20:] = True
    on = level(4, wrap, hole=hole)
    values = np.random.default_rng(0).random((len(on.hole_ys), 4)).astype(np.float32)
    image = on.target.reshape(36, 32, 4)
    before = image[on.hole_ys + 3, on.hole_xs + 3].copy()
    assert CPU.write_pixels(on, on.hole_ys, on.hole_xs, values) == pytest.approx(np.abs(values - before).mean())
    inside = image[3:-3, 3:-3]
    assert (inside[on.hole_ys, on.hole_xs] == values).all()
    if wrap[0]:
        assert (image[:, 3:-3] == np.pad(inside, ((3, 3), (0, 0), (0, 0)), mode="wrap")).all()
    if wrap[1]:
        assert (image[3:-3] == np.pad(inside, ((0, 0), (3, 3), (0, 0)), mode="wrap")).all()
    if all(wrap):
        assert (image == np.pad(inside, ((3, 3), (3, 3), (0, 0)), mode="wrap")).all()


def test_project_is_a_matrix_product(case: Level) -> None:
    rng = np.random.default_rng(2)
    basis = rng.standard_normal((49 * case.channels, 5)).astype(np.float32)
    offset = rng.standard_normal(5).astype(np.float32)
    ys, xs = case.source_ys[::9], case.source_xs[::9]
    patches = [patch_at(case.source, case.channels, y, x).ravel() for y, x in zip(ys, xs, strict=True)]
    want = np.stack(patches) @ basis - offset
    np.testing.assert_allclose(
        kernels.project(case.source, case.channels, ys, xs, np.ascontiguousarray(basis.T), offset),
        want,
        rtol=1e-4,
        atol=1e-4,
    )


def test_assign_is_the_nearest_centre() -> None:
    rng = np.random.default_rng(4)
    points, centres = rng.random((200, 6), np.float32), rng.random((11, 6), np.float32)
    want = np.square(points[:, None] - centres).sum(2).argmin(1)
    assert (kernels.assign(points, np.ascontiguousarray(centres.T)) == want).all()


FILL = """
import hashlib
from svbrdf_core.patch import PatchSettings, fill
from svbrdf_core.patch.cpu_backend import index
from tests.patch.cases import LAYOUTS, box, level, texture
found = fill(texture(7, 72, 80), LAYOUTS[7], box(72, 80, 20, 24, 22, 20), PatchSettings(iterations=3, rotations=True))
listed = index.build_index(level(16, copies=3))
print(hashlib.sha256(listed.members.tobytes() + listed.ys.tobytes()).hexdigest())
print(hashlib.sha256(found.tensor.tobytes() + found.source_rows.tobytes() + found.source_cols.tobytes()).hexdigest())
"""


def test_the_number_of_threads_changes_nothing() -> None:
    answers = [
        subprocess.run(
            [sys.executable, "-c", FILL],
            env={
                **os.environ,
                "NUMBA_NUM_THREADS": threads,
                "OMP_NUM_THREADS": threads,
                "OPENBLAS_NUM_THREADS": threads,
            },
            capture_output=True,
            text=True,
            check=True,
            timeout=900,
        ).stdout
        for threads in ("1", "2")
    ]
    assert answers[0] == answers[1]
