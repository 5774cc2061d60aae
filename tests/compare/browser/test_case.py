"""The page of a case in a real Chromium: what people drag, zoom and press."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.compare.browser.window import DRAWN, opened
from tests.compare.sample import WHY

pytestmark = pytest.mark.browser

FRAME = 12
"""Pixels of the viewer's rounded border."""

Pixels = NDArray[np.int16]


def seen(page: Page) -> Pixels:
    """Return the pixels of the viewer, without what lies over the picture."""
    # Playwright's own ways to hide things add style elements, which the page refuses.
    hide = "(all, state) => all.forEach(element => element.style.visibility = state)"
    over = page.locator("#stage .tag, #stage .divider")
    over.evaluate_all(hide, "hidden")
    png = page.locator("#stage").screenshot(caret="initial")
    over.evaluate_all(hide, "")
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=np.int16)
    return pixels[FRAME:-FRAME, FRAME:-FRAME]


def drawn(page: Page) -> Pixels:
    """Return the pixels of the viewer after what was just asked for is drawn."""
    page.evaluate("redraw()")
    return seen(page)


def middle(pixels: Pixels) -> Pixels:
    """Return a piece inside the square hole."""
    height, width = pixels.shape[:2]
    return pixels[int(height * 0.42) : int(height * 0.58), int(width * 0.38) : int(width * 0.52)]


def style(page: Page, selector: str, name: str) -> str:
    return str(page.locator(selector).evaluate(f"element => element.style.{name}"))


def choose(page: Page, left: str, right: str) -> None:
    page.get_by_label("Left", exact=True).select_option(label=left)
    page.get_by_label("Right", exact=True).select_option(label=right)


def test_the_slider_uncovers_one_and_the_other(case: Page) -> None:
    choose(case, "Truth", "mean, seed 0")
    pictures = {}
    for percent in (0, 100):
        case.locator("#split").fill(str(percent))
        pictures[percent] = middle(drawn(case))
    detail = {percent: pixels.std(axis=(0, 1)).mean() for percent, pixels in pictures.items()}
    assert detail[100] > 3 * detail[0], "the truth has detail, one value has none"


def test_the_divider_follows_the_mouse(case: Page) -> None:
    box = case.locator("#stage").bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    case.mouse.move(box["x"] + box["width"] / 2, y)
    case.mouse.down()
    case.mouse.move(box["x"] + box["width"] * 0.8, y, steps=5)
    case.mouse.up()
    assert float(style(case, "#divider", "left").rstrip("%")) == pytest.approx(80, abs=0.5)
    assert style(case, "#above", "clipPath").startswith("inset(0px 0px 0px 80")
    assert case.locator("#split").input_value() == "80"


def test_the_hole_is_hatched(case: Page) -> None:
    choose(case, "Hole", "Truth")
    case.locator("#split").fill("100")
    piece = middle(drawn(case))
    assert np.ptp(piece, axis=2).max() <= 2, "grey"
    assert {120, 150} <= set(np.unique(piece))


@pytest.mark.parametrize("exact", [False, True])
def test_the_difference_is_black_outside_the_hole(case: Page, exact: bool) -> None:
    choose(case, "Truth", "mean, seed 0")
    case.get_by_label("Full PNG files").set_checked(exact)
    case.get_by_label("Difference", exact=True).check(force=True)
    quiet = drawn(case)
    height, width = quiet.shape[:2]
    assert quiet[: height // 12].max() == 0 and quiet[:, : width // 12].max() == 0
    assert middle(quiet).mean() > 10
    case.locator("#gain").fill("4")
    assert middle(drawn(case)).mean() > 1.5 * middle(quiet).mean()
    assert "times 16" in case.locator("#remark").inner_text()
    assert case.get_by_label("Full PNG files").is_checked() is exact


def test_equal_pictures_have_no_difference(case: Page) -> None:
    choose(case, "Truth", "Truth")
    case.get_by_label("Difference", exact=True).check(force=True)
    case.locator("#gain").fill("5")
    assert drawn(case).max() == 0


def test_the_map_can_be_chosen(case: Page) -> None:
    choose(case, "Truth", "Truth")
    case.get_by_label("Normal", exact=True).check(force=True)
    blue = drawn(case)
    assert blue[..., 2].mean() > blue[..., 0].mean() + 60
    case.get_by_label("Roughness", exact=True).check(force=True)
    assert np.ptp(drawn(case), axis=2).max() <= 6


def zoom(page: Page) -> float:
    return float(page.locator("#zoom-value").inner_text().rstrip(" %")) / 100


def test_buttons_zoom(case: Page) -> None:
    assert case.locator("#out").is_disabled()
    case.get_by_role("button", name="Zoom in").click()
    case.get_by_role("button", name="Zoom in").click()
    assert zoom(case) == pytest.approx(2.25)
    case.get_by_role("button", name="Hole").click()
    assert zoom(case) > 1.5
    case.get_by_role("button", name="Fit").click()
    assert zoom(case) == 1


def test_the_wheel_zooms_where_it_points(case: Page) -> None:
    box = case.locator("#stage").bounding_box()
    assert box
    case.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.75 * box["height"])
    case.mouse.wheel(0, -600)
    expect(case.locator("#zoom-value")).not_to_have_text("100 %")
    x, y, scale = case.evaluate("[view.x, view.y, view.zoom]")
    assert x == pytest.approx(-0.25 * box["width"] * (scale - 1), abs=1)
    assert y == pytest.approx(-0.75 * box["height"] * (scale - 1), abs=1)
    assert case.evaluate("window.scrollY") == 0


def test_a_zoomed_picture_is_dragged_and_stays_in_its_frame(case: Page) -> None:
    box = case.locator("#stage").bounding_box()
    assert box
    case.get_by_role("button", name="Zoom in").click()
    start = case.evaluate("[view.x, view.y]")
    case.mouse.move(box["x"] + 100, box["y"] + 100)
    case.mouse.down()
    case.mouse.move(box["x"] + 70, box["y"] + 60, steps=4)
    assert case.evaluate("[view.x, view.y]") == pytest.approx([start[0] - 30, start[1] - 40], abs=1)
    case.mouse.move(box["x"] + 3000, box["y"] + 3000, steps=4)
    case.mouse.up()
    assert case.evaluate("[view.x, view.y]") == [0, 0]


def test_two_fingers_zoom(browser: Browser, folder: Path) -> None:
    page, heard = opened(browser, folder / "cases" / "m0-square.html", 390, has_touch=True, is_mobile=True)
    page.locator("#stage").scroll_into_view_if_needed()
    box = page.locator("#stage").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)
    for kind, spread in (("touchStart", 30), ("touchMove", 45), ("touchMove", 60), ("touchEnd", None)):
        points = [] if spread is None else [{"x": x - spread, "y": y, "id": 0}, {"x": x + spread, "y": y, "id": 1}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert zoom(page) == pytest.approx(2, abs=0.1)
    assert page.evaluate("window.visualViewport.scale") == 1, "the picture is zoomed, not the page"
    page.context.close()
    assert heard.said == []


def test_everything_works_by_keys(case: Page) -> None:
    stage = case.locator("#stage")
    for _ in range(40):
        case.keyboard.press("Tab")
        if stage.evaluate("element => element === document.activeElement"):
            break
    assert stage.evaluate("element => element === document.activeElement"), "Tab does not get there"
    case.keyboard.press("ArrowRight")
    assert case.locator("#split").input_value() == "52"
    for key in ("+", "+", "Shift+ArrowRight"):
        case.keyboard.press(key)
    assert zoom(case) == pytest.approx(2.25)
    moved = case.evaluate("view.x")
    case.keyboard.press("Shift+ArrowLeft")
    assert case.evaluate("view.x") == pytest.approx(moved + 40)
    case.keyboard.press("0")
    assert zoom(case) == 1
    case.keyboard.press("d")
    assert case.locator("#apart").is_visible()
    case.keyboard.press("]")
    assert case.locator("input[name=map]:checked").get_attribute("value") == "diffuse"
    left = case.locator("#left").input_value()
    case.keyboard.press("x")
    assert case.locator("#right").input_value() == left


def test_the_sheet_shows_every_map_and_leads_to_the_viewer(case: Page) -> None:
    buttons = case.locator(".sheet button")
    assert buttons.count() == 7 * 5  # the truth and three methods with two seeds; four maps and the render
    widths = "[...document.querySelectorAll('.sheet canvas')].map(canvas => canvas.width)"
    while min(case.evaluate(widths)) <= 1:
        case.wait_for_timeout(20)
    case.get_by_role("button", name="Show Specular of smooth, seed 1").click()
    assert case.locator("#right option:checked").inner_text() == "smooth, seed 1"
    assert case.locator("input[name=map]:checked").get_attribute("value") == "specular"
    case.get_by_label("Close-up of the hole").check()


def test_a_failed_run_is_there_with_its_reason(browser: Browser, folder: Path) -> None:
    page, heard = opened(browser, folder / "cases" / "m5-brush.html")
    assert page.locator(".why").inner_text() == f"Failed. {WHY}"
    assert page.locator("#right option:disabled").inner_text() == "mean, seed 1 (failed)"
    page.context.close()
    assert heard.said == []


def test_a_page_without_its_png_files_goes_on(browser: Browser, folder: Path, tmp_path: Path) -> None:
    alone = Path(shutil.copy(folder / "cases" / "m0-square.html", tmp_path))
    page, _ = opened(browser, alone)
    page.evaluate("stage.dataset.drawn = ''")
    page.get_by_label("Full PNG files").click()
    page.locator(DRAWN).wait_for()
    assert not page.get_by_label("Full PNG files").is_checked()
    page.context.close()
