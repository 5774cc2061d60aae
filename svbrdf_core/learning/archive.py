"""Safetensors files of tensors and of facts that JSON can hold: model files and checkpoints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import torch

from svbrdf_core.codec.plain import Json
from svbrdf_core.errors import InputError

FORMAT = "svbrdf-inpaint 2"
"""Key of the facts among the header's metadata."""
OLD_FORMAT = "svbrdf-inpaint diffusion 1"
MAX_HEADER = 2**20
"""Bytes that a file's header may have; ours have a few thousand."""

Tensors = dict[str, torch.Tensor]
Shapes = dict[str, tuple[int, ...]]
Facts = dict[str, Json]


def pack(tensors: Mapping[str, torch.Tensor], facts: Mapping[str, Json]) -> bytes:
    """Return the bytes of a safetensors file."""
    from safetensors.torch import save

    whole = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    # One entry: several would come in any order, and the same model would not be the same bytes.
    return bytes(save(whole, {FORMAT: json.dumps(facts)}))


def unpack(data: bytes) -> tuple[Tensors, Facts]:
    """Return what `pack` was given.

    Raises:
        InputError: the bytes are no such file, or not all of one.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        length = _check_header_length(data[:8])
        tensors = load(data)
        return tensors, _parse_facts(json.loads(data[8 : 8 + length])["__metadata__"])
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _foreign_file() from error


def read_header(path: Path) -> tuple[Shapes, Facts]:
    """Return the shapes of the tensors in a file, and the facts, without reading the tensors.

    Raises:
        InputError: the file cannot be read, or `unpack` would not take it.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with path.open("rb") as stream:
            _check_header_length(stream.read(8))
        with safe_open(path, framework="pt") as file:
            facts = _parse_facts(file.metadata() or {})
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}, facts  # noqa: SIM118
    except OSError as error:
        raise InputError(f"The model {path} cannot be read: {error.strerror}.") from error
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _foreign_file() from error


def _check_header_length(start: bytes) -> int:
    length = int.from_bytes(start, "little")
    if length > MAX_HEADER:
        raise ValueError("the header is too long")
    return length


def _parse_facts(metadata: Mapping[str, str]) -> Facts:
    if OLD_FORMAT in metadata:
        raise InputError("The model was trained by an older version of this program; train it again: svbrdf train.")
    facts = json.loads(metadata[FORMAT])
    if not isinstance(facts, dict):
        raise ValueError("the facts are none")
    return facts


def _foreign_file() -> InputError:
    return InputError("The file is not a model of this program, or is damaged; train it again with: svbrdf train.")
