"""The shading of Deschaintre et al. 2018, for errors that compare with that literature."""

from __future__ import annotations

import math

import torch

from svbrdf_core.render.surface import Surface
from svbrdf_core.render.vectors import Field, dot


def brdf_cosine(surface: Surface, light: Field, view: Field) -> torch.Tensor:
    """Return what their renderer gives for a light of strength 1, divided by pi, ``(B, 3, H, W)``.

    "Single-Image SVBRDF Capture with a Rendering-Aware Deep Network" (ACM TOG 37, 4, 2018), appendix, with the
    constants of the renderer released with it:

    * diffuse ``(1 - specular) diffuse / pi``;
    * D = (alpha / max(0.001, (n.h)^2 (alpha^2 - 1) + 1))^2 / pi with alpha = roughness^2, roughness at least 0.001;
    * G / (n.l n.v) = g(n.l) g(n.v) with g(c) = 1 / max(0.001, c (1 - k) + k) and k = alpha / 2;
    * F = specular + (1 - specular) 2^((-5.55473 v.h - 6.98316) v.h) (Karis 2013);
    * specular D F G / (4 n.l n.v).

    The cosine of incidence is divided by that between light and surface, at least 0.001, since their lights are drawn
    with a cosine distribution. It is no BRDF: it is neither reciprocal nor bounded.

    Args:
        surface: the parameters, ``diffuse`` and ``specular`` as in their maps.
        light: unit vectors to the light.
        view: unit vectors to the camera.
    """
    cos_light = dot(surface.normal, light)
    cos_view = dot(surface.normal, view)
    cos_half = ((1 + dot(light, view)) * 0.5).clamp_min(1e-8).sqrt()
    cos_normal = ((cos_light + cos_view) * (0.5 / cos_half)).clamp_min(0)
    lit = cos_light.clamp_min(0)
    alpha = surface.roughness.clamp_min(0.001) ** 2
    sharp = alpha / (cos_normal * cos_normal * (alpha * alpha - 1) + 1).clamp_min(0.001)
    k = alpha * 0.5
    lobe = sharp * sharp * _masking(lit, k) * _masking(cos_view.clamp_min(0), k) * (0.25 / math.pi)
    fresnel = surface.specular + (1 - surface.specular) * torch.exp2((-5.55473 * cos_half - 6.98316) * cos_half)
    matte = surface.diffuse * (1 - surface.specular) * (1 / math.pi)
    return (matte + fresnel * lobe) * (lit / light[2].clamp_min(0.001))


def _masking(cosine: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
    return 1 / (cosine * (1 - k) + k).clamp_min(0.001)
