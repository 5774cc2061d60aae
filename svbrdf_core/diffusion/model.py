"""A trained network goes in and its bytes come out, and the other way round."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from svbrdf_core.diffusion.network import Denoiser
from svbrdf_core.diffusion.recipe import recipe_of
from svbrdf_core.errors import InputError

FORMAT = "svbrdf-inpaint diffusion 1"
LONGEST = 2**20
"""Bytes that a file's header may have; ours have a few thousand."""
WIDEST = 4096
"""Channels that a network's finest level may have."""


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
        _check_fit(kind, {name: tuple(tensor.shape) for name, tensor in tensors.items()})
        network = kind.network()
        try:
            network.load_state_dict(tensors)
        except RuntimeError as error:
            raise _misfit(kind) from error
        return cls(kind, network.to(device).eval().requires_grad_(False))


def probe(path: Path) -> Kind:
    """Return what a model file holds, found out from its header alone.

    Raises:
        InputError: it cannot be read, or `Model.from_bytes` would not take it.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with path.open("rb") as stream:
            _header_length(stream.read(8))
        with safe_open(path, framework="pt") as file:
            facts = _facts((file.metadata() or {})[FORMAT])
            shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    except OSError as error:
        raise InputError(f"The model {path} cannot be read: {error.strerror}.") from error
    except (SafetensorError, ValueError, KeyError, RecursionError) as error:
        raise _no_model() from error
    kind = kind_of(facts)
    _check_fit(kind, shapes)
    return kind


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
        assert names and 1 <= kind.width <= WIDEST and kind.scale >= 1
    except (AssertionError, KeyError, TypeError, ValueError, OverflowError) as error:
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
        length = _header_length(data[:8])
        tensors = load(data)
        return tensors, _facts(json.loads(data[8 : 8 + length])["__metadata__"][FORMAT])
    except (SafetensorError, ValueError, KeyError, RecursionError) as error:
        raise _no_model() from error


def _header_length(start: bytes) -> int:
    length = int.from_bytes(start, "little")
    if length > LONGEST:
        raise ValueError("the header is too long")
    return length


def _facts(text: str) -> dict[str, object]:
    facts = json.loads(text)
    if not isinstance(facts, dict):
        raise ValueError("the facts are none")
    return facts


def _check_fit(kind: Kind, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raise InputError unless tensors of these shapes are such a network's; a lie about its size costs no memory."""
    make = recipe_of(kind.recipe).network
    with torch.device("meta"):
        wanted = {
            name: tuple(tensor.shape) for name, tensor in make(len(kind.channels), kind.width).state_dict().items()
        }
    if wanted != shapes:
        raise _misfit(kind)


def _misfit(kind: Kind) -> InputError:
    return InputError(f"The model does not fit what it says it is ({str(kind)[:300]}); train it again.")


def _no_model() -> InputError:
    return InputError("The file is not a model of this program, or is damaged; train it again with: svbrdf train.")
