"""A material as a flat surface: one light, one camera, one pixel of the picture for each of the maps."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Literal, NamedTuple

import torch

from svbrdf_core.render import deschaintre, ggx
from svbrdf_core.render.bands import rows_of, run_in_bands
from svbrdf_core.render.relief import apply_parallax
from svbrdf_core.render.surface import Convention, Surface, surface
from svbrdf_core.render.vectors import Field, constant, dot, scale, subtract, unit
from svbrdf_core.render.views import Light, View
from svbrdf_core.tensors.layout import ChannelLayout

ShadingModel = Literal["ggx", "deschaintre"]
MODELS = {"ggx": ggx.brdf_cosine, "deschaintre": deschaintre.brdf_cosine}


class Part(NamedTuple):
    """Where a tensor lies in a larger surface of ``height`` x ``width`` pixels."""

    top: int
    left: int
    height: int
    width: int


def render(
    tensor: torch.Tensor,
    layout: ChannelLayout,
    view: View,
    *,
    model: ShadingModel = "ggx",
    normals: Convention = "opengl",
    linear: Collection[str] = (),
    relief: float = 0.0,
    part: Part | None = None,
) -> torch.Tensor:
    """Render flat materials under one light, differentiable in the tensor.

    The surface lies in z = 0; its longer side spans -1..1 and pixels are square, their middles being the points that
    are lit. Ambient occlusion says nothing about a single light and is left out.

    Args:
        tensor: ``(B, C, H, W)``, colours as stored 0..1, normals -1..1, roughness perceptual.
        layout: which channels are which map; the workflow follows from it (see ``surface``).
        view: light and camera.
        model: ``ggx``, or ``deschaintre`` for the shading of Deschaintre et al. (2018).
        normals: whether y of the normals points up (``opengl``, as in all tensors of a ``Material``) or down.
        linear: colour maps that are stored as linear light already.
        relief: depth of the height map in half longer sides, for parallax; 0 leaves the surface flat.
        part: where the tensor lies, if it is a part of a larger surface.

    Returns:
        Linear light, ``(B, 3, H, W)``, at least 0; above 1 in highlights.

    Raises:
        ValueError: the tensor does not fit the layout, or there is no such model.

    Example:
        >>> layout = ChannelLayout(("diffuse",), (3,))
        >>> render(torch.ones(1, 3, 2, 2), layout, nine_views()[0]).shape
        torch.Size([1, 3, 2, 2])
    """
    if model not in MODELS:
        raise ValueError(f"there is no shading model {model!r}; choose one of {', '.join(MODELS)}")
    where = points(tensor, part)
    if relief:
        tensor = apply_parallax(tensor, layout, find_direction(view.camera, where, distant=view.distant), relief)

    def band(rows: slice) -> torch.Tensor:
        maps, here = tensor[:, :, rows], rows_of(where, rows)
        met = surface(maps, layout, normals=normals, linear=linear)
        dark = maps.new_zeros(len(maps), 3, *maps.shape[2:])
        if view.light is None:
            return add_emission_and_opacity(met, dark)
        eye = find_direction(view.camera, here, distant=view.distant)
        return add_emission_and_opacity(met, dark + shade_light(met, here, eye, view.light, model=model))

    small = tensor.device.type == "cpu" and not (tensor.requires_grad and torch.is_grad_enabled())
    return run_in_bands((len(tensor), *tensor.shape[2:]), band) if small else band(slice(None))


def shade_light(met: Surface, where: Field, eye: Field, light: Light, *, model: ShadingModel = "ggx") -> torch.Tensor:
    """Return what points of a surface reflect to the viewer under one light, broadcastable to ``(B, 3, H, W)``.

    Args:
        met: the parameters.
        where: the points.
        eye: unit vectors to the camera.
        light: the light; a point light weakens with distance if it says so.
        model: as for :func:`render`.
    """
    at = constant(light.at, where[0])
    ray = at if light.distant else subtract(at, where)
    inverse = torch.rsqrt(dot(ray, ray).clamp_min(1e-12))
    seen = MODELS[model](met, scale(ray, inverse), eye)
    strength = torch.tensor(light.colour, dtype=seen.dtype, device=seen.device).view(1, 3, 1, 1) * math.pi
    return seen * (strength * inverse * inverse if light.falloff and not light.distant else strength)


def add_emission_and_opacity(met: Surface, light: torch.Tensor) -> torch.Tensor:
    """Add what the surface gives off and take away what shines through it, to black."""
    if met.emission is not None:
        light = light + met.emission
    return light if met.opacity is None else light * met.opacity


def points(tensor: torch.Tensor, part: Part | None = None) -> Field:
    """Return the middles of the pixels of a flat surface: x ``(1, 1, 1, W)``, y ``(1, 1, H, 1)`` and z = 0."""
    height, width = tensor.shape[2:]
    whole = part or Part(0, 0, height, width)
    longer = max(whole.height, whole.width)
    columns, rows = (
        torch.arange(start, start + count, dtype=tensor.dtype, device=tensor.device)
        for start, count in ((whole.left, width), (whole.top, height))
    )
    x = (2 * columns + 1 - whole.width) / longer
    y = (whole.height - 1 - 2 * rows) / longer
    return x.view(1, 1, 1, -1), y.view(1, 1, -1, 1), tensor.new_zeros(1, 1, 1, 1)


def find_direction(camera: tuple[float, float, float], where: Field, *, distant: bool) -> Field:
    """Return unit vectors from points of the surface to the camera."""
    at = constant(camera, where[0])
    return unit(at if distant else subtract(at, where))
