"""An inverted-file index of a level's source patches over their principal components.

PatchMatch alone finds poor matches in noisy textures, where neighbouring patches have unrelated best sources. Looking a
patch up among those of similar low-dimensional description finds them: on the fixed cases it lowers the energy of the
fills and with it their error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.patch.cpu_backend import kernels
from svbrdf_core.patch.level import Level, gather_patches
from svbrdf_core.patch.types import Field, Floats, Ints

COMPONENTS = 16
"""Dimensions of a descriptor; fewer lose matches, more cost time for little."""
SAMPLE = 2500
"""Patches that the principal components are estimated from."""
DECIMALS = 4
"""Of the components: the last digits of BLAS sums depend on the number of threads, and the answer must not."""
PROBES = 6
"""Lists of the index searched for each patch."""
KEPT = 6
"""Candidates of the index compared in full."""
MOST = 130_000
"""Source patches indexed at the most; larger sets are thinned on a regular grid, PatchMatch finds the pixel between."""


@dataclass(frozen=True)
class Index:
    """Source patches sorted into lists by the nearest of a few centres.

    Attributes:
        directions: float32 ``(K, 49 C)``, the principal ones; offset: ``(K,)``, the projected mean.
        centres: float32 ``(K, L)``.
        starts: int32 ``(L + 1,)``, where each list begins.
        members: float32 ``(K, M)``, descriptors in list order; ys, xs: int32 ``(M,)``, their patches' centres.
    """

    directions: Floats
    offset: Floats
    centres: Floats
    starts: Ints
    members: Floats
    ys: Ints
    xs: Ints


def build_index(level: Level) -> Index:
    """Index a level's sources: principal components of a sample, then k-means lists (about one per sqrt(M) patches)."""
    ys, xs = thinned(level.source_ys, level.source_xs)
    basis, offset = principal(level, ys, xs)
    directions = np.ascontiguousarray(basis.T)
    descriptors = kernels.project(level.source, level.channels, ys, xs, directions, offset)
    centres = _centres(descriptors)
    nearest = kernels.assign(descriptors, np.ascontiguousarray(centres.T))
    order = np.argsort(nearest, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(nearest, minlength=len(centres)))]).astype(np.int32)
    return Index(
        directions,
        offset,
        np.ascontiguousarray(centres.T),
        starts,
        np.ascontiguousarray(descriptors[order].T),
        ys[order],
        xs[order],
    )


def look_up(level: Level, index: Index, field: Field, bias: Floats) -> None:
    """Improve the field in place by what the index finds for the level's present image.

    The index finds what is near, the bias (`CpuBackend.bias`) decides among that.
    """
    queries = kernels.project(level.target, level.channels, level.ys, level.xs, index.directions, index.offset)
    kernels.look_up(
        level.target,
        level.source,
        bias,
        level.channels,
        level.ys,
        level.xs,
        queries,
        index.centres,
        index.starts,
        index.members,
        index.ys,
        index.xs,
        field.rows,
        field.cols,
        field.cost,
        min(PROBES, index.centres.shape[1]),
        KEPT,
    )


def thinned(ys: Ints, xs: Ints) -> tuple[Ints, Ints]:
    """Return the sources to index: all of them, or those on a regular grid (`MOST`)."""
    step = max(1, int(np.ceil(np.sqrt(len(ys) / MOST))))
    kept = (ys % step == 0) & (xs % step == 0)
    return (ys[kept], xs[kept]) if step > 1 and kept.any() else (ys, xs)


def principal(level: Level, ys: Ints, xs: Ints) -> tuple[Floats, Floats]:
    """Return the directions ``(49 C, K)`` that patches centred on ``(ys, xs)`` vary most in, and their mean there."""
    generator = np.random.default_rng(0)  # nothing depends on who asks for an index first
    picked = generator.choice(len(ys), min(len(ys), SAMPLE), replace=False)
    patches = gather_patches(level.source, level.channels, ys[picked], xs[picked]).astype(np.float64)
    mean = patches.mean(0)
    patches -= mean
    basis = generator.standard_normal((patches.shape[1], min(COMPONENTS, patches.shape[1])))
    for _ in range(4):  # subspace iteration: the leading directions to the accuracy a descriptor needs
        basis = _orthonormal(patches.T @ (patches @ basis))
    basis = basis.round(DECIMALS)
    return basis.astype(np.float32), (mean @ basis).round(DECIMALS).astype(np.float32)


def _orthonormal(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return orthonormal columns of the same span; columns that add nothing to it become 0.

    By the Gram matrix: a QR of so slender a matrix spends its time starting threads.
    """
    size, vectors = np.linalg.eigh(matrix.T @ matrix)
    kept = size > 1e-12 * max(float(size[-1]), 1e-300)
    vectors = np.where(kept, vectors / np.sqrt(np.where(kept, size, 1)), 0)
    return np.asarray(matrix @ vectors, np.float64)


def _centres(descriptors: Floats) -> Floats:
    generator = np.random.default_rng(0)
    count = int(np.clip(np.sqrt(len(descriptors)), 1, 320))
    centres = descriptors[generator.choice(len(descriptors), count, replace=False)]
    sample = descriptors[generator.choice(len(descriptors), min(len(descriptors), 24 * count), replace=False)]
    for _ in range(3):
        nearest = kernels.assign(sample, np.ascontiguousarray(centres.T))
        size = np.bincount(nearest, minlength=count)
        total = np.stack([np.bincount(nearest, sample[:, k], count) for k in range(sample.shape[1])], 1)
        centres[size > 0] = (total[size > 0] / size[size > 0, None]).astype(np.float32)
    return centres
