"""Network architectures that predict a picture from a noisy one, its known part, the hole and the timestep."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import nn
from torch.nn import functional

from svbrdf_core.learning.layers import Convolution

FOLD = 2
"""Pixels along a side that ours folds into channels first: a quarter of the positions, so a quarter of the cost."""
STRIDE = 8
"""What sides must be multiples of, for both networks."""
EMBEDDING = 64
"""Length of the embedding of a timestep."""
MAX_WIDTH = 4096
"""Channels that a network's finest level may have."""


class ConditionalUNet(nn.Module):
    """What both networks are: ``(x, known, hole, t)`` in, the prediction of x_0 ``(B, C, H, W)`` out.

    ``x`` is the noisy picture, ``(B, C, H, W)``; ``known`` is what is known of it, 0 in the hole; ``hole`` is
    ``(B, 1, H, W)``, 1 in the hole; ``t`` is ``(B,)``, the timestep over T: 0 (no noise) to 1 (nothing else). Sides are
    multiples of `STRIDE`. One that was made with ``conditional=False`` looks at ``x`` and ``t`` alone.
    """

    def wrap(self, rows: bool, columns: bool) -> None:
        """Let pictures go on at the other side along one axis or both."""
        for module in self.modules():
            if isinstance(module, Convolution):
                module.wrap = (rows, columns)


class TimedLevels(nn.Module):
    """Three levels down, a middle and three up again, all of which know the timestep, without normalisation."""

    def make_levels(self, width: int, widths: Sequence[int], *, absent: bool) -> None:
        """Make the blocks.

        Args:
            width: channels of what goes in.
            widths: of the levels, from fine to coarse; the first is what comes out.
            absent: see `TimedBlock`.
        """
        self.code = nn.Sequential(nn.Linear(EMBEDDING, EMBEDDING), nn.SiLU(), nn.Linear(EMBEDDING, EMBEDDING))
        before = [width, *widths[:-1]]
        self.down = nn.ModuleList(TimedBlock(a, b, absent=absent) for a, b in zip(before, widths, strict=True))
        self.middle = TimedBlock(widths[-1], widths[-1], absent=absent)
        below = [widths[-1], *reversed(widths[1:])]
        pairs = zip(below, reversed(widths), strict=True)
        self.up = nn.ModuleList(TimedBlock(a + b, b, absent=absent) for a, b in pairs)

    def pass_levels(self, h: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """Return features ``(B, C, H, W)`` after all levels, at timesteps over the last one, ``(B,)``."""
        code = self.code(embed(t))
        skips: list[torch.Tensor] = []
        for number, block in enumerate(self.down):
            h = block(functional.avg_pool2d(h, 2) if number else h, code)
            skips.append(h)
        h = self.middle(h, code)
        for number, block in enumerate(self.up):
            h = functional.interpolate(h, scale_factor=2.0) if number else h
            h = block(torch.cat([h, skips.pop()], 1), code)
        return h


class TimedBlock(nn.Module):
    """Two convolutions around which the input is led; the timestep's code scales and shifts between them.

    Args:
        before: channels.
        after: channels.
        absent: whether it starts as if it were not there, which lets the learning rate be high from the start.
    """

    def __init__(self, before: int, after: int, *, absent: bool) -> None:
        super().__init__()
        self.one, self.two = Convolution(before, after), Convolution(after, after)
        self.code = nn.Linear(EMBEDDING, 2 * after)
        self.around = nn.Conv2d(before, after, 1) if before != after else nn.Identity()
        if absent:
            nn.init.zeros_(self.two.weight)
            assert self.two.bias is not None
            nn.init.zeros_(self.two.bias)

    def forward(self, x: torch.Tensor, code: torch.Tensor) -> torch.Tensor:
        """Return ``(B, C', H, W)``, with the code ``(B, EMBEDDING)``."""
        scale, shift = self.code(code)[:, :, None, None].chunk(2, 1)
        h = functional.silu(functional.silu(self.one(x)) * (1 + scale) + shift)
        out: torch.Tensor = self.around(x) + self.two(h)
        return out


class FoldedUNet(ConditionalUNet, TimedLevels):
    """Ours: a UNet of three levels on folded pixels, without attention or normalisation.

    Args:
        channels: of the picture.
        width: channels of the finest level; coarser ones have 1.5 and 2 times as many.
        conditional: whether it sees what is known and the hole.
    """

    def __init__(self, channels: int, width: int, conditional: bool = True) -> None:
        super().__init__()
        _check_width(width)
        folded = FOLD * FOLD
        self.conditional = conditional
        self.first = Convolution(folded * (2 * channels + 1 if conditional else channels), width)
        self.make_levels(width, (width, width * 3 // 2, width * 2), absent=True)
        self.last = Convolution(width, folded * channels)

    def forward(self, x: torch.Tensor, known: torch.Tensor, hole: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """See `ConditionalUNet`."""
        seen = torch.cat([x, known, hole], 1) if self.conditional else x
        h = self.pass_levels(self.first(functional.pixel_unshuffle(seen, FOLD)), t)
        return functional.pixel_shuffle(self.last(h), FOLD)


def embed(t: torch.Tensor) -> torch.Tensor:
    """Return sines and cosines of timesteps ``(B,)``, ``(B, EMBEDDING)``."""
    frequency = torch.exp(torch.linspace(0, 4, EMBEDDING // 2, device=t.device, dtype=t.dtype))
    angle = t[:, None] * frequency
    return torch.cat([angle.sin(), angle.cos()], 1)


class CherelUNet(ConditionalUNet):
    """The UNet of Cherel et al. 2024 (figure 1): three levels and a bottom, the same few channels everywhere.

    The paper names the kinds of layers and the number of parameters, which fixes the rest: two 3 x 3 convolutions a
    level, 2 x 2 maxima down, 2 x 2 transposed convolutions up. Three channels make 163,459 parameters ("160k"); with 32
    channels in, which is what four maps of three channels with a mask and a timestep each are, and 12 out, they are the
    172,972 of the published code.

    Args:
        channels: of the picture.
        width: channels of every level.
        inputs: channels that go in; by default the noisy picture, the known one, the hole and the timestep.
        conditional: whether the known one and the hole are among them.
    """

    def __init__(self, channels: int, width: int, inputs: int | None = None, conditional: bool = True) -> None:
        super().__init__()
        _check_width(width)
        self.conditional = conditional
        first = inputs if inputs is not None else 2 * channels + 2 if conditional else channels + 1
        self.down = nn.ModuleList(_pair(before, width) for before in (first, width, width))
        self.bottom = _pair(width, width)
        self.upsample = nn.ModuleList(nn.ConvTranspose2d(width, width, 2, stride=2) for _ in range(3))
        self.up = nn.ModuleList(_pair(2 * width, width) for _ in range(3))
        self.last = Convolution(width, channels)

    def forward(self, x: torch.Tensor, known: torch.Tensor, hole: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """See `ConditionalUNet`."""
        time = t.view(-1, 1, 1, 1).expand_as(hole)
        h = torch.cat([x, known, hole, time] if self.conditional else [x, time], 1)
        skips: list[torch.Tensor] = []
        for pair in self.down:
            h = pair(h)
            skips.append(h)
            h = functional.max_pool2d(h, 2)
        h = self.bottom(h)
        for upsample, pair in zip(self.upsample, self.up, strict=True):
            h = pair(torch.cat([upsample(h), skips.pop()], 1))
        out: torch.Tensor = self.last(h)
        return out


def _pair(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(Convolution(before, after), nn.ReLU(), Convolution(after, after), nn.ReLU())


def _check_width(width: int) -> None:
    if not 1 <= width <= MAX_WIDTH:
        raise ValueError(f"width must be 1 to {MAX_WIDTH}")


ARCHITECTURES: Mapping[str, Callable[..., ConditionalUNet]] = {"folded-unet": FoldedUNet, "cherel-unet": CherelUNet}
"""Makes a network from the number of channels and the arguments of a `ModelSpec`."""
