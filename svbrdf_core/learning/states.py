"""States of optimisers and generators as tensors and as facts that JSON can hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from svbrdf_core.learning.archive import Tensors


def tensors_of(optimizer: torch.optim.Optimizer, prefix: str) -> Tensors:
    """Return the moments of an optimiser, by names that begin with a prefix and a dot."""
    state = optimizer.state_dict()["state"]
    return {
        f"{prefix}.{number}.{name}": torch.as_tensor(value)
        for number, moments in state.items()
        for name, value in moments.items()
    }


def restore_optimizer(
    optimizer: torch.optim.Optimizer, weights: Sequence[torch.nn.Parameter], tensors: Tensors
) -> None:
    """Bring an optimiser of weights to a state whose moments are named without the prefix."""
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in tensors.items():
        number, key = name.split(".")
        weight = weights[int(number)]
        # Adam takes a weight and its moments as they lie in memory, so they must lie alike.
        state.setdefault(int(number), {})[key] = (
            torch.empty_like(weight).copy_(value) if value.shape == weight.shape else value
        )
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def select(tensors: Tensors, prefix: str) -> Tensors:
    """Return the tensors whose names begin with a prefix and a dot, named without them."""
    return {
        name.removeprefix(prefix + "."): tensor for name, tensor in tensors.items() if name.startswith(prefix + ".")
    }


def generator_to_text(rng: np.random.Generator) -> Any:
    """Return the state of numpy's generator with its numbers as text: JSON keeps 53 bits of them elsewhere."""
    return _numbers_to_text(rng.bit_generator.state)


def restore_generator(rng: np.random.Generator, text: Any) -> None:
    """Bring a generator to a state."""
    rng.bit_generator.state = _text_to_numbers(text)


def _numbers_to_text(state: Any) -> Any:
    if isinstance(state, dict):
        return {name: _numbers_to_text(value) for name, value in state.items()}
    return str(state)


def _text_to_numbers(text: Any) -> Any:
    if isinstance(text, dict):
        return {name: _text_to_numbers(value) for name, value in text.items()}
    return int(text) if str(text).isdigit() else text
