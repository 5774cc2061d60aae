"""Training of networks that take noise away in a few steps, with critics of what they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from svbrdf_core.diffusion.samplers import split_noise
from svbrdf_core.diffusion.schedule import NoiseLevel
from svbrdf_core.learned.critics import TimedCritic, penalize_real
from svbrdf_core.learned.layers import to_wavelets
from svbrdf_core.learned.library import Examples
from svbrdf_core.learned.model_file import few_levels
from svbrdf_core.learned.networks import FewSteps
from svbrdf_core.learned.training import FillerModules, FillerTask, paint_error
from svbrdf_core.learning.precision import autocast

PENALTY = 0.5
"""Half the weight of the critics' squared gradient at what is real (Xiao et al. 2022, appendix)."""
PENALTY_INTERVAL = 5
"""Steps between two looks at it, which then count as many times."""
L1 = 1.0
"""Weight of the error of x_0 (Phung et al. 2023, eq. 9)."""


@dataclass(frozen=True)
class NoisyPair:
    """Crops at two neighbouring noise levels.

    Attributes:
        at: the number of the noisier level of each example, ``(B,)``, from 1.
        noisy: ``(B, C, h, w)`` at that level.
        less: a level below.
        fresh: noise that the network's own lower level has, ``(B, C, h, w)``.
        seed: noise that the network is given, ``(B, 1, h, w)``.
    """

    at: torch.Tensor
    noisy: torch.Tensor
    less: torch.Tensor
    fresh: torch.Tensor
    seed: torch.Tensor

    def part(self, which: slice) -> NoisyPair:
        """Return some of the examples."""
        return NoisyPair(self.at[which], self.noisy[which], self.less[which], self.fresh[which], self.seed[which])


@dataclass(frozen=True)
class FewStepsTask(FillerTask):
    """A `LearningTask` of `FewSteps`: the denoising diffusion GAN of Xiao et al. 2022, conditioned on what is known.

    Critics see both noisy pictures, with what is known as it is, and say whether the less noisy one is real (eq. 4 and
    5); the network's own is drawn from q(x_t-1 | x_t, x_0) with the x_0 it painted (eq. 6). What they see may be Haar
    wavelets, as those of Phung et al. 2023.
    """

    def make_critics(self, channels: int, side: int) -> dict[str, nn.Module]:
        """See `FillerTask`."""
        seen = 2 * channels + 1
        made = {
            "picture": TimedCritic(seen, self.settings.width, self.settings.noise_levels),
            "wavelet": TimedCritic(4 * seen, self.settings.width, self.settings.noise_levels),
        }
        wanted = {"none": (), "both": ("picture", "wavelet")}.get(self.settings.critics, (self.settings.critics,))
        return {name: made[name] for name in wanted}

    def step(self, modules: FillerModules, batch: Examples, progress: float) -> Mapping[str, torch.Tensor]:
        """See `LearningTask`."""
        losses: dict[str, torch.Tensor] = {}
        if modules.critic_optimizer is not None:
            for number in range(self.settings.critic_steps):
                examples = self.draw(modules, len(batch.x0)) if number else batch
                losses["critics"] = self._step_critics(modules, examples)
        pair, count = self.make_noisy(modules, batch), len(batch.x0)
        views = self.draw_views(modules, count)

        def loss_of(part: slice) -> torch.Tensor:
            return self._loss(modules, batch.part(part), pair.part(part), views[part]).sum() / count

        losses = {"error": self.descend(modules, loss_of, count), **losses}
        self.note(modules, losses, progress)
        return losses

    def make_noisy(self, modules: FillerModules, examples: Examples) -> NoisyPair:
        """Return a batch at random levels: x_t-1 ~ q(x_t-1 | x_0), x_t ~ q(x_t | x_t-1)."""
        x0, generator = examples.x0, modules.noise
        levels = few_levels(self.settings.noise_levels)

        def draw(*shape: int) -> torch.Tensor:
            return torch.randn(shape, generator=generator, device=x0.device)

        count = len(x0)
        at = torch.randint(1, self.settings.noise_levels + 1, (count,), generator=generator, device=x0.device)
        above, below = _pick(levels, at), _pick(levels, at - 1)
        less = below[1] * (x0 + below[0] * draw(*x0.shape))
        rise = (above[0].square() - below[0].square()).sqrt()
        noisy = above[1] / below[1] * less + above[1] * rise * draw(*x0.shape)
        return NoisyPair(at, noisy, less, draw(*x0.shape), draw(count, 1, *x0.shape[2:]))

    def paint(self, modules: FillerModules, examples: Examples, pair: NoisyPair) -> torch.Tensor:
        """Return x_0 as the network paints it, ``(B, C, h, w)``."""
        assert isinstance(modules.network, FewSteps)
        with autocast(modules.device):
            time = pair.at.to(pair.noisy.dtype) / self.settings.noise_levels
            return modules.network(pair.noisy, examples.shown, time, pair.seed).float()  # type: ignore[no-any-return]

    def complete(self, modules: FillerModules, examples: Examples) -> torch.Tensor:
        """See `FillerTask`: from noise alone, level by level."""
        top = self.settings.noise_levels
        x = few_levels(top)[-1].scale * few_levels(top)[-1].sigma * self._draw_noise(modules, examples)
        with torch.no_grad():
            for level in range(top, 0, -1):
                at = torch.full((len(x),), level, device=x.device)
                fresh, seed = self._draw_noise(modules, examples), self._draw_noise(modules, examples)[:, :1]
                pair = NoisyPair(at, x, x, fresh, seed)
                x = self._lower(pair, self.paint(modules, examples, pair))
        return torch.lerp(examples.x0, x, examples.inside)

    def _draw_noise(self, modules: FillerModules, examples: Examples) -> torch.Tensor:
        x0 = examples.x0
        return torch.randn(x0.shape, generator=modules.noise, device=x0.device)

    def _loss(self, modules: FillerModules, examples: Examples, pair: NoisyPair, views: list[int]) -> torch.Tensor:
        x0 = self.paint(modules, examples, pair)
        error = L1 * paint_error(x0, examples, examples.inside)
        fake = self._lower(pair, torch.lerp(examples.x0, x0, examples.inside))
        for name, critic in modules.critics.items():
            said = critic(_see(name, examples, pair, fake), pair.at)
            error = error + functional.softplus(-said)
        return error + self.material_errors(examples, x0, views)

    def _step_critics(self, modules: FillerModules, examples: Examples) -> torch.Tensor:
        pair, count = self.make_noisy(modules, examples), len(examples.x0)
        with torch.no_grad():
            x0 = self.paint(modules, examples, pair)
            fake = self._lower(pair, torch.lerp(examples.x0, x0, examples.inside))
        penalized = modules.steps % PENALTY_INTERVAL == 0

        def loss_of(part: slice) -> torch.Tensor:
            these, two = examples.part(part), pair.part(part)
            total = x0.new_zeros(())
            for name, critic in modules.critics.items():
                real = _see(name, these, two, two.less)
                total = total + functional.softplus(-critic(real, two.at)).sum()
                total = total + functional.softplus(critic(_see(name, these, two, fake[part]), two.at)).sum()
                if penalized:
                    squares = penalize_real(lambda seen, critic=critic: critic(seen, two.at), real)  # type: ignore[misc]
                    total = total + PENALTY * PENALTY_INTERVAL * squares.sum()
            return total / count

        return self.descend_critics(modules, loss_of, count)

    def _lower(self, pair: NoisyPair, x0: torch.Tensor) -> torch.Tensor:
        """Return x_t-1 ~ q(x_t-1 | x_t, x_0)."""
        levels = few_levels(self.settings.noise_levels)
        out: list[torch.Tensor] = []
        for number, index in enumerate(pair.at.tolist()):
            at, to = levels[index], levels[index - 1]
            kept, fresh = split_noise(at.sigma, to.sigma, 1.0)
            eps = (pair.noisy[number] / at.scale - x0[number]) / at.sigma
            out.append(to.scale * (x0[number] + kept * eps + fresh * pair.fresh[number]))
        return torch.stack(out)


def _see(name: str, examples: Examples, pair: NoisyPair, less: torch.Tensor) -> torch.Tensor:
    """Return what a critic sees: both pictures with what is known as it is, and the hole."""
    shown = examples.shown
    where = examples.inside
    both = [torch.lerp(shown.values * shown.known, noisy, where) for noisy in (less, pair.noisy)]
    seen = torch.cat([*both, shown.hole], 1)
    return to_wavelets(seen) if name == "wavelet" else seen


def _pick(levels: list[NoiseLevel], at: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return sigma and scale of levels, ``(B, 1, 1, 1)``."""
    table = torch.tensor([[level.sigma, level.scale] for level in levels], device=at.device)
    sigma, scale = table[at].view(-1, 2, 1, 1, 1).unbind(1)
    return sigma, scale
