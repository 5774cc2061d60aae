"""Distances between two samples of features: Fréchet, kernel with its error, and neighbourhoods.

Samples of one picture overlap, and neighbours are alike. `Sample.blocks` says which belong together: within a block
nothing is compared, and errors come from leaving whole blocks out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Indices = NDArray[np.intp]
Bools = NDArray[np.bool_]

NEIGHBOURS = 5
"""Nearest neighbours within whose distance a sample counts as covered (Naeem et al. 2020, section 3.2)."""


@dataclass(frozen=True)
class Sample:
    """Features of some things.

    Attributes:
        features: ``(n, d)``.
        blocks: ``(n,)``, the number of the block that each belongs to.
    """

    features: Doubles
    blocks: Indices

    @classmethod
    def apart(cls, features: Doubles) -> Sample:
        """Return a sample of things that have nothing to do with each other."""
        return cls(features, np.arange(len(features)))


class Neighbourhoods(NamedTuple):
    """How two samples lie in each other's neighbourhoods.

    Attributes:
        precision: share of the fills that lie near something real (Kynkäänniemi et al. 2019, eq. 2).
        recall: share of the real that lies near a fill.
        density: real neighbourhoods that a fill lies in, over how many it should (Naeem et al. 2020, eq. 3).
        coverage: share of the real with a fill in its neighbourhood (eq. 4).
    """

    precision: float
    recall: float
    density: float
    coverage: float


def frechet(x: Doubles, y: Doubles) -> float:
    """Return the squared Fréchet distance of the Gaussians fitted to two samples ``(n, d)`` and ``(m, d)``.

    Heusel et al. 2017, eq. 6. It is too large by an amount that grows with ``d`` and shrinks with ``n``: only figures
    of samples of one size can be compared.
    """
    one, other = np.atleast_2d(np.cov(x, rowvar=False)), np.atleast_2d(np.cov(y, rowvar=False))
    # The trace of the root of a product of covariances is the sum of the roots of its eigenvalues, all at least 0.
    roots = np.sqrt(np.maximum(np.linalg.eigvals(one @ other).real, 0)).sum()
    apart = np.square(x.mean(0) - y.mean(0)).sum()
    return max(float(apart + np.trace(one) + np.trace(other) - 2 * roots), 0.0)


def kernel(x: Sample, y: Sample) -> float:
    """Return the unbiased squared maximum mean discrepancy with the kernel ``(x·y / d + 1)^3``.

    Binkowski et al. 2018, section 3. Pairs within a block are left out, as each thing's pair with itself is.
    """
    return float(_Sums(x, y).distance(np.array([-1]))[0])


def kernel_left_out(x: Sample, y: Sample, x_groups: Indices, y_groups: Indices) -> Doubles:
    """Return `kernel` without each of the groups in turn, for `jackknife`; a group may have members in both samples."""
    labels = np.unique(np.concatenate([x_groups, y_groups]))
    return _Sums(x, y, np.searchsorted(labels, x_groups), np.searchsorted(labels, y_groups)).distance(
        np.arange(len(labels))
    )


def kernel_of_strata(x: Sample, y: Sample, x_strata: Indices, y_strata: Indices) -> Doubles:
    """Return the kernel distances ``(s, s)`` between strata, the pictures that things are from: ``D``.

    With shares ``w`` of the strata, ``w·D·w`` is the unbiased squared discrepancy of the mixtures. `kernel` is not:
    where each picture gives the same number to both samples, things of one picture, which are alike, make up fewer of
    the pairs within a sample than of those across, and the distance of equal samples falls below 0.

    Args:
        x: a sample.
        y: another one.
        x_strata: the stratum of each thing, ``0..s-1``; each holds two or more blocks of both samples.
        y_strata: the same of the other sample.
    """
    within_x, within_y, across = (total / pairs for total, pairs in _Sums(x, y, x_strata, y_strata).terms)
    apart: Doubles = within_x + within_y - across - across.T
    return apart


def jackknife(left_out: Doubles) -> float:
    """Return the standard error of a figure from its values without each group (Efron and Stein 1981)."""
    count = len(left_out)
    return float(np.sqrt((count - 1) / count * np.square(left_out - left_out.mean()).sum()))


class _Sums:
    """Sums of the kernel over pairs of groups, from which any group can be taken."""

    def __init__(self, x: Sample, y: Sample, x_groups: Indices | None = None, y_groups: Indices | None = None) -> None:
        x_groups = np.zeros(len(x.blocks), np.intp) if x_groups is None else x_groups
        y_groups = np.zeros(len(y.blocks), np.intp) if y_groups is None else y_groups
        count = int(max(x_groups.max(), y_groups.max())) + 1
        a, b = (np.eye(count)[groups] for groups in (x_groups, y_groups))
        self.terms = [
            (_sum(_alike(one, other) * counted, left, right), _sum(counted, left, right))
            for one, other, counted, left, right in (
                (x.features, x.features, _different(x), a, a),
                (y.features, y.features, _different(y), b, b),
                (x.features, y.features, np.ones((len(x.features), len(y.features))), a, b),
            )
        ]

    def distance(self, without: Indices) -> Doubles:
        """Return the discrepancy without each of some groups, -1 for none."""
        within_x, within_y, across = (
            _take(total, without) / np.maximum(_take(pairs, without), 1) for total, pairs in self.terms
        )
        found: Doubles = within_x + within_y - 2 * across
        return found


def _alike(a: Doubles, b: Doubles) -> Doubles:
    values: Doubles = (a @ b.T / a.shape[1] + 1) ** 3
    return values


def _different(sample: Sample) -> Doubles:
    different: Doubles = (sample.blocks[:, None] != sample.blocks).astype(np.float64)
    return different


def _sum(values: Doubles, left: Doubles, right: Doubles) -> Doubles:
    total: Doubles = left.T @ values @ right
    return total


def _take(total: Doubles, without: Indices) -> Doubles:
    """Return what is left of a sum over pairs of groups without the pairs that one of them is in."""
    gone = total.sum(0) + total.sum(1) - np.diag(total)
    left: Doubles = np.asarray(total.sum() - np.where(without < 0, 0, gone[without]))
    return left


def neighbourhoods(real: Sample, fill: Sample, neighbours: int = NEIGHBOURS) -> Neighbourhoods:
    """Return precision, recall, density and coverage of a fill's sample against a real one.

    A thing's neighbourhood is the ball that reaches to its ``neighbours``-th nearest of the same sample outside its
    own block, borders not counted. Both samples need more than that many.
    """
    apart = _distances(real.features, fill.features)
    around_real, around_fill = (_reach(sample, neighbours)[:, None] for sample in (real, fill))
    near: Bools = apart < around_real
    return Neighbourhoods(
        precision=float(near.any(0).mean()),
        recall=float((apart.T < around_fill).any(0).mean()),
        density=float(near.sum(0).mean() / neighbours),
        coverage=float(near.any(1).mean()),
    )


def _reach(sample: Sample, neighbours: int) -> Doubles:
    apart = np.where(_different(sample) > 0, _distances(sample.features, sample.features), np.inf)
    reach: Doubles = np.partition(apart, neighbours - 1, axis=1)[:, neighbours - 1]
    return reach


def _distances(a: Doubles, b: Doubles) -> Doubles:
    square = np.square(a).sum(1)[:, None] + np.square(b).sum(1) - 2 * a @ b.T
    distances: Doubles = np.sqrt(np.maximum(square, 0))
    return distances
