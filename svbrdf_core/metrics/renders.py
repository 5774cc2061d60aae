"""Errors of the renders of a fill under several views and lights."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from svbrdf_core.metrics.accuracy import psnr
from svbrdf_core.metrics.groups import require
from svbrdf_core.metrics.scene import Floats, ScoredHole
from svbrdf_core.metrics.seams import seams
from svbrdf_core.metrics.windows import ScoredWindow
from svbrdf_core.tensors.layout import ChannelLayout

if TYPE_CHECKING:
    from svbrdf_core.render import View

OFFSET = 0.01
"""Added before the logarithm, which holds back highlights without a penalty on black (Deschaintre et al. 2018)."""


@dataclass(frozen=True)
class Placement:
    """How a tensor is to be looked at.

    Attributes:
        layout: which channels are which map.
        top, left: where the tensor's first pixel lies in the material.
        height, width: of the material, in pixels.
        linear: colour maps that are stored as linear light.
    """

    layout: ChannelLayout
    top: int
    left: int
    height: int
    width: int
    linear: Collection[str] = ()


def render_errors(windows: Iterable[ScoredWindow], place: Placement) -> dict[str, float]:
    """Return ``render/log_l1``, ``render/psnr`` and ``render/seam`` over the nine views, in the hole alone.

    ``log_l1`` is the mean of ``|log(x + 0.01) - log(y + 0.01)|`` of linear light, natural logarithm: the rendering
    loss of Deschaintre et al. (2018), section 4.2. PSNR is that of all views together, clipped to 0..1 and in sRGB.
    The seam is the mean over the views in sRGB, each window weighing as much as it has pixels of the hole.
    """
    require("render")
    from svbrdf_core.render import nine_views

    views = nine_views()
    logs = squares = jumps = 0.0
    count = weight = 0
    for window in windows:
        pixels = int(window.hole.sum())
        after, before = render_views(window.filled, window, place, views), None
        if window.truth is not None:
            before = render_views(window.truth, window, place, views)
            x, y = after[..., window.hole], before[..., window.hole]
            logs += float(np.abs(np.log(x + OFFSET) - np.log(y + OFFSET)).sum(dtype=np.float64))
            squares += float(np.square(encode_light(x) - encode_light(y)).sum(dtype=np.float64))
            count += x.size
        jump = _seam(encode_light(after), None if before is None else encode_light(before), window)
        if jump is not None:
            jumps += jump * pixels
            weight += pixels
    found = {"render/log_l1": logs / count, "render/psnr": psnr(squares / count)} if count else {}
    return found | ({"render/seam": jumps / weight} if weight else {})


def render_views(values: Floats, window: ScoredWindow, place: Placement, views: Sequence[View]) -> Floats:
    """Render a tensor ``(C, h, w)`` where a window lies in its material; linear light ``(views, 3, h, w)``."""
    import torch

    from svbrdf_core.render import Part, render

    part = Part(place.top + window.top, place.left + window.left, place.height, place.width)
    with torch.inference_mode():
        tensor = torch.from_numpy(np.ascontiguousarray(values))[None]
        found = [render(tensor, place.layout, view, linear=place.linear, part=part)[0].numpy() for view in views]
    # A point below the horizon of a lamp or of a damaged normal may leave no number behind; it is dark.
    light: Floats = np.nan_to_num(np.stack(found), nan=0.0, posinf=0.0)
    return light


def encode_light(light: Floats) -> Floats:
    """Return linear light as it is shown: clipped to 0..1, in sRGB."""
    import torch

    from svbrdf_core.render import to_srgb

    encoded: Floats = to_srgb(torch.from_numpy(np.clip(light, 0, 1))).numpy()
    return encoded


def _seam(after: Floats, before: Floats | None, window: ScoredWindow) -> float | None:
    """Return the mean seam of pictures ``(n, 3, h, w)``; None if nothing shows on either side of the border."""
    count = len(after)
    layout = ChannelLayout(tuple(f"extra:{number}" for number in range(count)), (3,) * count)
    flat, true = (None if p is None else p.reshape(3 * count, *p.shape[2:]) for p in (after, before))
    assert flat is not None
    return seams(ScoredHole(flat, true, window.hole, window.known, layout)).get("seam")
