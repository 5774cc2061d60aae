"""The front page in a real Chromium: filters, tables, names and links, without an error and without the network."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from svbrdf_core.compare.front import format_signed
from svbrdf_core.compare.results import Results
from svbrdf_core.compare.stats import difference, summaries
from tests.compare.browser.window import DRAWN, opened
from tests.compare.sample import NASTY, WHY

pytestmark = pytest.mark.browser


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
    assert shown == [format_signed(entry.mean, places) for entry in expected if entry]
    ranges = [
        f"{format_signed(entry.low, places)} … {format_signed(entry.high, places)}"
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
