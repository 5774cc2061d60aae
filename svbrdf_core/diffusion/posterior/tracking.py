"""An estimate through which a gradient flows back to the noisy picture."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from svbrdf_core.diffusion.samplers import Estimate
from svbrdf_core.diffusion.schedule import NoiseLevel
from svbrdf_core.errors import InputError
from svbrdf_core.sentences import Remedy


@dataclass(frozen=True)
class Tracked:
    """A pass of the network, for steps that need its result and its derivative.

    Attributes:
        x: noisy pictures ``(B, C, H, W)`` of a level, which a gradient is taken by.
        x0: the estimate.
        at: the level.
        denoise: what was asked.
    """

    x: torch.Tensor
    x0: torch.Tensor
    at: NoiseLevel
    denoise: Estimate

    def estimate(self, x: torch.Tensor, at: NoiseLevel) -> torch.Tensor:
        """Return an estimate, that of the pass if it is asked for again."""
        return self.x0 if x is self.x and at == self.at else self.denoise(x, at)

    def pull_back(self, direction: torch.Tensor) -> torch.Tensor:
        """Return the product of a direction ``(B, C, H, W)`` of x_0 and d x_0 / d (x / scale)."""
        (found,) = torch.autograd.grad(self.x0, self.x, direction.detach().to(self.x0), retain_graph=True)
        return self.at.scale * found


def track(denoise: Estimate, x: torch.Tensor, at: NoiseLevel) -> Tracked:
    """Return an estimate with what is needed to derive it; an ``x`` that is tracked already stays the same.

    Raises:
        InputError: the denoiser gives no gradient.
    """
    x = x if x.requires_grad else x.detach().requires_grad_()
    x0 = denoise(x, at)
    if not x0.requires_grad:
        raise InputError(
            "The network gives no gradient, which this solver or its guidance needs",
            Remedy("solver", "choose the solver repaint, ddnm, ddnm-plus, ddrm or diffpir, without guidance"),
        )
    return Tracked(x, x0, at, denoise)
