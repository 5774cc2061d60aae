"""A trained network goes in and its bytes come out, and the other way round."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import torch

from svbrdf_core.diffusion.network import Denoiser
from svbrdf_core.diffusion.recipe import recipe_of
from svbrdf_core.errors import InputError

FORMAT = "svbrdf-inpaint diffusion 1"


@dataclass(frozen=True)
class Kind:
    """What a network is, besides its weights.

    Attributes:
        recipe: how it was trained.
        channels: what it fills, as ``normal.0``.
        width: channels of its finest level.
        scale: pixels of the material along a side of one pixel that it was trained on.
    """

    recipe: str
    channels: tuple[str, ...]
    width: int
    scale: int

    def network(self) -> Denoiser:
        """Return such a network with new weights."""
        return recipe_of(self.recipe).network(len(self.channels), self.width)


@dataclass(frozen=True)
class Model:
    """A network that was trained, and what it is."""

    kind: Kind
    network: Denoiser

    def to_bytes(self) -> bytes:
        """Return the model as a safetensors file."""
        return packed(dict(self.network.state_dict()), {"kind": asdict(self.kind)})

    @classmethod
    def from_bytes(cls, data: bytes, device: str = "cpu") -> Model:
        """Return the model of a file.

        Raises:
            InputError: the bytes are not such a file.
        """
        tensors, facts = unpacked(data)
        kind = kind_of(facts)
        network = kind.network()
        try:
            network.load_state_dict(tensors)
        except RuntimeError as error:
            raise InputError(f"The model does not fit what it says it is ({kind}); train it again.") from error
        return cls(kind, network.to(device).eval().requires_grad_(False))


def kind_of(facts: dict[str, object]) -> Kind:
    """Return the kind that a file's facts tell.

    Raises:
        InputError: they do not tell one.
    """
    found = facts.get("kind")
    try:
        assert isinstance(found, dict)
        names = tuple(str(name) for name in found["channels"])
        kind = Kind(str(found["recipe"]), names, int(found["width"]), int(found["scale"]))
        recipe_of(kind.recipe)
    except (AssertionError, KeyError, TypeError, ValueError) as error:
        raise InputError("The file does not say what kind of model it holds; train it again.") from error
    return kind


def packed(tensors: dict[str, torch.Tensor], facts: dict[str, object]) -> bytes:
    """Return a safetensors file of tensors and of facts that JSON can hold."""
    from safetensors.torch import save

    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    # One entry: several would come in any order, and the same model would not be the same bytes.
    return bytes(save(whole, {FORMAT: json.dumps(facts)}))


def unpacked(data: bytes) -> tuple[dict[str, torch.Tensor], dict[str, object]]:
    """Return what `packed` was given.

    Raises:
        InputError: the bytes are no such file, or not all of one.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        tensors = load(data)
        length = int.from_bytes(data[:8], "little")
        return tensors, json.loads(json.loads(data[8 : 8 + length])["__metadata__"][FORMAT])
    except (SafetensorError, ValueError, KeyError) as error:
        raise InputError(
            "The file is not a model of this program, or is damaged; train it again with: svbrdf train."
        ) from error
