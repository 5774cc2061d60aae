"""Hierarchical restoration: a coarse fill of the whole hole, whose means of blocks a finer one keeps.

After Wang, Yu, Yu and Zhang 2023, "Unlimited-size diffusion restoration", section 3.3. The coarse fill sees all of the
hole and decides what goes where; the finer one adds what blocks of pixels cannot say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from svbrdf_core.diffusion.denoiser import Denoiser, Observed
from svbrdf_core.diffusion.window import SampledWindow, list_touched
from svbrdf_core.diffusion.wrappers import Around
from svbrdf_core.learning.crops import MaskedPicture
from svbrdf_core.learning.holes import Bools, Floats
from svbrdf_core.tensors.torus import Positions, find_span


@dataclass(frozen=True)
class Coarse:
    """A coarse fill of a picture ``(C, H, W)``.

    Attributes:
        values: float32 ``(C, ceil(H / factor), ceil(W / factor))``.
        known: bool ``(H, W)``, of the picture; blocks that hold such pixels have no mean to keep.
        factor: pixels along a side of a block.
    """

    values: Floats
    known: Bools
    factor: int

    def hold(self, denoise: Denoiser, window: SampledWindow, device: str) -> Denoiser:
        """Return a denoiser of a window of the picture whose estimates have the means of the coarse fill."""
        sides = zip((window.rows, window.columns), self.known.shape, strict=True)
        down, across = (_Blocks.of(at, self.factor, length) for at, length in sides)
        at = np.ix_(down.numbers, across.numbers)
        wanted, kept = self.values[:, at[0], at[1]], _add_blocks(self.known, self.factor)[at] == 0
        arrays = (down.average, across.average, down.interpolate, across.interpolate, wanted[None], kept)
        return KeepsMeans(denoise, *(torch.from_numpy(np.ascontiguousarray(array)).to(device) for array in arrays))


@dataclass(frozen=True)
class KeepsMeans(Around):
    """A denoiser whose estimates have given means of blocks: x_0 = A^+ y + (I - A^+ A) x_0, A being the average.

    Of all A^+ with A A^+ = I this one interpolates between the middles of blocks, so that no block shows. Blocks of
    which a window knows a pixel are left as they are.

    Attributes:
        down: ``(h', h)``, averages rows over blocks.
        across: ``(w', w)``, averages columns.
        up: ``(h, h')``, the right inverse of ``down``.
        along: ``(w, w')``, that of ``across``.
        wanted: ``(1, C, h', w')``, y.
        kept: bool ``(h', w')``, blocks whose mean is kept.
    """

    down: torch.Tensor
    across: torch.Tensor
    up: torch.Tensor
    along: torch.Tensor
    wanted: torch.Tensor
    kept: torch.Tensor

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None = None) -> torch.Tensor:
        """See `Denoiser`."""
        x0 = self.denoiser(x, sigma, observed)
        kept = self.kept if observed is None else self.kept & (self._average(observed.hole) > 1 - 1e-4)
        return x0 + self.up @ ((self.wanted - self._average(x0)) * kept) @ self.along.T

    def _average(self, values: torch.Tensor) -> torch.Tensor:
        return self.down @ values @ self.across.T


@dataclass(frozen=True)
class _Blocks:
    """The blocks that a window holds whole, along one of its sides of ``h`` pixels.

    Attributes:
        numbers: of ``(n,)`` blocks.
        average: float32 ``(n, h)``.
        interpolate: float32 ``(h, n)``, its right inverse.
    """

    numbers: Positions
    average: Floats
    interpolate: Floats

    @classmethod
    def of(cls, at: Positions, factor: int, length: int) -> _Blocks:
        """Return the blocks of ``factor`` pixels of the rows or columns ``at``, of ``length``."""
        of = at // factor
        starts = np.flatnonzero(np.diff(of, prepend=-1))
        counts = np.diff(starts, append=len(of))
        whole = counts == np.minimum(factor, length - of[starts] * factor)
        starts, counts = starts[whole], counts[whole]
        if not len(starts):
            return cls(starts, np.zeros((0, len(at)), np.float32), np.zeros((len(at), 0), np.float32))
        place = np.arange(len(at))
        inside = (place >= starts[:, None]) & (place < (starts + counts)[:, None])
        average = inside / counts[:, None]
        middles = starts + (counts - 1) / 2
        linear = np.stack([np.interp(place, middles, one) for one in np.eye(len(starts))], 1)
        inverse = np.linalg.solve((average @ linear).T, linear.T).T
        return cls(of[starts], average.astype(np.float32), inverse.astype(np.float32))


def shrink(picture: MaskedPicture, factor: int) -> MaskedPicture:
    """Return the means of the known pixels of blocks; half of a block must be known to count.

    Blocks at the end may be smaller.
    """
    count = _add_blocks(picture.known, factor)
    area = _add_blocks(np.ones_like(picture.known), factor)
    values = _add_blocks(np.where(picture.known, picture.values, 0), factor) / np.maximum(count, 1)
    return MaskedPicture(values.astype(np.float32), 2 * count >= area, picture.wrap)


def shrink_mask(allowed: Bools, factor: int) -> Bools:
    """Return the blocks all of whose pixels are allowed."""
    return np.asarray(_add_blocks(~allowed, factor) == 0)


def find_factor(picture: MaskedPicture, most: int) -> int:
    """Return the least factor by which a picture shrinks so that its hole is at most so many pixels long."""
    spans = (find_span(side, wrap=wraps) for side, wraps in zip(list_touched(picture), picture.wrap, strict=True))
    return max(1, -(-max(length for _, length in spans) // most))


def _add_blocks(values: Floats | Bools, factor: int) -> Floats:
    added = np.asarray(values, np.float32)
    for axis in (-2, -1):
        added = np.add.reduceat(added, np.arange(0, added.shape[axis], factor), axis)
    return added
