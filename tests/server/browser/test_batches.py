"""Batches on the page: planned from a folder of the service, begun, followed, cancelled, tried again, forgotten."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.server.browser.visit import SOON, Visit, visit
from tests.server.conftest import Sample
from tests.server.running import Running, service, until

pytestmark = pytest.mark.browser

LONG_NAME = "a name of a material that is as long as only a program that exports them would ever make it"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, sample: Sample) -> Iterator[Running]:
    """Give a service with a library: three good materials, one without a mask, and one with a mask that is all hole."""
    root, home = tmp_path_factory.mktemp("library"), tmp_path_factory.mktemp("batches")
    (root / "masks").mkdir()
    for name in ("bare", "floors/oak", LONG_NAME, "slate", "white"):
        shutil.copytree(sample.folder, root / "sets" / name)
        if name != "bare":
            shutil.copy(sample.mask, root / "masks" / f"{Path(name).name}_mask.png")
    Image.new("L", (128, 128), 255).save(root / "masks" / "white_mask.png")
    with service(home, "--root", f"library={root}") as started:
        yield started


@pytest.fixture
def user(browser: Browser, running: Running) -> Iterator[Visit]:
    with visit(browser, running) as found:
        found.expected.add("422")
        found.enter()
        yield found


def plan(user: Visit) -> None:
    """Open the window and ask what would be filled."""
    page = user.page
    page.get_by_role("button", name="Batches").click()
    page.get_by_role("button", name="New batch…").click()
    page.get_by_label("Materials in it").fill("/sets/")
    page.get_by_label("Masks in it").fill("masks")
    page.get_by_role("button", name="See what would be filled").click()


def begin(user: Visit) -> None:
    """Begin with what can be filled."""
    plan(user)
    user.page.get_by_role("button", name="Fill 4 materials").click()
    user.page.get_by_role("button", name="Fill 3 materials").click(timeout=SOON)
    expect(user.page.locator("#batch-name")).to_have_text("sets", timeout=SOON)


def test_a_library_is_planned_and_filled(user: Visit) -> None:
    page = user.page
    page.locator("#method").select_option("poisson")
    plan(user)
    said = page.locator("#plan-said")
    expect(said).to_have_text("4 materials would be filled. 1 material is left out.", timeout=SOON)
    wrong = page.locator("#plan-rows .wrong")
    expect(wrong).to_have_text("bareNo mask in masks is named bare or bare_mask.")
    expect(page.locator("#plan-how")).to_contain_text("Poisson")
    page.get_by_role("button", name="Fill 4 materials").click()
    expect(said).to_contain_text("Nothing was begun: 1 material cannot be filled.", timeout=SOON)
    expect(page.locator("#plan-rows .wrong").nth(1)).to_contain_text("The mask covers the whole picture")
    page.get_by_role("button", name="Fill 3 materials").click()
    expect(page.locator("#batch-said")).to_have_text("3 done.", timeout=2 * SOON)
    expect(page.locator("#batch-jobs canvas[data-drawn=done]")).to_have_count(3, timeout=SOON)
    names = page.locator("#batch-jobs .name")
    expect(names).to_have_text([LONG_NAME, "oak", "slate"])
    assert page.evaluate(
        "document.getElementById('batches').scrollWidth <= document.getElementById('batches').clientWidth"
    )
    page.locator("#batch-states").select_option("failed")
    expect(page.locator("#batch-none")).to_be_visible()
    page.locator("#batch-states").select_option("")
    names.first.click()
    page.locator("#stage[data-shown$='slider 1']").wait_for(timeout=SOON)
    assert page.locator("#batches").is_hidden()
    expect(page.locator("#jobs .job")).to_have_count(1)
    assert page.evaluate("document.getElementById('right').scrollWidth <= document.getElementById('right').clientWidth")
    page.get_by_role("button", name="Batches").click()
    page.get_by_role("button", name="Delete all").click()
    user.confirm_deletion()
    expect(page.locator("#no-batches")).to_be_visible(timeout=SOON)


def test_what_is_wrong_is_said_over_the_window(user: Visit) -> None:
    page = user.page
    plan(user)
    page.get_by_label("Materials in it").fill("nowhere")
    expect(page.locator("#plan-start")).to_be_hidden()
    page.get_by_role("button", name="See what would be filled").click()
    note = page.locator("#notes .note")
    expect(note).to_contain_text("There is no such file or folder in that root.", timeout=SOON)
    note.get_by_role("button", name="Close").click()
    page.get_by_label("The hole of each is").select_option("nan")
    assert page.locator("#plan-masks-field").is_hidden()
    page.get_by_label("Materials in it").fill("set")
    expect(page.locator("#plan-folders option")).to_have_count(2, timeout=SOON)
    page.locator("#batches-close").click()
    expect(page.locator("body > #notes")).to_be_attached()  # a window tells that it is closed a moment later


def test_a_batch_is_cancelled_gone_on_with_and_tried_again(user: Visit) -> None:
    """Contract Q3."""
    page = user.page
    page.locator("#method").select_option("diffusion")
    page.locator("#settings-box summary").click()
    page.get_by_label("Train steps").fill("1000000")
    begin(user)
    expect(page.locator("#to-batches")).to_have_text("Batches: 0 of 3", timeout=SOON)
    expect(page.locator("#batch-jobs [data-state=running] progress")).to_be_visible(timeout=SOON)
    info = user.running.request("GET", "/v1/info").json
    until(lambda: len(info()["workers"]) > 1)
    psutil.Process(info()["workers"][0]).kill()
    failed = page.locator("#batch-jobs [data-state=failed]").first
    expect(failed.locator(".said")).to_contain_text("The worker was killed", timeout=SOON)
    expect(page.locator("#batch-retry")).to_have_text("Try 1 failed one again")
    page.get_by_role("button", name="Cancel all").click()
    expect(page.locator("#batch-said")).to_have_text("1 failed, 2 cancelled.", timeout=SOON)
    page.reload()
    page.get_by_role("button", name="Batches").click()
    page.locator("#batch-list .batch").click(timeout=SOON)
    page.locator("#batch-retry").click()
    expect(page.locator("#batch-said")).to_have_text("2 cancelled, 1 running.", timeout=SOON)
    page.locator("#batch-resume").click()
    expect(page.locator("#batch-said")).to_have_text("1 running, 2 waiting.", timeout=SOON)
    page.get_by_role("button", name="Cancel all").click()
    expect(page.locator("#batch-said")).to_have_text("3 cancelled.", timeout=SOON)
