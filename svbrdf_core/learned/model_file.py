"""Networks that fill, as objects and as safetensors files."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from svbrdf_core.codec.plain import Json
from svbrdf_core.diffusion.model_file import FILLER
from svbrdf_core.diffusion.schedule import NoiseLevel, make_cosine
from svbrdf_core.errors import InputError
from svbrdf_core.learned.card import Card, parse_card
from svbrdf_core.learned.networks import ARCHITECTURES, Filler
from svbrdf_core.learned.settings import FillerSettings, StartName
from svbrdf_core.learning.archive import Facts, Shapes, pack, read_header, unpack
from svbrdf_core.learning.spec import ModelSpec, check_fit, parse_spec
from svbrdf_core.sentences import Remedy


@dataclass(frozen=True)
class Kind:
    """How a network is used.

    Attributes:
        task: the name of what it was trained for.
        start: what stands in the hole at first.
        crop: side of the crops that it was trained on.
        noise_levels: steps it takes; 0 for one pass.
    """

    task: str
    start: StartName
    crop: int
    noise_levels: int

    @classmethod
    def of(cls, spec: ModelSpec) -> Kind:
        """Return that of a model.

        Raises:
            InputError: the description is not of such a model.
        """
        told, few = spec.parametrization, spec.architecture == "few-steps"
        start, crop, levels = told.get("start"), told.get("crop"), told.get("noise_levels")
        is_ours = spec.task == FILLER and start in ("hole", "mosaic", "membrane")
        if not is_ours or not isinstance(crop, int) or not isinstance(levels, int) or few != (1 <= levels <= 64):
            raise InputError("The file holds no network that fills holes", Remedy("train", "train one for that"))
        return cls(str(told.get("task")), start, crop, levels)  # type: ignore[arg-type]


@dataclass(frozen=True)
class FillerModel:
    """A network that was trained, what it is, and what it has seen."""

    spec: ModelSpec
    network: Filler
    card: Card

    @classmethod
    def copy(cls, spec: ModelSpec, network: Filler, card: Card) -> FillerModel:
        """Return a model that training does not change."""
        return cls(spec, copy.deepcopy(network).eval().requires_grad_(False), card)

    def to_bytes(self) -> bytes:
        """Return the model as a safetensors file."""
        return pack(dict(self.network.state_dict()), {"spec": self.spec.to_json(), "card": self.card.to_json()})

    @classmethod
    def from_bytes(cls, data: bytes, device: str = "cpu") -> FillerModel:
        """Return the model of a file.

        Raises:
            InputError: the bytes are not such a file.
        """
        tensors, facts = unpack(data)
        spec, card = _check(facts, {name: tuple(tensor.shape) for name, tensor in tensors.items()})
        network = build(spec)
        network.load_state_dict(tensors)
        return cls(spec, network.to(device).eval().requires_grad_(False), card)


def make_spec(settings: FillerSettings, channels: tuple[str, ...], scale: int) -> ModelSpec:
    """Return the description of a network that is trained with settings on these channels."""
    architecture, more = {
        "autoencoder": ("autoencoder", {}),
        "glcic": ("coarse-to-fine", {}),
        "attention": ("coarse-to-fine", {"attention": True}),
        "diffusion-gan": ("few-steps", {}),
        "wavelet-diffusion": ("few-steps", {"wavelets": True}),
    }[settings.task]
    arguments: dict[str, Json] = {"width": settings.width, **more}
    parametrization: dict[str, Json] = {
        "task": settings.task,
        "start": settings.start,
        "crop": settings.crop_size,
        "noise_levels": settings.noise_levels if settings.few_steps else 0,
    }
    return ModelSpec(FILLER, architecture, arguments, channels, scale, parametrization)


def build(spec: ModelSpec) -> Filler:
    """Return such a network with new weights."""
    return ARCHITECTURES[spec.architecture](len(spec.channels), **spec.arguments)


def probe(path: Path) -> tuple[ModelSpec, Card]:
    """Return what a model file holds, from its header alone.

    Raises:
        InputError: it cannot be read, or `FillerModel.from_bytes` would not take it.
    """
    shapes, facts = read_header(path)
    return _check(facts, shapes)


@cache
def few_levels(count: int) -> list[NoiseLevel]:
    """Return the noise levels of a network of few steps, from none up."""
    return list(reversed(make_cosine().levels(count)))


def _check(facts: Facts, shapes: Shapes) -> tuple[ModelSpec, Card]:
    spec = parse_spec(facts.get("spec"))
    Kind.of(spec)
    check_fit(spec, shapes, ARCHITECTURES)
    return spec, parse_card(facts.get("card"))
