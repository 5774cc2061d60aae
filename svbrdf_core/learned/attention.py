"""Contextual attention: features of a hole made of those patches of the surroundings that they resemble.

Yu et al. 2018, "Generative image inpainting with contextual attention", section 4.1: match and attend, then attention
propagation.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from svbrdf_core.learning.layers import pad

Wrap = tuple[bool, bool]
RATE = 2
"""Features along a side of one place where patches are matched: a sixteenth of the comparisons."""
PATCH = 3
"""Side of the patches that are compared, in such places."""
SHARPNESS = 10.0
"""Factor of the cosines before the softmax (lambda of section 4.1)."""
FUSE = 3
"""Places along a line over which attention is summed (``fuse_k`` of Biradar et al., table I)."""
TINY = 1e-8


@dataclass(frozen=True)
class Attended:
    """What contextual attention makes.

    Attributes:
        features: ``(B, C, H, W)``.
        weights: ``(B, N, N)``: of background places (rows) for foreground places (columns), in reading order at 1 /
            `RATE`; columns add up to 1.
        size: rows and columns of the places.
    """

    features: torch.Tensor
    weights: torch.Tensor
    size: tuple[int, int]

    def most_attended(self) -> torch.Tensor:
        """Return row and column of the most attended place for each, ``(B, 2, h, w)``: the attention map."""
        best = self.weights.argmax(1).view(-1, *self.size)
        return torch.stack([best // self.size[1], best % self.size[1]], 1)


class ContextualAttention(nn.Module):
    """The layer; it has no weights of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.wrap: Wrap = (False, False)

    def forward(self, features: torch.Tensor, hole: torch.Tensor) -> Attended:
        """Attend.

        Args:
            features: ``(B, C, H, W)``, sides multiples of `RATE`.
            hole: ``(B, 1, H, W)``, above 0 there.
        """
        small = functional.avg_pool2d(features, RATE)
        holes = functional.max_pool2d(hole, RATE)
        usable = _find_usable(holes, self.wrap)
        scores = match(small, small, self.wrap)
        weights = propagate(attend(scores, usable), small.shape[2:], self.wrap) * usable
        weights = weights / weights.sum(1, keepdim=True).clamp_min(TINY)
        height, width = small.shape[2:]
        return Attended(paste(features, weights, self.wrap), weights, (height, width))


def match(foreground: torch.Tensor, background: torch.Tensor, wrap: Wrap) -> torch.Tensor:
    """Return cosines of patches, ``(B, N, N)``: background places by foreground places (Biradar et al., s_xyx'y')."""
    f, b = (functional.normalize(_patches(x, wrap), dim=1, eps=TINY) for x in (foreground, background))
    return b.transpose(1, 2) @ f


def attend(scores: torch.Tensor, usable: torch.Tensor) -> torch.Tensor:
    """Return the softmax over background places ``(B, N, N)`` that are usable, ``(B, N, 1)``, 0 or 1."""
    return (SHARPNESS * scores).masked_fill(usable == 0, float("-inf")).softmax(1)


def propagate(weights: torch.Tensor, size: tuple[int, ...], wrap: Wrap) -> torch.Tensor:
    """Return weights summed over neighbours that are shifted alike in foreground and background.

    Left and right first, then up and down: what a place attends to speaks for what its neighbour should.
    """
    height, width = size
    grid = weights.view(-1, height, width, height, width)
    return _sum_along(_sum_along(grid, 2, wrap[1]), 1, wrap[0]).view_as(weights)


def paste(features: torch.Tensor, weights: torch.Tensor, wrap: Wrap) -> torch.Tensor:
    """Return features ``(B, C, H, W)`` as the weighted mean of patches; where patches overlap, their mean.

    Patches are twice as wide as the places that they are pasted at lie apart.
    """
    size, margin = 2 * RATE, RATE // 2
    h, w = features.shape[2:]
    patches = functional.unfold(pad(features, margin, wrap), size, stride=RATE)
    wide = (h + 2 * margin, w + 2 * margin)
    summed = functional.fold(patches @ weights, wide, size, stride=RATE)
    count = functional.fold(torch.ones_like(patches[:1]), wide, size, stride=RATE)
    inner = [_fold_back(x, margin, wrap) for x in (summed, count)]
    return inner[0] / inner[1]


def _find_usable(holes: torch.Tensor, wrap: Wrap) -> torch.Tensor:
    """Return which places have patches without a hole, ``(B, N, 1)``; those least in it if there are none."""
    share = functional.avg_pool2d(pad(holes, PATCH // 2, wrap), PATCH, stride=1).flatten(2).transpose(1, 2)
    return (share <= share.amin(1, keepdim=True) + TINY).to(holes.dtype)


def _patches(x: torch.Tensor, wrap: Wrap) -> torch.Tensor:
    return functional.unfold(pad(x, PATCH // 2, wrap), PATCH)


def _sum_along(grid: torch.Tensor, axis: int, wraps: bool) -> torch.Tensor:
    """Sum over shifts of ``axis`` and of the axis two further on, together; beyond edges there is nothing."""
    total = grid
    for shift in (step for step in range(-(FUSE // 2), FUSE // 2 + 1) if step):
        moved = grid.roll((shift, shift), (axis, axis + 2))
        if not wraps:
            moved = moved.clone()
            gone = slice(0, shift) if shift > 0 else slice(shift, None)
            moved[(slice(None),) * axis + (gone,)] = 0
            moved[(slice(None),) * (axis + 2) + (gone,)] = 0
        total = total + moved
    return total


def _fold_back(x: torch.Tensor, margin: int, wrap: Wrap) -> torch.Tensor:
    """Cut a margin off, adding it to the other side along axes that wrap."""
    for axis, wraps in zip((2, 3), wrap, strict=True):
        length = x.shape[axis] - 2 * margin
        inner = x.narrow(axis, margin, length).clone()
        if wraps:
            inner.narrow(axis, 0, margin).add_(x.narrow(axis, margin + length, margin))
            inner.narrow(axis, length - margin, margin).add_(x.narrow(axis, 0, margin))
        x = inner
    return x
