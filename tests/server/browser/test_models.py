"""Models of the service on the page: chosen from a list that says what they know, and what they do not."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from svbrdf_core.learned.card import Card, SeenMaterial
from tests.methods.networks import denoiser, filler
from tests.server.browser.visit import SOON, Visit
from tests.server.conftest import Sample
from tests.server.running import Running

pytestmark = pytest.mark.browser
SAMPLE = {"diffuse": 3, "normal": 3, "roughness": 1, "specular": 3, "height": 1, "ao": 1}
"""Channels of its maps."""
TAUGHT = Card((SeenMaterial("Bricks <b>", "CC0-1.0"), SeenMaterial("Floor")), steps=7)


@pytest.fixture
def folder(shared: Running) -> Iterator[Path]:
    """Give the folder that the service offers models from, which is empty again afterwards."""
    found = shared.data / "models"
    yield found
    for path in found.iterdir():
        path.unlink()


def put(folder: Path, made: Path, name: str) -> str:
    """Let a model lie in the folder, and return its digest."""
    shutil.move(made, folder / f"{name}.safetensors")
    return hashlib.sha256((folder / f"{name}.safetensors").read_bytes()).hexdigest()


def field(user: Visit, method: str) -> Locator:
    """Choose a method and return the field of its model."""
    user.page.locator("#method").select_option(method)
    if not user.page.locator("#settings").is_visible():
        user.page.locator("#settings-box summary").click()
    return user.page.get_by_label("Model", exact=True)


def test_a_model_is_chosen_from_the_list_and_used(user: Visit, sample: Sample, folder: Path, tmp_path: Path) -> None:
    user.give(sample.folder)
    user.hole()
    model = field(user, "learned")
    expect(user.page.locator(".model .hint")).to_have_text("The folder of the service has none for this.")
    digest = put(folder, filler(tmp_path, SAMPLE, TAUGHT).path, "all")
    put(folder, filler(tmp_path, {"diffuse": 3, "normal": 3, "ao": 1}).path, "few")
    put(folder, denoiser(tmp_path, SAMPLE).path, "other kind")
    (folder / "broken.safetensors").write_bytes(b"x")
    user.page.evaluate("window.dispatchEvent(new Event('focus'))")  # somebody comes back from the folder
    options = model.locator("option")
    expect(options.nth(1)).to_have_text("all.safetensors", timeout=SOON)
    expect(options).to_have_count(4)
    expect(options.nth(2)).to_have_text("few.safetensors: does not know Roughness, Specular, Height")
    expect(options.nth(2)).to_be_disabled()
    expect(user.page.locator(".model .hint")).to_have_text("1 file in it cannot be offered.")
    assert "broken.safetensors: " in str(user.page.locator(".model .hint").get_attribute("title"))
    model.select_option("all.safetensors")
    hint = user.page.locator(".model .hint")
    expect(hint).to_contain_text("at 1/2 of their size. Trained on Bricks <b> (CC0-1.0), Floor.")
    expect(user.page.locator("#settings-said")).to_have_text("1 changed")
    user.page.get_by_label("Finish").select_option("network")
    with user.page.expect_request("**/v1/jobs") as asked:
        user.filled()
    settings = asked.value.post_data_json["method"]["settings"]  # type: ignore[index]
    assert settings == {"model": {"file": digest, "name": "all.safetensors"}, "finish": "network"}
    assert not [url for url in user.heard.asked if url.endswith(digest)]  # it was not sent


def test_a_model_that_goes_with_other_settings(user: Visit, sample: Sample, folder: Path, tmp_path: Path) -> None:
    put(folder, denoiser(tmp_path, SAMPLE, prior=True).path, "prior")
    put(folder, denoiser(tmp_path, SAMPLE).path, "for holes")
    user.give(sample.folder)
    model = field(user, "auto")
    options = model.locator("option")
    expect(options.nth(2)).to_have_text("prior.safetensors: does not go with Solver ancestral", timeout=SOON)
    expect(options.nth(2)).to_be_disabled()
    model.select_option("for holes.safetensors")
    user.page.get_by_label("Solver").select_option("repaint")
    expect(options.nth(2)).to_have_text("prior.safetensors")
    expect(user.page.locator(".model .hint")).to_contain_text("It does not go with Solver repaint.")
    user.page.locator("#preset").dispatch_event("change")
    (folder / "for holes.safetensors").unlink()
    user.page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(options).to_have_count(3)
    expect(model).to_have_value("")
    expect(user.page.locator("#settings-said")).to_have_text("1 changed")
