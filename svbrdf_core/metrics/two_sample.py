"""Classifier two-sample test of a fill (Lopez-Paz and Oquab, Revisiting Classifier Two-Sample Tests, ICLR 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from svbrdf_core.metrics.scene import Bools, Floats, ScoredHole
from svbrdf_core.metrics.texture import describe_pixels
from svbrdf_core.metrics.tiles import Spots, Tiles, find_tiles, standardize

Doubles = NDArray[np.float64]
Indices = NDArray[np.intp]

GROUP = 9
"""Tiles of the hole that one classifier has to do with, as many as a hole of 48 x 48 pixels has: the more it is
taught, the more it finds, and a large hole would count as a worse fill."""
FOLDS = 4
"""Blocks of tiles that are classified by what the others teach."""
FEWEST = 4
"""Tiles of either side below which nothing can be learned."""
RIDGE = 0.03
"""Weight of the squared coefficients, against features of unit variance."""
SPREAD = 0.05
"""Added to the deviations of features, so that errors of rounding in a constant map are nothing."""
CLIP = 4.0
"""Deviations that a feature counts at most; its square would be ruled by rare ones."""


def two_sample(scene: ScoredHole) -> float | None:
    """Return by how much the fill can be told from the known region nearby better than the truth can.

    A ridge classifier on `describe_pixels` and their squares learns pixels of the hole against known ones near it,
    and is asked about tiles that lie apart from those it has learned. The area under its ROC curve (AUC) is 0.5 for a
    fill that nothing tells apart, give or take chance, and 1 for one that always shows. The figure
    is the fill's AUC less the truth's in the same hole; without a truth, less 0.5. It is about 0 at its best.

    Returns:
        The figure; None where hole or surroundings have fewer than four tiles of 16 x 16.
    """
    rng = np.random.default_rng(0)
    inside, around = find_tiles(scene.hole, scene.known, rng)
    if min(len(inside.spots), len(around.spots)) < FEWEST:
        return None
    filled, truth = standardize(scene)
    known = describe_pixels(filled, around, scene.layout)
    groups = list(_groups(inside, around, rng))

    def tell(values: Floats) -> float:
        here = describe_pixels(values, inside, scene.layout)
        return float(np.mean([cross_validate(*_sample(here, known, group)) for group in groups]))

    return tell(filled) - (0.5 if truth is None else tell(truth))


def cross_validate(x: Floats, inside: Bools, blocks: Indices) -> float:
    """Return the mean AUC of blocks ``0..FOLDS-1``, each ranked by the ridge regression of what the others hold.

    Both classes weigh alike. The regression is that of labels 1 and -1 with an intercept; it is computed from the sums
    of products of each block, which are needed once.

    Args:
        x: features ``(n, F)``.
        inside: the class of each row.
        blocks: the block of each row; each holds both classes.
    """
    sums = [[_Sums.of(x[(blocks == b) & (inside == c)]) for c in (True, False)] for b in range(FOLDS)]
    found = []
    for block in range(FOLDS):
        hole, known = (_Sums.add([sums[b][c] for b in range(FOLDS) if b != block]) for c in (0, 1))
        mean = (hole.mean + known.mean) / 2
        covariance = (hole.square + known.square) / 2 - np.outer(mean, mean)
        covariance[np.diag_indices_from(covariance)] += RIDGE
        direction = linalg.solve(covariance, (hole.mean - known.mean) / 2, assume_a="pos", overwrite_a=True)
        asked = blocks == block
        found.append(auc(x[asked] @ direction, inside[asked]))
    return float(np.mean(found))


def expand(features: Floats) -> Floats:
    """Return features ``(n, F)`` in deviations from their mean, and the squares of those, ``(n, 2 F)``."""
    apart = (features - features.mean(0)) / (features.std(0) + np.float32(SPREAD))
    apart = np.clip(apart, -CLIP, CLIP)
    return np.concatenate([apart, apart**2], axis=1)


def auc(score: Doubles, positive: Bools) -> float:
    """Return the probability that a positive scores higher than a negative, ties counting half (Mann and Whitney)."""
    from scipy import stats  # it takes a third of a second, which most commands need not wait for

    ranks = stats.rankdata(score)
    count = int(positive.sum())
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(score) - count)))


class _Sums(NamedTuple):
    """What a regression needs of a sample: how large it is, its mean and its mean product ``(F, F)``."""

    size: int
    mean: Doubles
    square: Doubles

    @classmethod
    def of(cls, x: Floats) -> _Sums:
        return cls(len(x), x.mean(0, dtype=np.float64), (x.T @ x).astype(np.float64) / len(x))

    @classmethod
    def add(cls, parts: Sequence[_Sums]) -> _Sums:
        total = sum(part.size for part in parts)
        mean = sum((part.mean * (part.size / total) for part in parts), np.zeros_like(parts[0].mean))
        square = sum((part.square * (part.size / total) for part in parts), np.zeros_like(parts[0].square))
        return cls(total, mean, square)


class _Group(NamedTuple):
    """Tiles that one classifier has to do with, and the block of each."""

    hole: Indices
    known: Indices
    hole_blocks: Indices
    known_blocks: Indices


def _groups(inside: Tiles, around: Tiles, rng: np.random.Generator) -> Iterator[_Group]:
    """Split the tiles into groups of about `GROUP`, each spread over the hole; none may run out of blocks."""
    n, m = len(inside.spots), len(around.spots)
    count = max(1, min(round(n / GROUP), n // FEWEST, m // FEWEST))
    hole, known = (np.array_split(rng.permutation(size), count) for size in (n, m))
    for a, b in zip(hole, known, strict=True):
        yield _Group(a, b, _split(inside.spots[a]), _split(around.spots[b]))


def _split(spots: Spots) -> Indices:
    """Return one of `FOLDS` blocks for each spot ``(n, 2)``: the halves, across the longer side, of two halves."""
    blocks = np.zeros(len(spots), np.intp)
    parts = [np.arange(len(spots))]
    while len(parts) < FOLDS:
        halves = []
        for part in parts:
            axis = int(np.ptp(spots[part], axis=0).argmax())
            order = part[np.lexsort((spots[part, 1 - axis], spots[part, axis]))]
            halves += np.array_split(order, 2)
        parts = halves
    for number, part in enumerate(parts):
        blocks[part] = number
    return blocks


def _sample(here: list[Floats], known: list[Floats], group: _Group) -> tuple[Floats, Bools, Indices]:
    """Return what one classifier learns: features, classes and blocks of the pixels of its tiles."""
    tiles = [*(here[n] for n in group.hole), *(known[n] for n in group.known)]
    lengths = [len(tile) for tile in tiles]
    inside = np.repeat(np.arange(len(tiles)) < len(group.hole), lengths)
    blocks = np.repeat(np.concatenate([group.hole_blocks, group.known_blocks]), lengths)
    return expand(np.concatenate(tiles)), inside, blocks
