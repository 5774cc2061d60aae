"""Maps of flat colours: stones of one colour each, masks, and maps of few grey levels.

A correction that fades within a stone of one colour leaves contour lines in it, so such a stone gets one colour as a
whole, one that the material has. A map of few values keeps to them. A mask of two is not to be moved at all.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.patch.types import Bools, Floats, Ints

FEW = 64
"""Distinct colours up to which a map keeps to them."""
SAMPLE = 1 << 17
"""Known pixels of which colours are counted, about."""
SHARE = 0.002
"""Part of the pixels above which a colour may be one of a flat stone."""
APART = 3 / 255
"""Colours nearer than this, in every channel, are shades of one."""


class Palette:
    """The colours of a map, and which of them are flat: held by many pixels while those close to it have few.

    Attributes:
        colours: float32 ``(K, c)``, all colours in the sample.
        flat: bool ``(K,)``.
    """

    def __init__(self, sample: Floats) -> None:
        """Count the colours of a sample ``(c, n)``."""
        rows = np.ascontiguousarray(sample.T + np.float32(0))  # no -0
        keys = np.zeros(len(rows), np.uint64)
        for bits in rows.view(np.uint32).T:
            keys = (keys ^ bits) * np.uint64(0x9E3779B97F4A7C15)  # one to one for each channel, and sorts fast
            keys ^= keys >> np.uint64(32)
        _, at, counts = np.unique(keys, return_index=True, return_counts=True)
        self.colours: Floats = rows[at]
        self.flat: Bools = np.zeros(len(at), np.bool_)
        for k in np.flatnonzero(counts > max(SHARE * len(rows), 1)):
            close = (np.abs(self.colours - self.colours[k]) <= APART).all(1)
            self.flat[k] = counts[close].sum() < 1.5 * counts[k]

    @property
    def is_mask(self) -> bool:
        """Whether the map has two colours, or one."""
        return len(self.colours) <= 2

    @property
    def is_smooth(self) -> bool:
        """Whether the map may take any colour."""
        return len(self.colours) > FEW and not self.flat.any()

    def keep(self, corrected: Floats, copied: Floats, near: Ints) -> Floats:
        """Return corrected values ``(c, N)`` whose flat parts have one flat colour each, and few colours if it has few.

        Args:
            corrected: ``(c, N)``.
            copied: ``(c, N)``, the values before.
            near: ``(N, 4)``, the numbers of each pixel's neighbours, N where there is none.
        """
        out = corrected.copy()
        if len(self.colours) <= FEW:
            out = self.colours[_find_nearest(self.colours, out)].T
        if self.flat.any():
            flats = self.colours[self.flat]
            which = _find_nearest(flats, copied)
            inside = np.flatnonzero((flats[which].T == copied).all(0))
            part = _connect(which, inside, near)
            size = np.bincount(part)
            means = np.stack([np.bincount(part, values[inside]) / size for values in corrected]).astype(np.float32)
            out[:, inside] = flats[_find_nearest(flats, means)][part].T
        return out


def list_sample(known: Bools) -> NDArray[np.intp]:
    """Return the positions of known pixels in the flat picture, every so many if there are many."""
    at = np.flatnonzero(known)
    return at[:: max(1, len(at) // SAMPLE)]


def _find_nearest(colours: Floats, values: Floats) -> NDArray[np.intp]:
    """Return the number ``(n,)`` of the colour nearest to each of the values ``(c, n)``."""
    best = np.full(values.shape[1], np.inf, np.float32)
    which = np.zeros(values.shape[1], np.intp)
    for k, colour in enumerate(colours):
        distance = np.square(values - colour[:, None]).sum(0)
        nearer = distance < best
        best[nearer], which[nearer] = distance[nearer], k
    return which


def _connect(colour: NDArray[np.intp], inside: NDArray[np.intp], near: Ints) -> NDArray[np.intp]:
    """Return for each of the pixels ``inside`` which connected part of one colour it belongs to."""
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    number = np.full(len(near) + 1, -1, np.intp)
    number[inside] = np.arange(len(inside))
    shade = np.append(colour, -1)
    first, second = np.repeat(inside, 4), near[inside].ravel()
    same = (number[second] >= 0) & (shade[first] == shade[second])
    first, second = number[first[same]], number[second[same]]
    links = sparse.coo_array((np.ones(len(first), np.bool_), (first, second)), shape=(len(inside), len(inside)))
    return np.asarray(connected_components(links, directed=False)[1], np.intp)
