"""A method of another package, with its own settings and file, fills alike by command line, HTTP, page and add-on.

`tests/blender/test_plugin.py` does the same inside Blender.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from blender_addon.client import Address, Service, Source
from blender_addon.job import (
    HoleSpec,
    InpaintRequest,
    InputFile,
    LoadOptions,
    MethodChoice,
    Watch,
    decode_files,
    fetch_results,
)
from svbrdf_server.client import Client
from svbrdf_server.client.client import digest_of
from tests.plugin_method import BYTE, COATS, GAIN, NAME, TITLE, install, settings_json, variables, write_model
from tests.server.running import Running, service

SIDE = 64
LEFT, TOP, WIDTH, HEIGHT = 20, 24, 12, 16
RECT = f"rect:{LEFT},{TOP},{WIDTH},{HEIGHT}"
MAPS = {"basecolor": 3, "roughness": 1}
Samples = NDArray[np.uint8]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("plugin"))


@pytest.fixture(scope="module")
def running(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Give a service that has the method."""
    with service(tmp_path_factory.mktemp("service"), **variables(site)) as made:
        yield made


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of two maps, none of whose pixels are what the method fills with."""
    folder = tmp_path_factory.mktemp("maps") / "wall"
    folder.mkdir()
    for name, channels in MAPS.items():
        noise = np.random.default_rng(channels).integers(100, 256, (SIDE, SIDE, channels), np.uint8)
        Image.fromarray(noise.squeeze()).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path)


def in_rect() -> NDArray[np.bool_]:
    mask = np.zeros((SIDE, SIDE), np.bool_)
    mask[TOP : TOP + HEIGHT, LEFT : LEFT + WIDTH] = True
    return mask


def read(path: Path) -> Samples:
    return np.asarray(Image.open(path))


def assert_filled(wall: Path, folder: Path, hole: NDArray[np.bool_] | None = None) -> None:
    """Check that every map has the method's value in the hole, and is as it was elsewhere."""
    mask = in_rect() if hole is None else hole
    for name in MAPS:
        before, after = read(wall / f"{name}.png"), read(folder / f"{name}.png")
        assert after.dtype == before.dtype and after.shape == before.shape
        assert np.unique(after[mask]).tolist() == [BYTE], name
        assert np.array_equal(after[~mask], before[~mask]), name


def svbrdf(running: Running, *words: str | Path) -> Any:
    """Run a command that must succeed, as a user who has the package, and return its report."""
    command = [sys.executable, "-m", "svbrdf_core", *map(str, words), "--json"]
    done = subprocess.run(command, env=running.variables(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def fetch(client: Client, job: str, target: Path) -> Path:
    """Fetch all maps of a done job."""
    done = client.job(job)
    assert done["state"] == "done", done["reason"]
    target.mkdir()
    for file in done["result"]["variations"][0]["files"]:
        client.fetch(job, file, target / Path(file).name)
    return target


def test_the_command_line_fills_here_and_by_the_service(running: Running, wall: Path, model: Path) -> None:
    folder = model.parent
    options = ("--option", f"coats={COATS}", "--option", f"tone.gain={GAIN}", "--option", f"model={model}")
    words = ("inpaint", wall, "--mask", RECT, "--method", NAME, *options)
    here = svbrdf(running, *words, "-o", folder / "here")
    there = svbrdf(running, *words, "-o", folder / "there", "--server", "auto")
    for report, out in ((here, "here"), (there, "there")):
        assert report["request"]["method"]["settings"] == settings_json({"file": str(model)})
        assert_filled(wall, folder / out)
    for path in (folder / "here").iterdir():
        assert path.read_bytes() == (folder / "there" / path.name).read_bytes()


@pytest.mark.parametrize("elsewhere", [(), ("--server", "auto")])
def test_a_setting_out_of_bounds_is_refused_in_the_same_words(
    running: Running, wall: Path, tmp_path: Path, elsewhere: tuple[str, ...]
) -> None:
    words = ("inpaint", wall, "--mask", RECT, "--method", NAME, "--option", "tone.gain=3", "-o", tmp_path / "out")
    command = [sys.executable, "-m", "svbrdf_core", *map(str, words), *elsewhere]
    done = subprocess.run(command, env=running.variables(), capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "--option tone.gain must be a number of at least 0 and at most 2, not 3.0." in done.stderr


def test_the_typed_client_fills_by_http(running: Running, wall: Path, model: Path) -> None:
    with running.client() as client:
        method = next(one for one in client.info()["methods"] if one["name"] == NAME)
        assert method["title"] == TITLE and method["defaults"]["tone"] == {"gain": 1.0}
        made = client.material({path.name: path for path in wall.iterdir()}, name="wall")
        digest = digest_of(model)
        settings = settings_json({"file": digest, "name": model.name})
        wanted = {
            "material": made["id"],
            "hole": {"masks": [{"shape": RECT}]},
            "method": {"name": NAME, "settings": settings, "device": "cpu"},
        }
        job = client.submit(wanted, files={digest: model})
        assert job["request"]["method"]["settings"] == settings
        assert list(client.events(job["id"]))
        assert_filled(wall, fetch(client, job["id"], model.parent / "out"))


def test_the_add_on_fills_without_blender(running: Running, wall: Path, model: Path) -> None:
    sources = tuple(Source(f"{number}.png", wall / f"{name}.png") for number, name in enumerate(MAPS))
    settings = decode_files(settings_json({"file": str(model)}))
    assert settings["model"] == InputFile(model)
    request = InpaintRequest(
        title="wall",
        images=sources,
        source=LoadOptions(overrides=dict(zip(MAPS, [one.name for one in sources], strict=True))),
        hole=HoleSpec((in_rect().view(np.uint8),), tileable=False),
        method=MethodChoice(NAME, settings, device="cpu"),
    )
    out = model.parent / "out"
    out.mkdir()
    with Service(Address(running.url, running.token)) as client:
        watch = Watch(client, request)
        status = watch.run()
        assert status.result is not None, status
        made = fetch_results(watch.service, status.result, 1, [one.name for one in sources])
        for name, source in zip(MAPS, sources, strict=True):
            data = made[source.name]
            assert isinstance(data, bytes)
            (out / f"{name}.png").write_bytes(data)
    assert_filled(wall, out)


@pytest.mark.browser
def test_the_page_fills(running: Running, wall: Path, model: Path) -> None:
    from playwright.sync_api import expect

    from tests.chromium import chromium
    from tests.server.browser.visit import visit

    with chromium() as browser, visit(browser, running) as user:
        user.enter()
        user.give(wall)
        user.hole()
        user.page.locator("#method").select_option(NAME)
        expect(user.page.locator("#method option:checked")).to_have_text("One value from a file")
        user.page.locator("#settings-box summary").click()
        user.page.get_by_label("Coats").fill(str(COATS))
        user.page.get_by_label("Gain").fill("3")
        expect(user.page.get_by_label("Gain")).to_have_js_property("validity.rangeOverflow", True)
        user.page.get_by_label("Gain").fill(str(GAIN))
        user.page.get_by_label("Model").set_input_files(model)
        expect(user.page.locator("#settings-said")).to_have_text("3 changed")
        user.filled()
        with running.client() as client:
            job = client.jobs(count=1)["jobs"][0]
            settings = settings_json({"file": digest_of(model), "name": model.name})
            assert job["request"]["method"]["settings"] == settings
            digest = job["request"]["hole"]["masks"][0]["file"]
            painted = read(running.data / "files" / digest[:2] / digest)
            hole = (painted if painted.ndim == 2 else painted[..., 0]) > 0
            assert 0.05 < hole.mean() < 0.9
            assert_filled(wall, fetch(client, job["id"], model.parent / "out"), hole)
