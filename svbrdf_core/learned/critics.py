"""Critics that tell fills from what they stand for: of a whole crop, of the hole's part, of the wavelets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from svbrdf_core.learned.layers import to_wavelets
from svbrdf_core.learned.settings import CriticName

View = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Returns what a critic sees of pictures ``(B, C, H, W)`` with holes ``(B, 1, H, W)``."""
SLOPE = 0.2
LEAST = 4
"""Rows that are left before the last layer, about."""


class Critic(nn.Module):
    """Convolutions of stride 2 down to a few rows, then one number (Yu et al. 2018, supplement).

    Args:
        channels: of what it sees.
        side: of what it sees.
        width: after the first convolution; twice and four times as many after those that follow.
    """

    def __init__(self, channels: int, side: int, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before, after = channels, width
        while side > LEAST:
            layers += [nn.Conv2d(before, after, 5, stride=2, padding=2), nn.LeakyReLU(SLOPE)]
            before, after, side = after, min(2 * after, 4 * width), (side + 1) // 2
        self.layers = nn.Sequential(*layers)
        self.last = nn.Linear(before * side * side, 1)

    def forward(self, seen: torch.Tensor) -> torch.Tensor:
        """Return numbers ``(B,)``, higher for what is real."""
        out: torch.Tensor = self.last(self.layers(seen).flatten(1))
        return out[:, 0]


@dataclass(frozen=True)
class Seer:
    """One critic, and what it is shown.

    Attributes:
        view: what it sees of a picture.
        side: of what it sees, over that of the picture.
        channels: the same of channels.
        weight: of what it says.
    """

    view: View
    side: float
    channels: int
    weight: float


def list_seers(critics: CriticName, whole: float) -> dict[str, Seer]:
    """Return the critics that a choice means; ``whole`` is the weight of the one of whole crops."""
    picture = {"whole": Seer(lambda x, hole: x, 1, 1, whole), "part": Seer(see_part, 0.5, 1, 1.0)}
    wavelet = {"wavelets": Seer(lambda x, hole: to_wavelets(x), 0.5, 4, 1.0)}
    return {"none": {}, "picture": picture, "wavelet": wavelet, "both": picture | wavelet}[critics]


def see_part(x: torch.Tensor, hole: torch.Tensor) -> torch.Tensor:
    """Return half the rows and columns of pictures, round the middles of their holes."""
    size = [length // 2 for length in x.shape[2:]]
    parts: list[torch.Tensor] = []
    for picture, mask in zip(x, hole[:, 0], strict=True):
        top, left = (
            _start(places, length, part)
            for places, length, part in zip(mask.nonzero(as_tuple=True), mask.shape, size, strict=True)
        )
        parts.append(picture[:, top : top + size[0], left : left + size[1]])
    return torch.stack(parts)


def _start(places: torch.Tensor, length: int, part: int) -> int:
    middle = int(places.float().mean()) if len(places) else length // 2
    return min(max(0, middle - part // 2), length - part)


def penalize_gradient(
    critic: Callable[[torch.Tensor], torch.Tensor], real: torch.Tensor, fake: torch.Tensor, between: torch.Tensor
) -> torch.Tensor:
    """Return how far gradients are from length 1, ``(B,)`` (WGAN-GP: Gulrajani et al. 2017, eq. 3).

    Args:
        critic: returns numbers ``(B,)``.
        real: pictures ``(B, C, H, W)``.
        fake: the same but for the hole; only its pixels count in a gradient (Yu et al. 2018, eq. 2).
        between: where on the line from one to the other, ``(B,)``, 0 to 1.
    """
    at = torch.lerp(real, fake, between.view(-1, 1, 1, 1)).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(at).sum(), at, create_graph=True)
    inside = (real != fake).any(1, keepdim=True)
    length = (gradient * inside).square().sum((1, 2, 3)).add(1e-12).sqrt()
    return (length - 1).square()


def penalize_real(critic: Callable[[torch.Tensor], torch.Tensor], real: torch.Tensor) -> torch.Tensor:
    """Return the squared length of the gradient at what is real, ``(B,)`` (R1: Mescheder et al. 2018, eq. 9)."""
    at = real.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(at).sum(), at, create_graph=True)
    return gradient.square().sum((1, 2, 3))


class TimedCritic(nn.Module):
    """A critic of pairs of noisy pictures that knows the timestep (Xiao et al. 2022, eq. 5): a patch at a time.

    Args:
        channels: of both together, with the hole.
        width: after the first convolution.
        levels: timesteps there are.
    """

    def __init__(self, channels: int, width: int, levels: int) -> None:
        super().__init__()
        widths = [width, 2 * width, 4 * width]
        self.layers = nn.ModuleList(
            nn.Conv2d(a, b, 5, stride=2, padding=2) for a, b in zip([channels, *widths[:-1]], widths, strict=True)
        )
        self.codes = nn.ModuleList(nn.Embedding(levels + 1, b) for b in widths)
        self.last = nn.Conv2d(widths[-1], 1, 3, padding=1)

    def forward(self, seen: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """Return numbers ``(B,)`` for timesteps ``(B,)``, whole numbers; higher for what is real."""
        h = seen
        for layer, code in zip(self.layers, self.codes, strict=True):
            h = functional.leaky_relu(layer(h) + code(t)[:, :, None, None], SLOPE)
        out: torch.Tensor = self.last(h)
        return out.mean((1, 2, 3))


def parameters_of(modules: Sequence[nn.Module]) -> list[nn.Parameter]:
    """Return the parameters of several modules."""
    return [parameter for module in modules for parameter in module.parameters()]
