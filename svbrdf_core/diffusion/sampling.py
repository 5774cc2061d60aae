"""A model and a picture with a hole come in; the picture with the hole filled goes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from svbrdf_core.diffusion.crops import Picture
from svbrdf_core.diffusion.holes import Bools, Floats
from svbrdf_core.diffusion.model import Model
from svbrdf_core.diffusion.network import STRIDE
from svbrdf_core.diffusion.precision import autocast, brought
from svbrdf_core.diffusion.recipe import Recipe, recipe_of
from svbrdf_core.diffusion.schedule import sample
from svbrdf_core.diffusion.trainer import seen_by

AROUND = 48
"""Pixels around the hole that the network sees; the rest of the picture is beyond its reach."""

SMALLEST = 64
"""Side of the smallest tile that is sampled at a time when memory runs out."""

Indices = np.ndarray[tuple[int], np.dtype[np.intp]]


@dataclass(frozen=True)
class _Window:
    """The rows and columns that are sampled, and whether they are all that there are of a torus."""

    rows: Indices
    columns: Indices
    wrap: tuple[bool, bool]


def filled(
    model: Model,
    picture: Picture,
    passes: int,
    rng: np.random.Generator,
    device: str = "cpu",
    check: Callable[[], None] = lambda: None,
    report: Callable[[float], None] = lambda done: None,
    note: Callable[[str], None] = lambda sentence: None,
) -> Floats:
    """Return the picture's values ``(C, H, W)``, sampled in the hole.

    Args:
        model: of the picture's channels.
        picture: what is known of it.
        passes: of the network.
        rng: the only source of randomness.
        device: where to compute.
        check: called before each pass; raises to stop.
        report: called with the fraction done.
        note: takes a sentence for the user.
    """
    try:
        return _filled(model, picture, passes, rng, device, check, report, note)
    except torch.OutOfMemoryError:
        note(f"The memory of {device} does not hold the network; it samples on the processor.")
        return _filled(model, picture, passes, rng, "cpu", check, report, note)


def _filled(
    model: Model,
    picture: Picture,
    passes: int,
    rng: np.random.Generator,
    device: str,
    check: Callable[[], None],
    report: Callable[[float], None],
    note: Callable[[str], None],
) -> Floats:
    recipe = recipe_of(model.kind.recipe)
    window = _window(picture)
    at = np.ix_(np.arange(len(picture.values)), window.rows, window.columns)
    hole = np.asarray(~picture.known)[np.ix_(window.rows, window.columns)]
    x0 = torch.from_numpy(np.where(hole, 0, picture.values[at]).astype(np.float32))[None].to(device)
    there = torch.from_numpy(hole.astype(np.float32))[None, None].to(device)
    # The noise of a pixel that a torus brings twice is the same.
    noise = rng.standard_normal(picture.values.shape, np.float32)[at]
    generator = torch.Generator(device).manual_seed(int(rng.integers(1 << 31)))
    brought(model.network, device)  # its training may have moved to the processor
    model.network.wrap(*window.wrap)
    denoise = _Pass(model, recipe, x0, there, device, note)
    levels = recipe.schedule.levels(passes)

    def step(x: torch.Tensor, level: int) -> torch.Tensor:
        check()
        report(1 - level / recipe.schedule.last)
        return denoise(x, level)

    with torch.inference_mode():
        found = sample(step, torch.from_numpy(noise)[None].to(device), recipe.schedule, levels, generator)
    values = picture.values.copy()
    # Of what a torus brings twice the copy nearer to the middle is right; it is written last.
    rows, columns = _outside_in(len(window.rows)), _outside_in(len(window.columns))
    every = np.arange(len(values))
    values[np.ix_(every, window.rows[rows], window.columns[columns])] = (
        found[0].cpu().numpy()[np.ix_(every, rows, columns)]
    )
    return np.where(picture.known, picture.values, values)


class _Pass:
    """One pass of the network over the window, in tiles if the memory does not hold it in one.

    Args:
        model: the network.
        recipe: what it sees.
        x0: what is known, ``(1, C, H, W)``.
        hole: ``(1, 1, H, W)``.
        device: where to compute.
        note: takes a sentence for the user.
    """

    def __init__(
        self,
        model: Model,
        recipe: Recipe,
        x0: torch.Tensor,
        hole: torch.Tensor,
        device: str,
        note: Callable[[str], None],
    ) -> None:
        self._model, self._recipe, self._x0, self._hole = model, recipe, x0, hole
        self._device, self._note = device, note
        self._tile = _rounded(max(x0.shape[2:]))

    def __call__(self, x: torch.Tensor, level: int) -> torch.Tensor:
        share = torch.full((1,), level / self._recipe.schedule.last, device=x.device)
        seen = seen_by(self._recipe, x, self._x0, self._hole, share)
        while True:
            try:
                return self._tiled(*seen)
            except torch.OutOfMemoryError:
                if self._tile <= SMALLEST:
                    raise
                self._tile = max(SMALLEST, _rounded(self._tile // 2))
                self._model.network.wrap(False, False)
                self._note(f"The memory does not hold the window; it is sampled in tiles of {self._tile} pixels.")

    def _tiled(self, x: torch.Tensor, seen: torch.Tensor, hole: torch.Tensor, share: torch.Tensor) -> torch.Tensor:
        out = torch.empty_like(x)
        height, width = x.shape[2:]
        for top in range(0, height, self._tile):
            for left in range(0, width, self._tile):
                # The tile with its surroundings, whose sides stay multiples of the stride.
                start_y, start_x = max(0, top - AROUND), max(0, left - AROUND)
                at = np.s_[:, :, start_y : top + self._tile + AROUND, start_x : left + self._tile + AROUND]
                with autocast(self._device):
                    found = self._model.network(x[at], seen[at], hole[at], share)
                inside = np.s_[:, :, top - start_y :, left - start_x :]
                piece = found[inside][:, :, : self._tile, : self._tile]
                out[:, :, top : top + self._tile, left : left + self._tile] = piece
        return out


def _window(picture: Picture) -> _Window:
    """Return the hole with what is around it; sides are multiples of `STRIDE`."""
    touched = [np.asarray((~picture.known).any(axis=axis)) for axis in (1, 0)]
    spans = [_span(side, wraps) for side, wraps in zip(touched, picture.wrap, strict=True)]
    whole = [wraps and len(span) == len(side) for span, side, wraps in zip(spans, touched, picture.wrap, strict=True)]
    return _Window(spans[0], spans[1], (whole[0], whole[1]))


def _span(touched: Bools, wraps: bool) -> Indices:
    """Return the indices of the hole's rows or columns with what is around them.

    On a torus they go on at the other side; a picture that is too short goes on in mirror image.
    """
    length = len(touched)
    inside = np.flatnonzero(touched)
    if wraps:
        # The longest gap without a hole is what is left out.
        gaps = np.diff(np.append(inside, inside[0] + length))
        first = int(inside[(int(gaps.argmax()) + 1) % len(inside)])
        extent = length - int(gaps.max()) + 1
        count = _rounded(extent + 2 * AROUND)
        if count >= length and length % STRIDE == 0:
            return np.arange(length)
        return np.asarray((first - AROUND + np.arange(count)) % length)
    start, stop = max(0, int(inside[0]) - AROUND), min(length, int(inside[-1]) + 1 + AROUND)
    count = _rounded(stop - start)
    start = max(0, min(start, length - count))
    at = np.arange(start, start + count) % (2 * length)
    return np.where(at < length, at, 2 * length - 1 - at)


def _outside_in(length: int) -> Indices:
    """Return 0 to ``length - 1``, those farthest from the middle first."""
    return np.argsort(-np.abs(np.arange(length) - (length - 1) / 2), kind="stable")


def _rounded(count: int) -> int:
    return -(-count // STRIDE) * STRIDE
