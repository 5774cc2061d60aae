"""Pages of a report in windows of Chromium, and everything that they say or ask for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from tests.chromium import PATIENCE

DRAWN = "#stage[data-drawn]:not([data-drawn=''])"
"""The viewer once its pictures are drawn."""


class Heard:
    """Everything a page said or asked for."""

    def __init__(self, page: Page) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.said.append(f"{message.text} {message.location['url']}".strip()))
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
    page.set_default_timeout(PATIENCE)
    heard = Heard(page)
    page.goto(path.as_uri())
    if path.parent.name == "cases" and options.get("java_script_enabled", True):
        page.locator(DRAWN).wait_for()
    return page, heard
