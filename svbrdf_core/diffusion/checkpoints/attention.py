"""Records of where the layers of attention of a network look: how much attention each pixel gets, and the hole.

A record is made by hooks that are there during one pass alone; all other passes are as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage
from torch import nn

from svbrdf_core.diffusion.checkpoints.guided_network import SelfAttention
from svbrdf_core.diffusion.denoiser import Observed
from svbrdf_core.diffusion.schedule import precise_dtype
from svbrdf_core.diffusion.wrappers import Around

Doubles = NDArray[np.float64]
Project = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
"""Returns queries and keys ``(B, heads, N, d)`` of what goes into a layer, ``(B, C, H, W)``."""
MOST = 0.25
"""The part of the patches that gets most attention."""
ROWS = 2**24
"""Weights of attention that are computed at once."""


@dataclass(frozen=True)
class AttendedLayer:
    """How much attention each patch gets in one layer, in one pass.

    Attributes:
        name: of the layer in its network.
        received: ``(h, w)``, the mean over heads and queries of the weights in softmax(Q K^T / sqrt(d)); adds up to 1.
        received_from_hole: ``(h, w)``, the same over the queries in the hole alone.
        hole: ``(h, w)``, 0..1, how much of each patch is in the hole; somewhere above 0.
        stride: side of a patch in pixels of what the network is shown.
    """

    name: str
    received: Doubles
    received_from_hole: Doubles
    hole: Doubles
    stride: float

    @property
    def in_hole(self) -> float:
        """The share of all attention that falls in the hole."""
        return float((self.received * self.hole).sum())

    @property
    def in_hole_from_hole(self) -> float:
        """The share of the attention of the hole's own patches that falls in the hole."""
        return float((self.received_from_hole * self.hole).sum())

    @property
    def uniform(self) -> float:
        """What both shares are where all patches get the same: the hole's share of the picture."""
        return float(self.hole.mean())

    def distances(self) -> Doubles | None:
        """Return how far each patch's centre is from the hole's rim ``(h, w)``, in pixels; None if there is no rim.

        The rim is where patches that are mostly hole meet others.
        """
        inside = self.hole >= 0.5
        if inside.all() or not inside.any():
            return None
        apart = ndimage.distance_transform_edt(inside) + ndimage.distance_transform_edt(~inside)
        return np.asarray((apart - 0.5) * self.stride, np.float64)

    def most_attended(self, part: float = MOST) -> NDArray[np.bool_]:
        """Return the patches ``(h, w)`` that get most attention, so large a part of all."""
        count = max(1, round(part * self.received.size))
        found = np.zeros(self.received.size, np.bool_)
        found[np.argsort(-self.received.ravel(), kind="stable")[:count]] = True
        return found.reshape(self.received.shape)


@dataclass(frozen=True)
class Recorded(Around):
    """A denoiser, which is a network, whose layers of attention are recorded at each call that sees a part of a hole.

    Attributes:
        denoiser: the network as such.
        network: the same.
        keep: is given what was found.
    """

    network: nn.Module
    keep: Callable[[list[AttendedLayer]], None]

    def __call__(self, x: torch.Tensor, sigma: torch.Tensor, observed: Observed | None = None) -> torch.Tensor:
        """See `Denoiser`."""
        if observed is None or not bool(observed.hole.any()):
            return self.denoiser(x, sigma, observed)
        with record_attention(self.network, observed.hole[0, 0]) as found:
            answer = self.denoiser(x, sigma, observed)
        self.keep(found)
        return answer


@contextmanager
def record_attention(network: nn.Module, hole: torch.Tensor) -> Iterator[list[AttendedLayer]]:
    """Give a list that each pass of a network adds its layers of attention to, in their order.

    Args:
        network: one whose layers `find_attention` finds.
        hole: ``(H, W)`` of the pictures that it is shown, above 0 in the hole.
    """
    found: list[AttendedLayer] = []

    def hook(name: str, project: Project, layer: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        with torch.no_grad():
            found.append(measure_attention(name, *project(given[0]), given[0].shape[2:], hole))

    handles = [
        layer.register_forward_pre_hook(partial(hook, name, project))
        for name, layer, project in find_attention(network)
    ]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def find_attention(network: nn.Module) -> list[tuple[str, nn.Module, Project]]:
    """Return the layers of attention of a network of guided-diffusion or diffusers, in the order of its modules."""
    found: list[tuple[str, nn.Module, Project]] = []
    for name, layer in network.named_modules():
        if isinstance(layer, SelfAttention):
            found.append((name, layer, partial(_project_guided, layer)))
        elif hasattr(layer, "to_q") and hasattr(layer, "to_k") and hasattr(layer, "heads"):
            found.append((name, layer, partial(_project_diffusers, layer)))
    return found


def measure_attention(
    name: str, query: torch.Tensor, key: torch.Tensor, size: tuple[int, ...], hole: torch.Tensor
) -> AttendedLayer:
    """Return how much attention each patch gets.

    Args:
        name: of the layer.
        query: ``(B, heads, h * w, d)``.
        key: the same.
        size: h and w.
        hole: ``(H, W)``, above 0 in the hole; H and W are the same multiple of h and w.
    """
    height, width = size
    inside = nn.functional.adaptive_avg_pool2d((hole > 0).float()[None], (height, width)).flatten()
    scale = query.shape[-1] ** -0.5
    batch, heads, count = query.shape[:3]
    total = torch.zeros(count, dtype=precise_dtype(query.device), device=query.device)
    from_hole = total.clone()
    rows = max(1, ROWS // (batch * heads * count))
    for first in range(0, count, rows):
        part = slice(first, first + rows)
        weights = (scale * query[:, :, part].float() @ key.float().mT).softmax(-1).mean((0, 1))
        total += weights.sum(0)
        from_hole += (weights * inside[part, None]).sum(0)
    received, own = (
        (values / values.sum()).cpu().numpy().reshape(height, width).astype(np.float64) for values in (total, from_hole)
    )
    coverage = inside.cpu().numpy().reshape(height, width).astype(np.float64)
    return AttendedLayer(name, received, own, coverage, hole.shape[0] / height)


def _project_guided(layer: SelfAttention, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    query, key, _ = layer.project(x)
    return query, key


def _project_diffusers(layer: Any, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return queries and keys as diffusers' own processors make them of a picture."""
    flat = x.flatten(2)
    norm = layer.group_norm
    flat = (flat if norm is None else norm(flat)).mT
    query, key = (
        project(flat).unflatten(-1, (layer.heads, -1)).transpose(1, 2) for project in (layer.to_q, layer.to_k)
    )
    return query, key
