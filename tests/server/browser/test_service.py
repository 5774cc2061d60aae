"""The page and its service: being let in, jobs that run on, and a service that goes away."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.server.browser.visit import SOON, Visit, visit
from tests.server.conftest import Sample
from tests.server.running import service, until

pytestmark = pytest.mark.browser


def test_a_token_in_the_fragment_lets_in_and_leaves_the_address(stranger: Visit) -> None:
    """Contract T2."""
    stranger.enter()
    assert stranger.page.url == f"{stranger.running.url}/"
    assert stranger.page.locator("#login").is_hidden()
    stranger.page.reload()
    stranger.page.locator("#page").wait_for(timeout=SOON)
    assert stranger.page.evaluate("history.length") <= 3
    assert stranger.page.evaluate("Object.keys(localStorage).length") == 0


def test_a_field_lets_in_but_not_with_a_wrong_token(stranger: Visit) -> None:
    """Contract T1."""
    stranger.expected.add("401")
    page = stranger.page
    page.goto(stranger.running.url)
    field = page.get_by_role("textbox", name="Token")
    for wrong in ("wrong", stranger.running.token[:-1], stranger.running.token.swapcase()):
        field.fill(wrong)
        page.get_by_role("button", name="Log in").click()
        expect(page.locator("#login-said")).to_contain_text("That is not the token of this service.")
        assert page.locator("#page").is_hidden()
    field.fill("töken")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#login-said")).to_contain_text("A token has only letters")
    field.fill(stranger.running.token)
    field.press("Enter")
    page.locator("#page").wait_for(timeout=SOON)
    assert page.locator("#login").is_hidden()
    page.get_by_role("button", name="Log out").click()
    page.locator("#login").wait_for()
    assert page.evaluate("sessionStorage.getItem('svbrdf-token')") is None


def test_a_wrong_token_in_the_fragment_asks_for_another(stranger: Visit) -> None:
    """Contract T2."""
    stranger.expected.add("401")
    stranger.page.goto(f"{stranger.running.url}/#token=wrong")
    stranger.page.locator("#login").wait_for()
    assert stranger.page.url == f"{stranger.running.url}/"


def test_a_running_job_is_cancelled(user: Visit, sample: Sample) -> None:
    """Contract Q3."""
    user.give(sample.folder)
    user.ask_for_much()
    expect(user.page.locator("#running-said")).to_contain_text("loss", timeout=2 * SOON)
    user.page.evaluate(
        """() => {
          window.states = [];
          const card = document.querySelector("#jobs .job");
          const seen = (all) => window.states.push(...all.map((one) => one.oldValue), card.dataset.state);
          const what = { attributeFilter: ["data-state"], attributeOldValue: true };  // some may come all at once
          new MutationObserver(seen).observe(card, what);
        }"""
    )
    user.cancel()
    assert "cancelling" in user.page.evaluate("window.states")
    expect(user.page.locator("#running-state")).to_have_text("Cancelled")
    expect(user.newest.get_by_role("button", name="Try again")).to_be_visible()


def test_a_reload_in_mid_job_shows_it_go_on(user: Visit, sample: Sample) -> None:
    """Contract Q8."""
    user.give(sample.folder)
    user.ask_for_much()
    said = user.page.locator("#running-said")
    expect(said).to_contain_text("step", timeout=2 * SOON)
    user.page.reload()
    expect(user.page.locator("#running-state")).to_have_text("Running", timeout=SOON)
    expect(user.page.locator("#material-name")).to_have_text("damaged")
    expect(said).to_contain_text("step", timeout=SOON)
    before = said.inner_text()
    expect(said).not_to_have_text(before, timeout=SOON)
    user.cancel()


def test_a_waiting_job_says_how_many_are_before_it(user: Visit, sample: Sample) -> None:
    user.give(sample.folder)
    user.ask_for_much()
    first = str(user.newest.get_attribute("data-number"))
    for place in ("It is the next.", "1 job before it."):
        user.page.locator("#to-mask").click()
        user.fill.click()
        expect(user.newest.locator(".said")).to_have_text(place, timeout=SOON)
        expect(user.newest).to_have_attribute("data-state", "queued")
    for number in (2, 1):
        user.cancel()
        user.newest.get_by_role("button", name="Delete").click()
        user.confirm_deletion()
        expect(user.newest).to_have_attribute("data-number", str(int(first) + number - 1))
    expect(user.newest).to_have_attribute("data-state", "running")
    user.cancel()


def test_a_killed_service_is_missed_and_its_return_noticed(
    browser: Browser, sample: Sample, home: Path, tmp_path: Path
) -> None:
    """Contract Q1."""
    token = tmp_path / "token"
    token.write_text("x" * 40)
    token.chmod(0o600)
    with service(home, "--token-file", str(token)) as running, visit(browser, running) as user:
        user.may_break = True
        user.enter()
        user.give(sample.folder)
        user.ask_for_much()
        workers = running.workers()
        running.kill()
        expect(user.page.locator("#connection")).to_contain_text("The service does not answer", timeout=SOON)
        until(lambda: not any(worker.is_running() and worker.status() != "zombie" for worker in workers))
        running.start("--port", str(running.port))
        expect(user.page.locator("#connection")).to_have_text("", timeout=SOON)
        expect(user.newest).to_have_attribute("data-state", "interrupted", timeout=SOON)
        expect(user.newest.locator(".said")).to_contain_text("retry it")
        assert user.page.locator("#login").is_hidden()
        expect(user.page.locator("#running-state")).to_have_text("Interrupted")
        user.page.locator("#to-mask").click()
        assert "Fill" in user.fill.inner_text(), "the mask is gone"


def test_a_service_started_anew_asks_for_its_new_token(browser: Browser, sample: Sample, home: Path) -> None:
    """Contract T5."""
    with service(home) as running, visit(browser, running) as user:
        user.may_break = True
        user.expected.add("401")
        user.enter()
        user.give(sample.folder)
        user.hole()
        running.stop()
        running.start("--port", str(running.port))
        user.tokens.add(running.token)
        user.page.locator("#login").wait_for(timeout=SOON)
        expect(user.page.locator("#login-said")).to_contain_text("It has a new one each time it starts.")
        user.page.get_by_role("textbox", name="Token").fill(running.token)
        user.page.get_by_role("button", name="Log in").click()
        user.page.locator("#login").wait_for(state="hidden")
        user.page.locator("#method").select_option("poisson")
        user.filled()
