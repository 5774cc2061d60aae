"""Contract between the training loop and what is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import torch

from svbrdf_core.learning.archive import Facts, Tensors
from svbrdf_core.learning.spec import ModelSpec

Modules = TypeVar("Modules")
Batch = TypeVar("Batch")


@dataclass(frozen=True)
class TrainingState:
    """All that a training needs to go on as if it had not stopped.

    Attributes:
        tensors: weights, moments of the optimisers, states of torch's generators.
        facts: all else, as JSON knows it.
    """

    tensors: Tensors
    facts: Facts = field(default_factory=dict)


class LearningTask(Protocol[Modules, Batch]):
    """What is trained: data, losses and optimisers. The loop is `train`.

    ``Modules`` is everything that changes while the training runs: networks, averaged weights, optimisers, generators.
    The loop only hands it on, so it may be of any type.
    """

    def init(self, spec: ModelSpec, device: str, start: bytes | None = None) -> Modules:
        """Return the modules before the first step.

        Args:
            spec: the network.
            device: where to train.
            start: what `export` returned, for a network of this description to go on from; random weights if None.

        Raises:
            FillError: there is too little to learn from.
        """
        ...

    def draw(self, modules: Modules, batch_size: int) -> Batch:
        """Return the next batch, on the modules' device."""
        ...

    def step(self, modules: Modules, batch: Batch, progress: float) -> Mapping[str, torch.Tensor]:
        """Take one step of every optimiser; return the losses by name, the one that users are shown first.

        Args:
            modules: changed in place.
            batch: what `draw` returned.
            progress: the part of the training that is done, 0 to 1, for schedules.
        """
        ...

    def export(self, modules: Modules) -> bytes:
        """Return the model as it stands, as a file."""
        ...

    def state(self, modules: Modules) -> TrainingState:
        """Return what `restore` needs."""
        ...

    def restore(self, modules: Modules, state: TrainingState) -> None:
        """Bring new modules of the same task to a state."""
        ...

    def fingerprint(self) -> str:
        """Return what tells this task, with its data and settings, from others."""
        ...
