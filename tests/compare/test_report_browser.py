"""The report in a real Chromium: what people click, drag, zoom and read, without an error and without the network."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from svbrdf_core.compare.front import signed
from svbrdf_core.compare.report import write_report
from svbrdf_core.compare.results import Results, read_results
from svbrdf_core.compare.stats import difference, summaries
from tests.compare.sample import NASTY, WHY, Plan, write_sample

pytestmark = pytest.mark.browser

ARGS = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
SIZE = 96
FRAME = 12
"""Pixels of the viewer's rounded border."""
DRAWN = "#stage[data-drawn]:not([data-drawn=''])"
"""The viewer once its pictures are drawn."""

Pixels = NDArray[np.int16]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("report")
    write_sample(made, Plan(size=SIZE, materials=6, seeds=(0, 1)))
    write_report(made)
    return made


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    return read_results(folder)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert program, "there is no Chromium; on Debian: apt-get install chromium"
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=ARGS)
        yield started
        started.close()


class Heard:
    """Everything a page said or asked for."""

    def __init__(self, page: Page) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        self.refused: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("requestfailed", lambda request: self.refused.append(request.url))

    @property
    def outside(self) -> list[str]:
        """Requests for anything but data in the page and the page itself."""
        return [url for url in self.asked if not url.startswith(("data:", "file:"))]


def opened(browser: Browser, path: Path, width: int = 1280, **options: Any) -> tuple[Page, Heard]:
    """Open a page of the report in a window of its own."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    page = context.new_page()
    page.set_default_timeout(10_000)
    heard = Heard(page)
    page.goto(path.as_uri())
    if path.parent.name == "cases" and options.get("java_script_enabled", True):
        page.locator(DRAWN).wait_for()
    return page, heard


@pytest.fixture
def front(browser: Browser, folder: Path) -> Iterator[Page]:
    page, heard = opened(browser, folder / "index.html")
    yield page
    page.context.close()
    assert heard.said == [] and heard.outside == []


@pytest.fixture
def case(browser: Browser, folder: Path) -> Iterator[Page]:
    page, heard = opened(browser, folder / "cases" / "m0-square.html")
    yield page
    page.context.close()
    assert heard.said == [] and heard.outside == []


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


# The front page


def cells(page: Page, table: str, row: str, part: str) -> list[str]:
    """Return the visible texts of a row."""
    line = page.locator(f"#{table} tr[data-column]", has=page.locator(f'th:has-text("{row}")')).first
    return [text for text in line.locator(f"td:not([hidden]) {part}").all_inner_texts() if text]


def test_the_script_and_the_server_make_the_same_tables(browser: Browser, folder: Path) -> None:
    texts = []
    for enabled in (True, False):
        page, _ = opened(browser, folder / "index.html", java_script_enabled=enabled)
        parts = page.locator("#means :is(th, .value, .sd), #differences :is(th, .delta span)")
        texts.append([re.sub(r"\s+", " ", text) for text in parts.all_text_contents()])
        texts[-1] += page.locator("#differences path.bar").evaluate_all("all => all.map(e => e.getAttribute('d'))")
        page.context.close()
    assert texts[0] == texts[1]


def test_filters_hide_cases_and_count_again(front: Page, results: Results) -> None:
    assert front.locator(".card:visible").count() == 12
    front.get_by_label("Material", exact=True).select_option(label="planks 1")
    assert front.locator(".card:visible").count() == 2
    assert front.locator("#shown").inner_text() == "2 of 12 cases"
    ids = {case.id for case in results.cases if case.material == "planks 1"}
    shown = [float(text) for text in cells(front, "means", "MSE diffuse", ".value")]
    expected = [entry.mean for entry in summaries(results, results.metrics[0], ids)]
    assert shown == pytest.approx(expected, abs=5e-5)
    front.get_by_label("Mask", exact=True).select_option(label="brush")
    assert front.locator(".card:visible").count() == 1
    front.get_by_label("Material", exact=True).select_option(index=0)
    assert front.locator(".card:visible").count() == 6


def test_a_metric_can_be_looked_at_alone(front: Page) -> None:
    rows = front.locator("#means tr[data-column]:visible")
    first = rows.count()
    front.get_by_label("Metrics", exact=True).select_option(label="All")
    everything = rows.count()
    assert everything == first + 1, "PSNR is no first look"
    front.get_by_label("Metrics", exact=True).select_option(label="Sharpness")
    assert rows.count() == 1 < everything
    assert front.locator("#differences tr[data-column]:visible").count() == 1


def test_a_method_can_be_taken_out(front: Page) -> None:
    front.get_by_label("copy", exact=True).uncheck()
    assert front.locator("#means thead th:visible").all_inner_texts() == ["Quantity", "smooth", "mean"]
    assert front.locator('.tiles li[data-method="0"]:visible').count() == 0
    assert len(cells(front, "means", "MSE diffuse", ".value")) == 2
    assert front.locator("#means tr[data-column] td.best:visible").count() > 0


def test_differences_are_those_of_the_statistics(front: Page, results: Results) -> None:
    front.get_by_label("Compare", exact=True).select_option(label="smooth")
    shown = cells(front, "differences", "MSE normal", ".mean")
    column = results.column("mse/normal")
    expected = [difference(results, "smooth", other, column) for other in ("copy", "mean")]
    places = len(shown[0].split(".")[1])
    assert shown == [signed(entry.mean, places) for entry in expected if entry]
    ranges = [
        f"{signed(entry.low, places)} … {signed(entry.high, places)}"
        for entry in expected
        if entry and entry.low is not None and entry.high is not None
    ]
    assert cells(front, "differences", "MSE normal", ".range") == ranges
    assert "taken over 6 materials" in front.locator("#basis").inner_text()


def test_names_are_shown_as_they_are(front: Page) -> None:
    assert front.locator(".card h3").first.inner_text() == NASTY
    assert NASTY in front.locator("#material option").all_inner_texts()
    assert WHY in front.locator("#failures").inner_text()
    front.locator(".card h3 a").first.click()
    front.locator(DRAWN).wait_for()
    assert front.locator("h1").inner_text() == NASTY


def test_a_tile_opens_its_own_run(front: Page) -> None:
    front.locator(".card").first.get_by_role("link", name="smooth, seed 1").click()
    front.locator(DRAWN).wait_for()
    assert front.locator("#right option:checked").inner_text() == "smooth, seed 1"


# The page of a case


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


def test_other_scripts_are_refused(browser: Browser, folder: Path) -> None:
    page, heard = opened(browser, folder / "index.html")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.bad = 1'}))"
    )
    page.evaluate("document.body.append(Object.assign(new Image(), {src: 'https://example.org/x.png'}))")
    assert page.evaluate("window.bad") is None
    assert len([text for text in heard.said if "Content Security Policy" in text]) == 2
    assert heard.outside == heard.refused == ["https://example.org/x.png"]
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index.html", "cases/m0-square.html"])
def test_a_phone_needs_no_sideways_scrolling(browser: Browser, folder: Path, name: str, scheme: str) -> None:
    page, heard = opened(browser, folder / name, 360, color_scheme=scheme, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("innerWidth") == 360
    small = page.evaluate(
        "[...document.querySelectorAll('button, select, .chip, .check')].filter(e => e.checkVisibility())"
        ".filter(e => e.getBoundingClientRect().height < 36).map(e => e.outerHTML)"
    )
    assert small == [], "too small for a finger"
    page.context.close()
    assert heard.said == []


@pytest.mark.parametrize("name", ["index.html", "cases/m0-square.html"])
def test_every_control_has_a_name(browser: Browser, folder: Path, name: str) -> None:
    page, _ = opened(browser, folder / name)
    nameless = page.evaluate(
        "[...document.querySelectorAll('button, select, input, [tabindex=\"0\"]')].filter(e => !(e.ariaLabel"
        " || e.textContent.trim() && e.tagName === 'BUTTON' || [...(e.labels || [])].some(l => l.textContent.trim())))"
        ".map(e => e.outerHTML.slice(0, 120))"
    )
    assert nameless == []
    page.context.close()
