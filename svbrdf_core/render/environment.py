"""The light from all around, prepared for look-ups, and what a surface makes of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch.nn.functional import grid_sample

from svbrdf_core.render.albedo import albedo
from svbrdf_core.render.surface import Surface
from svbrdf_core.render.vectors import Field, dot, reflect, spread


@dataclass(frozen=True)
class Environment:
    """The light from all around; y is up, the viewer on +z (see ``surroundings.environment``).

    Attributes:
        levels: radiance ``(1, 3, L, rows, columns + 2)``, equirectangular, seen through the GGX lobe of roughness
            0, 1/(L-1), ... 1; the first and last column are repeated on the other side.
        harmonics: ``(9, 3)``, irradiance over pi in the terms of :func:`harmonics`.
    """

    levels: torch.Tensor
    harmonics: torch.Tensor

    def radiance(self, direction: Field, roughness: torch.Tensor) -> torch.Tensor:
        """Return the light ``(B, 3, H, W)`` from around unit directions, blurred for a perceptual roughness."""
        x, y, z, rough = spread(*direction, roughness)
        count, _, columns = self.levels.shape[2:]
        across = torch.atan2(x, -z) * ((columns - 2) / (columns * math.pi))
        down = torch.acos(y.clamp(-1, 1)) * (2 / math.pi) - 1
        depth = (rough * (count - 1) + 0.5) * (2 / count) - 1
        grid = torch.stack((across, down, depth), dim=-1)
        levels = self.levels.to(x).expand(len(x), -1, -1, -1, -1)
        return grid_sample(levels, grid, padding_mode="border", align_corners=False)[:, :, 0]

    def irradiance(self, normal: Field) -> torch.Tensor:
        """Return the irradiance over pi ``(B, 3, H, W)`` of planes that face unit vectors."""
        terms = harmonics(*spread(*normal))
        return torch.einsum("bkhw,kc->bchw", terms, self.harmonics.to(terms)).clamp_min(0)


def harmonics(x: torch.Tensor, y: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    """Return the real spherical harmonics of degree 0, 1 and 2, ``(B, 9, ...)`` of ``(B, 1, ...)``."""
    one, two, first = 0.5 / math.sqrt(math.pi), 0.5 * math.sqrt(15 / math.pi), math.sqrt(0.75 / math.pi)
    degree0 = (torch.full_like(x, one),)
    degree1 = (first * y, first * z, first * x)
    mixed = (two * x * y, two * y * z, two * x * z)
    even = (0.25 * math.sqrt(5 / math.pi) * (3 * z * z - 1), 0.5 * two * (x * x - y * y))
    return torch.cat((*degree0, *degree1, *mixed, *even), dim=1)


def shade_environment(met: Surface, view: Field, normal: Field, eye: Field, around: Environment) -> torch.Tensor:
    """Return what a surface sends to the viewer under an environment, ``(B, 3, H, W)``.

    The two parts of ``ggx.brdf_cosine``, integrated: the matte one over the irradiance (Ramamoorthi and Hanrahan 2001)
    with its mean of 20/21 for the way in, the specular one as blurred radiance times albedo (Karis 2013). Ambient
    occlusion weakens both.

    Args:
        met: the parameters.
        view: unit vectors to the camera, in the frame of ``met.normal``.
        normal: the normals in the frame of the environment.
        eye: the vectors to the camera in the frame of the environment.
        around: the environment.
    """
    cosine = dot(met.normal, view).clamp(0, 1)
    matte = met.diffuse * (1 - met.interface) * ((1 - (1 - cosine) ** 5) * (20 / 21))
    scale, bias = albedo(cosine, met.roughness)
    glossy = met.specular * scale + bias
    light = matte * around.irradiance(normal) + glossy * around.radiance(reflect(eye, normal), met.roughness)
    return light if met.ao is None else light * met.ao
