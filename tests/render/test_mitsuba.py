"""Our shading against Mitsuba 3, an independent renderer: the same BSDF, and the same picture of a textured plane."""

from __future__ import annotations

import math
from typing import Any

import mitsuba
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from svbrdf_core.render import Light, View, from_srgb, ggx, render
from svbrdf_core.render.surface import Surface
from svbrdf_core.render.vectors import constant
from tests.render.conftest import METALLIC, SPECULAR, noise

Array = NDArray[np.float64]
PAIRS = 300
SIDE = 48


@pytest.fixture(scope="module")
def mi() -> Any:
    mitsuba.set_variant("scalar_rgb")
    return mitsuba


def directions(count: int, seed: int) -> Array:
    """Return unit vectors ``(count, 3)`` up to 78 degrees from the normal, evenly spread over the cosine."""
    rng = np.random.default_rng(seed)
    cosine, turn = rng.uniform(0.2, 1, count), rng.uniform(0, 2 * math.pi, count)
    sine = np.sqrt(1 - cosine**2)
    return np.stack((sine * np.cos(turn), sine * np.sin(turn), cosine), axis=1)


def theirs(mi: Any, bsdf: Any, view: Array, light: Array) -> Array:
    """Return a Mitsuba BSDF times the cosine of incidence for each pair, ``(N, 3)``."""
    at = mi.SurfaceInteraction3f()
    at.sh_frame = mi.Frame3f(mi.Vector3f(0, 0, 1))
    found = []
    for eye, to in zip(view, light, strict=True):
        at.wi = mi.Vector3f(*eye)
        found.append(list(bsdf.eval(mi.BSDFContext(), at, mi.Vector3f(*to))))
    return np.array(found)


def ours(diffuse: float, specular: tuple[float, float, float], roughness: float, view: Array, light: Array) -> Array:
    like = torch.zeros(1, dtype=torch.float64)
    to, eye = (tuple(torch.tensor(v).T.reshape(3, 1, 1, 1, -1)) for v in (light, view))
    f0 = torch.tensor(specular, dtype=torch.float64).view(1, 3, 1, 1)
    single = torch.full((1, 1, 1, 1), roughness, dtype=torch.float64)
    met = Surface(single * 0 + diffuse, f0, f0, single, constant((0.0, 0.0, 1.0), like))
    seen: Array = ggx.brdf_cosine(met, (to[0], to[1], to[2]), (eye[0], eye[1], eye[2]))[0, :, 0].T.numpy()
    return seen


def uncorrelated(roughness: float, view: Array, light: Array) -> Array:
    """Return Smith's separable masking (Mitsuba's) over the height-correlated one (ours), ``(N, 1)``."""
    below = [math.sqrt(1 + roughness**4 * (1 / c**2 - 1)) / 2 - 0.5 for c in np.concatenate((view, light))[:, 2]]
    seen, lit = np.array(below).reshape(2, -1, 1)
    ratio: Array = (1 + seen + lit) / ((1 + seen) * (1 + lit))
    return ratio


@pytest.mark.parametrize("roughness", [0.2, 0.35, 0.5, 0.7, 0.9])
def test_the_specular_lobe(mi: Any, roughness: float) -> None:
    """With one masking function in both, they agree to Mitsuba's single precision."""
    colour = (0.9, 0.5, 0.2)
    view, light = directions(PAIRS, 1), directions(PAIRS, 2)
    metal = {"type": "principled", "base_color": {"type": "rgb", "value": list(colour)}, "metallic": 1.0}
    other = theirs(mi, mi.load_dict({**metal, "roughness": roughness}), view, light)
    seen = ours(0.0, colour, roughness, view, light)
    np.testing.assert_allclose(seen * uncorrelated(roughness, view, light), other, rtol=1e-5)
    # As they stand: how far the two masking functions are apart.
    assert np.mean(abs(seen - other) / other) < 0.07
    assert np.max(abs(seen - other) / other) < 0.5


def test_the_matte_term(mi: Any) -> None:
    """Mitsuba's Lambertian, weakened by the interface on the way in and out as Shirley et al. say."""
    view, light = directions(PAIRS, 3), directions(PAIRS, 4)
    lambert = mi.load_dict({"type": "diffuse", "reflectance": {"type": "rgb", "value": [0.6, 0.6, 0.6]}})
    passed = np.prod([1 - (1 - v[:, 2:]) ** 5 for v in (view, light)], axis=0)
    f0 = (0.04, 0.04, 0.04)
    seen = ours(0.6, f0, 0.4, view, light) - ours(0.0, f0, 0.4, view, light)
    np.testing.assert_allclose(seen, theirs(mi, lambert, view, light) * passed * 0.96, rtol=1e-5)


def plane(mi: Any, bsdf: dict[str, Any], normal: torch.Tensor, view: View) -> Array:
    """Return Mitsuba's picture ``(3, SIDE, SIDE)`` of a plane that a pixel each of the normals falls on."""
    assert view.light is not None
    turned = np.ascontiguousarray(normal.permute(1, 2, 0).numpy() * 0.5 + 0.5, np.float32)
    bumped = {"type": "normalmap", "normalmap": texture(mi, turned), "bsdf": bsdf}
    # Their light of intensity I gives an irradiance of I / distance^2; a strength of 1 of ours gives pi of it.
    power = {"type": "rgb", "value": [math.pi * value for value in view.light.colour]}
    eye = mi.ScalarTransform4f().look_at(origin=list(view.camera), target=[0, 0, 0], up=[0, 1, 0])
    # From above, the picture is exactly the plane.
    angle = math.degrees(2 * math.atan(1 / view.camera[2]))
    film = {"type": "hdrfilm", "width": SIDE, "height": SIDE, "rfilter": {"type": "box"}, "pixel_format": "rgb"}
    scene = mi.load_dict(
        {
            "type": "scene",
            "integrator": {"type": "direct", "bsdf_samples": 0, "emitter_samples": 1},
            "light": {"type": "point", "position": list(view.light.at), "intensity": power},
            "camera": {"type": "perspective", "fov": angle, "to_world": eye, "film": film, "sampler": SAMPLER},
            "plane": {"type": "rectangle", "bsdf": bumped},
        }
    )
    return np.array(mi.render(scene), np.float64).transpose(2, 0, 1)


SAMPLER = {"type": "stratified", "sample_count": 16}


def texture(mi: Any, pixels: NDArray[np.float32]) -> dict[str, Any]:
    """Return a texture of linear values, looked up without interpolation; Mitsuba's first row is at the bottom."""
    bitmap = mi.Bitmap(np.ascontiguousarray(pixels[::-1]))
    return {"type": "bitmap", "bitmap": bitmap, "raw": True, "filter_type": "nearest"}


def test_a_plane_with_normals_under_a_point_light(mi: Any) -> None:
    """Textures, normal map, orientation, falloff and strength at once, on a rough metal."""
    tensor = noise(METALLIC, 1, SIDE, SIDE, seed=5)
    tensor[:, METALLIC.slice_of("metallic")] = 1.0
    roughness = tensor[0, METALLIC.slice_of("roughness")].clamp(0.4, 0.9)
    tensor[0, METALLIC.slice_of("roughness")] = roughness
    colour = from_srgb(tensor[0, METALLIC.slice_of("basecolor")]).permute(1, 2, 0).contiguous().numpy()
    metal = {"type": "principled", "metallic": 1.0, "base_color": texture(mi, colour)}
    metal["roughness"] = texture(mi, roughness.permute(1, 2, 0).contiguous().numpy())
    view = View(Light((0.6, 0.8, 1.5), colour=(3.0, 2.0, 1.0)), (0.0, 0.0, 3.0))
    other = plane(mi, metal, tensor[0, METALLIC.slice_of("normal")], view)
    seen = render(tensor.double(), METALLIC, view)[0].numpy()
    assert abs(seen - other).mean() < 0.012 * other.mean()
    assert np.corrcoef(seen.ravel(), other.ravel())[0, 1] > 0.9995


def test_a_matte_plane_under_a_point_light(mi: Any) -> None:
    tensor = noise(SPECULAR, 1, SIDE, SIDE, seed=6)
    tensor[:, SPECULAR.slice_of("specular")] = 0
    colour = from_srgb(tensor[0, :3]).permute(1, 2, 0).contiguous().numpy()
    matte = {"type": "diffuse", "reflectance": texture(mi, colour)}
    tensor[0, 3:6] = torch.tensor([0.0, 0.0, 1.0]).view(3, 1, 1)
    view = View(Light((-0.3, 0.4, 4.0), colour=(16.0, 16.0, 16.0)), (0.0, 0.0, 4.0))
    other = plane(mi, matte, tensor[0, 3:6], view)
    seen = render(tensor.double(), SPECULAR, view)[0].numpy()
    assert abs(seen - other).mean() < 0.0005 * other.mean()
