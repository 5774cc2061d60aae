"""Surroundings from an equirectangular picture, to light surfaces with."""

from __future__ import annotations

import math

import torch
from torch.nn.functional import interpolate, pad

from svbrdf_core.render.environment import Environment, harmonics
from svbrdf_core.render.ggx import distribution, squared_alpha
from svbrdf_core.render.vectors import Field

LEVELS = 5
SHARP, SOURCE, BLURRED = (128, 256), (64, 128), (32, 64)
"""Rows and columns of the levels, of what the blurred ones are made from, and at which they are computed."""
AT_ONCE = 16
"""Directions that are blurred at once; all together would take longer for the memory than for the work."""


def environment(pixels: torch.Tensor, *, exposed: bool = False) -> Environment:
    """Prepare a picture of the surroundings for shading.

    Args:
        pixels: linear light ``(h, w, 3)``, equirectangular: the first row is the zenith (+y), the middle column the
            direction away from the viewer (-z), with +x to the right of it.
        exposed: make it as bright that a white plane facing up is just white.
    """
    picture = pixels.to(torch.float32).permute(2, 0, 1)[None].nan_to_num(posinf=65504.0).clamp(0, 65504)
    source = _resize(picture, SOURCE)
    terms = _project(source)
    if exposed:
        up = harmonics(*(torch.full((1, 1), value) for value in (0.0, 1.0, 0.0)))
        gain = 1 / float((up @ terms).mean().clamp_min(1e-6))
        picture, source, terms = picture * gain, source * gain, terms * gain
    levels = [_resize(picture, SHARP)]
    levels += [_resize(_blur(source, step / (LEVELS - 1)), SHARP) for step in range(1, LEVELS)]
    return Environment(pad(torch.stack(levels, dim=2), (1, 1, 0, 0, 0, 0), mode="circular"), terms)


def directions(rows: int, columns: int) -> tuple[Field, torch.Tensor]:
    """Return the unit directions ``(1, 1, rows, columns)`` of such a picture's pixels, and their solid angles."""
    edges = torch.linspace(0, math.pi, rows + 1)
    down = ((edges[:-1] + edges[1:]) * 0.5).view(1, 1, -1, 1)
    across = ((torch.arange(columns) + 0.5) * (2 * math.pi / columns) - math.pi).view(1, 1, 1, -1)
    y = down.cos().expand(1, 1, rows, columns)
    # Exact areas of the bands, so that they add up to the sphere.
    bands = (edges[:-1].cos() - edges[1:].cos()).view(1, 1, -1, 1) * (2 * math.pi / columns)
    return (down.sin() * across.sin(), y, -down.sin() * across.cos()), bands.expand(1, 1, rows, columns)


def _resize(picture: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Return a picture that goes round at another size, averaged or interpolated."""
    if picture.shape[2] >= size[0] and picture.shape[3] >= size[1]:
        return interpolate(picture, size, mode="area")
    ring = pad(pad(picture, (1, 1, 0, 0), mode="circular"), (0, 0, 1, 1), mode="replicate")
    rows, columns = (
        ((torch.arange(large) + 0.5) * (small / large) + 1) * (2 / (small + 2)) - 1
        for large, small in zip(size, picture.shape[2:], strict=True)
    )
    grid = torch.stack((columns.expand(size), rows.view(-1, 1).expand(size)), dim=-1)[None]
    return torch.nn.functional.grid_sample(ring, grid, align_corners=False)


def _blur(source: torch.Tensor, roughness: float) -> torch.Tensor:
    """Return the light through the GGX lobe around each direction, viewed along it (Karis 2013)."""
    (around, area), (to, _) = directions(*SOURCE), directions(*BLURRED)
    light, every = source[0].flatten(1).T, torch.cat(around, dim=1).flatten(2)[0]
    a2 = squared_alpha(torch.tensor(roughness))
    mean = []
    for some in torch.split(torch.cat(to, dim=1).flatten(2)[0].T, AT_ONCE):
        cosine = (some @ every).clamp(0, 1)
        weight = distribution(((1 + cosine) * 0.5).sqrt(), a2) * cosine * area.flatten()
        mean.append(weight @ light / weight.sum(dim=1, keepdim=True))
    return torch.cat(mean).T.reshape(1, 3, *BLURRED)


def _project(source: torch.Tensor) -> torch.Tensor:
    """Return irradiance over pi in spherical harmonics ``(9, 3)`` (Ramamoorthi and Hanrahan 2001, eqs. 3 and 8)."""
    around, area = directions(*SOURCE)
    light = torch.einsum("bkhw,bchw->kc", harmonics(*around) * area, source)
    cosine_lobe = torch.tensor([1.0] + [2 / 3] * 3 + [1 / 4] * 5)
    return light * cosine_lobe.view(-1, 1)
