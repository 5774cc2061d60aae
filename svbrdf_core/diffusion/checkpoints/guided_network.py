"""The U-Net of Dhariwal and Nichol 2021 (guided-diffusion), by the names that its published weights have.

What the weights mean is in those names: ``input_blocks``, ``middle_block`` and ``output_blocks`` are lists of lists of
layers, a block of which is ``in_layers``, ``emb_layers``, ``out_layers`` and ``skip_connection``. The code is ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn

GROUPS = 32
"""Of every normalisation."""
PERIOD = 10_000
"""The longest wave of a timestep's embedding, in timesteps over 2 pi."""


@dataclass(frozen=True)
class Attention:
    """What no shape tells of attention.

    Attributes:
        head_channels: channels of a head, unless there is a fixed number of them.
        heads: that number; 0 for as many as the channels make.
        split_first: whether query, key and value are the outer division of the channels, and heads the inner.
    """

    head_channels: int = 64
    heads: int = 0
    split_first: bool = False

    def count(self, channels: int) -> int:
        """Return the heads of a layer.

        Raises:
            ValueError: the channels cannot be divided so.
        """
        heads = self.heads or channels // self.head_channels
        if not heads or channels % heads:
            raise ValueError(f"{channels} channels have no whole number of heads")
        return heads


@dataclass(frozen=True)
class GuidedArchitecture:
    """The size of such a network.

    Attributes:
        inputs, outputs: channels of pictures.
        width: of a timestep's embedding before its layers.
        channels: of each level, the finest first.
        blocks: of a level on the way down; there is one more on the way up.
        attended: whether a level has attention.
        labels: classes that it knows; 0 if none.
        modulated: whether the embedding scales and shifts, or is added.
        resample_blocks: whether sizes are changed by blocks, or by convolutions.
        attention: what is not in the shapes.
    """

    inputs: int
    outputs: int
    width: int
    channels: tuple[int, ...]
    blocks: int
    attended: tuple[bool, ...]
    labels: int
    modulated: bool
    resample_blocks: bool
    attention: Attention


class GuidedUNet(nn.Module):
    """From a noisy picture ``(B, C, H, W)``, timesteps ``(B,)`` and labels ``(B,)`` the noise, and what else it learnt.

    Sides must be multiples of 2 to the number of levels less 1.
    """

    def __init__(self, size: GuidedArchitecture) -> None:
        super().__init__()
        self.width = size.width
        self.time_embed = nn.Sequential(
            nn.Linear(size.width, 4 * size.width), nn.SiLU(), nn.Linear(4 * size.width, 4 * size.width)
        )
        if size.labels:
            self.label_emb = nn.Embedding(size.labels, 4 * size.width)
        first, last = size.channels[0], size.channels[-1]
        self.input_blocks = nn.ModuleList([nn.ModuleList([nn.Conv2d(size.inputs, first, 3, padding=1)])])
        self.output_blocks = nn.ModuleList()
        skips = self._build_down(size)
        self.middle_block = nn.ModuleList(
            [_Block(size, last, last), SelfAttention(last, size.attention), _Block(size, last, last)]
        )
        self._build_up(size, skips)
        self.out = nn.Sequential(nn.GroupNorm(GROUPS, first), nn.SiLU(), nn.Conv2d(first, size.outputs, 3, padding=1))

    def _build_down(self, size: GuidedArchitecture) -> list[int]:
        """Return the channels of each list of layers that was made."""
        now, skips = size.channels[0], [size.channels[0]]
        for level, channels in enumerate(size.channels):
            for _ in range(size.blocks):
                self.input_blocks.append(_make_stage(size, level, now))
                now = channels
                skips.append(now)
            if level + 1 < len(size.channels):
                self.input_blocks.append(nn.ModuleList([_make_resampling(size, now, "down")]))
                skips.append(now)
        return skips

    def _build_up(self, size: GuidedArchitecture, skips: list[int]) -> None:
        now = size.channels[-1]
        for level in reversed(range(len(size.channels))):
            for number in range(size.blocks + 1):
                stage = _make_stage(size, level, now + skips.pop())
                now = size.channels[level]
                if level and number == size.blocks:
                    stage.append(_make_resampling(size, now, "up"))
                self.output_blocks.append(stage)

    def forward(self, x: torch.Tensor, t: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        """Return the prediction ``(B, C', H, W)``; timesteps are of 0 to T - 1 and may be fractions."""
        embedding = self.time_embed(embed_timesteps(t, self.width))
        if labels is not None:
            embedding = embedding + self.label_emb(labels)
        kept: list[torch.Tensor] = []
        for stage in self.input_blocks:
            x = _apply(stage, x, embedding)
            kept.append(x)
        x = _apply(self.middle_block, x, embedding)
        for stage in self.output_blocks:
            x = _apply(stage, torch.cat([x, kept.pop()], 1), embedding)
        found: torch.Tensor = self.out(x)
        return found


def embed_timesteps(t: torch.Tensor, width: int) -> torch.Tensor:
    """Return cosines and then sines of timesteps ``(B,)``, ``(B, width)`` (Vaswani et al. 2017, section 3.5)."""
    half = width // 2
    exponents = torch.arange(half, dtype=torch.float32, device=t.device) / half
    angles = t.float()[:, None] * torch.exp(-math.log(PERIOD) * exponents)
    return nn.functional.pad(torch.cat([angles.cos(), angles.sin()], 1), (0, width % 2))


def _apply(stage: nn.Module, x: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
    for layer in stage.children():
        x = layer(x, embedding) if isinstance(layer, _Block) else layer(x)
    return x


def _make_stage(size: GuidedArchitecture, level: int, inputs: int) -> nn.ModuleList:
    channels = size.channels[level]
    stage = nn.ModuleList([_Block(size, inputs, channels)])
    if size.attended[level]:
        stage.append(SelfAttention(channels, size.attention))
    return stage


def _make_resampling(size: GuidedArchitecture, channels: int, way: str) -> nn.Module:
    if size.resample_blocks:
        return _Block(size, channels, channels, way)
    return _Down(channels) if way == "down" else _Up(channels)


def _enlarge(x: torch.Tensor) -> torch.Tensor:
    return nn.functional.interpolate(x, scale_factor=2, mode="nearest")


class _Down(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.op = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.op(x)
        return found


class _Up(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.conv(_enlarge(x))
        return found


class _Block(nn.Module):
    """A residual block that the embedding takes part in, and that may halve or double the size."""

    def __init__(self, size: GuidedArchitecture, inputs: int, outputs: int, way: str = "") -> None:
        super().__init__()
        self.modulated, self.way = size.modulated, way
        self.in_layers = nn.Sequential(
            nn.GroupNorm(GROUPS, inputs), nn.SiLU(), nn.Conv2d(inputs, outputs, 3, padding=1)
        )
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(4 * size.width, outputs * (2 if size.modulated else 1)))
        # The third layer is the dropout of training.
        self.out_layers = nn.Sequential(
            nn.GroupNorm(GROUPS, outputs), nn.SiLU(), nn.Identity(), nn.Conv2d(outputs, outputs, 3, padding=1)
        )
        self.skip_connection = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def _resize(self, x: torch.Tensor) -> torch.Tensor:
        if not self.way:
            return x
        return _enlarge(x) if self.way == "up" else nn.functional.avg_pool2d(x, 2)

    def forward(self, x: torch.Tensor, embedding: torch.Tensor) -> torch.Tensor:
        found = self.in_layers[2](self._resize(self.in_layers[:2](x)))
        told = self.emb_layers(embedding)[:, :, None, None]
        if self.modulated:
            scale, shift = told.chunk(2, 1)
            found = self.out_layers[1:](self.out_layers[0](found) * (1 + scale) + shift)
        else:
            found = self.out_layers(found + told)
        out: torch.Tensor = self.skip_connection(self._resize(x)) + found
        return out


class SelfAttention(nn.Module):
    """All pixels look at all others, and what they find is added."""

    def __init__(self, channels: int, attention: Attention) -> None:
        super().__init__()
        self.heads, self.split_first = attention.count(channels), attention.split_first
        self.norm = nn.GroupNorm(GROUPS, channels)
        self.qkv = nn.Conv1d(channels, 3 * channels, 1)
        self.proj_out = nn.Conv1d(channels, channels, 1)

    def project(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return queries, keys and values ``(B, heads, H * W, channels of a head)`` of ``(B, C, H, W)``."""
        order = (3, self.heads) if self.split_first else (self.heads, 3)
        parts = self.qkv(self.norm(x.flatten(2))).unflatten(1, (*order, -1))
        query, key, value = (part.mT for part in parts.unbind(1 if self.split_first else 2))
        return query, key, value

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``(B, C, H, W)``."""
        seen = nn.functional.scaled_dot_product_attention(*self.project(x))
        found: torch.Tensor = self.proj_out(seen.mT.flatten(1, 2))
        return x + found.view_as(x)
