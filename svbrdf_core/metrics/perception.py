"""Perceptual differences of maps and renders: FLIP and learned distances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from svbrdf_core.metrics import network
from svbrdf_core.metrics.groups import require
from svbrdf_core.metrics.renders import Placement, encode_light, render_views
from svbrdf_core.metrics.scene import Floats, make_comparable
from svbrdf_core.metrics.windows import ScoredWindow
from svbrdf_core.tensors.maps import spec_of

if TYPE_CHECKING:
    from svbrdf_core.render import View

MIRRORED = 2
"""Of the nine views, the pairs with a highlight on the surface that are looked at besides the flash at the camera."""

Pictures = Iterator[tuple[str, Floats, Floats]]


def perception(windows: Iterable[ScoredWindow], place: Placement) -> dict[str, float]:
    """Return ``flip`` of renderings, and ``stlpips`` and ``lpips`` of maps and renderings, each its mean in the hole.

    The renderings are the flash view and the first two mirrored pairs of the nine views, in sRGB. FLIP (Andersson et
    al. 2020) is that of low dynamic range seen at 67 pixels per degree. Networks see the hole with its surroundings,
    both taken from the truth there. Without the weights of LPIPS, which no package ships whole, it is left out.

    Raises:
        InputError: a package is missing.
    """
    require("perceptual")
    nets = {"stlpips": network.shift_tolerant(), "lpips": network.plain()}
    sums: dict[str, float] = {}
    weights: dict[str, int] = {}
    for window in windows:
        if window.truth is None:
            continue
        for name, after, before in _pictures(window, place):
            seen = {f"{kind}/{name}": distance(net, after, before) for kind, net in nets.items() if net is not None}
            if name == "render":
                seen["flip"] = flip(after, before)
            for key, errors in seen.items():
                sums[key] = sums.get(key, 0.0) + float(errors[window.hole].sum(dtype=np.float64))
                weights[key] = weights.get(key, 0) + int(window.hole.sum())
    return {key: sums[key] / weights[key] for key in sums}


def looks() -> tuple[View, ...]:
    """Return the views that are looked at: the flash and pairs that put a highlight on the surface."""
    from svbrdf_core.render import flash, nine_views

    return flash(), *nine_views()[3 : 3 + MIRRORED]


def flip(after: Floats, before: Floats) -> Floats:
    """Return the FLIP error ``(h, w)``, 0..1, of two sRGB pictures ``(3, h, w)``."""
    import flip_evaluator

    pair = [np.ascontiguousarray(picture.transpose(1, 2, 0), np.float32) for picture in (before, after)]
    errors, _, _ = flip_evaluator.evaluate(*pair, "LDR", inputsRGB=True, applyMagma=False, computeMeanError=False)
    found: Floats = np.asarray(errors, np.float32)[..., 0]
    return found


def distance(net: network.Network, after: Floats, before: Floats) -> Floats:
    """Return a learned distance ``(h, w)`` of two pictures ``(3, h, w)`` of values 0..1.

    Pictures smaller than the network can see are continued by the pixels of their edges.
    """
    import torch

    height, width = after.shape[1:]
    more = ((0, 0), (0, max(network.SMALLEST - height, 0)), (0, max(network.SMALLEST - width, 0)))
    with torch.inference_mode():
        pair = [torch.from_numpy(np.pad(np.clip(p, 0, 1).astype(np.float32), more, "edge")) for p in (after, before)]
        found: Floats = net.distance(*pair).numpy()[:height, :width]
    return found


def _pictures(window: ScoredWindow, place: Placement) -> Pictures:
    """Yield the name of each map, or ``render``, with the picture of the fill and that of the truth."""
    assert window.truth is not None
    views = looks()
    lit = [encode_light(render_views(values, window, place, views)) for values in (window.filled, window.truth)]
    for after, before in zip(*lit, strict=True):
        yield "render", after, before
    both = [make_comparable(values, place.layout) for values in (window.filled, window.truth)]
    for name in place.layout.names:
        filled, truth = (values[place.layout.slice_of(name)] for values in both)
        if name in place.linear:
            filled, truth = encode_light(filled), encode_light(truth)
        elif spec_of(name).high is None:
            filled, truth = _stretch(filled, truth)
        for after, before in _split_into_pictures(filled, truth):
            yield name, after, before


def _stretch(filled: Floats, truth: Floats) -> tuple[Floats, Floats]:
    """Return maps without a largest value (height, emission) as pictures: 0..1 is what the truth has."""
    low, high = float(truth.min()), float(truth.max())
    scale = 1 / (high - low) if high > low else 1.0
    return (filled - low) * scale, (truth - low) * scale


def _split_into_pictures(filled: Floats, truth: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Yield pictures of three channels: the map itself, or each of its channels in grey."""
    if len(filled) == 3:
        yield filled, truth
        return
    for one, other in zip(filled, truth, strict=True):
        yield np.broadcast_to(one, (3, *one.shape)), np.broadcast_to(other, (3, *other.shape))
