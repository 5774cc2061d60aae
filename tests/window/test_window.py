"""What an artist does, by mouse and keyboard in Blender's own window, with the real service."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.window.window import SIZE, Window

pytestmark = pytest.mark.window

OLD = {name: f"{name}.png" for name in ("diffuse", "normal", "roughness", "specular", "height", "ao")}
NEW = {name: f"{name}_inpaint.png" for name in OLD}


def on_wall(state: dict[str, Any], x: float, y: float) -> tuple[int, int]:
    """Return the place on the screen of a place on the wall, which is seen from above; 0, 0 is its middle."""
    left, bottom, width, height = state["view"]
    scale = 270 / 2  # pixels that half of the wall takes, as `look` shows it
    return round(left + width / 2 + x * scale), round(SIZE[1] - (bottom + height / 2) - y * scale)


def paint(window: Window) -> dict[str, Any]:
    """Paint over the stain in the 3D view."""
    window.show("VIEW_3D")
    window.ask("look")
    window.shot("panel")
    window.click(window.panel()[1][0].middle)  # Paint Hole, below the button that fills
    state = window.until_state(lambda now: now["mode"] == "PAINT_TEXTURE", "painting did not begin")
    window.drag(
        [on_wall(state, x, y) for x, y in ((-0.4, 0.4), (0.0, 0.5), (0.4, 0.4), (0.2, 0.1), (0.0, -0.2), (-0.2, 0.1))]
    )
    state = window.until_state(lambda now: now["hole"] > 0, "nothing was painted")
    window.until_state(lambda now: now["seen"] == 1, "the panel does not tell of the hole")
    window.shot("painted")
    return state


def fill_and_wait(window: Window, image: str = "filling") -> dict[str, Any]:
    """Press the button and wait for the result."""
    before = len(window.state()["fills"])
    window.click(window.panel()[0][0].middle)
    window.until_state(lambda now: len(now["fills"]) > before, "the button did nothing")
    window.shot(image)
    done = window.until_state(lambda now: now["fills"][0]["resolved"], "the fill did not end")
    assert done["fills"][0]["phase"] == "done", done
    variations = done["fills"][0]["variations"]
    return window.until_state(lambda now: now["fills"][0]["thumbnails"] == variations, "no thumbnails")


def test_paint_fill_choose_undo_redo_save_and_reload(window: Window) -> None:
    window.ask("own_brush")
    brush = window.ask("brush")
    state = paint(window)
    assert 500 < state["hole"] < 100_000
    window.ask("setting", variations=3, seed=3)
    done = fill_and_wait(window)
    assert done["images"] == NEW and done["variation"] == 1
    assert done["mode"] == "OBJECT" and window.ask("brush") == brush  # painting ended, and gave everything back
    window.shot("filled")
    first = window.ask("digest", image="diffuse_inpaint.png")

    seeds = next(row for row in window.panel() if len(row) == 3)
    window.click(seeds[1].middle)
    chosen = window.until_state(lambda now: now["variation"] == 2, "the variation was not chosen")
    assert chosen["images"] == NEW and window.ask("digest", image="diffuse_inpaint.png") != first
    second = window.ask("digest", image="diffuse_inpaint.png")
    window.shot("chosen")

    middle = on_wall(done, 0.0, 0.0)
    window.key("ctrl+z", middle)
    window.until_state(lambda now: now["variation"] == 1, "undo did not bring the first variation back")
    assert window.ask("digest", image="diffuse_inpaint.png") == first
    window.key("ctrl+z", middle)
    undone = window.until_state(lambda now: now["variation"] == 0, "undo did not bring the old images back")
    assert undone["images"] == OLD
    window.shot("undone")
    window.key("ctrl+shift+z", middle)
    window.key("ctrl+shift+z", middle)
    redone = window.until_state(lambda now: now["variation"] == 2, "redo did not bring the second variation back")
    assert redone["images"] == NEW and window.ask("digest", image="diffuse_inpaint.png") == second

    window.ask("save")
    window.ask("load", blend="wall.blend")
    loaded = window.until_state(lambda now: now["images"] == NEW, "the saved file has other images")
    assert loaded["changes"] == len(NEW)
    assert window.ask("digest", image="diffuse_inpaint.png") == second


def redness(window: Window, state: dict[str, Any]) -> NDArray[np.int64]:
    """Return how red the sign, the first slot beside it and the second slot are, in places below one stroke."""
    picture = np.asarray(Image.open(window.shot("slots")).convert("RGB")).astype(np.int64)
    places = [on_wall(state, x, 0.1) for x in (-1.0, -0.4, 0.4)]
    colours = np.array([picture[y - 4 : y + 5, x - 4 : x + 5].mean((0, 1)) for x, y in places]).astype(np.int64)
    return np.asarray(colours[:, 0] - colours[:, 1:].max(1))


def test_a_stroke_over_two_slots_is_a_hole_of_one_and_what_stands_in_front_is_seen(window: Window) -> None:
    window.ask("slots")
    window.show("VIEW_3D")
    window.ask("look")
    window.click(window.panel()[1][0].middle)
    state = window.until_state(lambda now: now["mode"] == "PAINT_TEXTURE", "painting did not begin")
    window.drag([on_wall(state, x / 10, 0.1) for x in range(-12, 13, 4)])
    state = window.until_state(lambda now: now["hole"] > 0, "nothing was painted")
    assert state["second"] == 0
    window.until(lambda: bool(redness(window, state)[1] > 90), "the hole is not red")
    sign, _, second = redness(window, state)
    assert sign < 20 and second < 80, (sign, second)
    first = state["hole"]
    window.ask("choose_slot", number=1)
    window.until_state(lambda now: now["painted"] == "Brick", "painting did not turn to the other slot")
    time.sleep(2)  # until its brush is there, and all is drawn
    window.drag([on_wall(state, x / 10, -0.4) for x in range(-12, 13, 4)])
    state = window.until_state(lambda now: now["second"] > 0, "the second slot was not painted")
    assert state["hole"] == first
    window.shot("second-slot")


def test_all_three_editors_have_the_tab_and_a_box_is_drawn(window: Window) -> None:
    window.show("NODE_EDITOR")
    window.shot("node-editor")
    assert window.panel()[0][0].height > 25  # the button that fills
    window.show("IMAGE_EDITOR", image="diffuse.png")
    state = window.state()
    window.click(window.panel()[2][1].middle)  # Box, beside Faces
    left, bottom, width, height = state["view"]
    middle = left + width // 2, SIZE[1] - (bottom + height // 2)
    window.drag([(middle[0] - 60, middle[1] - 50), middle, (middle[0] + 50, middle[1] + 60)])
    window.until_state(lambda now: now["hole"] > 1000, "no box was drawn")
    window.shot("image-editor")


def test_before_and_after_are_drawn_and_a_fill_is_cancelled(window: Window) -> None:
    paint(window)
    window.ask("preference", pictures=True)
    done = fill_and_wait(window)
    assert done["images"] == NEW
    drawn = window.until_state(lambda now: now["pictures"] or now["drawing"], "before and after were not drawn")
    assert drawn["pictures"], drawn["drawing"]
    window.shot("pictures")

    window.ask("setting", method="diffusion")
    window.click(window.panel()[0][0].middle)
    window.until_state(lambda now: now["fills"][0]["phase"] == "running", "the second fill did not begin")
    window.until_state(lambda now: now["fills"][0]["previews"] > 0, "no picture of it on the way")
    window.shot("training")
    window.click(window.panel()[0][0].middle)  # Cancel stands where the button was
    ended = window.until_state(lambda now: not now["fills"][0]["active"], "it was not cancelled")
    assert ended["fills"][0]["phase"] == "cancelled" and ended["images"] == NEW
