"""Guides painted by mouse in Blender's own window: they are seen, and what is stored is what was chosen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.window.test_window import on_wall
from tests.window.window import SIZE, Window

pytestmark = pytest.mark.window


def begin(window: Window, row: int) -> dict[str, Any]:
    """Press New once it is there, and return how things stand."""
    window.xdotool("mousemove", "10", "600")  # the button below the mouse has another colour
    window.until(lambda: len(window.panel()) > row, "the panel has no such button")
    window.click(window.panel()[row][0].middle)
    return window.until_state(lambda now: now["painted"] == "Wall", "painting did not begin")


def stored(window: Window, picture: str, slot: str) -> list[list[int]]:
    """Return the two commonest colours of a guide on which something was painted."""
    found: list[list[int]] = []

    def look() -> bool:
        found[:] = window.ask("guide", picture=picture, slot=slot)["colours"][:2]
        return len(found) == 2 and found[1][3] > 1000

    window.until(look, f"nothing was painted of {slot}")
    return [colour[:3] for colour in found]


def greenness(window: Window, name: str, where: tuple[int, int]) -> int:
    """Return how much greener than red or blue a place of the screen is."""
    picture = np.asarray(Image.open(window.shot(name)).convert("RGB")).astype(int)
    red, green, blue = picture[where[1] - 4 : where[1] + 5, where[0] - 4 : where[0] + 5].mean((0, 1))
    return int(green - max(red, blue))


def test_guides_are_seen_and_stored_as_chosen(window: Window) -> None:
    window.ask("unfold", names=["guides"])
    window.ask("guide_setting", picture="guides", grain="IMAGE", angle=math.pi / 4)
    window.show("VIEW_3D")
    window.ask("look")
    begin(window, 6)  # below one that fills, and two a guide
    window.ask("guide_setting", picture="guides", angle=math.pi / 2)
    window.drag([on_wall(window.state(), x, y) for x, y in ((-0.5, 0.3), (0.0, 0.4), (0.5, 0.3))])
    assert stored(window, "guides", "grain_image") == [[64] * 3, [128] * 3]
    window.shot("guides")
    window.click(window.panel()[6][0].middle)
    assert window.until_state(lambda now: not now["painted"], "painting did not end")["mode"] == "OBJECT"

    window.ask("setting", extend_right=256)
    window.ask("unfold", names=["canvas", "extend_guides"])
    window.show("IMAGE_EDITOR", image="diffuse.png")
    window.shot("more-than-holes")
    state = begin(window, 5)  # below the buttons that fill, tile, extend and grow, and one that opens an image
    left, bottom, width, height = state["view"]
    across, down = left + width // 2, SIZE[1] - (bottom + height // 2)
    window.drag([(across - 60, down - 50), (across, down), (across + 150, down + 60)])
    assert stored(window, "extend_guides", "protect") == [[0, 0, 0], [255, 255, 255]]
    assert window.ask("guide", picture="extend_guides", slot="protect")["size"] == [768, 512]
    window.until(lambda: greenness(window, "extend-protect", (across, down)) > 40, "structure is not green")
