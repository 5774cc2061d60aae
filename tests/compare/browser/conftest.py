"""A report in a real Chromium, opened at its front and at a case."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from svbrdf_core.compare.report import write_report
from svbrdf_core.compare.results import Results, read_results
from tests.chromium import chromium
from tests.compare.browser.window import opened
from tests.compare.sample import Plan, write_sample

SIZE = 96


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
    with chromium() as started:
        yield started


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
