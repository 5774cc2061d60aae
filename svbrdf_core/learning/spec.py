"""Descriptions of networks: everything that a file must say for its weights to be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

import torch
from torch import nn

from svbrdf_core.codec.plain import Json
from svbrdf_core.errors import InputError
from svbrdf_core.learning.archive import Facts, Shapes
from svbrdf_core.sentences import Remedy

Architectures = Mapping[str, Callable[..., nn.Module]]
"""Makes a network from its name, the number of channels and the arguments of a `ModelSpec`."""


@dataclass(frozen=True)
class ModelSpec:
    """What a network is, besides its weights.

    Attributes:
        task: what it was trained for, as ``denoising``.
        architecture: name in the task's table of architectures.
        arguments: of the architecture, besides the number of channels, as ``{"width": 32}``.
        channels: what it knows, as ``normal.0``.
        scale: pixels of the material along a side of one pixel that it was trained on.
        parametrization: what the task has to know to use the network, as its noise schedule.
    """

    task: str
    architecture: str
    arguments: Mapping[str, Json]
    channels: tuple[str, ...]
    scale: int = 1
    parametrization: Mapping[str, Json] = field(default_factory=dict)

    def to_json(self) -> Facts:
        """Return the description as JSON knows it."""
        facts = asdict(self)
        return {**facts, "channels": list(self.channels)}

    def build(self, architectures: Architectures) -> nn.Module:
        """Return such a network with new weights."""
        return architectures[self.architecture](len(self.channels), **self.arguments)


def check_knows(spec: ModelSpec, wanted: Sequence[str], name: str) -> None:
    """See that a network knows all channels of a problem.

    Args:
        spec: of the network.
        wanted: names of channels, as ``normal.0``.
        name: of its file, for the sentence.

    Raises:
        InputError: it does not.
    """
    lacking = [channel for channel in wanted if channel not in spec.channels]
    if not lacking:
        return
    maps, known = _maps(lacking), _maps(spec.channels)
    if set(maps) & set(known):  # a map with more channels than the network has seen of it
        maps, known = lacking, list(spec.channels)
    raise InputError(
        f"{name} cannot fill {', '.join(maps)}, for it knows {', '.join(known)}",
        Remedy("train", "train one on materials with the same maps"),
        Remedy("only", "choose maps that it knows"),
    )


def _maps(channels: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(channel.partition(".")[0] for channel in channels))


def parse_spec(facts: Json) -> ModelSpec:
    """Return the description that a file holds.

    Raises:
        InputError: it holds none.
    """
    try:
        assert isinstance(facts, dict)
        spec = ModelSpec(
            task=str(facts["task"]),
            architecture=str(facts["architecture"]),
            arguments=dict(facts["arguments"]),
            channels=tuple(str(name) for name in facts["channels"]),
            scale=int(facts["scale"]),
            parametrization=dict(facts["parametrization"]),
        )
        assert spec.channels and spec.scale >= 1
    except (AssertionError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError("The file does not say what kind of model it holds; train it again.") from error
    return spec


def check_fit(spec: ModelSpec, shapes: Shapes, architectures: Architectures) -> None:
    """Check that tensors of these shapes are the weights of such a network; a lie about its size costs no memory.

    Raises:
        InputError: they are not, or there is no such network.
    """
    try:
        with torch.device("meta"):
            weights = spec.build(architectures).state_dict()
    except (KeyError, TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise _misfit(spec) from error
    if {name: tuple(tensor.shape) for name, tensor in weights.items()} != shapes:
        raise _misfit(spec)


def _misfit(spec: ModelSpec) -> InputError:
    return InputError(f"The model does not fit what it says it is ({str(spec)[:300]}); train it again.")
