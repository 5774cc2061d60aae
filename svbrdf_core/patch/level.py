"""Levels of the pyramid: targets to be matched, sources to match them with, and the padding of both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import as_strided
from scipy import ndimage

from svbrdf_core.patch.cpu_backend.kernels import PATCH, R
from svbrdf_core.patch.types import Bools, Floats, Ints
from svbrdf_core.tensors.pyramid import Plane


@dataclass(eq=False)
class Level:
    """One level of the pyramid, all in numpy, equal only to itself; `kernels` states the layout of padded images.

    A backend may keep copies of its own; then ``target`` stays as it was before the fill.

    Attributes:
        target: padded image that is being filled; it holds what targets see, and 0 farther from the hole.
        source: padded images that patches are taken from, one below the other when there are turned copies.
        channels: channels of a pixel.
        shape: ``(H, W)`` of the unpadded target.
        wrap: whether rows and columns wrap.
        hole_ys, hole_xs: int32, the hole's pixels.
        ys, xs: int32, centres of the patches to be matched: those that touch the hole and lie in the picture.
        is_target: bool ``(H, W)``, the same as a picture.
        known: bool ``(H, W)``.
        valid: bool, where a source patch may be centred, on the unpadded source.
        source_ys, source_xs: int32, the same as a list.
        starts: the row of `valid` at which each oriented copy begins.
        fixed: how many of the last channels are known in the hole too, so that no vote changes them.
    """

    target: Floats
    source: Floats
    channels: int
    shape: tuple[int, int]
    wrap: tuple[bool, bool]
    hole_ys: Ints
    hole_xs: Ints
    ys: Ints
    xs: Ints
    is_target: Bools
    known: Bools
    valid: Bools
    source_ys: Ints
    source_xs: Ints
    starts: tuple[int, ...]
    fixed: int = 0

    @cached_property
    def thickness(self) -> int:
        """About how many pixels the hole is thick."""
        return measure_thickness(self.known)

    @property
    def given(self) -> Floats:
        """The padded picture ``(H + 2 R, W + 2 R, C)`` as it was before the fill, a view of `source`."""
        height, width = self.shape
        return self.source.reshape(len(self.source), -1, self.channels)[: height + 2 * R, : width + 2 * R]

    @property
    def pairs(self) -> int:
        """How many comparisons an exhaustive search would take."""
        return len(self.ys) * len(self.source_ys)

    def without_pictures(self) -> Level:
        """Return the level as it is when the search is over: where its hole and sources lie, not what they hold."""
        nothing = np.empty((0, 0), np.float32)
        return replace(self, target=nothing, source=nothing)


def build_level(plane: Plane, sources: list[Plane], wrap: tuple[bool, bool]) -> Level:
    """Prepare one scale for matching.

    Args:
        plane: the picture with the hole.
        sources: the picture again and its turned copies, at the same scale.
        wrap: whether rows and columns wrap.
    """
    hole = ~plane.known
    is_target = _near(hole, wrap) & _centres(hole.shape, wrap)
    stacked = [_padded(oriented, _oriented_wrap(i, wrap)) for i, oriented in enumerate(sources)]
    source = _flat(_stack(stacked))
    valid = [_valid(oriented, _oriented_wrap(i, wrap)) for i, oriented in enumerate(sources)]
    all_valid = _stack([np.pad(v, R) for v in valid])[R:-R, R:-R]
    ys, xs = _where(is_target)
    hole_ys, hole_xs = _where(hole)
    source_ys, source_xs = _where(all_valid)
    channels = plane.image.shape[2]
    return Level(
        _start_target(source, is_target, channels, wrap),
        source,
        channels,
        (hole.shape[0], hole.shape[1]),
        wrap,
        hole_ys,
        hole_xs,
        ys,
        xs,
        is_target,
        plane.known,
        np.ascontiguousarray(all_valid),
        source_ys,
        source_xs,
        tuple(int(n) for n in np.cumsum([0] + [image.shape[0] for image in stacked[:-1]])),
        plane.fixed,
    )


def gather_patches(image: Floats, channels: int, ys: Ints, xs: Ints) -> Floats:
    """Return the patches ``(N, 49 C)`` of a padded, flat image whose middles are pixels of the unpadded one."""
    run = PATCH * channels
    shape = image.shape[0] - 2 * R, image.shape[1] // channels - 2 * R, PATCH, run
    down, right = image.strides
    patches = as_strided(image, shape, (down, channels * right, down, right), writeable=False)
    return np.asarray(patches[ys, xs].reshape(len(ys), PATCH * run))


def measure_thickness(known: Bools) -> int:
    """Return about how many pixels the thickest hole is thick, a bool picture ``(H, W)`` of what is known given."""
    return 2 * int(ndimage.distance_transform_cdt(~known, "chessboard").max())


def modes(wrap: tuple[bool, bool]) -> list[Literal["wrap", "constant"]]:
    """Return scipy's names for how each axis goes on beyond the border: round, or as nothing."""
    return ["wrap" if wraps else "constant" for wraps in wrap]


def _oriented_wrap(index: int, wrap: tuple[bool, bool]) -> tuple[bool, bool]:
    return wrap if index == 0 else (False, False)  # a turned copy of a one-way strip wraps the other way: not worth it


def _near(hole: Bools, wrap: tuple[bool, bool]) -> Bools:
    return np.asarray(ndimage.maximum_filter(hole.astype(np.uint8), PATCH, mode=modes(wrap)), np.bool_)


def _centres(shape: tuple[int, ...], wrap: tuple[bool, bool]) -> Bools:
    inside = np.ones(shape, np.bool_)
    if not wrap[0]:
        inside[:R] = inside[shape[0] - R :] = False
    if not wrap[1]:
        inside[:, :R] = inside[:, shape[1] - R :] = False
    return inside


def _valid(plane: Plane, wrap: tuple[bool, bool]) -> Bools:
    free = (plane.known & plane.allowed).astype(np.uint8)
    whole = np.asarray(ndimage.minimum_filter(free, PATCH, mode=modes(wrap)), np.bool_)
    return whole & _centres(free.shape, wrap)


def make_room(shape: tuple[int, ...], channels: int) -> Floats:
    """Return an empty picture ``(H + 2 R, W + 2 R, C)`` whose middle a `Plane` may have as its image."""
    height, width = shape
    return np.empty((height + 2 * R, width + 2 * R, channels), np.float32)


def _start_target(source: Floats, is_target: Bools, channels: int, wrap: tuple[bool, bool]) -> Floats:
    """Copy what targets see, and whole lines where they wrap: memory that nobody writes to is not even taken."""
    height, width = is_target.shape
    target = np.zeros((height + 2 * R, (width + 2 * R) * channels), np.float32)
    rows, cols = (
        slice(0, size + 2 * R) if wraps else _span(np.asarray(is_target.any(1 - axis)))
        for axis, (size, wraps) in enumerate(zip(is_target.shape, wrap, strict=True))
    )
    seen = rows, slice(cols.start * channels, cols.stop * channels)
    target[seen] = source[seen]
    return target


def _span(touched: Bools) -> slice:
    """Return the padded lines that patches centred on some lines see."""
    at = np.flatnonzero(touched)
    return slice(int(at[0]), int(at[-1]) + PATCH) if len(at) else slice(0, 0)


def _padded(plane: Plane, wrap: tuple[bool, bool]) -> Floats:
    height, width, channels = plane.image.shape
    out = plane.room
    if out is None:
        out = make_room((height, width), channels)
        out[R:-R, R:-R] = plane.image
    rows, cols = out[:, R:-R], out.transpose(1, 0, 2)
    for lines, size, wraps in ((rows, height, wrap[0]), (cols, width, wrap[1])):
        lines[:R] = lines[size : size + R] if wraps else lines[R]
        lines[size + R :] = lines[R : 2 * R] if wraps else lines[size + R - 1]
    return out


def _stack(images: list[np.ndarray]) -> np.ndarray:
    if len(images) == 1:
        return images[0]
    width = max(image.shape[1] for image in images)
    return np.concatenate(
        [np.pad(i, [(0, 0), (0, width - i.shape[1])] + [(0, 0)] * (i.ndim - 2)) for i in images], axis=0
    )


def _flat(image: Floats) -> Floats:
    return np.ascontiguousarray(image.reshape(image.shape[0], -1), np.float32)


def _where(picture: Bools) -> tuple[Ints, Ints]:
    ys, xs = np.nonzero(picture)
    return ys.astype(np.int32), xs.astype(np.int32)
