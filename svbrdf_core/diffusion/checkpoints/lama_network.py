"""The generator of LaMa (Suvorov et al. 2022), by the names that its published weights have.

A residual network whose channels are partly local, seen by convolutions of 3 x 3, and partly global, seen by
convolutions of the whole picture's Fourier transform (Chi et al. 2020). The names are the published ones (``ffc``,
``convl2g``, ``bn_l``, ``fu``, …); the code is ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from svbrdf_core.diffusion.denoiser import crop
from svbrdf_core.tensors.torus import list_positions

Split = tuple[torch.Tensor, torch.Tensor | None]
"""Local channels ``(B, C, H, W)``, and global ones if there are any."""
EDGE = 3
"""Half the width of the first and the last convolution."""


@dataclass(frozen=True)
class LamaArchitecture:
    """The size of such a network.

    Attributes:
        inputs, outputs: channels of what goes in (the picture and the hole) and comes out.
        width: channels of the finest level.
        levels: how often the size is halved; sides must be multiples of 2 to that number.
        blocks: of the coarsest level.
        global_channels: of the coarsest level's channels.
    """

    inputs: int
    outputs: int
    width: int
    levels: int
    blocks: int
    global_channels: int


class LamaGenerator(nn.Module):
    """From a picture ``(B, 3, H, W)`` in [0, 1] and its hole ``(B, 1, H, W)``, 1 in it, the picture repaired."""

    def __init__(self, size: LamaArchitecture) -> None:
        super().__init__()
        self.stride = 2**size.levels
        widths = [size.width * 2**level for level in range(size.levels + 1)]
        ends = [0] * size.levels + [size.global_channels]
        layers: list[nn.Module] = [nn.ReflectionPad2d(EDGE), _Layer((size.inputs, 0), (size.width, 0), 2 * EDGE + 1)]
        for level in range(size.levels):
            coarse = widths[level + 1] - ends[level + 1], ends[level + 1]
            layers.append(_Layer((widths[level], 0), coarse, 3, stride=2, padding=1))
        inner = widths[-1] - size.global_channels, size.global_channels
        layers += [_ResidualBlock(inner) for _ in range(size.blocks)]
        layers.append(_Join())
        for level in reversed(range(size.levels)):
            up = nn.ConvTranspose2d(widths[level + 1], widths[level], 3, stride=2, padding=1, output_padding=1)
            layers += [up, nn.BatchNorm2d(widths[level]), nn.ReLU()]
        layers += [nn.ReflectionPad2d(EDGE), nn.Conv2d(size.width, size.outputs, 2 * EDGE + 1), nn.Sigmoid()]
        self.model = nn.Sequential(*layers)

    def forward(self, picture: torch.Tensor, hole: torch.Tensor) -> torch.Tensor:
        """Return the repaired picture, which outside the hole is the picture; for sides that are multiples."""
        seen = torch.cat([picture * (1 - hole), hole], 1)
        return torch.where(hole > 0, self.model(seen), picture)

    def repair(self, picture: torch.Tensor, hole: torch.Tensor) -> torch.Tensor:
        """Return the same for sides of any length, which go on in mirror image."""
        height, width = picture.shape[2:]
        rows, columns = (
            torch.from_numpy(list_positions((0, max(2 * self.stride, length + -length % self.stride)), length))
            for length in (height, width)
        )
        found: torch.Tensor = self(crop(picture, rows, columns), crop(hole, rows, columns))
        return found[:, :, :height, :width]


class _Join(nn.Module):
    def forward(self, x: Split) -> torch.Tensor:
        return x[0] if x[1] is None else torch.cat([x[0], x[1]], 1)


class _ResidualBlock(nn.Module):
    def __init__(self, channels: tuple[int, int]) -> None:
        super().__init__()
        self.conv1 = _Layer(channels, channels, 3, padding=1)
        self.conv2 = _Layer(channels, channels, 3, padding=1)

    def forward(self, x: Split) -> Split:
        found = self.conv2(self.conv1(x))
        return x[0] + found[0], None if x[1] is None else x[1] + found[1]


class _Layer(nn.Module):
    """A convolution of local and global channels, normalised and rectified."""

    def __init__(
        self, inputs: tuple[int, int], outputs: tuple[int, int], kernel: int, *, stride: int = 1, padding: int = 0
    ) -> None:
        super().__init__()
        self.ffc = _FourierConvolution(inputs, outputs, kernel, stride, padding)
        self.bn_l = nn.BatchNorm2d(outputs[0])
        self.bn_g = nn.BatchNorm2d(outputs[1]) if outputs[1] else nn.Identity()

    def forward(self, x: Split | torch.Tensor) -> Split:
        near, far = self.ffc(x if isinstance(x, tuple) else (x, None))
        return torch.relu(self.bn_l(near)), None if far is None else torch.relu(self.bn_g(far))


class _FourierConvolution(nn.Module):
    """Four ways from local and global channels to local and global ones, of which the last sees everything."""

    def __init__(
        self, inputs: tuple[int, int], outputs: tuple[int, int], kernel: int, stride: int, padding: int
    ) -> None:
        super().__init__()

        def convolution(a: int, b: int) -> nn.Module:
            if not a or not b:
                return nn.Identity()
            return nn.Conv2d(a, b, kernel, stride, padding, bias=False, padding_mode="reflect")

        self.to_local, self.to_global, self.from_global = bool(outputs[0]), bool(outputs[1]), bool(inputs[1])
        self.convl2l = convolution(inputs[0], outputs[0])
        self.convl2g = convolution(inputs[0], outputs[1])
        self.convg2l = convolution(inputs[1], outputs[0])
        self.convg2g = _SpectralTransform(inputs[1], outputs[1]) if inputs[1] and outputs[1] else nn.Identity()

    def forward(self, x: Split) -> Split:
        local, distant = x
        near = self.convl2l(local)
        far = self.convl2g(local) if self.to_global else None
        if distant is not None:
            near = near + self.convg2l(distant)
            far = far + self.convg2g(distant) if far is not None else None
        return near, far


class _SpectralTransform(nn.Module):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        inner = outputs // 2
        self.conv1 = nn.Sequential(nn.Conv2d(inputs, inner, 1, bias=False), nn.BatchNorm2d(inner), nn.ReLU())
        self.fu = _FourierUnit(inner)
        self.conv2 = nn.Conv2d(inner, outputs, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inner = self.conv1(x)
        found: torch.Tensor = self.conv2(inner + self.fu(inner))
        return found


class _FourierUnit(nn.Module):
    """A convolution of 1 x 1 of the real Fourier transform, real and imaginary parts side by side."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_layer = nn.Conv2d(2 * channels, 2 * channels, 1, bias=False)
        self.bn = nn.BatchNorm2d(2 * channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        waves = torch.view_as_real(torch.fft.rfft2(x, norm="ortho"))  # (B, C, H, W // 2 + 1, 2)
        flat = waves.movedim(-1, 2).flatten(1, 2)
        changed = torch.relu(self.bn(self.conv_layer(flat))).view(*waves.shape[:2], 2, *waves.shape[2:4])
        found = torch.view_as_complex(changed.movedim(2, -1).contiguous())
        out: torch.Tensor = torch.fft.irfft2(found, s=x.shape[-2:], norm="ortho")
        return out
