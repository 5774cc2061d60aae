"""Folders of diffusers: a UNet2DModel by its config.json, and the noise it was trained on by its scheduler's."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import nn

from svbrdf_core.diffusion.checkpoints.pretrained import PREDICTIONS, Pretrained, PretrainedSize
from svbrdf_core.diffusion.checkpoints.schedules import (
    make_scaled_linear,
    make_schedule,
    make_sigmoid,
    make_squared_cosine,
)
from svbrdf_core.diffusion.checkpoints.weights import read_shapes, read_weights
from svbrdf_core.diffusion.schedule import Schedule, make_linear
from svbrdf_core.errors import InputError

Json = Mapping[str, Any]
MAX_CONFIG = 2**20
"""Bytes of a description; theirs have a few thousand, with 1000 betas 20 thousand."""
MAX_NUMBER = 8192
"""No size of a network may be larger."""
MAX_LEVELS = 12
MAX_LAYERS = 16
MAX_TIMESTEPS = 100_000
DEFAULT_WINDOW = 256
"""Side of the pictures of networks that do not say what they were trained on."""
OLD_NAMES = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}
"""Layers of attention in files of versions before 0.15."""
SCHEDULES: dict[str, Callable[[int, float, float], Schedule]] = {
    "linear": make_linear,
    "scaled_linear": make_scaled_linear,
    "squaredcos_cap_v2": lambda steps, first, last: make_squared_cosine(steps),
    "sigmoid": make_sigmoid,
}
"""By ``beta_schedule``."""

NO_NETWORK = (
    "The config does not describe a UNet2DModel of diffusers of one or three channels and positional timesteps; "
    "choose another network."
)
NO_SCHEDULE = (
    "The scheduler's config describes no noise that is known here: betas by name (linear, scaled_linear, "
    "squaredcos_cap_v2, sigmoid) or one by one, without rescale_betas_zero_snr, and a prediction of epsilon, sample or "
    "v_prediction; choose another network."
)
MISFIT = "The weights are not those of the network that the config describes; give both from one folder."


def probe_diffusers(weights: Path, config: Path, scheduler: Path) -> PretrainedSize:
    """Return what the files of such a folder hold, without reading the weights.

    Raises:
        InputError: one cannot be read, or they do not fit each other.
    """
    _read_schedule(scheduler)
    return _build(weights, config)[1]


def load_diffusers(weights: Path, config: Path, scheduler: Path) -> Pretrained:
    """Return the network of such a folder, on the processor.

    Raises:
        InputError: a file cannot be read, or they do not fit each other.
    """
    schedule, prediction = _read_schedule(scheduler)
    network, size = _build(weights, config)
    network.load_state_dict({_rename(name): tensor for name, tensor in read_weights(weights).items()}, assign=True)

    def predict(x: torch.Tensor, t: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        found: torch.Tensor = network(x, t, class_labels=labels, return_dict=False)[0]
        return found[:, : size.channels]  # the rest is the variance

    return Pretrained(size, network.eval().requires_grad_(False), predict, schedule, prediction)


def _build(weights: Path, config: Path) -> tuple[nn.Module, PretrainedSize]:
    """Return the network without its weights, and what it takes."""
    described = _read_config(config, "config of the network")
    size = _measure(described)
    shapes = {_rename(name): shape for name, shape in read_shapes(weights).items()}
    try:
        with _quiet(), torch.no_grad(), torch.device("meta"):
            from diffusers import UNet2DModel

            network: nn.Module = UNet2DModel(**{name: value for name, value in described.items() if name[:1] != "_"})
            _try(network, size)
    except (TypeError, ValueError, KeyError, IndexError, AttributeError, RuntimeError, NotImplementedError) as error:
        raise InputError(NO_NETWORK) from error
    expected = network.state_dict()
    held = {name for name, _ in (*network.named_parameters(), *network.named_buffers())}
    if {name: tuple(tensor.shape) for name, tensor in expected.items()} != shapes or held != set(expected):
        raise InputError(MISFIT)
    return network, size


def _try(network: nn.Module, size: PretrainedSize) -> None:
    """Send shapes through a network, where it fails if something in its config is no sense."""
    side = 2 * size.stride
    labels = torch.zeros(1, dtype=torch.long) if size.labels else None
    found = network(torch.empty(1, size.channels, side, side), torch.zeros(1), labels, return_dict=False)[0]
    if found.shape[2:] != (side, side):
        raise ValueError("the picture changes its size")


def _measure(config: Json) -> PretrainedSize:
    """Return what a network takes, by its config, of which no number is absurd."""
    inputs, outputs, labels = (
        config.get(name, default)
        for name, default in (("in_channels", 3), ("out_channels", 3), ("num_class_embeds", 0))
    )
    widths, side = config.get("block_out_channels", (224, 448, 672, 896)), config.get("sample_size")
    layers = config.get("layers_per_block", 2)
    side = max(side) if isinstance(side, list) and all(map(_is_size, side)) and side else side or DEFAULT_WINDOW
    if (
        config.get("_class_name") != "UNet2DModel"
        or config.get("time_embedding_type", "positional") != "positional"
        or config.get("class_embed_type") is not None
        or inputs not in (1, 3)
        or outputs not in (inputs, 2 * inputs)
        or not isinstance(widths, list | tuple)
        or not 0 < len(widths) <= MAX_LEVELS
        or not all(_is_size(number) for number in (*widths, layers, side))
        or layers > MAX_LAYERS
        or not (labels in (0, None) or _is_size(labels))
    ):
        raise InputError(NO_NETWORK)
    return PretrainedSize(inputs, labels or 0, side, 2 ** (len(widths) - 1))


def _is_size(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 0 < number <= MAX_NUMBER


def _read_schedule(path: Path) -> tuple[Schedule, str]:
    """Return the noise that a scheduler's config describes, and what its networks predict."""
    config = _read_config(path, "config of the scheduler")
    steps, betas = config.get("num_train_timesteps", 1000), config.get("trained_betas")
    first, last = config.get("beta_start", 1e-4), config.get("beta_end", 0.02)
    prediction = config.get("prediction_type", "epsilon")
    if (
        not {"beta_schedule", "trained_betas"} & set(config)
        or not isinstance(steps, int)
        or not 1 < steps <= MAX_TIMESTEPS
        or prediction not in PREDICTIONS
        or config.get("rescale_betas_zero_snr")
    ):
        raise InputError(NO_SCHEDULE)
    try:
        if betas is not None:
            return make_schedule(torch.tensor(betas, dtype=torch.float64).reshape(-1)), prediction
        return SCHEDULES[config["beta_schedule"]](steps, float(first), float(last)), prediction
    except (KeyError, TypeError, ValueError, IndexError, RuntimeError) as error:
        raise InputError(NO_SCHEDULE) from error


def _read_config(path: Path, what: str) -> Json:
    try:
        if path.stat().st_size > MAX_CONFIG:
            raise ValueError("too long")
        found = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(found, dict):
            raise ValueError("no object")
    except OSError as error:
        raise InputError(f"The {what} {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"The {what} is not the JSON that diffusers writes; give the file of its folder.") from error
    return found


def _rename(name: str) -> str:
    """Return the name that a tensor has now."""
    return re.sub(r"(attentions\.\d+\.)(query|key|value|proj_attn)\.", lambda m: f"{m[1]}{OLD_NAMES[m[2]]}.", name)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library from printing what it thinks of a config."""
    logger = logging.getLogger("diffusers")
    disabled, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = disabled
