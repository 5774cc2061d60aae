"""Names and shapes of published weights, told anew, and weights of any size by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import torch

Shapes = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Guided:
    """What the program was started with that wrote such a file: its names of things.

    `resblock_updown`, `use_scale_shift_norm` and `learn_sigma` are as in all published ones.
    """

    model_channels: int
    channel_mult: Sequence[float]
    num_res_blocks: int
    attention_ds: Sequence[int]
    num_classes: int = 0
    in_channels: int = 3
    resblock_updown: bool = True
    use_scale_shift_norm: bool = True
    learn_sigma: bool = True

    def shapes(self) -> Shapes:
        """Return the state dict's names and shapes."""
        out: Shapes = {}
        wide = 4 * self.model_channels
        add(out, "time_embed.0", wide, self.model_channels)
        add(out, "time_embed.2", wide, wide)
        if self.num_classes:
            out["label_emb.weight"] = (self.num_classes, wide)
        widths = [int(multiple * self.model_channels) for multiple in self.channel_mult]
        channels, block, skips = widths[0], 0, [widths[0]]
        add(out, "input_blocks.0.0", channels, self.in_channels, 3, 3)
        for level, width in enumerate(widths):
            for _ in range(self.num_res_blocks):
                block += 1
                self._residual(out, f"input_blocks.{block}.0", channels, width)
                channels = width
                if 2**level in self.attention_ds:
                    attention(out, f"input_blocks.{block}.1", channels)
                skips.append(channels)
            if level + 1 < len(widths):
                block += 1
                self._resize(out, f"input_blocks.{block}.0", channels, "op")
                skips.append(channels)
        self._residual(out, "middle_block.0", channels, channels)
        attention(out, "middle_block.1", channels)
        self._residual(out, "middle_block.2", channels, channels)
        block = 0
        for level in range(len(widths) - 1, -1, -1):
            for number in range(self.num_res_blocks + 1):
                self._residual(out, f"output_blocks.{block}.0", channels + skips.pop(), widths[level])
                channels, layer = widths[level], 1
                if 2**level in self.attention_ds:
                    attention(out, f"output_blocks.{block}.1", channels)
                    layer = 2
                if level > 0 and number == self.num_res_blocks:
                    self._resize(out, f"output_blocks.{block}.{layer}", channels, "conv")
                block += 1
        add(out, "out.0", channels)
        add(out, "out.2", self.in_channels * (2 if self.learn_sigma else 1), channels, 3, 3)
        return out

    def _residual(self, out: Shapes, name: str, inputs: int, outputs: int) -> None:
        add(out, f"{name}.in_layers.0", inputs)
        add(out, f"{name}.in_layers.2", outputs, inputs, 3, 3)
        add(out, f"{name}.emb_layers.1", outputs * (2 if self.use_scale_shift_norm else 1), 4 * self.model_channels)
        add(out, f"{name}.out_layers.0", outputs)
        add(out, f"{name}.out_layers.3", outputs, outputs, 3, 3)
        if inputs != outputs:
            add(out, f"{name}.skip_connection", outputs, inputs, 1, 1)

    def _resize(self, out: Shapes, name: str, channels: int, layer: str) -> None:
        if self.resblock_updown:
            self._residual(out, name, channels, channels)
        else:
            add(out, f"{name}.{layer}", channels, channels, 3, 3)


def attention(out: Shapes, name: str, channels: int) -> None:
    add(out, f"{name}.norm", channels)
    add(out, f"{name}.qkv", 3 * channels, channels, 1)
    add(out, f"{name}.proj_out", channels, channels, 1)


def add(out: Shapes, name: str, *shape: int) -> None:
    """Add weight and bias of a layer."""
    out[f"{name}.weight"] = shape
    out[f"{name}.bias"] = shape[:1]


def lama_shapes(width: int, levels: int, blocks: int, share: float = 0.75) -> Shapes:
    """Return names and shapes of a generator of LaMa, as the published one is for 64, 3, 18."""
    out: Shapes = {}
    widths = [width * 2**level for level in range(levels + 1)]
    distant = int(widths[-1] * share)
    near = widths[-1] - distant
    out["model.1.ffc.convl2l.weight"] = (width, 4, 7, 7)
    norm(out, "model.1.bn_l", width)
    for level in range(levels):
        name, last = f"model.{2 + level}", level + 1 == levels
        out[f"{name}.ffc.convl2l.weight"] = (near if last else widths[level + 1], widths[level], 3, 3)
        norm(out, f"{name}.bn_l", near if last else widths[level + 1])
        if last:
            out[f"{name}.ffc.convl2g.weight"] = (distant, widths[level], 3, 3)
            norm(out, f"{name}.bn_g", distant)
    for block in range(blocks):
        for part in ("conv1", "conv2"):
            name = f"model.{2 + levels + block}.{part}"
            out[f"{name}.ffc.convl2l.weight"] = (near, near, 3, 3)
            out[f"{name}.ffc.convl2g.weight"] = (distant, near, 3, 3)
            out[f"{name}.ffc.convg2l.weight"] = (near, distant, 3, 3)
            half = distant // 2
            out[f"{name}.ffc.convg2g.conv1.0.weight"] = (half, distant, 1, 1)
            norm(out, f"{name}.ffc.convg2g.conv1.1", half)
            out[f"{name}.ffc.convg2g.fu.conv_layer.weight"] = (distant, distant, 1, 1)
            norm(out, f"{name}.ffc.convg2g.fu.bn", distant)
            out[f"{name}.ffc.convg2g.conv2.weight"] = (distant, half, 1, 1)
            norm(out, f"{name}.bn_l", near)
            norm(out, f"{name}.bn_g", distant)
    at = 3 + levels + blocks
    for level in range(levels - 1, -1, -1):
        out[f"model.{at}.weight"] = (widths[level + 1], widths[level], 3, 3)
        out[f"model.{at}.bias"] = (widths[level],)
        norm(out, f"model.{at + 1}", widths[level])
        at += 3
    add(out, f"model.{at + 1}", 3, width, 7, 7)
    return out


def norm(out: Shapes, name: str, channels: int) -> None:
    """Add a batch normalisation."""
    for part in ("weight", "bias", "running_mean", "running_var"):
        out[f"{name}.{part}"] = (channels,)


def random_weights(shapes: Shapes, seed: int = 0) -> dict[str, torch.Tensor]:
    """Return weights that keep the size of what goes through them, the same everywhere."""
    rng = np.random.default_rng(seed)
    out = {}
    for name in sorted(shapes):
        shape = shapes[name]
        values = rng.standard_normal(shape)
        if name.endswith("running_var"):
            values = 4 + np.abs(values)
        elif len(shape) > 1:
            values /= np.sqrt(prod(shape[1:]))
        else:
            values = 0.3 * values + name.endswith("weight")
        out[name] = torch.from_numpy(values.astype(np.float32))
    return out


def count(shapes: Shapes) -> int:
    return sum(prod(shape) for shape in shapes.values())
