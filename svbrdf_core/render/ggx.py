"""The microfacet BRDF of today's engines: GGX with correlated masking, Schlick's Fresnel, a matte base below it."""

from __future__ import annotations

import math

import torch

from svbrdf_core.render.surface import Surface
from svbrdf_core.render.vectors import Field, dot

SMOOTHEST = 0.045
"""Roughness below which nothing gets glossier: its highlight would be narrower than float32 resolves."""
GRAZING = 1e-4
"""Smallest cosine between normal and view; a normal that turns away from the viewer is taken as edge-on."""


def brdf_cosine(surface: Surface, light: Field, view: Field) -> torch.Tensor:
    """Return BRDF times the cosine of incidence, ``(B, 3, H, W)``, in 1/sr.

    The Cook-Torrance specular term D V F (:func:`distribution`, :func:`visibility`, :func:`schlick`) with alpha =
    roughness squared (Burley 2012), and below it ``(1 - F0) diffuse / pi`` weakened by what the interface turns away
    on the way in and out: ``(1 - (1 - n.l)^5) (1 - (1 - n.v)^5)``, the matte term of Shirley et al. (1997), "A
    practitioners' assessment of light reflection models", eq. 5, without its factor 21/20. It is symmetric in light
    and view, and the sum never reflects more than it receives.

    Args:
        surface: the parameters.
        light: unit vectors to the light.
        view: unit vectors to the camera.
    """
    cos_light = dot(surface.normal, light).clamp_min(0)
    cos_view = dot(surface.normal, view).clamp_min(GRAZING)
    # The half vector h is never built: |l + v|^2 = 2 + 2 l.v gives its two cosines.
    cos_half = ((1 + dot(light, view)) * 0.5).clamp_min(1e-8).sqrt()
    cos_normal = ((cos_light + cos_view) * (0.5 / cos_half)).clamp_max(1)
    a2 = squared_alpha(surface.roughness)
    lobe = distribution(cos_normal, a2) * visibility(cos_light, cos_view, a2) * cos_light
    matte = (1 - _fifth(1 - cos_light)) * (1 - _fifth(1 - cos_view)) * cos_light * (1 / math.pi)
    return surface.diffuse * (1 - surface.interface) * matte + schlick(surface.specular, cos_half) * lobe


def squared_alpha(roughness: torch.Tensor) -> torch.Tensor:
    """Return alpha squared of a perceptual roughness."""
    return roughness.clamp_min(SMOOTHEST) ** 4


def distribution(cos_normal: torch.Tensor, a2: torch.Tensor) -> torch.Tensor:
    """Return D, the density of microfacets facing the half vector (Walter et al. 2007, eq. 33)."""
    spread = cos_normal * cos_normal * (a2 - 1) + 1
    return a2 * (1 / math.pi) / (spread * spread)


def visibility(cos_light: torch.Tensor, cos_view: torch.Tensor, a2: torch.Tensor) -> torch.Tensor:
    """Return V = G / (4 n.l n.v), G being Smith's height-correlated masking and shadowing (Heitz 2014, eq. 99)."""
    rest = 1 - a2
    seen = cos_light * (cos_view * cos_view * rest + a2).sqrt()
    lit = cos_view * (cos_light * cos_light * rest + a2).sqrt()
    return 0.5 / (seen + lit)


def schlick(f0: torch.Tensor, cosine: torch.Tensor) -> torch.Tensor:
    """Return the Fresnel reflectance (Schlick 1994, eq. 15)."""
    return f0 + (1 - f0) * _fifth(1 - cosine)


def _fifth(x: torch.Tensor) -> torch.Tensor:
    squared = x * x
    return squared * squared * x
