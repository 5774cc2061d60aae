"""Weights of guided-diffusion: their architecture is found from names and shapes, and compared to all of them."""

from __future__ import annotations

import re
from pathlib import Path

import torch

from svbrdf_core.diffusion.checkpoints.guided_network import Attention, GuidedArchitecture, GuidedUNet
from svbrdf_core.diffusion.checkpoints.pretrained import Pretrained, PretrainedSize
from svbrdf_core.diffusion.checkpoints.schedules import make_squared_cosine
from svbrdf_core.diffusion.checkpoints.weights import read_shapes, read_weights
from svbrdf_core.diffusion.schedule import Schedule, make_linear
from svbrdf_core.errors import InputError
from svbrdf_core.learning.archive import Shapes

MARK = "middle_block.1.qkv.weight"
"""A name that only these networks have."""
COARSEST = 8
"""Pixels along a side of the coarsest level of all published ones, at the size that they were trained on."""
MAX_STAGES = 128
MAX_CHANNELS = 8192

FOREIGN = (
    "The weights are of an architecture that is not known here: neither a U-Net of guided-diffusion for one or three "
    "channels nor, with its config.json, a UNet2DModel of diffusers; choose others."
)

Shape = tuple[int, tuple[int, ...], int]
PUBLISHED: dict[Shape, tuple[Attention, bool]] = {
    (256, (256, 256, 512, 768, 1024), 2): (Attention(heads=4), False),
    (192, (192, 384, 576, 768), 3): (Attention(split_first=True), True),
}
"""Attention, and whether the schedule is the cosine, of the published networks of 128 and of 64 pixels, known by width,
channels and blocks. All others have heads of 64 channels and the linear schedule."""


def probe_guided(path: Path) -> PretrainedSize:
    """Return what such a file holds, from its header alone.

    Raises:
        InputError: it cannot be read, or is of another architecture.
    """
    return _describe(find_architecture(read_shapes(path)))


def load_guided(path: Path) -> Pretrained:
    """Return the network of a file, on the processor.

    Raises:
        InputError: it cannot be read, or is of another architecture.
    """
    size = find_architecture(read_shapes(path))
    with torch.device("meta"):
        network = GuidedUNet(size)
    network.load_state_dict(read_weights(path), assign=True)

    def predict(x: torch.Tensor, t: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        found: torch.Tensor = network(x, t, labels)
        return found[:, : size.inputs]  # the rest is the variance, which the samplers here do not ask for

    return Pretrained(_describe(size), network.eval().requires_grad_(False), predict, _schedule_of(size))


def find_architecture(shapes: Shapes) -> GuidedArchitecture:
    """Return the architecture that tensors of these shapes are the weights of.

    Raises:
        InputError: there is none.
    """
    try:
        size = _infer(shapes)
        with torch.device("meta"):
            expected = GuidedUNet(size).state_dict()
    except (KeyError, IndexError, ValueError, RuntimeError) as error:
        raise InputError(FOREIGN) from error
    if {name: tuple(tensor.shape) for name, tensor in expected.items()} != shapes:
        raise InputError(FOREIGN)
    return size


def _infer(shapes: Shapes) -> GuidedArchitecture:
    stages = {int(found[1]) for name in shapes if (found := re.match(r"output_blocks\.(\d{1,4})\.", name))}
    if not 0 < len(stages) <= MAX_STAGES:
        raise ValueError("no stages, or too many")
    by_blocks = {n for n in stages if any(f"output_blocks.{n}.{at}.in_layers.2.weight" in shapes for at in (1, 2))}
    by_convolutions = {n for n in stages if any(f"output_blocks.{n}.{at}.conv.weight" in shapes for at in (1, 2))}
    levels = len(by_blocks | by_convolutions) + 1
    blocks = len(stages) // levels - 1
    starts = [f"input_blocks.{1 + level * (blocks + 1)}" for level in range(levels)]
    width = shapes["time_embed.0.weight"][1]
    channels = tuple(shapes[f"{start}.0.out_layers.3.weight"][0] for start in starts)
    if max(width, *channels) > MAX_CHANNELS:
        raise ValueError("too many channels")
    return GuidedArchitecture(
        inputs=shapes["input_blocks.0.0.weight"][1],
        outputs=shapes["out.2.weight"][0],
        width=width,
        channels=channels,
        blocks=blocks,
        attended=tuple(f"{start}.1.qkv.weight" in shapes for start in starts),
        labels=shapes.get("label_emb.weight", (0,))[0],
        modulated=shapes["input_blocks.1.0.emb_layers.1.weight"][0] == 2 * channels[0],
        resample_blocks=bool(by_blocks),
        attention=PUBLISHED.get((width, channels, blocks), (Attention(), False))[0],
    )


def _schedule_of(size: GuidedArchitecture) -> Schedule:
    cosine = PUBLISHED.get((size.width, size.channels, size.blocks), (None, False))[1]
    return make_squared_cosine(1000) if cosine else make_linear(1000)


def _describe(size: GuidedArchitecture) -> PretrainedSize:
    if size.inputs not in (1, 3) or size.outputs not in (size.inputs, 2 * size.inputs):
        raise InputError(FOREIGN)
    stride = 2 ** (len(size.channels) - 1)
    return PretrainedSize(size.inputs, size.labels, COARSEST * stride, stride)
