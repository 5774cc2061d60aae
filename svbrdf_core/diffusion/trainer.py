"""Pictures with holes come in; a network that fills such holes in these very pictures goes out, step by step."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import torch
from torch.nn.utils import clip_grad_norm_

from svbrdf_core.diffusion.crops import Crops, Picture
from svbrdf_core.diffusion.model import Kind, Model, kind_of, packed, unpacked
from svbrdf_core.diffusion.network import Denoiser
from svbrdf_core.diffusion.precision import autocast, brought
from svbrdf_core.diffusion.recipe import Recipe, recipe_of
from svbrdf_core.diffusion.settings import DiffusionSettings
from svbrdf_core.errors import InputError

SEED = 20240606
"""Of all training: the model of a material does not depend on the seed of a fill, so that variations share it."""


class Trainer:
    """Gradient descent on eq. 2 of Cherel et al. 2024: squared error of x_0 in synthetic holes.

    Pixels that are not known are taken out of the loss and of all inputs (section III.B), so they count nowhere.

    Args:
        pictures: what to learn, of the same channels.
        kind: what is trained.
        settings: see `DiffusionSettings`.
        device: where to train.
        start: a model of the same kind to go on from, instead of random weights.

    Raises:
        FillError: too little is known to learn from.
    """

    def __init__(
        self,
        pictures: list[Picture],
        kind: Kind,
        settings: DiffusionSettings,
        device: str = "cpu",
        start: Model | None = None,
    ) -> None:
        self.kind = kind
        self.settings = settings
        self.step = 0
        self._of = _digest(pictures, settings, device)
        self._recipe: Recipe = recipe_of(kind.recipe)
        self._device = device
        self._crops = Crops(pictures, self._recipe, settings.crop, np.random.default_rng(SEED), device)
        self._rng = np.random.default_rng([SEED, 1])
        self._noise = torch.Generator(device).manual_seed(SEED)
        self._network = _network(self.kind, start)
        brought(self._network, device)
        self._mean = copy.deepcopy(self._network).requires_grad_(False)
        self._weights: list[torch.Tensor] = list(self._network.parameters())
        self._means: list[torch.Tensor] = list(self._mean.parameters())
        self._adam = torch.optim.Adam(self._weights, settings.rate, betas=self._recipe.betas, fused=True)

    def advance(self, done: float) -> torch.Tensor:
        """Take one step; return its loss.

        Args:
            done: the part of the training that is done, 0 to 1, which sets the learning rate.
        """
        for group in self._adam.param_groups:
            group["lr"] = self.settings.rate * self._recipe.share(done)
        self._adam.zero_grad(set_to_none=True)
        loss = self._loss(*self._crops.draw(self.settings.batch, self._rng))
        torch.autograd.backward(loss)
        if self._recipe.clip is not None:
            clip_grad_norm_(self._weights, self._recipe.clip)
        self._adam.step()
        self.step += 1
        self._remember()
        return loss.detach()

    def model(self) -> Model:
        """Return the model as it stands."""
        return Model(self.kind, copy.deepcopy(self._mean).eval())

    def shrink(self) -> None:
        """Halve the batch, for want of memory."""
        self.settings = replace(self.settings, batch=max(1, self.settings.batch // 2))

    def to_bytes(self) -> bytes:
        """Return everything that goes on from here, as a safetensors file."""
        tensors = {f"network.{name}": value for name, value in self._network.state_dict().items()}
        tensors |= {f"mean.{name}": value for name, value in self._mean.state_dict().items()}
        for number, state in self._adam.state_dict()["state"].items():
            tensors |= {f"adam.{number}.{name}": torch.as_tensor(value) for name, value in state.items()}
        tensors["noise"] = self._noise.get_state()
        facts: dict[str, object] = {
            "kind": asdict(self.kind),
            "of": self._of,
            "step": self.step,
            "batch": self.settings.batch,
            "crops": _as_text(self._rng.bit_generator.state),
        }
        return packed(tensors, facts)

    def resume(self, data: bytes) -> None:
        """Go on from what `to_bytes` returned, of a trainer with the same arguments.

        Raises:
            InputError: the bytes are something else, or of another training.
        """
        tensors, facts = unpacked(data)
        if kind_of(facts) != self.kind or facts.get("of") != self._of:
            raise InputError("The checkpoint is of another training; remove it, or give its own settings and folders.")
        parts = {name: _part(tensors, name) for name in ("network", "mean")}
        self._network.load_state_dict(parts["network"])
        self._mean.load_state_dict(parts["mean"])
        state: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in _part(tensors, "adam").items():
            number, key = name.split(".")
            weight = self._weights[int(number)]
            # Adam takes a weight and its moments as they lie in memory, so they must lie alike.
            state.setdefault(int(number), {})[key] = (
                torch.empty_like(weight).copy_(value) if value.shape == weight.shape else value
            )
        self._adam.load_state_dict({**self._adam.state_dict(), "state": state})
        self._noise.set_state(tensors["noise"])
        self._rng.bit_generator.state = _as_state(facts["crops"])
        self.settings = replace(self.settings, batch=int(str(facts["batch"])))
        self.step = int(str(facts["step"]))

    def _loss(self, x0: torch.Tensor, there: torch.Tensor, hole: torch.Tensor) -> torch.Tensor:
        with autocast(self._device):
            error = loss_of(self._network, self._recipe, x0, there, hole, self._noise)
        return error

    @torch.no_grad()
    def _remember(self) -> None:
        past = self._recipe.remembered or 0.0
        # A short past at first, so that the random start is soon forgotten.
        torch._foreach_lerp_(self._means, self._weights, 1 - min(past, 1 - 10 / (self.step + 10)))


def loss_of(
    network: Denoiser,
    recipe: Recipe,
    x0: torch.Tensor,
    there: torch.Tensor,
    hole: torch.Tensor,
    generator: torch.Generator,
) -> torch.Tensor:
    """Return eq. 2 for a batch at random levels: the mean squared error of a channel, in holes where x_0 is known.

    Args:
        network: predicts x_0.
        recipe: levels, and where noise is.
        x0: ``(B, C, S, S)``, 0 where unknown.
        there: ``(B, 1, S, S)``, 1 where known.
        hole: ``(B, 1, S, S)``, 1 in the synthetic holes.
        generator: of levels and noise, on the same device.
    """
    schedule = recipe.schedule
    draw = torch.rand(len(x0), generator=generator, device=x0.device)
    level = (draw**recipe.exponent * schedule.last).long() + 1
    level = level.clamp(1, schedule.last)
    noise = torch.randn(x0.shape, generator=generator, device=x0.device)
    # Where x_0 is not known there is nothing but noise.
    x = torch.where(there > 0, schedule.noisy(x0, level, noise), noise)
    empty = torch.maximum(hole, 1 - there)
    found = network(*seen_by(recipe, x, x0, empty, level / schedule.last))
    weight = hole * there
    error: torch.Tensor = ((found.float() - x0) ** 2 * weight).sum() / (weight.sum() * x0.shape[1]).clamp_min(1)
    return error


def seen_by(
    recipe: Recipe, x: torch.Tensor, x0: torch.Tensor, hole: torch.Tensor, level: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the network's inputs: the noisy picture, what is known of it, the hole and the level."""
    outside = x0 * (1 - hole)
    return (torch.where(hole > 0, x, outside) if recipe.inside_only else x), outside, hole, level


def _network(kind: Kind, start: Model | None) -> Denoiser:
    if start is not None:
        return copy.deepcopy(start.network).requires_grad_(True).train()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return kind.network()


def _digest(pictures: list[Picture], settings: DiffusionSettings, device: str) -> str:
    """Return what tells a training from others: what is known of the pictures, how it goes, and on what device."""
    told = (settings.training, settings.crop, settings.rate, device.partition(":")[0])
    digest = hashlib.blake2b(repr(told).encode(), digest_size=16)
    for picture in pictures:
        digest.update(repr((picture.values.shape, picture.wrap)).encode())
        digest.update(np.packbits(picture.known).data)
        digest.update(np.ascontiguousarray(picture.values[:, picture.known]).data)
    return digest.hexdigest()


def _part(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {
        name.removeprefix(prefix + "."): tensor for name, tensor in tensors.items() if name.startswith(prefix + ".")
    }


def _as_text(state: Any) -> Any:
    """Return a state of numpy's generator with its numbers as text: JSON keeps 53 bits of them elsewhere."""
    if isinstance(state, dict):
        return {name: _as_text(value) for name, value in state.items()}
    return str(state)


def _as_state(text: Any) -> Any:
    if isinstance(text, dict):
        return {name: _as_state(value) for name, value in text.items()}
    return int(text) if str(text).isdigit() else text
