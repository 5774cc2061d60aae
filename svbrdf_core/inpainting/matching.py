"""An example brought to the scale and the colours of the material that is filled from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from svbrdf_core.inpainting.examples import Example, check_examples
from svbrdf_core.masks import Mask
from svbrdf_core.material import Material
from svbrdf_core.material.canvas import Bools, Floats, Picture
from svbrdf_core.run import Run
from svbrdf_core.tensors.layout import ChannelLayout
from svbrdf_core.tensors.maps import EXTRA_PREFIX, kind_of

SIDE = 1024
"""Pixels a side, about, of what is compared of either."""
SHIFTS = range(-8, 9)
"""Quarters of octaves by which an example is tried to be enlarged: from a quarter to four times."""
BINS = 24
"""Classes of frequency, a quarter of an octave each, in which the grain of both is compared."""
CLEARLY = 0.8
"""A scale is believed if its spectrum fits with less than this of the misfit without one."""
ALIKE = 0.12
"""Misfits that differ by less are alike, and the smaller change of scale is taken: grain that is the same at all scales
fits wherever it is fine enough."""
TOLD = 0.02
"""A change of colour that is said, in the scale 0 to 1."""
STRETCH = 2.0
"""By which the spread of an example's colours is at most stretched, along any direction: its noise is stretched too."""
PLAIN = 0.5
"""A share of the target's spread; an example that has less of it once it is stretched is said to be plain."""
LEAST = 1e-6
"""A variance, in the scale 0 to 1, that is added to all: below it there is nothing that could be stretched."""


@dataclass(frozen=True)
class Matched:
    """A canvas at another scale, whose colours are moved and stretched.

    Attributes:
        inner: the canvas, which has no gaps.
        scale: by which it is enlarged.
        stretch: float32 ``(C, C)``, by which the channels of a pixel are multiplied; none mixes those of two maps.
        offset: float32 ``(C, 1, 1)``, what is added then.
    """

    inner: Picture
    scale: float
    stretch: Floats
    offset: Floats

    @property
    def layout(self) -> ChannelLayout:
        """Which channels are which map."""
        return self.inner.layout

    @property
    def height(self) -> int:
        """Rows."""
        return max(1, int(self.inner.height * self.scale))

    @property
    def width(self) -> int:
        """Columns."""
        return max(1, int(self.inner.width * self.scale))

    def window(self, top: int, left: int, height: int, width: int, *, wrap: bool = False) -> Floats:
        """Return float32 ``(C, height, width)`` of a region."""
        if self.scale == 1:
            return self._recoloured(self.inner.window(top, left, height, width, wrap=wrap))
        values = _resampled(self.inner, self.scale, top, left, height, width)
        for name in self.layout.names:
            if kind_of(name) == "normal":
                at = self.layout.slice_of(name)
                values[at] /= np.maximum(np.linalg.norm(values[at], axis=0), 1e-6)
        return self._recoloured(values)

    def _recoloured(self, values: Floats) -> Floats:
        return np.asarray(np.tensordot(self.stretch, values, 1) + self.offset, np.float32)


def match_example(material: Material, target: Material, hole: Mask, run: Run) -> Example:
    """Return a material as an example for another: at its scale, and each map but normals in its colours.

    Args:
        material: to copy from.
        target: to be filled.
        hole: ``(H, W)`` of the target, which is not looked at.
        run: takes notes of what was changed.

    Raises:
        InputError: it lacks a map, or has it with other channels.
    """
    whole = np.ones((material.height, material.width), np.bool_)
    check_examples([Example(material, whole)], target.layout)
    ours, known = _middle(target, hole == 0)
    theirs, _ = _middle(material, whole)
    theirs = np.concatenate([theirs[material.layout.slice_of(name)] for name in target.layout.names])
    scale = find_scale(ours, known, theirs)
    channels = material.layout.n_channels
    stretch, offset = np.eye(channels, dtype=np.float32), np.zeros((channels, 1, 1), np.float32)
    moved, plain = {}, []
    for name in target.layout.names:
        if kind_of(name) == "normal" or name.startswith(EXTRA_PREFIX):
            continue
        at, own = target.layout.slice_of(name), material.layout.slice_of(name)
        wanted, given = ours[at][:, known], theirs[at].reshape(len(theirs[at]), -1)
        mean, other_mean = wanted.mean(1, dtype=np.float64), given.mean(1, dtype=np.float64)
        stretch[own, own] = matrix = find_stretch(wanted, given)
        offset[own] = (mean - matrix @ other_mean)[:, None, None]
        moved[name] = float(np.abs(mean - other_mean).max())
        if np.std(matrix @ (given - other_mean[:, None])) < PLAIN * np.std(wanted - mean[:, None]):
            plain.append(name)
    if scale != 1:
        run.note(f"{material.name} is taken at {scale:.0%} of its size, at which its grain is that of {target.name}.")
    told = [f"{name} by {by:.2f}" for name, by in moved.items() if by > TOLD]
    if told:
        run.note(f"The colours of {material.name} are brought to those of {target.name}: {', '.join(told)}.")
    if plain:
        run.note(f"{material.name} varies far less than {target.name} in {', '.join(plain)}, so the fill looks plain.")
    canvas = Matched(material, scale, stretch, offset)
    return Example(canvas, np.ones((canvas.height, canvas.width), np.bool_))


def find_scale(ours: Floats, known: Bools, theirs: Floats) -> float:
    """Return how much an example must be enlarged so that its grain is as fine as ours; 1 if that is not clear.

    The spectra of both, in classes of a quarter of an octave, are laid over each other at each scale; those of light
    and height say most, so all channels count by their variance.

    Args:
        ours: float32 ``(C, h, w)``.
        known: bool ``(h, w)``.
        theirs: float32 ``(C, h', w')``.
    """
    own, other = _spectrum(np.where(known, ours, ours[:, known].mean(1)[:, None, None])), _spectrum(theirs)
    misfits = {}
    for shift in SHIFTS:
        # A quarter of an octave a class: enlarged by 2^(shift / 4) the example's grain is that many classes coarser.
        first, second = (own[:-shift], other[shift:]) if shift > 0 else (own[-shift:], other[: BINS + shift])
        misfits[shift] = float((first - second).std())
    least = min(misfits.values())
    best = min((shift for shift in SHIFTS if misfits[shift] <= least + ALIKE), key=abs)
    return float(2 ** (best / 4)) if misfits[best] < CLEARLY * misfits[0] else 1.0


def _spectrum(values: Floats) -> NDArray[np.float64]:
    """Return the logarithm of the power in each class of frequency, ``(BINS,)``, the finest last."""
    side = min(values.shape[1:])
    window = np.hanning(side)[:, None] * np.hanning(side)
    power = np.zeros((side, side))
    for channel in values[:, :side, :side]:
        power += np.abs(np.fft.fft2((channel - channel.mean()) * window)) ** 2
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side))
    classes = np.floor(4 * np.log2(np.maximum(frequency, 1e-9) / 0.5)).astype(int) + BINS
    inside = (classes >= 0) & (classes < BINS)
    counts = np.bincount(classes[inside], minlength=BINS)
    sums = np.bincount(classes[inside], power[inside], minlength=BINS)
    found = np.log(np.maximum(sums / np.maximum(counts, 1), 1e-12))
    found[counts == 0] = found[counts > 0].mean()
    return np.asarray(found)


def find_stretch(ours: Floats, theirs: Floats) -> NDArray[np.float64]:
    """Return the matrix ``(c, c)`` that gives an example's colours, once their mean is 0, the covariance of ours.

    Of all that do it this one changes colours least: the linear Monge-Kantorovich map of Pitié and Kokaram, "The linear
    Monge-Kantorovitch linear colour mapping for example-based colour transfer", 2007. Channels that were matched one by
    one would keep the hues of the example's variation, and stretch what little of it lies across: brown specks in grass
    become violet ones in rust.

    Args:
        ours: float32 ``(c, n)``.
        theirs: float32 ``(c, m)``.
    """
    wanted, given = (np.atleast_2d(np.cov(values.astype(np.float64), ddof=0)) for values in (ours, theirs))
    least = LEAST * np.eye(len(wanted))
    root, inverse = _power(given + least, 0.5), _power(given + least, -0.5)
    matrix = inverse @ _power(root @ (wanted + least) @ root, 0.5) @ inverse
    scales, directions = np.linalg.eigh(matrix)
    return np.asarray((directions * np.minimum(scales, STRETCH)) @ directions.T)


def _power(matrix: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    """Return a power of a symmetric positive matrix."""
    scales, directions = np.linalg.eigh(matrix)
    return np.asarray((directions * np.maximum(scales, LEAST**2) ** exponent) @ directions.T)


def _middle(material: Material, known: Bools) -> tuple[Floats, Bools]:
    """Return what is compared of a material, and what of that is known."""
    height, width = min(SIDE, material.height), min(SIDE, material.width)
    top, left = (material.height - height) // 2, (material.width - width) // 2
    part = known[top : top + height, left : left + width]
    values = material.window(top, left, height, width)
    part = part & np.isfinite(values).all(0)
    return np.where(np.isfinite(values), values, 0), part if part.any() else np.ones_like(part)


def _resampled(canvas: Picture, scale: float, top: int, left: int, height: int, width: int) -> Floats:
    """Return a region of a canvas as it is at another scale, interpolated linearly, smoothed first if it is reduced."""
    places = [
        np.clip((np.arange(start, start + length) + 0.5) / scale - 0.5, 0, size - 1)
        for start, length, size in ((top, height, canvas.height), (left, width, canvas.width))
    ]
    (first_row, last_row), (first_col, last_col) = ((int(at[0]), int(np.ceil(at[-1]))) for at in places)
    values = canvas.window(first_row, first_col, last_row - first_row + 1, last_col - first_col + 1)
    blur = 0.5 * max(1 / scale - 1, 0)
    grid = np.meshgrid(places[0] - first_row, places[1] - first_col, indexing="ij")
    out = np.empty((len(values), height, width), np.float32)
    for channel, target in zip(values, out, strict=True):
        smooth = ndimage.gaussian_filter(channel, blur) if blur else channel
        ndimage.map_coordinates(smooth, grid, target, order=1, mode="nearest")
    return out
