"""What trainings of networks with critics have in common: modules, data, optimisers and states."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
import torch
from torch import nn

from svbrdf_core.codec.plain import Json
from svbrdf_core.learned.card import Card, SeenMaterial
from svbrdf_core.learned.critics import parameters_of
from svbrdf_core.learned.library import Examples, Exemplar, drop_maps, make_examples
from svbrdf_core.learned.losses import coherence_error, rendering_error, weigh_error
from svbrdf_core.learned.model_file import FillerModel, build
from svbrdf_core.learned.networks import Filler
from svbrdf_core.learned.settings import BETAS, STRIDE, FillerSettings
from svbrdf_core.learning.crops import CropBatch, Crops, CropSettings
from svbrdf_core.learning.gradients import backward
from svbrdf_core.learning.holes import draw_similar_holes
from svbrdf_core.learning.precision import place
from svbrdf_core.learning.spec import ModelSpec
from svbrdf_core.learning.states import (
    generator_to_text,
    restore_generator,
    restore_optimizer,
    select,
    tensors_of,
)
from svbrdf_core.learning.task import TrainingState
from svbrdf_core.render import nine_views

SEED = 20180615
HISTORY = 200
"""Points of the curve of losses that are kept at the most."""


@dataclass
class FillerModules:
    """Everything that changes while a network with critics is trained.

    Attributes:
        spec: the network.
        device: where it is trained.
        network: what is trained.
        critics: by name.
        optimizer: of the network.
        critic_optimizer: of all critics; None if there are none.
        crops: the data.
        rng: of the batches.
        noise: of all noise in a step, on the device.
        steps: taken.
        history: losses by step, some of them.
    """

    spec: ModelSpec
    device: str
    network: Filler
    critics: nn.ModuleDict
    optimizer: torch.optim.Optimizer
    critic_optimizer: torch.optim.Optimizer | None
    crops: Crops
    rng: np.random.Generator
    noise: torch.Generator
    steps: int = 0
    history: list[tuple[int, dict[str, float]]] = field(default_factory=list)

    def model(self, card: Card) -> FillerModel:
        """Return the model as it stands."""
        return FillerModel.copy(self.spec, self.network, card)


@dataclass(frozen=True)
class FillerTask(ABC):
    """The part of a `LearningTask` that does not depend on what the networks are.

    Attributes:
        exemplars: materials, in the same channels.
        groups: which channels are one map.
        settings: how to train.
        seen: of the materials, for the model's card.
    """

    exemplars: Sequence[Exemplar]
    groups: Sequence[Sequence[int]]
    settings: FillerSettings
    seen: tuple[SeenMaterial, ...] = ()

    @abstractmethod
    def make_critics(self, channels: int, side: int) -> dict[str, nn.Module]:
        """Return critics of crops of a side."""

    @abstractmethod
    def complete(self, modules: FillerModules, examples: Examples) -> torch.Tensor:
        """Return pictures ``(B, C, h, w)`` with what the network makes of their holes, as far as the truth is known."""

    def init(self, spec: ModelSpec, device: str, start: bytes | None = None) -> FillerModules:
        """See `LearningTask`."""
        settings = self.settings
        crop = CropSettings(settings.crop_size, draw_similar_holes, stride=STRIDE)
        crops = Crops([one.picture for one in self.exemplars], crop, np.random.default_rng(SEED), device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(SEED)
            network = build(spec)
            critics = nn.ModuleDict(self.make_critics(len(spec.channels), crops.side))
        if start is not None:
            network.load_state_dict(FillerModel.from_bytes(start).network.state_dict())
        for module in (network, critics):
            place(module, device)
        weights = parameters_of([critics])
        return FillerModules(
            spec,
            device,
            network,
            critics,
            torch.optim.Adam(network.parameters(), settings.learning_rate, betas=BETAS),
            torch.optim.Adam(weights, settings.learning_rate, betas=BETAS) if weights else None,
            crops,
            np.random.default_rng([SEED, 1]),
            torch.Generator(device).manual_seed(SEED),
        )

    def draw(self, modules: FillerModules, batch_size: int) -> Examples:
        """See `LearningTask`."""
        batch, sources = modules.crops.draw_named(batch_size, modules.rng)
        present = np.stack([self.exemplars[source].present for source in sources])
        present = drop_maps(present, self.groups, self.settings.map_dropout, modules.rng)
        return self.examples(batch, sources, present, modules.device)

    def examples(
        self, batch: CropBatch, sources: Sequence[int], present: np.ndarray[tuple[int, int], np.dtype[np.bool_]],
        device: str,
    ) -> Examples:  # fmt: skip
        """Return examples of crops, with the channels that are present."""
        here = torch.from_numpy(present.astype(np.float32)).to(device)
        return make_examples(batch, sources, here, self.settings.start)

    def descend(self, modules: FillerModules, loss_of: Callable[[slice], torch.Tensor], count: int) -> torch.Tensor:
        """Take a step of the network down a loss, a sum over examples."""
        return _descend(modules.optimizer, list(modules.network.parameters()), loss_of, count, modules.device)

    def descend_critics(
        self, modules: FillerModules, loss_of: Callable[[slice], torch.Tensor], count: int
    ) -> torch.Tensor:
        """Take a step of the critics."""
        assert modules.critic_optimizer is not None
        weights = parameters_of([modules.critics])
        return _descend(modules.critic_optimizer, weights, loss_of, count, modules.device)

    def material_errors(self, examples: Examples, painted: torch.Tensor, views: Sequence[int]) -> torch.Tensor:
        """Return what renderings and edges add to the loss of each example, ``(B,)``."""
        settings, total = self.settings, painted.new_zeros(len(painted))
        if settings.rendering:
            every = nine_views()
            shown = [every[number] for number in views]
            total = total + settings.rendering * rendering_error(examples, painted, self.exemplars, shown)
        if settings.coherence:
            total = total + settings.coherence * coherence_error(examples, painted, self.groups)
        return total

    def draw_views(self, modules: FillerModules, count: int) -> list[int]:
        """Return the numbers of views of a batch, one for each example."""
        return [int(number) for number in modules.rng.integers(9, size=count)]

    def note(self, modules: FillerModules, losses: Mapping[str, torch.Tensor], progress: float) -> None:
        """Count a step, and keep its losses if the curve has room for them."""
        modules.steps += 1
        if progress * HISTORY >= len(modules.history):
            modules.history.append((modules.steps, {name: round(float(loss), 5) for name, loss in losses.items()}))

    def card(self, modules: FillerModules) -> Card:
        """Return the card of the model as it stands."""
        return Card(self.seen, modules.steps, asdict(self.settings), tuple(modules.history))

    def export(self, modules: FillerModules) -> bytes:
        """See `LearningTask`."""
        return modules.model(self.card(modules)).to_bytes()

    def state(self, modules: FillerModules) -> TrainingState:
        """See `LearningTask`."""
        tensors = {f"network.{name}": value for name, value in modules.network.state_dict().items()}
        tensors |= {f"critics.{name}": value for name, value in modules.critics.state_dict().items()}
        tensors |= tensors_of(modules.optimizer, "adam")
        if modules.critic_optimizer is not None:
            tensors |= tensors_of(modules.critic_optimizer, "critic_adam")
        tensors["noise"] = modules.noise.get_state()
        history: Json = [[step, dict(losses)] for step, losses in modules.history]
        facts: dict[str, Json] = {"steps": modules.steps, "history": history, "crops": generator_to_text(modules.rng)}
        return TrainingState(tensors, facts)

    def restore(self, modules: FillerModules, state: TrainingState) -> None:
        """See `LearningTask`."""
        modules.network.load_state_dict(select(state.tensors, "network"))
        modules.critics.load_state_dict(select(state.tensors, "critics"))
        restore_optimizer(modules.optimizer, list(modules.network.parameters()), select(state.tensors, "adam"))
        if modules.critic_optimizer is not None:
            moments = select(state.tensors, "critic_adam")
            restore_optimizer(modules.critic_optimizer, parameters_of([modules.critics]), moments)
        modules.noise.set_state(state.tensors["noise"])
        restore_generator(modules.rng, state.facts["crops"])
        modules.steps = int(str(state.facts["steps"]))
        history = state.facts["history"]
        assert isinstance(history, list)
        modules.history = [(int(step), dict(losses)) for step, losses in history]

    def fingerprint(self) -> str:
        """See `LearningTask`: what is known of the materials, and how they are learnt."""
        digest = hashlib.blake2b(repr(sorted(asdict(self.settings).items())).encode(), digest_size=16)
        for one in self.exemplars:
            picture = one.picture
            digest.update(repr((picture.values.shape, picture.wrap, one.present.tolist())).encode())
            digest.update(np.packbits(picture.known).data)
            digest.update(np.ascontiguousarray(picture.values[:, picture.known]).data)
        return digest.hexdigest()


def paint_error(painted: torch.Tensor, examples: Examples, weight: torch.Tensor) -> torch.Tensor:
    """Return the L1 error of each example, ``(B,)``, over weighted channels of pixels."""
    return weigh_error((painted - examples.x0).abs(), weight)


def _descend(
    optimizer: torch.optim.Optimizer,
    weights: list[nn.Parameter],
    loss_of: Callable[[slice], torch.Tensor],
    count: int,
    device: str,
) -> torch.Tensor:
    optimizer.zero_grad(set_to_none=True)
    loss = backward(loss_of, count, weights, device.partition(":")[0])
    optimizer.step()
    return loss
