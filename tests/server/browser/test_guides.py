"""Guides on the page: what is painted, or loaded, for a fill to follow is sent at its size, and the fill follows it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from svbrdf_core.formats import write_png
from tests.server.browser.test_steps import choose, done, newest, pull
from tests.server.browser.visit import SOON, Visit

pytestmark = pytest.mark.browser

SIDE = 96
RED = (229, 72, 77)
NONE: dict[str, Any] = {"colours": None, "source_colours": None, "protect": [], "grain": None}
Samples = np.ndarray[Any, Any]


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a material that is dark on the left and light on the right; the roughness has half the size."""
    home = tmp_path_factory.mktemp("maps") / "halves"
    home.mkdir()
    noise = np.random.default_rng(0).integers(0, 20, (SIDE, SIDE))
    height = (np.where(np.arange(SIDE) < SIDE // 2, 50, 200) + noise).astype(np.uint8)
    write_png(home / "height.png", height)
    write_png(home / "roughness.png", np.ascontiguousarray(height[::2, ::2]))
    return home


def open_guides(user: Visit, kind: str) -> None:
    """Choose a guide to paint."""
    if user.page.locator("#guides-box").get_attribute("open") is None:
        user.page.locator("#guides-box summary").click()
    user.page.locator(f"#guide-{kind}").click()
    expect(user.page.locator(f"#guide-{kind}")).to_have_attribute("aria-pressed", "true")
    user.page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))")


def box(user: Visit, left: int, top: int, right: int, bottom: int) -> None:
    """Paint a rectangle, in pixels of what is painted on."""
    user.tool("Rectangle")
    pull(user, (left, top), (right, bottom))


def stored(user: Visit, named: dict[str, str]) -> Samples:
    """Return a picture that a request names, as the service keeps it."""
    digest = named["file"]
    data = (user.running.data / "files" / digest[:2] / digest).read_bytes()
    return np.asarray(Image.open(io.BytesIO(data)))


def height_of(user: Visit, job: dict[str, Any], folder: Path) -> Samples:
    """Return the heights ``(H, W)`` of a job's result."""
    (path,) = (path for path in job["result"]["variations"][0]["files"] if "height" in path)
    place = folder / f"height-{job['number']}.png"
    with user.running.client() as client:
        client.fetch(job["id"], path, place)
    return np.asarray(Image.open(place))


def test_colours_and_structure_are_painted_and_followed(user: Visit, halves: Path, tmp_path: Path) -> None:
    user.give(halves)
    box(user, 24, 24, 72, 72)
    open_guides(user, "colours")
    box(user, 48, 0, 96, 96)
    box(user, 24, 24, 72, 48)
    user.page.keyboard.press("2")
    box(user, 0, 0, 8, 8)
    user.page.keyboard.press("Control+z")
    user.page.keyboard.down("Alt")  # which erases
    box(user, 48, 48, 72, 72)
    user.page.keyboard.up("Alt")
    expect(user.page.locator("#guides-said")).to_have_text("colours")
    job = done(user, "slider")
    wanted = np.zeros((SIDE, SIDE, 3), np.uint8)
    wanted[:, 48:] = wanted[24:48, 24:72] = RED
    wanted[48:72, 48:72] = 0
    guides = job["request"]["guides"]
    assert guides == {**NONE, "colours": guides["colours"]}
    sent = stored(user, guides["colours"])[..., :3]
    assert sent.shape == wanted.shape and (sent != wanted).any(axis=2).mean() < 0.04, "but for a row of the mouse"
    after = height_of(user, job, tmp_path)
    assert (after[28:44, 28:68] > 150).mean() > 0.9 and (after[52:68, 28:68] < 120).mean() > 0.9

    user.page.get_by_role("button", name="Fill a part again").click()
    expect(user.page.locator("#guides-said")).to_have_text(f"of job {job['number']}")
    box(user, 30, 30, 66, 66)
    part = done(user, "slider")
    assert part["request"]["guides"] == guides and part["parent"] == {"job": job["id"], "variation": 1}
    after = height_of(user, part, tmp_path)
    assert (after[32:44, 32:64] > 150).mean() > 0.9 and (after[52:64, 32:64] < 120).mean() > 0.9
    user.page.get_by_role("button", name="Step Start").click()
    expect(user.page.locator("#guides-said")).to_have_text("colours")
    open_guides(user, "colours")
    user.page.locator("#clear").click()
    open_guides(user, "structure")
    box(user, 24, 24, 72, 72)
    box(user, 48, 0, 96, 96)
    expect(user.page.locator("#guides-said")).to_have_text("structure")
    job = done(user, "slider")
    guides = job["request"]["guides"]
    assert guides == {**NONE, "protect": guides["protect"]} and len(guides["protect"]) == 1
    sent = stored(user, guides["protect"][0])[..., 0]
    assert sent.shape == (SIDE, SIDE) and set(np.unique(sent)) == {0, 255}
    assert abs((sent > 0).mean() - (48 * 96 + 24 * 48) / SIDE**2) < 0.03
    assert (height_of(user, job, tmp_path)[28:68, 28:68] > 150).mean() > 0.9, "structure goes on from structure alone"
    user.page.locator("#method").select_option("poisson")
    expect(user.page.locator("#guides-said")).to_have_text("left out")
    assert done(user, "slider")["request"]["guides"] == NONE


def test_a_sheet_becomes_what_its_colours_say(user: Visit, halves: Path, tmp_path: Path) -> None:
    user.give(halves)
    choose(user, "New sheet")
    user.page.locator("#sheet-width").fill("127")
    user.page.locator("#sheet-height").fill("80")
    expect(user.fill).to_have_text("Make a sheet of 128 × 80")  # so that the roughness has whole pixels
    open_guides(user, "colours")
    expect(user.page.locator("#guide-structure")).to_be_disabled()
    box(user, 0, 0, 128, 40)
    user.fill.click()
    said = "Colours of the sheet are painted, colours of halves are not; paint both with the same colours, or neither."
    expect(user.page.locator(".note.error").last).to_contain_text(said)
    open_guides(user, "example")
    for name, size in (("small", (64, 96)), ("right", (SIDE, SIDE))):
        picture = Image.new("RGB", size)
        picture.paste(RED, (size[0] // 2, 0, size[0], size[1]))
        picture.save(tmp_path / f"{name}.png")
        user.page.locator("#pick-mask").set_input_files(tmp_path / f"{name}.png")
        if name == "small":
            said = "The picture is 64 × 96, halves 96 × 96; give a picture of the same size."
            expect(user.page.locator(".note.error").last).to_contain_text(said)
    expect(user.page.locator("#guide-example")).to_contain_text("50 %")
    job = done(user, "after")
    guides = job["request"]["guides"]
    colours, source = (stored(user, guides[name])[..., :3] for name in ("colours", "source_colours"))
    assert colours.shape == (80, 128, 3) and (colours[:39] == RED).mean() > 0.97 and not colours[41:].any()
    assert np.array_equal(source, np.asarray(Image.open(tmp_path / "right.png")))
    after = height_of(user, job, tmp_path)
    assert (after[:36] > 150).mean() > 0.9 and (after[44:] < 120).mean() > 0.9


def test_strokes_say_how_the_grain_runs_on_what_is_added_too(user: Visit, halves: Path) -> None:
    user.give(halves)
    choose(user, "Extend")
    user.page.locator("#side-left").fill("31")  # 32, so that the roughness has whole pixels
    open_guides(user, "grain")
    user.tool("Brush")
    user.page.locator("#brush").evaluate("one => { one.value = 3; one.dispatchEvent(new Event('input')); }")
    pull(user, (-28, 20), (60, 20))
    pull(user, (-16, 40), (-16, 90))
    job = done(user, "slider")
    grain = stored(user, job["request"]["guides"]["grain"])
    assert grain.shape == (SIDE, SIDE + 32, 4) and set(np.unique(grain[..., 3])) == {0, 255}
    assert (grain[19:21, 8:88, 3] == 255).all() and (grain[55:75, 15:17, 3] == 255).all()
    flat, steep = (grain[..., 0][place].astype(float) for place in (np.s_[19:21, 8:88], np.s_[55:75, 15:17]))
    assert np.minimum(flat, 255 - flat).max() < 8 and np.abs(steep - 127.5).max() < 8
    assert not grain[:, 100:, 3].any()
    user.page.locator("#to-guide").click()
    user.page.locator("#clear").click()
    user.page.get_by_label("Grain goes on").check()
    expect(user.page.locator("#guides-said")).to_have_text("grain")
    user.fill.click()
    expect(user.page.locator("#jobs .job").first).not_to_have_attribute("data-number", str(job["number"]), timeout=SOON)
    assert newest(user)["request"]["guides"] == {**NONE, "grain": "auto"}
    user.page.locator(f"#stage[data-job='{job['number'] + 1}']").wait_for(timeout=2 * SOON)


def test_layers_and_inks_keep_to_what_they_say(stranger: Visit) -> None:
    stranger.page.goto(stranger.running.url)
    found = stranger.page.evaluate(
        """async () => {
          const { GRAIN, Palette, STRUCTURE } = await import("/page/inks.js");
          const { Layer } = await import("/page/layer.js");
          const way = (x, y) => GRAIN.toward({ x: 0, y: 0 }, { x, y });
          const layer = new Layer(STRUCTURE, { left: -300, top: -20, width: 600, height: 40 });
          layer.begin();
          layer.rectangle({ x: -310, y: -5 }, { x: -290, y: 5 }, 1);
          layer.end();
          const shares = [layer.share];
          for (const left of [0, -300]) {
            layer.box = { left, top: -20, width: 600, height: 40 };
            shares.push(layer.share);
          }
          layer.undo();
          shares.push(layer.share);
          const palette = new Palette();
          const samples = Uint8ClampedArray.from({ length: 4000 * 4 }, (_, i) => {
            const pixel = Math.floor(i / 4);
            const colour = pixel < 3900 ? [(pixel % 16) * 16, 0, 0] : [249 + (pixel % 3), 0, 0];
            return i % 4 === 3 ? (pixel === 1 ? 0 : 255) : colour[i % 4];
          });
          const numbers = palette.read(samples);
          const read = [0, 1, 15, 3950].map((pixel) => palette.written(numbers[pixel])[0]);
          return [[way(1, 0), way(-1, 0), way(0, -1), way(1, -1), way(1, 1)], shares, read, palette.found];
        }"""
    )
    assert found[0] == [255, 255, 128, 64, 191], "counter-clockwise from left to right, rows downwards"
    assert found[1] == pytest.approx([100 / 24000, 0, 100 / 24000, 0])
    assert found[2] == [0, 0, 240, 240] and found[3] == 19, "a rare colour becomes the nearest of the frequent ones"
