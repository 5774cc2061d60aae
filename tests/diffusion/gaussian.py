"""Denoisers that know the answer: of one picture, and of Gaussian fields."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

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


@dataclass(frozen=True)
class StationaryField:
    """The denoiser of a Gaussian field of mean 0 on a torus, whose covariance depends on the distance alone.

    Attributes:
        spectrum: float64 ``(H, W)``, the variance of each frequency.
        mixing: float64 ``(C, C)``, of independent fields of that spectrum to the channels.
    """

    spectrum: torch.Tensor
    mixing: torch.Tensor
    conditional: bool = False
    sigma_range: tuple[float, float] = (0.0, 1e9)

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(f"value.{number}" for number in range(len(self.mixing)))

    @property
    def shape(self) -> tuple[int, int, int]:
        return len(self.mixing), *self.spectrum.shape

    @cached_property
    def apart(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Variances and vectors of sums of channels that do not depend on each other."""
        values, vectors = torch.linalg.eigh(self.mixing @ self.mixing.T)
        return values, vectors

    def covariance(self) -> torch.Tensor:
        """Return the covariance of all values, ``(N, N)``."""
        height, width = self.spectrum.shape
        kernel = torch.fft.ifft2(self.spectrum).real
        rows, columns = torch.arange(height * width) // width, torch.arange(height * width) % width
        down, across = rows[:, None] - rows, columns[:, None] - columns
        return torch.kron(self.mixing @ self.mixing.T, kernel[down % height, across % width])

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None = None) -> torch.Tensor:
        assert (sigma == sigma[0]).all()
        values, vectors = self.apart
        variance = values[:, None, None] * self.spectrum
        gain = variance / (variance + sigma[0] ** 2)
        sums = torch.einsum("cd,bchw->bdhw", vectors, x.double())
        means = torch.fft.ifft2(torch.fft.fft2(sums) * gain).real
        return torch.einsum("cd,bdhw->bchw", vectors, means).to(torch.float32)


def make_stationary(side: int = 12, channels: int = 1, smooth: float = 1.5) -> StationaryField:
    """Return smooth channels of unit variance that depend on each other, with a little white noise."""
    frequency = torch.fft.fftfreq(side, dtype=torch.float64)
    square = frequency[:, None] ** 2 + frequency**2
    spectrum = torch.exp(-2 * square * (torch.pi * smooth) ** 2) + 0.02
    mixing = torch.eye(channels, dtype=torch.float64) + 0.5 * torch.ones(channels, channels).double().tril(-1)
    return StationaryField(spectrum / spectrum.mean(), mixing / mixing.norm(dim=1, keepdim=True))


@dataclass(frozen=True)
class ConditionalLaw:
    """What is known of a hole once its surroundings are.

    Attributes:
        observed: the surroundings.
        inside: bool ``(N,)``, the values of the hole.
        mean: float64 ``(n,)``, of these.
        covariance: float64 ``(n, n)``.
        prior: float64 ``(n, n)``, their covariance while nothing is known.
    """

    observed: Observed
    inside: torch.Tensor
    mean: torch.Tensor
    covariance: torch.Tensor
    prior: torch.Tensor

    @classmethod
    def of(cls, field: StationaryField, hole: torch.Tensor, seed: int = 3) -> ConditionalLaw:
        """Draw a picture of a field, and tell the law of its hole ``(1, 1, H, W)``."""
        covariance = field.covariance()
        unit = torch.randn(len(covariance), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        truth = torch.linalg.cholesky(covariance) @ unit
        inside = hole.expand(1, *field.shape).flatten() > 0
        prior, across = covariance[inside][:, inside], covariance[inside][:, ~inside]
        weights = torch.linalg.solve(covariance[~inside][:, ~inside], across.T).T
        values = truth.float().view(1, *field.shape) * (1 - hole)
        return cls(Observed(values, hole), inside, weights @ truth[~inside], prior - weights @ across.T, prior)

    def denoiser(self) -> GaussianDenoiser:
        """Return the denoiser of a network that is shown the surroundings and has learnt all of them."""
        mean, covariance = self.observed.values[0].double(), torch.zeros(2 * [len(self.inside)]).double()
        covariance[self.inside[:, None] & self.inside] = self.covariance.flatten()
        inside = self.inside.view(mean.shape)
        return GaussianDenoiser(mean.masked_scatter(inside, self.mean), covariance, conditional=True)

    def errors(self, samples: torch.Tensor) -> tuple[float, float]:
        """Return how far mean and covariance of samples ``(B, C, H, W)`` are from the law's.

        Both are over the distance from the law to what is true while nothing is known: 0 is right, and 1 is no better
        than to ignore the surroundings. A finite number of right samples is above 0.
        """
        found = samples.double().flatten(1)[:, self.inside]
        mean = (found.mean(0) - self.mean).norm() / self.mean.norm()
        covariance = (torch.cov(found.T) - self.covariance).norm() / (self.prior - self.covariance).norm()
        return mean.item(), covariance.item()
