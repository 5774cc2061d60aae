"""The step and the order of noise levels that settings ask for."""

from __future__ import annotations

from collections.abc import Callable

from svbrdf_core.diffusion.posterior.gradients import dps, mcg, pigdm
from svbrdf_core.diffusion.posterior.guidance import LogProbability, guided
from svbrdf_core.diffusion.posterior.nullspace import ddnm, ddnm_plus
from svbrdf_core.diffusion.posterior.proximal import diffpir
from svbrdf_core.diffusion.posterior.replacement import repaint
from svbrdf_core.diffusion.posterior.spectral import ddrm
from svbrdf_core.diffusion.samplers import Step, ancestral, ddim
from svbrdf_core.diffusion.settings import SamplerSettings, SolverName

STEPS: dict[SolverName, Callable[[SamplerSettings], Step]] = {
    "ancestral": lambda given: ancestral() if given.eta is None else ddim(given.eta),
    "ddim": lambda given: ddim(given.eta or 0.0),
    "repaint": lambda given: repaint(),
    "ddnm": lambda given: ddnm() if given.eta is None else ddnm(given.eta),
    "ddnm-plus": lambda given: ddnm_plus(given.noise_std),
    "pigdm": lambda given: pigdm() if given.eta is None else pigdm(given.eta),
    "mcg": lambda given: mcg(given.step_size),
    "dps": lambda given: dps(given.step_size),
    "ddrm": lambda given: ddrm(0.85 if given.eta is None else given.eta, noise_std=given.noise_std),
    "diffpir": lambda given: diffpir(1.0 if given.eta is None else given.eta**2, noise_std=given.noise_std),
}


def make_step(sampler: SamplerSettings, log_probability: LogProbability | None = None) -> Step:
    """Return the step of settings, guided by a function if there is one."""
    step = STEPS[sampler.solver](sampler)
    return step if log_probability is None else guided(step, log_probability, sampler.guidance_weight)
