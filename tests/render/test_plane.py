"""Flat materials under one light: workflows, conventions, geometry, derivatives."""

from __future__ import annotations

import pytest
import torch

from svbrdf_core.render import Light, Part, View, flash, nine_views, render, surface, to_srgb
from svbrdf_core.render.plane import ShadingModel
from svbrdf_core.tensors.layout import ChannelLayout
from tests.render.conftest import METALLIC, SPECULAR, noise

SIDE = View(Light((0.8, 0.5, 1.2)), (-0.4, 0.3, 2.0))


def same(a: torch.Tensor, b: torch.Tensor, rel: float = 1e-5) -> None:
    torch.testing.assert_close(a, b, rtol=rel, atol=1e-6)


def test_both_workflows_of_one_surface_give_one_picture() -> None:
    tensor = noise(METALLIC, 2, 9, 12, double=True)
    met = surface(tensor, METALLIC)
    maps = (to_srgb(met.diffuse), tensor[:, 3:6], met.roughness, to_srgb(met.specular))
    other = torch.cat(maps, dim=1)
    metal = tensor[:, METALLIC.slice_of("metallic")]
    # What passes the interface below the non-metal part differs: 0.96 of it here, 1 - F0 there.
    seen, expected = render(other, SPECULAR, SIDE), render(tensor, METALLIC, SIDE)
    assert (seen - expected).abs().max() < 0.2
    for value in (0.0, 1.0):
        metal[:] = value
        met = surface(tensor, METALLIC)
        other = torch.cat((to_srgb(met.diffuse), tensor[:, 3:6], met.roughness, to_srgb(met.specular)), dim=1)
        same(render(other, SPECULAR, SIDE), render(tensor, METALLIC, SIDE))


def test_parameters_are_read_off_the_maps() -> None:
    met = surface(noise(METALLIC, 1, 2, 2) * 0 + 0.5, METALLIC)
    linear = ((0.5 + 0.055) / 1.055) ** 2.4
    assert met.diffuse.mean().item() == pytest.approx(linear / 2, rel=1e-5)
    assert met.specular.mean().item() == pytest.approx((0.04 + linear) / 2, rel=1e-5)
    level = ChannelLayout(("basecolor", "specular", "metallic"), (3, 1, 1))
    assert surface(torch.full((1, 5, 1, 1), 1.0), level).interface.item() == pytest.approx(0.08)
    alone = surface(torch.full((1, 3, 1, 1), 0.5), ChannelLayout(("diffuse",), (3,)))
    assert (alone.specular.item(), alone.roughness.item()) == pytest.approx((0.04, 0.5))
    stored = surface(torch.full((1, 3, 1, 1), 0.5), ChannelLayout(("diffuse",), (3,)), linear=["diffuse"])
    assert stored.diffuse.flatten().tolist() == [0.5] * 3


def test_green_of_the_normal_points_up_or_down() -> None:
    tensor = noise(SPECULAR, 1, 6, 6)
    down = tensor.clone()
    down[:, 4] *= -1
    same(render(tensor, SPECULAR, SIDE), render(down, SPECULAR, SIDE, normals="directx"))
    assert not torch.allclose(render(tensor, SPECULAR, SIDE), render(down, SPECULAR, SIDE))
    # A normal that leans up (+y) faces a light from above.
    leaning = torch.zeros(1, 6, 1, 1)
    leaning[:, :3], leaning[0, 4:, 0, 0] = 0.5, torch.tensor([0.6, 0.8])
    layout = ChannelLayout(("diffuse", "normal"), (3, 3))
    above = View(Light((0.0, 1.0, 0.5), distant=True), (0.0, 0.0, 1.0), distant=True)
    seen = render(leaning, layout, above).mean()
    assert seen > 1.5 * render(leaning, layout, above, normals="directx").mean()


def test_rows_run_downwards_and_columns_to_the_right() -> None:
    white = torch.ones(1, 3, 8, 8)
    seen = render(white, ChannelLayout(("diffuse",), (3,)), View(Light((0.7, 0.7, 0.3)), (0.0, 0.0, 2.0)))[0, 0]
    assert seen.argmax() == 1 * 8 + 6  # the pixel (0.625, 0.625)


def test_strength_and_distance_of_lights() -> None:
    white = torch.ones(1, 3, 1, 1)
    layout = ChannelLayout(("diffuse", "specular"), (3, 3))
    tensor = torch.cat((white, white * 0), dim=1)
    # With no F0 the way out at normal incidence takes nothing, nor does the way in: exactly 1, then a quarter of it.
    facing = View(Light((0.0, 0.0, 1.0), distant=True), (0.0, 0.0, 1.0), distant=True)
    assert render(tensor, layout, facing)[0, 0].item() == pytest.approx(1)
    for distance, strength in ((1.0, 1.0), (2.0, 0.25)):
        view = View(Light((0.0, 0.0, distance)), (0.0, 0.0, 3.0))
        assert render(tensor, layout, view)[0, 0].item() == pytest.approx(strength)
    steady = View(Light((0.0, 0.0, 2.0), falloff=False, colour=(1.0, 0.5, 0.0)), (0.0, 0.0, 3.0))
    assert render(tensor, layout, steady).flatten().tolist() == pytest.approx([1, 0.5, 0])


@pytest.mark.parametrize("model", ["ggx", "deschaintre"])
def test_derivatives(model: ShadingModel) -> None:
    tensor = noise(SPECULAR, 2, 2, 3, double=True).requires_grad_()
    for view in (SIDE, nine_views()[0], nine_views()[5]):
        assert torch.autograd.gradcheck(lambda t, view=view: render(t, SPECULAR, view, model=model), tensor)


def test_derivatives_are_finite_at_the_edges_of_the_range() -> None:
    for value in (0.0, 1.0):
        tensor = torch.full((1, 10, 2, 2), value)
        tensor[:, 3:6] = torch.tensor([0.0, 0.0, 1.0]).view(3, 1, 1)
        tensor.requires_grad_()
        for view in (flash(), *nine_views()):
            (slope,) = torch.autograd.grad(render(tensor, SPECULAR, view).sum(), tensor)
            assert slope.isfinite().all()


@pytest.mark.parametrize("model", ["ggx", "deschaintre"])
def test_a_part_has_the_pixels_of_the_whole(model: ShadingModel) -> None:
    tensor = noise(SPECULAR, 2, 40, 30)
    for view in (flash(), SIDE, *nine_views()):
        whole = render(tensor, SPECULAR, view, model=model)
        piece = render(tensor[:, :, 5:17, 8:29], SPECULAR, view, model=model, part=Part(5, 8, 40, 30))
        same(piece, whole[:, :, 5:17, 8:29])


def test_bands_do_not_show() -> None:
    tensor = noise(SPECULAR, 1, 301, 257)
    at_once = render(tensor.clone().requires_grad_(), SPECULAR, SIDE)
    same(render(tensor, SPECULAR, SIDE), at_once.detach())


def test_each_material_of_a_batch_is_drawn_alone() -> None:
    tensor = noise(SPECULAR, 3, 5, 4)
    together = render(tensor, SPECULAR, SIDE)
    same(together, torch.cat([render(tensor[i : i + 1], SPECULAR, SIDE) for i in range(3)]))


def test_emission_and_opacity() -> None:
    layout = ChannelLayout(("diffuse", "opacity", "emission"), (3, 1, 3))
    tensor = torch.zeros(1, 7, 1, 1)
    tensor[:, 3], tensor[:, 4:] = 0.5, 2.0
    dark = View(None, (0.0, 0.0, 1.0))
    assert render(tensor, layout, dark)[0, 0].item() == pytest.approx(0.5 * ((2 + 0.055) / 1.055) ** 2.4)


def test_parallax_is_off_unless_asked_for() -> None:
    layout = ChannelLayout(("diffuse", "height"), (3, 1))
    tensor = noise(layout, 1, 16, 16)
    level = tensor.clone()
    level[:, 3] = 1.0  # all at the top: nothing to shift
    slant = View(Light((0.0, 0.0, 2.0)), (1.5, 0.0, 1.0), distant=True)
    same(render(tensor, layout, slant), render(level, layout, slant))
    same(render(level, layout, slant, relief=0.2), render(level, layout, slant))
    assert not torch.allclose(render(tensor, layout, slant, relief=0.2), render(tensor, layout, slant), atol=1e-3)


def test_parallax_shows_what_lies_deeper_further_along_the_view() -> None:
    layout = ChannelLayout(("diffuse", "height"), (3, 1))
    tensor = torch.zeros(1, 4, 32, 32)
    tensor[:, :3, :, 16] = 1.0  # a white line in ground that lies 0.25 below the plane
    slant = View(Light((0.0, 0.0, 2.0)), (1.0, 0.0, 1.0), distant=True)
    seen = render(tensor, layout, slant, relief=0.25)[0, 0, 16]
    # Looking from the right at 45 degrees, a point in depth d is seen d to the right in the plane: 4 pixels of 1/16.
    assert seen.argmax() == 20


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="the tensor must be"):
        render(torch.zeros(1, 3, 2, 2), SPECULAR, SIDE)
    with pytest.raises(ValueError, match="no shading model"):
        render(noise(SPECULAR, 1, 2, 2), SPECULAR, SIDE, model="phong")  # type: ignore[arg-type]
