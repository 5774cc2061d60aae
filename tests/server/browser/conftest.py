"""Chromium, and windows on the service that many tests use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.chromium import chromium
from tests.server.browser.visit import Visit, visit
from tests.server.running import Running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def stranger(browser: Browser, shared: Running) -> Iterator[Visit]:
    """Give a window that has not yet gone anywhere."""
    try:
        with visit(browser, shared) as found:
            yield found
    finally:
        with shared.client() as client:  # what a failed test has left would hold up those after it
            for job in client.jobs(states=("queued", "running"))["jobs"]:
                client.cancel(job["id"])


@pytest.fixture
def user(stranger: Visit) -> Visit:
    """Give a window that is let in."""
    stranger.enter()
    return stranger
