"""More than holes on the page: a material made to tile, extended, grown, copied from, and results gone on from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from svbrdf_core.example import make_example
from svbrdf_core.formats import write_png
from tests.server.browser.visit import SOON, Visit
from tests.server.conftest import Sample

pytestmark = pytest.mark.browser


def newest(user: Visit) -> dict[str, Any]:
    """Return the newest job as the service has it."""
    found: dict[str, Any] = user.running.request("GET", "/v1/jobs?count=1").json()["jobs"][0]
    return found


def quick(user: Visit) -> None:
    """Have the fill done quickly: here only that there is one counts."""
    user.page.locator("#settings-box summary").click()
    for name, value in (("Levels", "1"), ("Iterations", "2"), ("Richness", "0"), ("Pieces", "0")):
        user.page.get_by_label(name, exact=True).fill(value)
    user.page.locator("#settings-box summary").click()


def choose(user: Visit, name: str) -> None:
    """Choose what is done."""
    user.page.locator("#tasks").get_by_role("radio", name=name).check(force=True)


def done(user: Visit, look: str) -> dict[str, Any]:
    """Ask for the job, wait until its result is shown in a look, and return it."""
    before = user.newest.get_attribute("data-number") if user.page.locator("#jobs .job").count() else ""
    user.fill.click()
    expect(user.newest).not_to_have_attribute("data-number", str(before), timeout=SOON)
    number = user.newest.get_attribute("data-number")
    user.page.locator(f"#stage[data-job='{number}'][data-shown$='{look} 1']").wait_for(timeout=2 * SOON)
    expect(user.page.locator("#busy")).to_be_hidden(timeout=SOON)
    return newest(user)


def view(user: Visit) -> tuple[float, float, float]:
    """Return where the picture's corner is on the page, and its scale."""
    user.pixels()  # of the frame that is drawn next
    box = user.page.locator("#stage").bounding_box()
    assert box
    x, y, scale = map(float, str(user.page.locator("#stage").get_attribute("data-view")).split())
    return box["x"] + x, box["y"] + y, scale


def pull(user: Visit, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag between places in pixels of the picture."""
    x, y, scale = view(user)
    mouse = user.page.mouse
    mouse.move(x + start[0] * scale, y + start[1] * scale)
    mouse.down()
    mouse.move(x + end[0] * scale, y + end[1] * scale, steps=6)
    mouse.up()


def current(user: Visit) -> str:
    """Return which step is marked."""
    return user.page.locator("#history [aria-current=step]").inner_text()


def steps(user: Visit) -> list[str]:
    """Return the steps that can be gone to."""
    return user.page.locator("#history .step").all_inner_texts()


def test_a_material_is_made_to_tile_and_seen_nine_times(user: Visit, sample: Sample) -> None:
    user.give(sample.folder)
    quick(user)
    choose(user, "Make tileable")
    expect(user.page.locator("#new-only")).to_be_hidden()
    user.page.locator("#band").fill("90")
    expect(user.fill).to_be_disabled()
    user.page.locator("#band").fill("12")
    user.page.locator("#axis").select_option("x")
    expect(user.fill).to_have_text("Make 6 maps tileable")
    user.page.locator("#axis").select_option("both")
    job = done(user, "tiled")
    assert job["request"]["canvas"] == {"axis": "both", "band": 12.0, "flatten": False}
    assert job["request"]["hole"]["masks"] == []
    expect(user.page.locator("#result-notes")).to_contain_text("edges")
    x, y, scale = view(user)
    box = user.page.locator("#stage").bounding_box()
    assert box
    drawn, side = user.pixels(), round(128 * scale)
    left, top = round(x - box["x"]), round(y - box["y"])
    middle = drawn[top + 4 : top + side - 4, left + 4 : left + side - 4]
    beside = drawn[top + 4 : top + side - 4, left + 4 + side : left + 2 * side - 4]
    assert 3 * side <= box["height"] and middle.std() > 5
    assert np.abs(middle - beside[:, : middle.shape[1]]).mean() < 6, "it is not the same beside"
    user.page.get_by_role("radio", name="Before").check(force=True)
    user.page.locator("#stage[data-shown$='before 1']").wait_for()
    user.page.set_viewport_size({"width": 420, "height": 860})
    wide = user.page.evaluate("() => [...document.querySelectorAll('main > section')].map((one) => one.scrollWidth)")
    assert max(wide) <= 420, "a narrow screen shows it all"


def test_a_picture_is_extended_by_pulling_its_corner(user: Visit, sample: Sample) -> None:
    user.give(sample.folder)
    quick(user)
    choose(user, "Extend")
    expect(user.fill).to_have_text("Drag an edge of the picture outwards")
    expect(user.fill).to_be_disabled()
    pull(user, (128, 128), (152, 140))
    pull(user, (0, 64), (-8, 64))
    sides = [int(user.page.locator(f"#side-{side}").input_value()) for side in ("left", "right", "top", "bottom")]
    assert np.abs(np.subtract(sides, [8, 24, 0, 12])).max() <= 1
    user.page.locator("#side-left").fill("16")
    user.page.locator("#side-right").fill("32")
    user.page.locator("#side-bottom").fill("16")
    expect(user.fill).to_have_text("Extend 6 maps to 176 × 144")
    expect(user.page.locator("#task-said")).to_contain_text("128 × 128 becomes 176 × 144")
    x, y, scale = view(user)
    user.tool("Rectangle")
    pull(user, (40, 30), (60, 50))  # what is painted goes along
    job = done(user, "slider")
    assert job["request"]["canvas"] == {"left": 16, "right": 32, "top": 0, "bottom": 16, "to": None}
    assert len(job["request"]["hole"]["masks"]) == 1
    assert job["result"]["size"] == [176, 144]
    assert user.page.evaluate("() => document.querySelector('#split').disabled") is False
    user.page.get_by_role("radio", name="Before").check(force=True)
    x, y, scale = view(user)
    box = user.page.locator("#stage").bounding_box()
    assert box
    row = user.pixels()[round(y - box["y"] + 60 * scale)]
    inside, outside = (row[round(x - box["x"] + at * scale)] for at in (24, 8))
    assert tuple(outside) == (0x4A,) * 3 or tuple(outside) == (0, 0, 0), "nothing was there before"
    assert tuple(inside) != tuple(outside)


def test_parts_are_filled_again_and_walked_back(user: Visit, sample: Sample) -> None:
    user.give(sample.folder)
    quick(user)
    user.hole()
    user.filled()
    first = newest(user)
    expect(user.page.locator("#history")).to_be_hidden()
    for place in ((0.3, 0.3), (0.6, 0.4)):
        user.page.get_by_role("button", name="Fill a part again").click()
        user.tool("Rectangle")
        user.drag(place, (place[0] + 0.1, place[1] + 0.12))
        user.filled()
    third = newest(user)
    expect(user.page.locator("#history .step canvas[data-drawn]")).to_have_count(4, timeout=SOON)
    assert steps(user) == ["Start", "1", "2", "3"] and current(user) == "3"
    second = user.running.request("GET", f"/v1/jobs/{third['parent']['job']}").json()
    assert second["parent"] == {"job": first["id"], "variation": 1}
    user.page.get_by_role("button", name="Step 1").click()
    expect(user.page.locator("#stage")).to_have_attribute("data-job", str(first["number"]))
    expect(user.page.get_by_role("button", name="Step 1")).to_have_attribute("aria-current", "step")
    assert steps(user) == ["Start", "1", "2", "3"], "what came after is still there"
    user.page.reload()
    expect(user.page.get_by_role("button", name="Step 1")).to_have_attribute("aria-current", "step", timeout=SOON)
    assert steps(user) == ["Start", "1", "2", "3"]
    quick(user)
    user.page.get_by_role("button", name="Fill a part again").click()
    user.tool("Rectangle")
    user.drag((0.4, 0.5), (0.5, 0.6))
    user.filled()
    assert newest(user)["parent"] == {"job": first["id"], "variation": 1}
    expect(user.page.locator("#history .step")).to_have_text(["Start", "1", "2"])
    user.page.get_by_role("button", name="Step Start").click()
    expect(user.page.locator("#part-said")).to_be_hidden()
    expect(user.page.get_by_role("button", name="Step Start")).to_have_attribute("aria-current", "step")
    expect(user.fill).to_have_text("Paint what is to be filled")


def test_a_hole_is_filled_from_another_material_and_a_sheet_made(user: Visit, sample: Sample, tmp_path: Path) -> None:
    swatch = tmp_path / "swatch"
    swatch.mkdir()
    for name, samples in make_example("bricks", 64, 3).clean.items():
        write_png(swatch / f"{name}.png", samples)
    user.give(sample.folder)
    quick(user)
    user.page.locator("#examples-box summary").click()
    user.page.locator("#pick-example").set_input_files(swatch)
    expect(user.page.locator("#examples")).to_contain_text("swatch", timeout=SOON)
    user.hole()
    user.filled()
    filled = newest(user)
    assert len(filled["request"]["examples"]) == 1
    user.page.get_by_role("button", name="Do not copy from swatch").click()
    choose(user, "New sheet")
    user.page.locator("#sheet-width").fill("96")
    user.page.locator("#sheet-height").fill("64")
    expect(user.fill).to_have_text("Make a sheet of 96 × 64")
    sheet = done(user, "after")
    assert sheet["result"]["size"] == [96, 64] and sheet["request"]["examples"] == []
    expect(user.page.locator("#split-field")).to_be_hidden()
