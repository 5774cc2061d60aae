"""The influence of each value that a denoiser is given on its answer at one pixel: its receptive field as it is.

Luo, Li, Urtasun, Zemel 2016, "Understanding the effective receptive field in deep convolutional neural networks",
section 4.1: the gradient of one output with respect to all inputs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from svbrdf_core.diffusion.denoiser import Denoiser, Observed
from svbrdf_core.diffusion.schedule import NoiseLevel

Floats = NDArray[np.float32]
TINY = np.finfo(np.float32).tiny


@dataclass(frozen=True)
class Influence:
    """Gradients of a denoiser's answer at one pixel, of one noise level.

    All values are of one unit, the standard deviation of a channel, if the denoiser's are; so the gradients of all
    channels may be compared and added.

    Attributes:
        noisy: ``(K, C, h, w)``, the absolute gradient of the answer's channel k by each value of the noisy picture, as
            the network gets it: scaled to the variance of a picture without noise.
        known: ``(K, C, h, w)``, the same by each known value; 0 if the denoiser looks at none.
        answer: ``(C, h, w)``, the whole answer.
        at: row and column of the pixel.
    """

    noisy: Floats
    known: Floats
    answer: Floats
    at: tuple[int, int]

    def on_pixels(self) -> Floats:
        """Return the influence of each pixel ``(h, w)``, of all its values on all channels; the sum is 1."""
        both = self.noisy.sum((0, 1)) + self.known.sum((0, 1))
        return np.asarray(both / np.maximum(both.sum(), TINY), np.float32)

    def between_channels(self) -> Floats:
        """Return how much of what influences channel k is of channel c, ``(K, C)``; rows add up to 1."""
        both = (self.noisy + self.known).sum((2, 3))
        return np.asarray(both / np.maximum(both.sum(1, keepdims=True), TINY), np.float32)

    def of_known(self) -> float:
        """Return the share of the influence that known values have where they are given as such."""
        known, noisy = float(self.known.sum()), float(self.noisy.sum())
        return known / (known + noisy) if known + noisy else 0.0


def measure_influence(
    denoiser: Denoiser, x: torch.Tensor, level: NoiseLevel, observed: Observed, at: tuple[int, int]
) -> Influence:
    """Return what influences a denoiser's answer at one pixel.

    Args:
        denoiser: any; it is asked once, and derived once for each of its channels.
        x: a noisy picture ``(1, C, h, w)`` at the scale of its level.
        level: its noise.
        observed: what is known.
        at: row and column of the pixel.
    """
    growth = (1 + level.sigma**2) ** 0.5
    x_t = (level.unscale(x) / growth).detach().requires_grad_()
    known = observed.values.detach().clone().requires_grad_()
    with torch.enable_grad():
        answer = denoiser(x_t * growth, level.batched_sigma(x), Observed(known, observed.hole))
        gradients = [
            torch.autograd.grad(one, (x_t, known), retain_graph=True, allow_unused=True, materialize_grads=True)
            for one in answer[0, :, at[0], at[1]]
        ]
    noisy, of_known = (
        torch.stack([pair[which][0].abs().float() for pair in gradients]).cpu().numpy() for which in (0, 1)
    )
    return Influence(noisy, of_known, answer[0].detach().cpu().numpy(), at)
