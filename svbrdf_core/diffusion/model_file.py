"""Trained denoising networks, as objects and as safetensors files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from svbrdf_core.diffusion.denoiser import Denoiser, Observed, from_x0
from svbrdf_core.diffusion.network import ARCHITECTURES, ConditionalUNet
from svbrdf_core.diffusion.schedule import SCHEDULES, Schedule
from svbrdf_core.diffusion.settings import SamplerSettings
from svbrdf_core.errors import InputError
from svbrdf_core.learning.archive import Facts, pack, read_header, unpack
from svbrdf_core.learning.precision import autocast
from svbrdf_core.learning.spec import ModelSpec, check_fit, parse_spec
from svbrdf_core.sentences import Remedy

TASK, FILLER = "denoising", "filling"
"""`ModelSpec.task` of these models, and of those that fill by themselves (`svbrdf_core.learned`)."""


@dataclass(frozen=True)
class Parametrization:
    """How the network of a model stands to its denoiser.

    Attributes:
        schedule: the noise it was trained on.
        noisy_known: see `svbrdf_core.diffusion.recipe.Diffusion`.
        conditional: whether the network is shown what is known.
    """

    schedule: Schedule
    noisy_known: bool
    conditional: bool = True

    @classmethod
    def of(cls, spec: ModelSpec) -> Parametrization:
        """Return that of a model.

        Raises:
            InputError: the description does not tell it.
        """
        described = spec.parametrization
        if spec.task == FILLER:
            raise InputError(
                "The file holds a network of another kind, no denoiser; give it to the method it was trained for, "
                "or train a denoiser."
            )
        is_ours = spec.task == TASK and described.get("schedule") in SCHEDULES
        if not is_ours or not isinstance(described.get("noisy_known"), bool):
            raise InputError("The file does not say what kind of model it holds; train it again.")
        conditional = spec.arguments.get("conditional", True) is not False
        return cls(SCHEDULES[str(described["schedule"])](), bool(described["noisy_known"]), conditional)

    def inputs(
        self, x: torch.Tensor, known: torch.Tensor, hole: torch.Tensor, t: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return what the network is given.

        Args:
            x: the noisy picture, ``(B, C, H, W)``.
            known: the picture where it is known, ``(B, C, H, W)``; its hole is taken out here.
            hole: ``(B, 1, H, W)``, 1 in the hole.
            t: the timestep over T, ``(B,)``.
        """
        outside = known * (1 - hole)
        return (x if self.noisy_known else torch.where(hole > 0, x, outside)), outside, hole, t


@dataclass(frozen=True)
class Model:
    """A network that was trained, and what it is."""

    spec: ModelSpec
    network: ConditionalUNet

    def denoiser(self, device: str, wrap: tuple[bool, bool] = (False, False)) -> Denoiser:
        """Return the network, which must be on the device, as a denoiser of float32 pictures.

        Args:
            device: where to compute.
            wrap: whether rows and columns of the pictures go on at the other side.
        """
        parametrization = Parametrization.of(self.spec)
        last = parametrization.schedule.last

        def predict(x: torch.Tensor, t: torch.Tensor, observed: Observed | None) -> torch.Tensor:
            if not parametrization.conditional:
                observed = _nothing_known(x)
            if observed is None:
                raise ValueError("this network looks at what is known; give it")
            self.network.wrap(*wrap)
            with autocast(device):
                time = (t / last).to(x.dtype)
                x0 = self.network(*parametrization.inputs(x, *observed.expand(len(x)), time))
            # Laid out as x is, or the layout would alternate from pass to pass.
            return torch.empty_like(x).copy_(x0)

        return from_x0(predict, parametrization.schedule, self.spec.channels, conditional=parametrization.conditional)

    def to_bytes(self) -> bytes:
        """Return the model as a safetensors file."""
        return pack(dict(self.network.state_dict()), {"spec": self.spec.to_json()})

    @classmethod
    def from_bytes(cls, data: bytes, device: str = "cpu") -> Model:
        """Return the model of a file.

        Raises:
            InputError: the bytes are not such a file.
        """
        tensors, facts = unpack(data)
        spec = _check(facts, {name: tuple(tensor.shape) for name, tensor in tensors.items()})
        network = build(spec)
        network.load_state_dict(tensors)
        return cls(spec, network.to(device).eval().requires_grad_(False))


def _nothing_known(x: torch.Tensor) -> Observed:
    """Return what is known of pictures ``(B, C, H, W)`` of which nothing is."""
    return Observed(torch.zeros_like(x[:1]), torch.ones_like(x[:1, :1]))


def build(spec: ModelSpec) -> ConditionalUNet:
    """Return such a network with new weights."""
    return ARCHITECTURES[spec.architecture](len(spec.channels), **spec.arguments)


def probe(path: Path) -> ModelSpec:
    """Return what a model file holds, from its header alone.

    Raises:
        InputError: it cannot be read, or `Model.from_bytes` would not take it.
    """
    shapes, facts = read_header(path)
    return _check(facts, shapes)


def check_solver(spec: ModelSpec, sampler: SamplerSettings) -> None:
    """See that a model is what a solver needs: shown what is known, or a prior that is not.

    Raises:
        InputError: it is the other.
    """
    conditional = Parametrization.of(spec).conditional
    if conditional and not sampler.conditional:
        raise InputError(
            f"The model was trained to fill holes, and the solver {sampler.solver} needs a prior of whole pictures",
            Remedy("prior", "train one"),
            Remedy("solver", "choose the solver ancestral or ddim"),
        )
    if sampler.conditional and not conditional:
        raise InputError(
            f"The model is a prior of whole pictures, and the solver {sampler.solver} needs one that fills holes",
            Remedy("train", "train one"),
            Remedy("solver", "choose a solver for priors, such as repaint"),
        )


def _check(facts: Facts, shapes: dict[str, tuple[int, ...]]) -> ModelSpec:
    spec = parse_spec(facts.get("spec"))
    Parametrization.of(spec)
    check_fit(spec, shapes, ARCHITECTURES)
    return spec
