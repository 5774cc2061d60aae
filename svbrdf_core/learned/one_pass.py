"""Training of networks that fill in one pass: error, discounted error, and critics of Wasserstein's kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import nn

from svbrdf_core.learned.critics import Critic, Seer, list_seers, penalize_gradient
from svbrdf_core.learned.library import Examples, discount
from svbrdf_core.learned.losses import weigh_error
from svbrdf_core.learned.networks import OnePass
from svbrdf_core.learned.settings import PAPER, Weights
from svbrdf_core.learned.training import FillerModules, FillerTask, paint_error
from svbrdf_core.learning.precision import autocast


@dataclass(frozen=True)
class OnePassTask(FillerTask):
    """A `LearningTask` of `OnePass`: Biradar et al., sections II and III, after Yu et al. 2018, algorithm 1.

    The autoencoder takes the squared error in the hole alone. The others take L1 of both networks, discounted from the
    rim inwards in the hole and plain outside, and what WGAN-GP critics say of the completed picture.

    Attributes:
        weights: of the losses.
    """

    weights: Weights = PAPER

    def make_critics(self, channels: int, side: int) -> dict[str, nn.Module]:
        """See `FillerTask`."""
        width = self.settings.width
        return {
            name: Critic(channels * seer.channels, int(side * seer.side), width) for name, seer in self._seers().items()
        }

    def step(self, modules: FillerModules, batch: Examples, progress: float) -> Mapping[str, torch.Tensor]:
        """See `LearningTask`."""
        losses: dict[str, torch.Tensor] = {}
        if modules.critic_optimizer is not None:
            for number in range(self.settings.critic_steps):
                examples = self.draw(modules, len(batch.x0)) if number else batch
                losses["critics"] = self._step_critics(modules, examples)
        views = self.draw_views(modules, len(batch.x0))
        count = len(batch.x0)

        def loss_of(part: slice) -> torch.Tensor:
            return self._loss(modules, batch.part(part), views[part]).sum() / count

        losses = {"error": self.descend(modules, loss_of, count), **losses}
        self.note(modules, losses, progress)
        return losses

    def complete(self, modules: FillerModules, examples: Examples) -> torch.Tensor:
        """See `FillerTask`."""
        with torch.no_grad(), autocast(modules.device):
            painted = _network(modules)(examples.shown).fine.float()
        return torch.lerp(examples.x0, painted, examples.inside)

    def _seers(self) -> dict[str, Seer]:
        return list_seers(self.settings.critics, self.weights.whole)

    def _loss(self, modules: FillerModules, examples: Examples, views: list[int]) -> torch.Tensor:
        with autocast(modules.device):
            made = _network(modules)(examples.shown)
        coarse, fine = made.coarse.float(), made.fine.float()
        if self.settings.task == "autoencoder":
            error = weigh_error((fine - examples.x0).square(), examples.inside)
        else:
            near = examples.inside * discount(examples.shown.hole, self.weights.discount)
            error = self.weights.coarse * paint_error(coarse, examples, near)
            error = error + self.weights.fine * paint_error(fine, examples, near)
            for painted in (coarse, fine):
                error = error + self.weights.outside * paint_error(painted, examples, examples.shown.known)
        completed = torch.lerp(examples.x0, fine, examples.inside)
        for name, seer in self._seers().items():
            said = modules.critics[name](seer.view(completed, examples.shown.hole))
            error = error - self.weights.adversarial * seer.weight * said
        return error + self.material_errors(examples, fine, views)

    def _step_critics(self, modules: FillerModules, examples: Examples) -> torch.Tensor:
        fake, count = self.complete(modules, examples), len(examples.x0)
        between = torch.rand(count, generator=modules.noise, device=examples.x0.device)

        def loss_of(part: slice) -> torch.Tensor:
            real, painted, hole = examples.x0[part], fake[part], examples.shown.hole[part]
            total = real.new_zeros(())
            for name, seer in self._seers().items():
                critic = _watch(modules.critics[name], seer, hole)
                gap = critic(painted) - critic(real)
                total = total + gap.sum()
                total = total + self.weights.penalty * penalize_gradient(critic, real, painted, between[part]).sum()
            return total / count

        return self.descend_critics(modules, loss_of, count)


def _watch(critic: nn.Module, seer: Seer, hole: torch.Tensor) -> Callable[[torch.Tensor], torch.Tensor]:
    def say(x: torch.Tensor) -> torch.Tensor:
        said: torch.Tensor = critic(seer.view(x, hole))
        return said

    return say


def _network(modules: FillerModules) -> OnePass:
    assert isinstance(modules.network, OnePass)
    return modules.network
