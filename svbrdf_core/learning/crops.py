"""Random crops of pictures with synthetic holes, as batches on the device that trains."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from svbrdf_core.errors import FillError
from svbrdf_core.learning.holes import Bools, Floats, HoleDistribution

POOL = 512
"""Holes that are made beforehand; a step draws from them."""
MIN_SIDE = 16
"""Side of the smallest crop that can be trained on."""
MIN_PLACES = 64
"""Places a crop must have if it is to avoid the hole; with fewer, crops take it in and leave it out of the loss."""


@dataclass(frozen=True)
class MaskedPicture:
    """A picture with a hole: what is trained on, or filled.

    Attributes:
        values: float32 ``(C, H, W)``, of about unit variance; what is not known means nothing.
        known: ``(H, W)``.
        wrap: whether rows and columns go on at the other side.
    """

    values: Floats
    known: Bools
    wrap: tuple[bool, bool] = (False, False)


@dataclass(frozen=True)
class CropSettings:
    """How crops are taken.

    Attributes:
        size: side of a crop; smaller pictures make it smaller.
        holes: distribution of the synthetic holes.
        avoid_hole: whether crops avoid the hole if the picture leaves room for that (Cherel et al. 2024, section
            III.B).
        stride: what sides are multiples of.
    """

    size: int
    holes: HoleDistribution
    avoid_hole: bool = False
    stride: int = 8


CropBatch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
"""Crops ``(B, C, S, S)``, 0 where unknown; where they are known and where they have holes, ``(B, 1, S, S)``, 0 or 1."""


class Crops:
    """Source of batches; two with the same arguments and the same ``rng`` states draw the same.

    Args:
        pictures: of the same channels.
        settings: how crops are taken.
        rng: for the holes that are made beforehand.
        device: where the pictures are kept.

    Raises:
        FillError: the pictures are too small, or hardly anything of them is known.
    """

    def __init__(
        self, pictures: list[MaskedPicture], settings: CropSettings, rng: np.random.Generator, device: str
    ) -> None:
        shortest = min(min(picture.known.shape) for picture in pictures)
        self.side = min(settings.size, shortest // settings.stride * settings.stride)
        if self.side < MIN_SIDE:
            raise FillError(
                f"The material is only {shortest} pixels across at the scale that is trained on, too few to learn "
                "from; use the method patch."
            )
        self._sources = [_Source.of(picture, self.side, settings.avoid_hole, device) for picture in pictures]
        known = pictures[0].known
        hole = np.asarray(~known) if not known.all() else np.ones((MIN_SIDE, MIN_SIDE), np.bool_)
        holes = settings.holes(hole, self.side, POOL, rng)
        self._holes = torch.from_numpy(holes.astype(np.float32))[:, None].to(device)

    def draw(self, count: int, rng: np.random.Generator) -> CropBatch:
        """Return a batch."""
        return self.draw_named(count, rng)[0]

    def draw_named(self, count: int, rng: np.random.Generator) -> tuple[CropBatch, list[int]]:
        """Return a batch, and the numbers of the pictures that its crops are of."""
        numbers = rng.integers(len(self._sources), size=count).tolist()
        crops = [self._sources[n].draw(self.side, rng) for n in numbers]
        hole = self._holes[torch.from_numpy(rng.integers(len(self._holes), size=count)).to(self._holes.device)]
        x0 = torch.stack([values for values, _ in crops]).contiguous(memory_format=torch.channels_last)
        return (x0, torch.stack([known for _, known in crops]), hole), numbers


@dataclass(frozen=True)
class _Source:
    """A picture on the device, gone on beyond edges that wrap, and the corners of crops that may be drawn."""

    values: torch.Tensor
    known: torch.Tensor
    corners: np.ndarray[tuple[int], np.dtype[np.intp]]
    columns: int

    @classmethod
    def of(cls, picture: MaskedPicture, side: int, avoid_hole: bool, device: str) -> _Source:
        known = picture.known
        values = np.where(known, picture.values, 0).astype(np.float32)
        beyond = [(0, side - 1 if wraps else 0) for wraps in picture.wrap]
        values, known = np.pad(values, ((0, 0), *beyond), mode="wrap"), np.pad(known, beyond, mode="wrap")
        # The part that is known of every crop, by sums over all rectangles from the corner.
        sums = np.pad(known.astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
        count = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
        whole = count == side * side
        usable = whole if avoid_hole and whole.sum() >= MIN_PLACES else count >= side * side // 4
        if not usable.any():
            raise FillError(
                "The hole leaves too little of the material to learn from; use the method patch, or a smaller hole."
            )
        mask = torch.from_numpy(known.astype(np.float32))[None]
        return cls(torch.from_numpy(values).to(device), mask.to(device), np.flatnonzero(usable), int(usable.shape[1]))

    def draw(self, side: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        top, left = divmod(int(self.corners[rng.integers(len(self.corners))]), self.columns)
        at = np.s_[:, top : top + side, left : left + side]
        return self.values[at], self.known[at]
