"""Distances of two samples: in closed form, by hand, by other packages, and what small samples do to them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from prdc import compute_prdc
from scipy import linalg

from svbrdf_core.metrics.distances import (
    Doubles,
    Sample,
    frechet,
    jackknife,
    kernel,
    kernel_left_out,
    kernel_of_strata,
    neighbourhoods,
)


def test_the_frechet_distance_by_hand_and_by_the_root_of_a_matrix() -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal((400, 5)) @ rng.standard_normal((5, 5))
    assert frechet(x, x) == pytest.approx(0, abs=1e-9)
    assert frechet(x, x + np.array([3.0, 0, 4, 0, 0])) == pytest.approx(25)
    assert frechet(x, 2 * (x - x.mean(0)) + x.mean(0)) == pytest.approx(np.trace(np.cov(x, rowvar=False)))
    y = rng.standard_normal((300, 5))
    one, other = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = linalg.sqrtm(one @ other).real
    expected = np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(one + other - 2 * root)
    assert frechet(x, y) == pytest.approx(float(expected))


def test_the_frechet_distance_of_drawn_gaussians_nears_its_closed_form_from_above() -> None:
    """``|a - b|^2 + sum (s - t)^2`` of Gaussians with deviations s and t along the axes."""
    rng = np.random.default_rng(5)
    s, t, apart = np.array([1.0, 2, 0.5, 1]), np.array([1.0, 1, 1, 3]), np.array([0.5, 0, 0, 1])
    truth = float((apart**2).sum() + ((s - t) ** 2).sum())

    def drawn(count: int) -> float:
        return frechet(rng.standard_normal((count, 4)) * s, rng.standard_normal((count, 4)) * t + apart)

    assert drawn(40_000) == pytest.approx(truth, rel=0.02)
    few, more = (np.mean([frechet(*rng.standard_normal((2, n, 16))) for _ in range(20)]) for n in (40, 160))
    assert few > 3 * more > 0, "two samples of one Gaussian are apart, the more so the fewer they are"


def test_the_kernel_distance_by_loops() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.standard_normal((7, 4)), rng.standard_normal((5, 4)) + 1
    blocks = np.array([0, 0, 1, 2, 3, 3, 3]), np.array([0, 1, 2, 2, 3])

    def alike(a: Doubles, b: Doubles) -> float:
        return float((a @ b / 4 + 1) ** 3)

    def by_loops(where: tuple[NDArray[np.intp], ...]) -> float:
        within = [
            np.mean([alike(a, b) for a, i in zip(z, at, strict=True) for b, j in zip(z, at, strict=True) if i != j])
            for z, at in zip((x, y), where, strict=True)
        ]
        return float(sum(within) - 2 * np.mean([alike(a, b) for a in x for b in y]))

    assert kernel(Sample.apart(x), Sample.apart(y)) == pytest.approx(by_loops((np.arange(7), np.arange(5))))
    assert kernel(Sample(x, blocks[0]), Sample(y, blocks[1])) == pytest.approx(by_loops(blocks))


def test_groups_are_left_out_as_if_they_had_not_been_drawn() -> None:
    x, y = np.random.default_rng(6).standard_normal((2, 9, 3)) + np.array([0.0, 1])[:, None, None]
    groups = np.repeat(np.arange(3), 3)
    found = kernel_left_out(Sample.apart(x), Sample.apart(y), groups, groups)
    one = groups != 1
    assert found.shape == (3,)
    assert found[1] == pytest.approx(kernel(Sample.apart(x[one]), Sample.apart(y[one])))
    only_x = kernel_left_out(Sample.apart(x), Sample.apart(y), groups, 9 + groups)
    assert only_x[1] == pytest.approx(kernel(Sample.apart(x[one]), Sample.apart(y)))


def test_the_kernel_distance_is_unbiased_also_of_things_that_come_in_blocks() -> None:
    rng = np.random.default_rng(4)
    values = [kernel(*map(Sample.apart, rng.standard_normal((2, 40, 3)))) for _ in range(300)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(300)
    blocks = np.repeat(np.arange(10), 4)
    copies = [np.repeat(rng.standard_normal((2, 10, 3)), 4, axis=1) for _ in range(300)]
    told = [kernel(*(Sample(z, blocks) for z in pair)) for pair in copies]
    untold = [kernel(*map(Sample.apart, pair)) for pair in copies]
    assert abs(np.mean(told)) < 3 * np.std(told) / np.sqrt(300)
    assert np.mean(untold) > 5 * np.std(untold) / np.sqrt(300)


def test_strata_keep_the_kernel_distance_unbiased() -> None:
    """Both samples hold as many things of each picture, and pictures differ: without strata that is below 0."""
    rng = np.random.default_rng(11)
    strata, weights = np.repeat(np.arange(5), 6), np.full(5, 0.2)
    told, untold = [], []
    for _ in range(300):
        means = 2 * rng.standard_normal((5, 3))
        x, y = (Sample.apart(means[strata] + rng.standard_normal((30, 3))) for _ in range(2))
        told.append(weights @ kernel_of_strata(x, y, strata, strata) @ weights)
        untold.append(kernel(x, y))
    assert abs(np.mean(told)) < 3 * np.std(told) / np.sqrt(300)
    assert np.mean(untold) < -5 * np.std(untold) / np.sqrt(300)
    alone = np.zeros(30, np.intp)
    assert kernel_of_strata(x, y, alone, alone)[0, 0] == pytest.approx(kernel(x, y))


def test_the_jackknife_finds_the_spread_of_samples_that_differ() -> None:
    rng = np.random.default_rng(7)
    values, errors = [], []
    for _ in range(200):
        x, y = rng.standard_normal((2, 50, 3)) + np.array([0.0, 0.8])[:, None, None]
        one, other = Sample.apart(x), Sample.apart(y)
        values.append(kernel(one, other))
        errors.append(jackknife(kernel_left_out(one, other, one.blocks, 50 + other.blocks)))
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(values), rel=0.2)


@pytest.mark.parametrize("neighbours", [1, 3, 5])
def test_neighbourhoods_agree_with_the_authors_package(neighbours: int) -> None:
    rng = np.random.default_rng(8)
    real, fill = rng.standard_normal((60, 4)), 1.3 * rng.standard_normal((45, 4)) + 0.2
    expected = compute_prdc(real, fill, neighbours)
    assert neighbourhoods(Sample.apart(real), Sample.apart(fill), neighbours)._asdict() == pytest.approx(expected)


def test_neighbourhoods_of_sets_made_by_hand() -> None:
    rng = np.random.default_rng(9)
    here = rng.standard_normal((40, 3))
    there = here + 100
    both = Sample.apart(np.concatenate([here, there]))
    assert neighbourhoods(both, both) == (1, 1, 1, 1)
    half = neighbourhoods(both, Sample.apart(here + 1e-9))
    assert (half.precision, half.recall, half.coverage) == (1, 0.5, 0.5)
    wide = neighbourhoods(Sample.apart(here), both)
    assert (wide.precision, wide.recall, wide.coverage) == (0.5, 1, 1)
    assert neighbourhoods(Sample.apart(here), Sample.apart(there)) == (0, 0, 0, 0)


def test_a_neighbourhood_does_not_end_at_copies_of_itself() -> None:
    rng = np.random.default_rng(10)
    seeds, fill = rng.standard_normal((2, 30, 2))
    copies = np.repeat(seeds, 6, axis=0) + 1e-6 * rng.standard_normal((180, 2))
    untold = neighbourhoods(Sample.apart(copies), Sample.apart(fill))
    told = neighbourhoods(Sample(copies, np.repeat(np.arange(30), 6)), Sample.apart(fill))
    assert untold.precision < 0.1 < 0.5 < told.precision
