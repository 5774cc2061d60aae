"""Surface parameters in linear light, from a material's tensor."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import torch

from svbrdf_core.render.vectors import Field, unit
from svbrdf_core.tensors.color import from_srgb
from svbrdf_core.tensors.layout import ChannelLayout
from svbrdf_core.tensors.maps import MAPS

Convention = Literal["opengl", "directx"]

DIELECTRIC = 0.04
"""Reflectance of a surface without a specular map, facing the light: an index of refraction of 1.5."""
LEVEL = 0.08
"""Reflectance for a specular level of 1, as the Principled shaders of Disney and Blender define it."""


@dataclass(frozen=True)
class Surface:
    """What a surface does with light, per pixel; all tensors broadcast to ``(B, 3 or 1, H, W)``.

    Attributes:
        diffuse: linear albedo below the reflecting interface, 0 for metals.
        specular: linear reflectance at normal incidence (F0).
        interface: the part of F0 that light for ``diffuse`` has to pass: that of the non-metal.
        roughness: perceptual, 0..1.
        normal: unit vectors, y up.
        ao: share of the surroundings that is seen, or None.
        emission: linear light given off, or None.
        opacity: 0..1, or None.
    """

    diffuse: torch.Tensor
    specular: torch.Tensor
    interface: torch.Tensor
    roughness: torch.Tensor
    normal: Field
    ao: torch.Tensor | None = None
    emission: torch.Tensor | None = None
    opacity: torch.Tensor | None = None


def surface(
    tensor: torch.Tensor,
    layout: ChannelLayout,
    *,
    normals: Convention = "opengl",
    linear: Collection[str] = (),
) -> Surface:
    """Read the parameters off a tensor.

    The workflow follows from the maps. Diffuse and specular colour are taken where both exist; else base colour (or
    diffuse) with metallic, F0 going from 0.08 times the specular level (a scalar ``specular`` map, else 0.5) to the
    base colour; else one colour with an F0 of 0.04. What is missing is neutral.

    Args:
        tensor: ``(B, C, H, W)``, colours as stored 0..1, normals -1..1, roughness perceptual.
        layout: which channels are which map.
        normals: whether y of the normals points up or down.
        linear: colour maps that are stored as linear light already.

    Raises:
        ValueError: the tensor does not fit the layout.
    """
    if tensor.ndim != 4 or tensor.shape[1] != layout.n_channels:
        raise ValueError(f"the tensor must be (B, {layout.n_channels}, H, W), not {tuple(tensor.shape)}")
    found = _Maps(tensor, layout, linear)
    diffuse, specular, interface = _colours(found)
    emission = found.colour("emission") if found.has("emission") else None
    return Surface(
        diffuse,
        specular,
        interface,
        found.data("roughness"),
        _normal(found, normals),
        found.data("ao") if found.has("ao") else None,
        emission,
        found.data("opacity") if found.has("opacity") else None,
    )


@dataclass(frozen=True)
class _Maps:
    tensor: torch.Tensor
    layout: ChannelLayout
    linear: Collection[str]

    def has(self, name: str) -> bool:
        return name in self.layout.names

    def raw(self, name: str) -> torch.Tensor:
        if self.has(name):
            return self.tensor[:, self.layout.slice_of(name)]
        return self.number(MAPS[name].neutral[0])

    def data(self, name: str) -> torch.Tensor:
        return self.raw(name).clamp(0, 1)

    def colour(self, name: str) -> torch.Tensor:
        stored = self.raw(name).clamp_min(0)
        return stored if name in self.linear else from_srgb(stored)

    def number(self, value: float) -> torch.Tensor:
        return torch.full((1, 1, 1, 1), value, dtype=self.tensor.dtype, device=self.tensor.device)


def _colours(found: _Maps) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return diffuse albedo, F0 and the F0 of the non-metal."""
    scalar = found.has("specular") and found.raw("specular").shape[1] == 1
    # A lone scalar beside metallic is a specular level; beside a base colour as well, diffuse tells the workflow.
    coloured = not scalar or not found.has("metallic") or found.has("basecolor")
    if found.has("diffuse") and found.has("specular") and coloured:
        specular = found.colour("specular").clamp(0, 1)
        return found.colour("diffuse").clamp(0, 1), specular, specular
    base = found.colour("basecolor" if found.has("basecolor") else "diffuse").clamp(0, 1)
    level = found.data("specular") * LEVEL if scalar else found.number(DIELECTRIC)
    if not found.has("metallic"):
        return base, level, level
    share = found.data("metallic")
    return base * (1 - share), torch.lerp(level.expand_as(share), base, share), level


def _normal(found: _Maps, convention: Convention) -> Field:
    if not found.has("normal"):
        return found.number(0.0), found.number(0.0), found.number(1.0)
    x, y, z = torch.split(found.raw("normal"), 1, dim=1)
    return unit((x, -y if convention == "directx" else y, z))
