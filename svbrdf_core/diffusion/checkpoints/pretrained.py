"""A network that was trained elsewhere, and the denoiser that it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from svbrdf_core.diffusion.denoiser import Denoiser, Observed, Predictor, from_eps, from_v, from_x0
from svbrdf_core.diffusion.schedule import Schedule

Make = Callable[..., Denoiser]
PREDICTIONS: dict[str, Make] = {"epsilon": from_eps, "sample": from_x0, "v_prediction": from_v}
"""What a network was trained to predict, by the names of diffusers."""


@dataclass(frozen=True)
class PretrainedSize:
    """What a network takes.

    Attributes:
        channels: of its pictures.
        labels: classes that it must be told one of; 0 if it knows none.
        window: side of the pictures that it was trained on.
        stride: sides must be multiples of.
    """

    channels: int
    labels: int
    window: int
    stride: int


@dataclass(frozen=True)
class Pretrained:
    """A network with everything that is needed to use it.

    Attributes:
        size: see `PretrainedSize`.
        network: what is moved to a device.
        predict: from x_t in [-1, 1] ``(B, C, H, W)``, timesteps ``(B,)`` of 0 to T - 1 and labels ``(B,)`` what it was
            trained to predict.
        schedule: the noise it was trained on.
        prediction: a key of `PREDICTIONS`.
    """

    size: PretrainedSize
    network: nn.Module
    predict: Callable[[torch.Tensor, torch.Tensor, torch.Tensor | None], torch.Tensor]
    schedule: Schedule
    prediction: str = "epsilon"

    def denoiser(self, label: int | None = None) -> Denoiser:
        """Return the network as a denoiser of pictures in [-1, 1] whose sides are multiples of the stride.

        Args:
            label: the class that is asked for; needed if the network knows classes.
        """
        names = tuple(f"picture.{number}" for number in range(self.size.channels))
        return PREDICTIONS[self.prediction](self._predictor(label), self.schedule, names, conditional=False)

    def _predictor(self, label: int | None) -> Predictor:
        def predict(x: torch.Tensor, t: torch.Tensor, observed: Observed | None) -> torch.Tensor:
            labels = None if label is None else torch.full((len(x),), label, device=x.device)
            # Timestep 1 of a `Schedule`, the least noise, is 0 to networks that count from there.
            return self.predict(x, (t - 1).clamp_min(0).to(x), labels)

        return predict
