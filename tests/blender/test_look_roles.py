"""What a service is told, by what is in the images."""

from __future__ import annotations

import importlib
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.helper import NAME
from tests.blender.trees import Build

map_roles = importlib.import_module(NAME + ".material.maps").map_roles


def paint_image(name: str, colour: tuple[float, float, float, float], **settings: Any) -> Any:
    """Return an image of one colour with a brighter pixel."""
    image = bpy.data.images.new(name, 16, 16, is_data=True, **settings)
    pixels = np.tile(np.array(colour, np.float32), (256, 1))
    pixels[7, :3] *= 1.5
    image.pixels.foreach_set(pixels.ravel())
    image.pack()
    return image


def said(build: Build) -> dict[str, str]:
    uses = build.look().uses
    keys = dict.fromkeys(use.image for use in uses)
    names = {key: f"{number}.png" for number, key in enumerate(keys)}
    return dict(map_roles(uses, {key: bpy.data.images[key] for key in keys}, names))


def packed(build: Build, name: str) -> None:
    shader, split, turn = build.principled(), build.node("SeparateColor"), build.node("Invert")
    build.link(build.image(name), "Color", split, "Color")
    build.link(split, "Green", turn, "Color")
    build.link(turn, "Color", shader, "Roughness")


@pytest.mark.parametrize("settings", [{}, {"float_buffer": True}], ids=["bytes", "float"])
def test_grey_and_coloured_images(settings: dict[str, Any]) -> None:
    paint_image("grey", (0.4, 0.4, 0.4, 1.0), **settings)
    build = Build()
    packed(build, "grey")
    assert said(build) == {"glossiness": "0.png"}


def test_packed_images_name_their_channels() -> None:
    paint_image("orm", (0.6, 0.4, 0.1, 1.0))
    build = Build()
    packed(build, "orm")
    assert said(build) == {"glossiness": "0.png:G", "extra:orm.R": "0.png:R", "extra:orm.B": "0.png:B"}


def test_one_pixel_of_colour_makes_an_image_coloured() -> None:
    image = paint_image("rust", (0.4, 0.4, 0.4, 1.0))
    pixels = np.array(image.pixels[:], np.float32)
    pixels[4 * 100] = 0.9
    image.pixels.foreach_set(pixels)
    image.pack()
    build = Build()
    build.link(build.image("rust"), "Color", build.principled(), "Roughness")
    assert said(build) == {"extra:roughness": "0.png"}


@pytest.mark.parametrize(
    ("alpha", "wanted"), [(1.0, {"basecolor": "0.png"}), (0.5, {"basecolor": "0.png", "opacity": "0.png:A"})]
)
def test_alpha_that_is_one_everywhere_is_not_asked_for(alpha: float, wanted: dict[str, str]) -> None:
    paint_image("leaf", (0.2, 0.5, 0.1, alpha), alpha=True)
    build = Build()
    shader, leaf = build.principled(), build.image("leaf")
    build.link(leaf, "Color", shader, "Base Color")
    build.link(leaf, "Alpha", shader, "Alpha")
    assert said(build) == wanted
