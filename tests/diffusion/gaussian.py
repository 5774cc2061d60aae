"""Denoisers that know the answer: of one picture, and of Gaussian fields."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from svbrdf_core.diffusion.denoiser import Observed


@dataclass(frozen=True)
class GaussianDenoiser:
    """E[x_0 | x_0 + sigma n = x] of pixels from N(mean, covariance): mean + S (S + sigma^2)^-1 (x - mean).

    Attributes:
        mean: float64 ``(C, H, W)``.
        covariance: float64 ``(N, N)``, N = C H W, positive definite.
    """

    mean: torch.Tensor
    covariance: torch.Tensor
    conditional: bool = False
    sigma_range: tuple[float, float] = (0.0, 1e9)

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(f"value.{number}" for number in range(len(self.mean)))

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None = None) -> torch.Tensor:
        assert (sigma == sigma[0]).all()
        noisy = self.covariance + sigma[0] ** 2 * torch.eye(len(self.covariance), dtype=torch.float64)
        gain = torch.linalg.solve(noisy, self.covariance)
        deviation = (x.double() - self.mean).flatten(1)
        mean: torch.Tensor = self.mean + (deviation @ gain).view(x.shape)
        return mean.to(torch.float32)


def make_field(side: int = 4, channels: int = 2) -> GaussianDenoiser:
    """Return the law of smooth channels that depend on each other."""
    generator = torch.Generator().manual_seed(5)
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    places = torch.stack([y.flatten(), x.flatten()], 1).double()
    smooth = torch.exp(-(torch.cdist(places, places) ** 2) / 4)
    between = torch.tensor([[1.0, 0.6], [0.6, 0.5]], dtype=torch.float64)[:channels, :channels]
    covariance = torch.kron(between, smooth) + 0.05 * torch.eye(channels * side * side, dtype=torch.float64)
    mean = torch.randn(channels, side, side, generator=generator, dtype=torch.float64)
    return GaussianDenoiser(mean, covariance)


@dataclass(frozen=True)
class KnowingDenoiser:
    """Answers with one picture ``(C, H, W)``."""

    truth: torch.Tensor
    conditional: bool = False
    sigma_range: tuple[float, float] = (0.0, 1e9)

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(f"value.{number}" for number in range(len(self.truth)))

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None = None) -> torch.Tensor:
        return self.truth.expand(len(x), -1, -1, -1)
