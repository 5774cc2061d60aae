"""Learned distance of two pictures around each pixel, with the published weights.

LPIPS (Zhang et al. 2018) and its shift-tolerant form (Ghildyal and Liu 2022) compare what five layers of AlexNet see.
The networks are small enough to be written down here, so that only the weights are needed: the packages that ship
them also want torchvision, which wants to be of the very build of torch that is installed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

STLPIPS = ("stlpips_pytorch", "weights/vST0.0/alex_shift_tolerant.pth")
LPIPS = ("lpips", "weights/v0.1/alex.pth")
BACKBONE = "alexnet-owt-7be5be79.pth"
"""The file of AlexNet that torchvision keeps in the checkpoints of torch's hub; LPIPS needs it besides its own."""
SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
"""What LPIPS takes off each channel of a picture in -1..1, and divides it by (the mean and spread of ImageNet)."""
SMALLEST = 64
"""Pixels a side that the layers need."""


@dataclass(frozen=True)
class Network:
    """Weights of a learned distance.

    Attributes:
        filters, biases: of the five convolutions of AlexNet.
        heads: how much each channel of the five layers counts, ``(1, C, 1, 1)``.
        tolerant: layers are shrunk through a blur, as the shift-tolerant form does.
    """

    filters: tuple[torch.Tensor, ...]
    biases: tuple[torch.Tensor, ...]
    heads: tuple[torch.Tensor, ...]
    tolerant: bool

    def layers(self, pictures: torch.Tensor) -> list[torch.Tensor]:
        """Return what the five layers see in pictures ``(B, 3, h, w)`` of values 0..1."""
        return self._run_layers((2 * pictures - 1 - _channels(SHIFT)) / _channels(SCALE))

    def _run_layers(self, x: torch.Tensor) -> list[torch.Tensor]:
        from torch.nn.functional import conv2d, max_pool2d, relu

        found: list[torch.Tensor] = []
        stride = 1 if self.tolerant else 4
        for number, (kernel, bias) in enumerate(zip(self.filters, self.biases, strict=True)):
            first = number == 0
            if number in (1, 2):
                x = _blur(max_pool2d(x, 3, 1)) if self.tolerant else max_pool2d(x, 3, 2)
            x = conv2d(x, kernel, bias, stride=stride if first else 1, padding=(2, 2, 1, 1, 1)[number])
            # Shift tolerance: the first layer is not strided but blurred and thinned, before what is negative is cut.
            x = relu(_blur(x) if first and self.tolerant else x)
            found.append(x)
        return found

    def distance(self, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
        """Return the distance ``(h, w)`` of two pictures ``(3, h, w)`` of values 0..1, both sides at least `SMALLEST`.

        Zhang et al. (2018), eq. 1, but for the mean over the pixels, which is left to the caller: each layer's part is
        brought to the size of the picture by bilinear interpolation.
        """
        from torch.nn.functional import interpolate, normalize

        total = one.new_zeros(one.shape[1:])
        # One after the other: the first layer of the tolerant form is 64 pictures of full size.
        layers = (self.layers(one[None]), self.layers(other[None]))
        for head, *seen in zip(self.heads, *layers, strict=True):
            a, b = (normalize(layer, dim=1, eps=1e-10) for layer in seen)
            apart = ((a - b) ** 2 * head).sum(1, keepdim=True)
            total = total + interpolate(apart, one.shape[1:], mode="bilinear", align_corners=False)[0, 0]
        return total


@cache
def shift_tolerant() -> Network:
    """Return ST-LPIPS with the weights that the package stlpips-pytorch ships; it must be installed."""
    path = find_shipped_file(*STLPIPS)
    assert path is not None
    state = _read(path)
    return _network(state, state, "net.slice{}.{}", ((1, 0), (2, 5), (3, 9), (4, 11), (5, 13)), tolerant=True)


@cache
def plain() -> Network | None:
    """Return LPIPS 0.1 on AlexNet, or None where its weights or those of AlexNet are not on this machine.

    Nothing is downloaded. The package lpips ships the weights of the layers; AlexNet's are where torchvision puts them.
    """
    heads, backbone = find_shipped_file(*LPIPS), backbone_file()
    if heads is None or not backbone.is_file():  # `find_missing` says so
        return None
    return _network(
        _read(backbone), _read(heads), "features.{1}", tuple((0, n) for n in (0, 3, 6, 8, 10)), tolerant=False
    )


def find_missing() -> str | None:
    """Return a sentence that says why LPIPS is left out, and what to do about it; None if it is not."""
    todo = [] if find_shipped_file(*LPIPS) else ["install lpips (pip install lpips)"]
    todo += [] if backbone_file().is_file() else [f"put {BACKBONE} of torchvision into {backbone_file().parent}"]
    return f"LPIPS is left out, ST-LPIPS is not; for both, {' and '.join(todo)}." if todo else None


def backbone_file() -> Path:
    """Return where torchvision keeps AlexNet once it was downloaded."""
    import torch

    return Path(torch.hub.get_dir()) / "checkpoints" / BACKBONE


def find_shipped_file(module: str, name: str) -> Path | None:
    """Return a file that an installed package ships, without importing the package; None if it is not there."""
    spec = find_spec(module)
    folders = spec.submodule_search_locations if spec is not None else None
    return next((path for folder in folders or () if (path := Path(folder) / name).is_file()), None)


def _read(path: Path) -> dict[str, torch.Tensor]:
    import torch

    state: dict[str, torch.Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def _network(
    trunk: dict[str, torch.Tensor],
    heads: dict[str, torch.Tensor],
    name: str,
    places: tuple[tuple[int, int], ...],
    *,
    tolerant: bool,
) -> Network:
    names = [name.format(*place) for place in places]
    return Network(
        tuple(trunk[f"{n}.weight"] for n in names),
        tuple(trunk[f"{n}.bias"] for n in names),
        tuple(heads[f"lin{n}.model.1.weight"] for n in range(5)),
        tolerant,
    )


def _channels(values: tuple[float, ...]) -> torch.Tensor:
    import torch

    return torch.tensor(values).view(1, 3, 1, 1)


def _blur(x: torch.Tensor) -> torch.Tensor:
    """Blur by (1, 2, 1) / 4 along both axes, two pixels mirrored around, and keep every other pixel (Zhang 2019)."""
    import torch
    from torch.nn.functional import conv2d, pad

    weights = torch.tensor((0.25, 0.5, 0.25), dtype=x.dtype)
    count = x.shape[1]
    around = pad(x, (2, 2, 2, 2), "reflect")
    down = conv2d(around, weights.view(1, 1, 3, 1).expand(count, 1, 3, 1), stride=(2, 1), groups=count)
    return conv2d(down, weights.view(1, 1, 1, 3).expand(count, 1, 1, 3), stride=(1, 2), groups=count)
