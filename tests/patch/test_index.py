"""The index holds every source once and finds good ones."""

from __future__ import annotations

import numpy as np
import pytest

from svbrdf_core.patch.cpu_backend import index
from svbrdf_core.patch.cpu_backend.backend import CpuBackend
from svbrdf_core.patch.cpu_backend.index import build_index, principal, thinned
from tests.patch.cases import level, patch_at, random_bias, random_sources

CPU = CpuBackend()


@pytest.mark.parametrize("channels", [1, 7])
def test_every_source_is_in_one_list(channels: int) -> None:
    on = level(channels, copies=1)
    built = build_index(on)
    assert built.starts[0] == 0 and built.starts[-1] == len(built.ys) == len(on.source_ys)
    assert (np.diff(built.starts) >= 0).all() and len(built.starts) == built.centres.shape[1] + 1
    listed = set(zip(built.ys.tolist(), built.xs.tolist(), strict=True))
    assert listed == set(zip(on.source_ys.tolist(), on.source_xs.tolist(), strict=True))


def test_members_lie_nearest_their_own_centre() -> None:
    built = build_index(level(4))
    own = np.repeat(np.arange(built.centres.shape[1]), np.diff(built.starts))
    to_all = np.square(built.members.T[:, None] - built.centres.T).sum(2)
    assert (to_all[np.arange(len(own)), own] <= to_all.min(1) * (1 + 1e-4)).all()


def test_principal_directions_hold_most_of_the_variance() -> None:
    on = level(4)
    basis, offset = principal(on, on.source_ys, on.source_xs)
    pixels = zip(on.source_ys, on.source_xs, strict=True)
    patches = np.stack([patch_at(on.source, 4, y, x).ravel() for y, x in pixels]).astype(np.float64)
    values = np.linalg.svd(patches - patches.mean(0), compute_uv=False) ** 2
    np.testing.assert_allclose(basis.T @ basis, np.eye(basis.shape[1]), atol=1e-3)
    np.testing.assert_allclose(offset, patches.mean(0) @ basis, atol=1e-3)
    held = np.square((patches - patches.mean(0)) @ basis).sum()
    assert held >= 0.97 * values[: basis.shape[1]].sum()


def test_look_up_only_improves_and_finds_good_sources() -> None:
    on = level(7)
    field = CPU.field(on, *random_sources(on))
    CPU.measure(on, field, CPU.bias(on, None))
    before = field.cost[on.ys, on.xs].copy()
    CPU.look_up(on, CPU.index(on), field, CPU.bias(on, None))
    after = field.cost[on.ys, on.xs].copy()
    measured = CPU.field(on, field.rows.copy(), field.cols.copy())
    CPU.measure(on, measured, CPU.bias(on, None))
    np.testing.assert_allclose(measured.cost[on.ys, on.xs], after, rtol=1e-5)
    CPU.search_all(on, field, CPU.bias(on, None))
    best = field.cost[on.ys, on.xs]
    assert (after <= before).all()
    assert after.mean() - best.mean() < 0.25 * (before.mean() - best.mean())


def test_look_up_takes_the_cheapest_of_what_it_finds() -> None:
    on = level(7, copies=1)
    bias = random_bias(on)
    field = CPU.field(on, *random_sources(on))
    CPU.measure(on, field, CPU.bias(on, bias))
    before = field.cost[on.ys, on.xs].copy()
    CPU.look_up(on, CPU.index(on), field, CPU.bias(on, bias))
    after = field.cost[on.ys, on.xs].copy()
    assert (after <= before).all() and after.mean() < 0.9 * before.mean()
    distances = CPU.field(on, field.rows, field.cols)
    CPU.measure(on, distances, CPU.bias(on, None))
    at = field.rows[on.ys, on.xs], field.cols[on.ys, on.xs]
    np.testing.assert_allclose(distances.cost[on.ys, on.xs] * bias.weight[at] + bias.price[at], after, rtol=1e-5)


def test_few_sources_are_enough() -> None:
    known = np.ones((30, 26), np.bool_)
    known[7:, :] = known[:, 9:] = False  # 1 x 3 patches remain
    on = level(1, hole=~known)
    field = CPU.field(on, *random_sources(on))
    CPU.measure(on, field, CPU.bias(on, None))
    CPU.look_up(on, CPU.index(on), field, CPU.bias(on, None))
    assert on.valid[field.rows[on.ys, on.xs], field.cols[on.ys, on.xs]].all()


def test_thinning_keeps_a_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MOST", 100)
    ys, xs = (axis.ravel().astype(np.int32) for axis in np.mgrid[:30, :40])
    kept_ys, kept_xs = thinned(ys, xs)
    assert 50 <= len(kept_ys) <= 100
    assert (kept_ys % 4 == 0).all() and (kept_xs % 4 == 0).all()
    assert all((a == b).all() for a, b in zip(thinned(ys[:90], xs[:90]), (ys[:90], xs[:90]), strict=True))
