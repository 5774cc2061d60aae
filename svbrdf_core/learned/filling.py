"""Fills of a picture's hole by a network in one pass, or in a few."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from svbrdf_core.diffusion.denoiser import Observed
from svbrdf_core.diffusion.filling import try_device
from svbrdf_core.diffusion.samplers import GaussianNoise, Noise, ancestral, sample
from svbrdf_core.diffusion.window import SampledWindow, find_window
from svbrdf_core.learned.attention import Attended
from svbrdf_core.learned.library import begin
from svbrdf_core.learned.model_file import FillerModel, Kind, few_levels
from svbrdf_core.learned.networks import FewSteps, Shown
from svbrdf_core.learning.crops import MaskedPicture
from svbrdf_core.learning.holes import Floats
from svbrdf_core.learning.precision import autocast, place
from svbrdf_core.run import Run
from svbrdf_core.tensors.sparse import stretch_membrane

REACH = 2
"""Crops that a window with attention is wider than its hole: the layer compares every place with every other."""
Draft = Floats
"""What another method has in the hole, ``(C, H, W)``, for networks that start with a mosaic of it."""


@dataclass(frozen=True)
class AttentionMap:
    """Where a network with contextual attention looked, as `svbrdf_core.run.Run.on_state` is shown it.

    Attributes:
        picture: ``(C, h, w)``, the window as the network was shown it, standardised.
        hole: bool ``(h', w')``, places that touch the hole; a place is some pixels wide.
        most: int64 ``(2, h', w')``, row and column of the place that each attends to most.
        share: float32 ``(h', w')``, how much of its attention that one has.
    """

    picture: Floats
    hole: NDArray[np.bool_]
    most: NDArray[np.int64]
    share: Floats

    @classmethod
    def of(cls, attended: Attended, shown: Shown) -> AttentionMap:
        """Return that of the first picture of a batch."""
        hole = functional.adaptive_max_pool2d(shown.hole, attended.size)[0, 0] > 0
        share = attended.weights.amax(1)[0].view(attended.size)
        most = attended.most_attended()[0]
        return cls(shown.values[0].cpu().numpy(), hole.cpu().numpy(), most.cpu().numpy(), share.float().cpu().numpy())


@dataclass(frozen=True)
class FillerJob:
    """A picture to fill.

    Attributes:
        model: with all of the picture's channels, in the picture's order.
        picture: standardised; channels that the material lacks are 0.
        present: bool ``(C,)``, which it has.
        draft: see `Draft`; None for networks that need none.
    """

    model: FillerModel
    picture: MaskedPicture
    present: NDArray[np.bool_]
    draft: Draft | None = None

    def fill(self, run: Run) -> Floats:
        """Return the picture's values ``(C, H, W)``, painted in the hole.

        Args:
            run: its generator is the only source of randomness; asked before and told after each step.

        Raises:
            Cancelled: the run was cancelled.
        """
        return try_device(run, lambda device: self._fill_on(device, run))

    def _fill_on(self, device: str, run: Run) -> Floats:
        window = self._window()
        network, shown = self._network(window, device), self._show(window, device)
        if isinstance(network, FewSteps):
            painted = self._sample(network, shown, window, device, run)
        else:
            run.check()
            with torch.no_grad(), autocast(device):
                made = network(shown)
            painted = made.fine.float()
            if made.attended is not None and run.on_state is not None:
                run.on_state(AttentionMap.of(made.attended, shown))
            run.report("filling", 1.0)
        whole = self.picture.values.copy()
        window.write(painted[0].cpu().numpy(), whole)
        return blend(whole, self.picture, self.present)

    def _sample(self, network: FewSteps, shown: Shown, window: SampledWindow, device: str, run: Run) -> torch.Tensor:
        """Return the window as the network paints it, what is known too."""
        levels = few_levels(Kind.of(self.model.spec).noise_levels)
        # The noise of a pixel that a torus brings twice is the same.
        start = window.crop(run.generator.standard_normal(self.picture.values.shape, np.float32))
        noise = GaussianNoise(torch.Generator(device).manual_seed(int(run.generator.integers(1 << 31))))
        denoiser = _FewStepDenoiser(network, shown, levels[-1].sigma, self.model, device, noise)
        first = torch.from_numpy(start)[None].to(device)
        return sample(denoiser, None, list(reversed(levels)), ancestral(), first, noise, run)

    def _window(self) -> SampledWindow:
        """Return what the network looks at; attention finds more in wider surroundings."""
        rows, columns = (np.flatnonzero((~self.picture.known).any(axis)) for axis in (1, 0))
        extent = max(int(np.ptp(side)) + 1 for side in (rows, columns))
        if getattr(self.model.network, "attention", None) is None:
            return find_window(self.picture)
        # No wider than the picture, which would go on in mirror image.
        there = min(self.picture.known.shape) // 8 * 8
        return find_window(self.picture, min(extent + REACH * Kind.of(self.model.spec).crop, there))

    def _network(self, window: SampledWindow, device: str) -> torch.nn.Module:
        network = self.model.network
        place(network, device)
        network.wrap(*window.wrap)
        return network

    def _show(self, window: SampledWindow, device: str) -> Shown:
        """Return what the network is shown of the window."""
        picture, kind = self.picture, Kind.of(self.model.spec)
        values = np.where(picture.known, picture.values, 0 if self.draft is None else self.draft)
        known = (picture.known & self.present[:, None, None]).astype(np.float32)
        hole = (~picture.known).astype(np.float32)[None]
        cut = [torch.from_numpy(window.crop(of.astype(np.float32)))[None].to(device) for of in (values, known, hole)]
        here = torch.from_numpy(self.present.astype(np.float32)).to(device)[None, :, None, None]
        return Shown(begin(cut[0] * here, cut[1], cut[2], here, kind.start), cut[1], cut[2])


@dataclass(frozen=True)
class _FewStepDenoiser:
    """A network of few steps as a denoiser: for each level a sample of x_0, not its mean."""

    network: FewSteps
    shown: Shown
    highest: float
    model: FillerModel
    device: str
    noise: Noise

    @property
    def channels(self) -> tuple[str, ...]:
        """See `Denoiser`."""
        return self.model.spec.channels

    @property
    def conditional(self) -> bool:
        """See `Denoiser`."""
        return True

    @property
    def sigma_range(self) -> tuple[float, float]:
        """See `Denoiser`."""
        return 0.0, self.highest

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None = None) -> torch.Tensor:
        """See `Denoiser`."""
        levels = few_levels(Kind.of(self.model.spec).noise_levels)
        number = min(range(1, len(levels)), key=lambda n: abs(np.log(levels[n].sigma / float(sigma[0]))))
        noisy = (x * levels[number].scale).to(torch.float32)
        t = torch.full((len(x),), number / (len(levels) - 1), device=x.device)
        with autocast(self.device):
            x0: torch.Tensor = self.network(noisy, self.shown, t, self.noise(noisy[:, :1]))
        return x0.float()


def blend(painted: Floats, picture: MaskedPicture, present: NDArray[np.bool_]) -> Floats:
    """Return a picture ``(C, H, W)`` with what was painted in its hole, without a step at the rim.

    Perez, Gangnet, Blake, "Poisson image editing", 2003, equation 7 (seamless cloning): the differences between what
    was painted beside the hole and what is known there are carried inwards by a membrane.

    Args:
        painted: what a network has, in the hole and beside it.
        picture: what is known.
        present: bool ``(C,)``; other channels stay.
    """
    out, hole = picture.values.copy(), ~picture.known
    correction = stretch_membrane((picture.values - painted)[present], hole, picture.wrap)
    mine = np.flatnonzero(present)
    inside = out[mine]
    inside[:, hole] = painted[mine][:, hole] + correction
    out[mine] = inside
    return out
