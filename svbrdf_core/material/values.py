"""Conversion of stored samples to tensor values and back, one map at one place at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.errors import InputError
from svbrdf_core.formats import Samples
from svbrdf_core.material.binding import Place
from svbrdf_core.tensors.maps import kind_of

Values = NDArray[np.float32]

_FLAT = 1e-6
LONGEST = 2.0
"""Of any component of a normal: what resizing and filters make of unit vectors is shorter."""


def to_values(samples: Samples, place: Place, name: str) -> Values:
    """Return tensor values ``(h, w, c)`` of file samples ``(h, w, C)``; normals are unit and y up."""
    picked = samples[:, :, [group[0] for group in place.channels]].astype(np.float32)
    if not place.file.is_float:
        picked /= np.float32(place.file.full_scale)
    if kind_of(name) == "normal":
        return _to_normal(picked, place)
    return np.float32(1) - picked if place.inverted else picked


def put_values(samples: Samples, values: Values, alpha: Values, place: Place, name: str) -> None:
    """Blend ``values`` ``(h, w, c)`` into file samples ``(h, w, C)`` in place, where ``alpha`` ``(h, w)`` is above 0.

    Integers are rounded to nearest and clipped, floats are kept as they are. Channels of other maps, and every
    sample where ``alpha`` is 0, keep their bits.
    """
    hole = alpha > 0
    a = alpha[hole][:, None]
    new = values[hole]
    if not np.isfinite(new).all():
        raise ValueError(f"the fill of {name} has values that are not finite")
    old = to_values(samples[hole][:, None], place, name)[:, 0]
    # 0 * NaN is NaN: a fully replaced sample must not see the old value.
    with np.errstate(invalid="ignore"):
        mixed = np.where(a < 1, old + a * (new - old), new) if (a < 1).any() else new
    stored = _to_stored(mixed, place, name)
    for at, group in enumerate(place.channels):
        for channel in group:
            samples[:, :, channel][hole] = stored[:, at]


def check_vectors(samples: Samples, what: str) -> None:
    """Refuse floats ``(h, w, C)`` most of which are no vectors, encoded or not: a fill of them would be none either.

    Raises:
        InputError: they go further than vectors can, as samples of 0 to 255 do.
    """
    if samples.dtype.kind != "f":
        return
    longest = np.abs(samples).max(axis=2)
    usual = float(np.median(longest[np.isfinite(longest)])) if np.isfinite(longest).any() else 0.0
    if usual > LONGEST:
        raise InputError(
            f"{what} holds normals of about {usual:g}, which go from -1 to 1, or from 0 to 1 as pictures have them; "
            "divide them by the largest value that they may have, such as 255."
        )


def unit(vectors: Values) -> Values:
    """Return vectors ``(..., 3)`` at length one; those of no length become (0, 0, 1)."""
    length = np.sqrt(np.einsum("...c,...c->...", vectors, vectors))[..., None]
    flat = length < _FLAT
    np.copyto(length, 1, where=flat)
    with np.errstate(invalid="ignore", divide="ignore"):
        result = vectors / length
    if flat.any():
        result[flat[..., 0]] = (0, 0, 1)
    return np.asarray(result, np.float32)


def _to_normal(picked: Values, place: Place) -> Values:
    xyz = picked if place.signed else picked * np.float32(2) - np.float32(1)
    if place.directx:
        xyz[..., 1] *= -1
    if xyz.shape[-1] == 2:
        z = np.sqrt(np.maximum(np.float32(0), 1 - np.square(xyz).sum(axis=-1, keepdims=True)))
        xyz = np.concatenate([xyz, z], axis=-1)
    return unit(xyz)


def _to_stored(values: Values, place: Place, name: str) -> Samples:
    """Return values ``(n, c)`` as the file stores them."""
    if kind_of(name) == "normal":
        values = unit(values)
        if place.directx:
            values = values * np.array([1, -1, 1], np.float32)
        values = values[:, : len(place.channels)]
        values = values if place.signed else (values + np.float32(1)) / np.float32(2)
    elif place.inverted:
        values = np.float32(1) - values
    if place.file.is_float:
        most = np.finfo(place.file.dtype).max
        return np.clip(values, -most, most).astype(place.file.dtype)
    scale = place.file.full_scale
    return np.floor(np.clip(values, 0, 1).astype(np.float64) * scale + 0.5).astype(place.file.dtype)
