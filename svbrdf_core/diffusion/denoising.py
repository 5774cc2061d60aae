"""Training of denoisers on pictures with holes: data, loss, optimiser and running mean."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn.utils import clip_grad_norm_

from svbrdf_core.diffusion.model_file import Model, Parametrization, build
from svbrdf_core.diffusion.network import STRIDE, ConditionalUNet
from svbrdf_core.diffusion.recipe import Recipe, find_recipe
from svbrdf_core.diffusion.settings import DiffusionSettings
from svbrdf_core.learning.crops import CropBatch, Crops, CropSettings, MaskedPicture
from svbrdf_core.learning.gradients import backward
from svbrdf_core.learning.precision import autocast, place
from svbrdf_core.learning.spec import ModelSpec
from svbrdf_core.learning.states import (
    generator_to_text,
    restore_generator,
    restore_optimizer,
    select,
    tensors_of,
)
from svbrdf_core.learning.task import TrainingState
from svbrdf_core.learning.training import TrainingPlan, train
from svbrdf_core.run import Run

SEED = 20240606
"""Of all training: the model of a material does not depend on the seed of a fill, so that variations share it."""


@dataclass
class DenoisingModules:
    """Everything that changes while a denoiser is trained.

    Attributes:
        spec: the network.
        parametrization: how it stands to its denoiser.
        device: where it is trained.
        network: what is trained.
        ema: its running mean, which is what is used.
        optimizer: of the network.
        crops: the data.
        rng: of the batches.
        noise: of timesteps and noise, on the device.
        updates: steps taken since the mean began.
    """

    spec: ModelSpec
    parametrization: Parametrization
    device: str
    network: ConditionalUNet
    ema: ConditionalUNet
    optimizer: torch.optim.Adam
    crops: Crops
    rng: np.random.Generator
    noise: torch.Generator
    updates: int = 0

    def model(self) -> Model:
        """Return the model as it stands."""
        return Model(self.spec, copy.deepcopy(self.ema).eval())


@dataclass(frozen=True)
class NoisyExamples:
    """Crops with noise in their holes, all float32.

    Attributes:
        x0: ``(B, C, h, w)``, without.
        x: the same with noise.
        empty: ``(B, 1, h, w)``, 1 where nothing is known to the network.
        weight: ``(B, 1, h, w)``, 1 where the error counts.
        t: ``(B,)``, timesteps over the last one.
    """

    x0: torch.Tensor
    x: torch.Tensor
    empty: torch.Tensor
    weight: torch.Tensor
    t: torch.Tensor

    def error(
        self, network: ConditionalUNet, parametrization: Parametrization, part: slice = slice(None)
    ) -> torch.Tensor:
        """Return eq. 2, a channel's mean squared error in holes where x_0 is known; what a part has of it.

        Args:
            network: predicts x_0.
            parametrization: where noise is.
            part: the examples.
        """
        x0 = self.x0[part]
        predicted = network(*parametrization.inputs(self.x[part], x0, self.empty[part], self.t[part]))
        error: torch.Tensor = ((predicted.float() - x0) ** 2 * self.weight[part]).sum()
        return error / (self.weight.sum() * x0.shape[1]).clamp_min(1)


@dataclass(frozen=True)
class DenoisingTask:
    """Gradient descent on eq. 2 of Cherel et al. 2024: squared error of x_0 in synthetic holes; a `LearningTask`.

    Pixels that are not known are taken out of the loss and of all inputs (section III.B), so they count nowhere.

    Attributes:
        pictures: what to learn, of the same channels.
        recipe: forward process, holes and optimiser.
        crop_size: side of a crop; smaller pictures make it smaller.
        learning_rate: of Adam at its highest.
    """

    pictures: list[MaskedPicture]
    recipe: Recipe
    crop_size: int
    learning_rate: float

    def init(self, spec: ModelSpec, device: str, start: bytes | None = None) -> DenoisingModules:
        """See `LearningTask`."""
        holes = self.recipe.holes
        settings = CropSettings(self.crop_size, holes.distribution, holes.avoid_hole, STRIDE)
        crops = Crops(self.pictures, settings, np.random.default_rng(SEED), device)
        network = _init_network(spec, start)
        place(network, device)
        betas = self.recipe.optimization.betas
        return DenoisingModules(
            spec,
            Parametrization.of(spec),
            device,
            network,
            ema=copy.deepcopy(network).requires_grad_(False),
            optimizer=torch.optim.Adam(network.parameters(), self.learning_rate, betas=betas, fused=True),
            crops=crops,
            rng=np.random.default_rng([SEED, 1]),
            noise=torch.Generator(device).manual_seed(SEED),
        )

    def draw(self, modules: DenoisingModules, batch_size: int) -> CropBatch:
        """See `LearningTask`."""
        return modules.crops.draw(batch_size, modules.rng)

    def step(self, modules: DenoisingModules, batch: CropBatch, progress: float) -> Mapping[str, torch.Tensor]:
        """See `LearningTask`."""
        how = self.recipe.optimization
        for group in modules.optimizer.param_groups:
            group["lr"] = self.learning_rate * how.lr_schedule(progress)
        modules.optimizer.zero_grad(set_to_none=True)
        examples = self.make_noisy(modules.parametrization, batch, modules.noise)

        def error(part: slice) -> torch.Tensor:
            with autocast(modules.device):
                return examples.error(modules.network, modules.parametrization, part)

        weights = list(modules.network.parameters())
        loss = backward(error, len(examples.x0), weights, modules.device.partition(":")[0])
        if how.grad_clip_norm is not None:
            clip_grad_norm_(weights, how.grad_clip_norm)
        modules.optimizer.step()
        modules.updates += 1
        _update_ema(modules, how.ema_decay)
        return {"error": loss}

    def make_noisy(
        self, parametrization: Parametrization, batch: CropBatch, generator: torch.Generator
    ) -> NoisyExamples:
        """Return a batch at random timesteps.

        Args:
            parametrization: the noise schedule, and where noise is.
            batch: crops, where they are known, and their holes.
            generator: of timesteps and noise, on the same device.
        """
        x0, known, hole = batch
        schedule = parametrization.schedule
        uniform = torch.rand(len(x0), generator=generator, device=x0.device)
        t = (uniform**self.recipe.diffusion.timestep_exponent * schedule.last).long() + 1
        t = t.clamp(1, schedule.last)
        noise = torch.randn(x0.shape, generator=generator, device=x0.device)
        # Where x_0 is not known there is nothing but noise.
        x = torch.where(known > 0, schedule.add_noise(x0, t, noise), noise)
        return NoisyExamples(x0, x, torch.maximum(hole, 1 - known), hole * known, t / schedule.last)

    def export(self, modules: DenoisingModules) -> bytes:
        """See `LearningTask`."""
        return modules.model().to_bytes()

    def state(self, modules: DenoisingModules) -> TrainingState:
        """See `LearningTask`."""
        tensors = {f"network.{name}": value for name, value in modules.network.state_dict().items()}
        tensors |= {f"ema.{name}": value for name, value in modules.ema.state_dict().items()}
        tensors |= tensors_of(modules.optimizer, "adam")
        tensors["noise"] = modules.noise.get_state()
        return TrainingState(tensors, {"updates": modules.updates, "crops": generator_to_text(modules.rng)})

    def restore(self, modules: DenoisingModules, state: TrainingState) -> None:
        """See `LearningTask`."""
        modules.network.load_state_dict(select(state.tensors, "network"))
        modules.ema.load_state_dict(select(state.tensors, "ema"))
        restore_optimizer(modules.optimizer, list(modules.network.parameters()), select(state.tensors, "adam"))
        modules.noise.set_state(state.tensors["noise"])
        restore_generator(modules.rng, state.facts["crops"])
        modules.updates = int(str(state.facts["updates"]))

    def fingerprint(self) -> str:
        """See `LearningTask`: what is known of the pictures, and how it is learnt."""
        digest = hashlib.blake2b(repr((self.crop_size, self.learning_rate)).encode(), digest_size=16)
        for picture in self.pictures:
            digest.update(repr((picture.values.shape, picture.wrap)).encode())
            digest.update(np.packbits(picture.known).data)
            digest.update(np.ascontiguousarray(picture.values[:, picture.known]).data)
        return digest.hexdigest()


def train_denoiser(
    pictures: list[MaskedPicture],
    spec: ModelSpec,
    settings: DiffusionSettings,
    run: Run,
    *,
    start: Model | None = None,
    checkpoint: bytes | None = None,
    on_checkpoint: Callable[[Callable[[], bytes]], None] | None = None,
    preview: Callable[[Model], Any] | None = None,
) -> Model:
    """Train a model on pictures as the settings say; its ``seconds`` are those of the training. See `train`.

    Args:
        pictures: what to learn, of the same channels.
        spec: the network, as the recipe of the settings describes it.
        settings: see `DiffusionSettings`.
        run: that the training is.
        start: a model of the same description to go on from, with a new schedule.
        checkpoint: what a training with the same arguments wrote.
        on_checkpoint: called after each step with a function that returns a checkpoint.
        preview: makes of the model as it stands what a user may look at.
    """
    task = DenoisingTask(pictures, find_recipe(settings), settings.crop_size, settings.learning_rate)
    modules = train(
        task,
        spec,
        TrainingPlan(settings.train_steps, settings.batch_size, settings.seconds),
        run,
        start=None if start is None else start.to_bytes(),
        checkpoint=checkpoint,
        on_checkpoint=on_checkpoint,
        preview=None if preview is None else lambda modules: preview(modules.model()),
    )
    return modules.model()


def _init_network(spec: ModelSpec, start: bytes | None) -> ConditionalUNet:
    if start is not None:
        return Model.from_bytes(start).network.requires_grad_(True).train()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        return build(spec)


@torch.no_grad()
def _update_ema(modules: DenoisingModules, decay: float) -> None:
    means: list[torch.Tensor] = list(modules.ema.parameters())
    weights: list[torch.Tensor] = list(modules.network.parameters())
    # A short past at first, so that the random start is soon forgotten.
    torch._foreach_lerp_(means, weights, 1 - min(decay, 1 - 10 / (modules.updates + 10)))
