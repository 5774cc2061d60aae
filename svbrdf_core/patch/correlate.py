"""Masked correlation of a window's pixels with all places of a level's sources, by spectra that many windows share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from svbrdf_core.patch.cpu_backend.kernels import PATCH, R
from svbrdf_core.patch.level import Level
from svbrdf_core.patch.types import Bools, Floats, Ints

CHANNELS = 4
"""Channels that are compared: the first principal ones hold most of the variance."""
MARGIN = 8
"""Pixels around a picture that does not wrap over which windows may reach."""
LARGEST = 160
"""Blocks of sources are at most this long on a side, so that one correlation stays quick on a large picture."""
SEEN = 0.7
"""The part of a template's weight that must fall on known pixels."""
COVER = 0.95
"""The part of the wanted pixels that must have a source, or as much as any place has."""

Spectra = NDArray[np.complex64]


@dataclass(frozen=True)
class Template:
    """What a piece should look like in a window ``(h, w)``.

    Attributes:
        values: float32 ``(h, w, C)``, compared with the sources.
        weights: float32 ``(h, w)``.
        coarse, coarse_weights: the same, compared with the low-passed sources; None without a guide.
        wanted: bool ``(h, w)``, pixels that need a source.
    """

    values: Floats
    weights: Floats
    coarse: Floats | None
    coarse_weights: Floats | None
    wanted: Bools

    @property
    def weight(self) -> float:
        """Sum of all weights."""
        return float(self.weights.sum()) + (0.0 if self.coarse_weights is None else float(self.coarse_weights.sum()))


class Block:
    """A rectangle of one oriented copy, and what correlations need of it.

    Args:
        values: float32 ``(H, W, C)``, the copy.
        seen: bool ``(H, W)``, where its pixels are known and allowed.
        valid: bool ``(H, W)``, where a patch may be centred.
        coarse: float32 ``(H, W, C)``, the low-passed values; None without a guide.
        weight: float32 ``(H, W)``, a factor on the score of what is taken from there.
        rows: those of the rectangle, counted on beyond a border.
        cols: the same.
        stacked: the rows of the copy in the stack.
        wrap: whether the copy wraps; beyond a border that does not there is nothing.
    """

    def __init__(
        self,
        values: Floats,
        seen: Bools,
        valid: Bools,
        coarse: Floats | None,
        weight: Floats,
        rows: range,
        cols: range,
        stacked: range,
        wrap: tuple[bool, bool],
    ) -> None:
        self.shape = len(rows), len(cols)
        self.top, self.left, self.rows, self.wrap = stacked.start + rows.start, cols.start, stacked, wrap
        self._size = fft.next_fast_len(self.shape[0]), fft.next_fast_len(self.shape[1], real=True)
        self._values, self._seen, self._valid, self._coarse, self._weight = values, seen, valid, coarse, weight

    def distance(self, row: int, col: int) -> int:
        """Return how far its middle is from a pixel of the copy, in pixels along rows and columns."""
        total = 0
        for at, first, length, whole, wraps in zip(
            (row, col), (self.top - self.rows.start, self.left), self.shape, self._valid.shape, self.wrap, strict=True
        ):
            away = abs(at - first - length // 2)
            total += min(away, whole - away % whole) if wraps else away
        return total

    def _cut(self, picture: NDArray[Any]) -> NDArray[Any]:
        """Return the block's part of a picture of the copy, 0 where there is nothing."""
        at = []
        inside = []
        for first, length, whole, wraps in zip(
            (self.top - self.rows.start, self.left), self.shape, picture.shape[:2], self.wrap, strict=True
        ):
            lines = np.arange(first, first + length)
            at.append(lines % whole)
            inside.append(np.ones(length, np.bool_) if wraps else (lines >= 0) & (lines < whole))
        there = np.outer(*inside)
        return np.asarray(picture[np.ix_(*at)] * (there[..., None] if picture.ndim == 3 else there), np.float32)

    @cached_property
    def _spectra(self) -> tuple[Spectra, Spectra, Spectra]:
        """The spectra of the channels, of what is seen, and of what may be taken with its weight ``(2, ...)``."""
        seen, valid, weight = self._cut(self._seen), self._cut(self._valid), self._cut(self._weight)
        return self._of_image(self._values), self._transform(seen), self._transform(np.stack([valid, valid * weight]))

    @cached_property
    def _coarse_spectra(self) -> Spectra:
        assert self._coarse is not None
        return self._of_image(self._coarse)

    def _of_image(self, image: Floats) -> Spectra:
        """Return the spectra ``(C + 1, ...)`` of the seen channels and of the sum of their squares."""
        shown = self._cut(image) * self._cut(self._seen)[..., None]
        return self._transform(np.concatenate([shown.transpose(2, 0, 1), (shown**2).sum(-1)[None]]))

    def _transform(self, values: Floats) -> Spectra:
        rows = fft.rfft(np.asarray(values, np.float32), self._size[1], axis=-1)
        return np.asarray(fft.fft(rows, self._size[0], axis=-2))

    def _back(self, spectrum: Spectra) -> Floats:
        return np.asarray(fft.irfft2(spectrum, self._size, axes=(-2, -1)))

    def _against(self, image: Spectra, values: Floats, weights: Floats) -> Spectra:
        """Return the spectrum of the weighted squared differences of a template, over the seen pixels."""
        weighted = values * weights[..., None]
        stack = np.concatenate([(-2 * weighted).transpose(2, 0, 1), weights[None], (weighted * values).sum(-1)[None]])
        own = np.conj(self._transform(stack))
        return np.asarray((own[:-1] * image).sum(0) + own[-1] * self._spectra[1])

    def correlate(self, template: Template) -> tuple[Floats, Floats, Floats]:
        """Return mean squared difference, seen weight and covered wanted pixels for each place ``(rows, cols)``.

        The difference is times the mean weight of what would be taken.
        """
        image, seen, taken = self._spectra
        tall, wide = self.shape[0] - template.wanted.shape[0] + 1, self.shape[1] - template.wanted.shape[1] + 1
        if min(tall, wide) < 1:
            return (np.empty((0, 0), np.float32),) * 3
        weights = template.weights
        total = self._against(image, template.values, weights)
        if template.coarse is not None and template.coarse_weights is not None:
            total += self._against(self._coarse_spectra, template.coarse, template.coarse_weights)
            weights = weights + template.coarse_weights
        own = np.conj(self._transform(np.stack([weights, template.wanted.astype(np.float32)])))
        sums = self._back(np.stack([total, own[0] * seen, *(own[1] * taken)]))[:, :tall, :wide]
        weight = sums[3] / np.maximum(sums[2], 0.5)
        return np.maximum(sums[0], 0) * weight / np.maximum(sums[1], 1e-3), sums[1], sums[2]


@dataclass(frozen=True)
class Place:
    """Where a window's first pixel comes from: its row in the stack and its column, beyond the border where it wraps.

    Attributes:
        block: of which oriented copy.
        row, col: the pixel.
    """

    block: Block
    row: int
    col: int

    def moved(self, dy: int, dx: int) -> Place:
        """Return the place of a window that starts elsewhere."""
        return Place(self.block, self.row + dy, self.col + dx)

    @property
    def copy(self) -> tuple[int, int, bool, bool]:
        """The oriented copy's first row in the stack, the one after its last, and whether rows and columns wrap."""
        return self.block.rows.start, self.block.rows.stop, *self.block.wrap


class Correlator:
    """A level's sources as blocks that overlap by a window.

    Args:
        level: its sources.
        span: the longest window, in pixels.
        coarse: float32, the low-passed sources in the unpadded stack; None without a guide.
        weight: float32 of the shape of ``level.valid``, a factor on the score of what is taken from there.
    """

    def __init__(self, level: Level, span: int, coarse: Floats | None, weight: Floats) -> None:
        self.channels = min(CHANNELS, level.channels)
        source = level.source.reshape(level.source.shape[0], -1, level.channels)[R:-R, R:-R, :CHANNELS]
        seen = np.asarray(ndimage.maximum_filter(level.valid, PATCH))
        ends = [start - 2 * R for start in level.starts[1:]] + [level.valid.shape[0]]
        self._blocks: list[list[Block]] = []
        for number, (start, end) in enumerate(zip(level.starts, ends, strict=True)):
            wrap = level.wrap if number == 0 else (False, False)
            parts = [level.valid[start:end], seen[start:end]]
            self._blocks.append(
                [
                    Block(
                        source[start:end],
                        parts[1],
                        parts[0],
                        None if coarse is None else coarse[start:end, :, :CHANNELS],
                        weight[start:end],
                        rows,
                        cols,
                        range(start, end),
                        wrap,
                    )
                    for rows in _runs(end - start, wrap[0], span)
                    for cols in _runs(level.valid.shape[1], wrap[1], span)
                ]
            )

    def near(self, row: int, col: int, generator: np.random.Generator) -> list[Block]:
        """Return the block of the picture around a pixel, and another one of any copy if there is one."""
        own = min(self._blocks[0], key=lambda block: block.distance(row, col))
        others = [block for copy in self._blocks for block in copy if block is not own]
        return [own, others[int(generator.integers(len(others)))]] if others else [own]

    def find(self, template: Template, avoid: tuple[Ints, Ints], count: int, block: Block) -> list[tuple[float, Place]]:
        """Return at most ``count`` places of a block that differ least from a template, the best first.

        Args:
            template: the window.
            avoid: rows and columns of places that are of no use, nor are their neighbours.
            count: how many at most.
            block: where to look.

        Returns:
            Mean squared difference of the weighted pixels, and the place.
        """
        score, seen, cover = block.correlate(template)
        if not score.size:
            return []
        least = min(COVER * float(template.wanted.sum()), 0.98 * float(cover.max()))
        score = np.where((cover >= least) & (cover > 0.5) & (seen > SEEN * template.weight), score, np.inf)
        for row, col in zip(*avoid, strict=True):
            y, x = int(row) - block.top, int(col) - block.left
            score[max(y - 2, 0) : max(y + 3, 0), max(x - 2, 0) : max(x + 3, 0)] = np.inf
        flat = score.ravel()
        best = np.argpartition(flat, min(count, flat.size - 1))[:count]
        best = best[np.isfinite(flat[best])]
        best = best[np.lexsort((best, flat[best]))]
        rows, cols = np.divmod(best, score.shape[1])
        return [
            (max(float(flat[at]), 0.0), Place(block, int(row) + block.top, int(col) + block.left))
            for at, row, col in zip(best, rows, cols, strict=True)
        ]


def _runs(length: int, wraps: bool, span: int) -> list[range]:
    """Return the rows (or columns) of each block, counted on beyond a border."""
    first, last = (0, length + span) if wraps else (-MARGIN, length + MARGIN)
    count = max(1, -(-(last - first - span) // (LARGEST - span)))
    size = min(last - first, LARGEST)
    return [range(int(at), int(at) + size) for at in np.linspace(first, last - size, count)]
