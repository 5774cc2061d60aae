"""Networks that fill the holes of pictures: autoencoder, coarse and refinement network, and one for a few steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from svbrdf_core.diffusion.network import TimedLevels
from svbrdf_core.learned.attention import Attended, ContextualAttention
from svbrdf_core.learned.layers import from_wavelets, to_wavelets
from svbrdf_core.learned.settings import STRIDE
from svbrdf_core.learning.layers import Convolution

LIMIT = 4.0
"""Standard deviations at which networks of one pass clip what they paint (Yu et al. 2018 clip, in place of a tanh)."""
DILATIONS = (2, 4, 8, 16)
MAX_WIDTH = 256
Fold = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Shown:
    """What a network is shown, all ``(B, …, H, W)`` with sides that are multiples of 8.

    Attributes:
        values: ``(B, C, H, W)``, standardised; in the hole what it starts with, and 0 in maps that a material lacks.
        known: ``(B, C, H, W)``, 1 where a channel is there and known.
        hole: ``(B, 1, H, W)``, 1 where to fill.
    """

    values: torch.Tensor
    known: torch.Tensor
    hole: torch.Tensor

    def stack(self) -> torch.Tensor:
        """Return all of it, ``(B, 2 C + 1, H, W)``."""
        return torch.cat([self.values, self.known, self.hole], 1)

    def complete(self, painted: torch.Tensor) -> torch.Tensor:
        """Return what is known, and what was painted elsewhere."""
        return torch.lerp(painted.to(self.values.dtype), self.values, self.known)

    def part(self, which: slice) -> Shown:
        """Return some of the examples."""
        return Shown(self.values[which], self.known[which], self.hole[which])


@dataclass(frozen=True)
class Painted:
    """What a network of one pass paints, ``(B, C, H, W)``: all of the picture, at first and at last.

    Attributes:
        coarse: of the coarse network, or of the only one.
        fine: of the last one.
        attended: where attention went, if there is any.
    """

    coarse: torch.Tensor
    fine: torch.Tensor
    attended: Attended | None = None


class Filler(nn.Module):
    """What all networks here are."""

    def wrap(self, rows: bool, columns: bool) -> None:
        """Let pictures go on at the other side along one axis or both."""
        for module in self.modules():
            if isinstance(module, Convolution | ContextualAttention):
                module.wrap = (rows, columns)


class OnePass(Filler):
    """A network that paints a hole at once: `Shown` in, `Painted` out."""


class Autoencoder(OnePass):
    """Eight convolutions and four poolings down, four transposed convolutions up (Biradar et al., section III.A).

    Args:
        channels: of the picture.
        width: of the finest level; each coarser one has twice as many, up to eight times.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        _check_width(width)
        widths = [width * factor for factor in (1, 2, 4, 8)]
        before = [2 * channels + 1, *widths[:-1]]
        self.down = nn.ModuleList(
            nn.Sequential(Convolution(a, b), nn.ELU(), Convolution(b, b), nn.ELU())
            for a, b in zip(before, widths, strict=True)
        )
        after = [*reversed(widths[:-1]), width]
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in zip(reversed(widths), after, strict=True)
        )
        self.last = nn.Conv2d(width, channels, 1)

    def forward(self, shown: Shown) -> Painted:
        """Paint."""
        size = shown.hole.shape[2:]
        h = functional.pad(shown.stack(), (0, -size[1] % STRIDE, 0, -size[0] % STRIDE))
        for pair in self.down:
            h = functional.max_pool2d(pair(h), 2)
        for transposed in self.up:
            h = functional.elu(transposed(h))
        out: torch.Tensor = self.last(h)[:, :, : size[0], : size[1]]
        return Painted(out, out)


class CoarseToFine(OnePass):
    """A coarse network and one that refines what it painted (Yu et al. 2018, figure 2), ELU and no normalisation.

    Args:
        channels: of the picture.
        width: of the finest level; 2 and 4 times as many at half and at a quarter of the size.
        attention: whether the refinement has a second branch with contextual attention.
    """

    def __init__(self, channels: int, width: int, attention: bool = False) -> None:
        super().__init__()
        _check_width(width)
        self.coarse = nn.Sequential(_encoder(2 * channels + 1, width), _dilated(width), _decoder(width, 1, channels))
        self.encoder = _encoder(2 * channels + 1, width)
        self.dilated = _dilated(width)
        self.attention = ContextualAttention() if attention else None
        if attention:
            self.to_attention = nn.Sequential(_encoder(2 * channels + 1, width), _convolve(4 * width, 4 * width))
            self.from_attention = nn.Sequential(_convolve(4 * width, 4 * width), _convolve(4 * width, 4 * width))
        self.decoder = _decoder(width, 2 if attention else 1, channels)

    def forward(self, shown: Shown) -> Painted:
        """Paint."""
        coarse = self.coarse(shown.stack()).clamp(-LIMIT, LIMIT)
        second = Shown(shown.complete(coarse), shown.known, shown.hole).stack()
        h, attended = self.dilated(self.encoder(second)), None
        if self.attention is not None:
            attended = self.attention(self.to_attention(second), functional.max_pool2d(shown.hole, 4))
            h = torch.cat([h, self.from_attention(attended.features)], 1)
        return Painted(coarse, self.decoder(h).clamp(-LIMIT, LIMIT), attended)


class FewSteps(Filler, TimedLevels):
    """A UNet that paints x_0 from a noisy picture of any of a few levels, differently for other noise.

    Xiao et al. 2022 ("Tackling the generative learning trilemma with denoising diffusion GANs"), figure 2: what is
    painted at a level has many forms, so the network is given noise of its own beside x_t. On Haar wavelets it is that
    of Phung et al. 2023.

    Args:
        channels: of the picture.
        width: of the finest level.
        wavelets: whether it takes the picture apart, and puts it together, by wavelets, not by folding pixels.
    """

    def __init__(self, channels: int, width: int, wavelets: bool = False) -> None:
        super().__init__()
        _check_width(width)
        self.fold: Fold = to_wavelets if wavelets else _fold
        self.unfold: Fold = from_wavelets if wavelets else _unfold
        self.first = Convolution(4 * (3 * channels + 2), width)
        self.make_levels(width, (width, 2 * width, 4 * width), absent=False)
        self.last = Convolution(width, 4 * channels)

    def forward(self, x: torch.Tensor, shown: Shown, t: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """Return x_0, ``(B, C, H, W)``.

        Args:
            x: noisy pictures ``(B, C, H, W)``; what is known stands in them as it is.
            shown: what is known.
            t: timesteps over the last one, ``(B,)``.
            noise: ``(B, 1, H, W)``.
        """
        h = self.first(self.fold(torch.cat([shown.complete(x), shown.stack(), noise], 1)))
        return self.unfold(self.last(self.pass_levels(h, t)))


def _convolve(before: int, after: int, size: int = 3, *, stride: int = 1, dilation: int = 1) -> nn.Module:
    return nn.Sequential(Convolution(before, after, size, stride=stride, dilation=dilation), nn.ELU())


def _encoder(inputs: int, width: int) -> nn.Module:
    """From the picture to a quarter of its size."""
    return nn.Sequential(
        _convolve(inputs, width, 5),
        _convolve(width, 2 * width, stride=2),
        _convolve(2 * width, 2 * width),
        _convolve(2 * width, 4 * width, stride=2),
        _convolve(4 * width, 4 * width),
    )


def _dilated(width: int) -> nn.Module:
    return nn.Sequential(*(_convolve(4 * width, 4 * width, dilation=dilation) for dilation in DILATIONS))


def _decoder(width: int, branches: int, channels: int) -> nn.Module:
    """From a quarter of the size to the picture."""
    return nn.Sequential(
        _convolve(4 * width * branches, 4 * width),
        nn.Upsample(scale_factor=2),
        _convolve(4 * width, 2 * width),
        nn.Upsample(scale_factor=2),
        _convolve(2 * width, width),
        _convolve(width, max(1, width // 2)),
        Convolution(max(1, width // 2), channels),
    )


def _fold(x: torch.Tensor) -> torch.Tensor:
    return functional.pixel_unshuffle(x, 2)


def _unfold(x: torch.Tensor) -> torch.Tensor:
    return functional.pixel_shuffle(x, 2)


def _check_width(width: int) -> None:
    if not 4 <= width <= MAX_WIDTH:
        raise ValueError(f"width must be 4 to {MAX_WIDTH}")


ARCHITECTURES: Mapping[str, Callable[..., Filler]] = {
    "autoencoder": Autoencoder,
    "coarse-to-fine": CoarseToFine,
    "few-steps": FewSteps,
}
"""Makes a network from the number of channels and the arguments of a `ModelSpec`."""
