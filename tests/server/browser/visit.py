"""A window of Chromium on a service's page: what people do there, and everything the page says or asks for."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from tests.chromium import PATIENCE
from tests.compare.browser.window import Heard
from tests.server.running import Running

SOON = PATIENCE
"""Milliseconds for what is only slow because the service starts its processes, or because this machine is busy."""
ANSWERS = r"Failed to load resource: the server responded with a status of (\d+)"
"""What Chromium itself writes down for an answer that is no success; no page can keep it from that."""

Pixels = NDArray[np.int16]


class Visit:
    """One window."""

    def __init__(self, page: Page, running: Running) -> None:
        self.page, self.running = page, running
        self.heard = Heard(page)
        self.tokens = {running.token}
        self.expected = {"409"}  # a material whose files must be sent first
        self.may_break = False

    def enter(self) -> None:
        """Open the page as the service's own words say, with the token in the fragment."""
        self.page.goto(f"{self.running.url}/#token={self.running.token}")
        self.page.locator("#page").wait_for(timeout=SOON)

    def give(self, folder: Path) -> None:
        """Choose a folder of maps and wait for its thumbnails."""
        self.page.locator("#pick-folder").set_input_files(folder)
        expect(self.page.locator("#material-name")).to_have_text(folder.name, timeout=SOON)
        maps = len(list(folder.iterdir()))
        expect(self.page.locator("#maps canvas[data-drawn]")).to_have_count(maps, timeout=SOON)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a place of the picture, in parts of its sides, is on the page."""
        box = self.page.locator("#stage").bounding_box()
        assert box
        side = min(box["width"], box["height"]) - 24
        left, top = box["x"] + (box["width"] - side) / 2, box["y"] + (box["height"] - side) / 2
        return left + x * side, top + y * side

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag with the mouse between places of the picture."""
        mouse = self.page.mouse
        mouse.move(*self.at(*start))
        mouse.down()
        mouse.move(*self.at(*end), steps=8)
        mouse.up()

    def tool(self, name: str) -> None:
        """Take a tool."""
        self.page.get_by_role("radio", name=name).check(force=True)

    def hole(self) -> None:
        """Paint a rectangle over the defect of the sample."""
        self.tool("Rectangle")
        self.drag((0.3, 0.2), (0.75, 0.7))
        expect(self.fill).to_be_enabled()

    @property
    def fill(self) -> Locator:
        """The button."""
        return self.page.locator("#fill")

    @property
    def newest(self) -> Locator:
        """The card of the newest job."""
        return self.page.locator("#jobs .job").first

    def ask_for_much(self) -> None:
        """Ask for a fill that takes far longer than any test."""
        self.hole()
        self.page.locator("#method").select_option("diffusion")
        self.page.locator("#settings-box summary").click()
        self.page.get_by_label("Train steps").fill("1000000")
        self.page.locator("#settings-box summary").click()
        self.fill.click()
        expect(self.newest).to_have_attribute("data-state", "running", timeout=SOON)

    def filled(self) -> None:
        """Ask for a fill and wait for the result to be shown."""
        before = self.page.locator("#jobs .job").evaluate_all("all => all.length && all[0].dataset.number")
        self.fill.click()
        expect(self.newest).not_to_have_attribute("data-number", str(before), timeout=SOON)
        number = self.newest.get_attribute("data-number")
        self.page.locator(f"#stage[data-job='{number}'][data-shown$='slider 1']").wait_for(timeout=2 * SOON)
        expect(self.page.locator("#busy")).to_be_hidden(timeout=SOON)

    def cancel(self) -> None:
        """Cancel the newest job and wait for its end."""
        self.newest.get_by_role("button", name="Cancel", exact=True).click()
        expect(self.newest).to_have_attribute("data-state", "cancelled", timeout=SOON)

    def confirm_deletion(self) -> None:
        """Answer that what was to be deleted goes; pictures of it that are still on their way are not found."""
        self.expected.add("404")
        self.page.locator("#question-yes").click()

    def pixels(self) -> Pixels:
        """Return what the picture shows, without what lies over it."""
        drawn = """() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => {
            resolve(document.getElementById("stage").toDataURL()) })))"""
        data = str(self.page.evaluate(drawn)).partition(",")[2]
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"), dtype=np.int16)

    def piece(self, x: float, y: float, size: int = 16) -> Pixels:
        """Return pixels round a place of the picture."""
        box = self.page.locator("#stage").bounding_box()
        assert box
        column, row = self.at(x, y)
        column, row = int(column - box["x"]), int(row - box["y"])
        return self.pixels()[row - size : row + size, column - size : column + size]

    def check(self) -> None:
        """Fail if the page said something, or asked elsewhere, or let a token into an address."""
        said = [text for text in self.heard.said if not self._excused(text)]
        assert said == []
        own = (self.running.url, "blob:", "data:")
        assert [url for url in self.heard.asked if not url.startswith(own)] == []
        asked = [url.partition("#")[0] for url in self.heard.asked]  # a fragment is never sent
        assert [url for url in [*asked, self.page.url] if any(token in url for token in self.tokens)] == []

    def _excused(self, text: str) -> bool:
        answered = re.match(ANSWERS, text)
        if answered:
            return answered[1] in self.expected
        return self.may_break and text.startswith("Failed to load resource: net::")


@contextmanager
def visit(browser: Browser, running: Running, **options: Any) -> Iterator[Visit]:
    """Open a window, and check at its end what the page said and asked for."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, **options)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())  # "leave the page?"
    found = Visit(page, running)
    try:
        yield found
        found.check()
    finally:
        context.close()
