"""Model files as those who choose one see them: which settings take them, and what they can fill."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from svbrdf_core.codec import InputFile, dataclass_in, fields_of
from svbrdf_core.codec.fields import members
from svbrdf_core.diffusion.settings import CONDITIONAL, SolverName
from svbrdf_core.errors import InputError
from svbrdf_core.methods.registry import find, names

ModelKind = Literal["filler", "denoiser", "prior"]
"""What `option` of a setting names in ``models``: a network of `svbrdf_core.learned`, or one of
`svbrdf_core.diffusion` that is shown what is known, or is not."""
MODEL_ENDING = ".safetensors"
"""Of the name of a model's file, by which a service knows it."""
MOST_CHANNELS = 256
"""That a model may know; materials have a tenth of that."""
LARGEST_SCALE = 2**16
"""No map is so large that more could be told of it."""


@dataclass(frozen=True)
class ModelFacts:
    """What a file says of the model in it.

    Attributes:
        kind: which settings take it.
        task: what it was trained for, in the words of ``svbrdf train --task``; ``diffusion`` of a denoiser or prior.
        channels: that it knows, as ``normal.0``.
        scale: pixels of a material along a side of one pixel that it was trained on.
        steps: of its training; None where the file does not say.
        materials: name and licence of those that it was trained on; none where the file does not say.
        fits: values that other settings must have one of for it to be taken, by their paths from the dataclass that
            the setting of the model is in.
    """

    kind: ModelKind
    task: str
    channels: tuple[str, ...]
    scale: int
    steps: int | None = None
    materials: tuple[tuple[str, str], ...] = ()
    fits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def maps(self) -> tuple[str, ...]:
        """The maps that it knows."""
        return tuple(dict.fromkeys(channel.rpartition(".")[0] for channel in self.channels))


def probe_model(path: Path) -> ModelFacts:
    """Return what a model file holds, from its header alone.

    Raises:
        InputError: it is no safetensors file of `svbrdf train`, is damaged, or torch is missing.
    """
    if any(importlib.util.find_spec(name) is None for name in ("torch", "safetensors")):
        raise InputError("Models need torch and safetensors; install them with: pip install 'svbrdf-inpaint[torch]'.")
    from svbrdf_core.diffusion.model_file import FILLER
    from svbrdf_core.learning.archive import read_header
    from svbrdf_core.learning.spec import parse_spec

    spec = parse_spec(read_header(path)[1].get("spec"))
    known = len(spec.channels) <= MOST_CHANNELS and all("." in name for name in spec.channels)
    if not known or spec.scale > LARGEST_SCALE:
        raise InputError("The model does not say which maps it knows; train it again.")
    return _probe_filler(path) if spec.task == FILLER else _probe_denoiser(path)


def find_settings(kind: ModelKind) -> dict[str, str]:
    """Return the path of the setting that takes such a model, by the name of each method that has one."""
    found = {name: path for name in names() for path in _find_paths(find(name).settings, kind)}
    return dict(sorted(found.items()))


def _find_paths(settings: type, kind: ModelKind, where: str = "") -> list[str]:
    found: list[str] = []
    for one in fields_of(settings):
        inner: Any = dataclass_in(one.hint)
        if InputFile in members(one.hint) and kind in one.metadata.get("models", ()):
            found.append(where + one.name)
        elif inner is not None:
            found += _find_paths(inner, kind, f"{where}{one.name}.")
    return found


def _probe_filler(path: Path) -> ModelFacts:
    from svbrdf_core.learned.model_file import Kind, probe

    spec, card = probe(path)
    use = Kind.of(spec)
    materials = tuple((one.name, one.licence) for one in card.materials)
    fits = {"finish": ("network",)} if use.start == "mosaic" else {}
    return ModelFacts("filler", use.task, spec.channels, spec.scale, card.steps, materials, fits)


def _probe_denoiser(path: Path) -> ModelFacts:
    from svbrdf_core.diffusion.model_file import Parametrization, probe

    spec = probe(path)
    conditional = Parametrization.of(spec).conditional
    solvers = tuple(name for name in get_args(SolverName) if (name in CONDITIONAL) == conditional)
    fits = {"sampler.solver": solvers}
    return ModelFacts("denoiser" if conditional else "prior", "diffusion", spec.channels, spec.scale, fits=fits)
