"""A denoiser for windows that memory does not hold in one piece."""

from __future__ import annotations

import torch

from svbrdf_core.diffusion.denoiser import Denoiser, Observed, crop
from svbrdf_core.diffusion.network import STRIDE
from svbrdf_core.run import Run

MARGIN = 48
"""Pixels around a tile that our own networks see; the rest of the picture is beyond their reach."""
MIN_TILE = 64
"""Side of the smallest tile."""


class Tiled:
    """A denoiser that asks another, in tiles as soon as memory does not hold the whole; tiles are halved as needed.

    Args:
        whole: the other.
        run: is told of smaller tiles.
        wrap: whether rows and columns of the whole go on at the other side.
        piece: denoises tiles; needed if ``whole`` itself takes opposite edges for neighbours, which those of a tile are
            not.
        tile: side of the tiles to begin with; None begins with the whole.
        margin: pixels around a tile that are given to the other with it.
    """

    def __init__(
        self,
        whole: Denoiser,
        run: Run,
        *,
        wrap: tuple[bool, bool] = (False, False),
        piece: Denoiser | None = None,
        tile: int | None = None,
        margin: int = MARGIN,
    ) -> None:
        self._whole, self._piece = whole, piece or whole
        self._run, self._wrap, self._tile, self._margin = run, wrap, tile, margin

    @property
    def channels(self) -> tuple[str, ...]:
        """Those of the other."""
        return self._whole.channels

    @property
    def sigma_range(self) -> tuple[float, float]:
        """That of the other."""
        return self._whole.sigma_range

    @property
    def conditional(self) -> bool:
        """Whether the other looks at what is known."""
        return self._whole.conditional

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None = None) -> torch.Tensor:
        """See `Denoiser`."""
        found = self._try(x, sigma, observed)
        while found is None:  # out here nothing holds on to the tensors of the pass that failed
            self._tile = max(MIN_TILE, round_up((self._tile or max(x.shape[2:])) // 2))
            self._run.note(f"The memory does not hold the window; it is sampled in tiles of {self._tile} pixels.")
            found = self._try(x, sigma, observed)
        return found

    def _try(self, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None) -> torch.Tensor | None:
        try:
            if self._tile is None:
                return self._whole(x, sigma, observed)
            return self._denoise_tiles(self._tile, x, sigma, observed)
        except torch.OutOfMemoryError:
            if (self._tile or max(x.shape[2:])) <= MIN_TILE:
                raise
            return None

    def _denoise_tiles(
        self, tile: int, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None
    ) -> torch.Tensor:
        out = torch.empty(x.shape, device=x.device)
        height, width = x.shape[2:]
        for top in range(0, height, tile):
            rows, above = _surround(top, tile, height, self._margin, self._wrap[0])
            for left in range(0, width, tile):
                columns, before = _surround(left, tile, width, self._margin, self._wrap[1])
                at = rows.to(x.device), columns.to(x.device)
                seen = None if observed is None else observed.crop(*at)
                found = self._piece(crop(x, *at), sigma, seen)
                place = out[:, :, top : top + tile, left : left + tile]
                inside = found[:, :, above:, before:]
                place.copy_(inside[:, :, : place.shape[2], : place.shape[3]])
        return out


def _surround(start: int, tile: int, length: int, margin: int, wrap: bool) -> tuple[torch.Tensor, int]:
    """Return the numbers of a tile's rows or columns with what is around them, and where among them the tile begins."""
    first, stop = start - margin, min(start + tile, length) + margin
    if wrap:
        return torch.arange(first, stop) % length, margin
    first, stop = max(0, first), min(length, stop)
    return torch.arange(first, stop), start - first


def round_up(count: int) -> int:
    """Return the next multiple of `STRIDE`."""
    return -(-count // STRIDE) * STRIDE
