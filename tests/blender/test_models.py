"""Models of the service in the panel: listed without waiting, held against the maps, and named in the job."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import pytest

from tests.blender.helper import ROOT, part
from tests.blender.layouts import Drawn, Layout
from tests.blender.test_panels import everywhere
from tests.blender.walls import Running, fill_and_wait, make_wall, pump, session_state

pytestmark = pytest.mark.usefixtures("fresh_session")
ALL = {"basecolor": 3, "normal": 3, "roughness": 1, "metallic": 1}
MAKE = """
import json, shutil, sys
from pathlib import Path
from svbrdf_core.learned.card import Card, SeenMaterial
from tests.methods.networks import denoiser, filler
folder, whole = Path(sys.argv[1]), json.loads(sys.argv[2])
card = Card((SeenMaterial("Bricks", "CC0-1.0"),), steps=3)
shutil.move(filler(folder, whole, card).path, folder / "all.safetensors")
shutil.move(filler(folder, {"normal": 3}).path, folder / "few.safetensors")
denoiser(folder, whole, prior=True)
(folder / "broken.safetensors").write_bytes(b"x")
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with models in it, made by the service's own Python."""
    found, python = tmp_path_factory.mktemp("made"), Path(os.environ["SVBRDF_PROGRAM"]).parent / "python"
    subprocess.run([python, "-c", MAKE, found, json.dumps(ALL)], check=True, cwd=ROOT, timeout=300)
    return found


@pytest.fixture
def folder(running: Running, made: Path) -> Iterator[Path]:
    """Give the folder of the service with these models in it."""
    found = running.data / "models"
    shutil.copytree(made, found, dirs_exist_ok=True)
    yield found
    for path in found.iterdir():
        path.unlink()


def model_setting(material: Any, method: str) -> Any:
    """Choose a method and return its setting that takes a model, once the service has told of both."""
    material.svbrdf.method = method
    bpy.ops.svbrdf.connect()
    pump(lambda: session_state().connection is not None and session_state().models)
    part("session.settings").sync_settings(material.svbrdf)
    return next(one for one in material.svbrdf.settings if one.models)


def menu_of(setting: Any) -> Drawn:
    """Draw the menu of a setting."""
    found = Drawn()
    context = SimpleNamespace(svbrdf_setting=setting, **{name: getattr(bpy.context, name) for name in SEEN})
    part("ui.draw_models").SVBRDF_MT_models.draw(SimpleNamespace(layout=Layout(found)), context)
    return found


SEEN = ("object", "active_object", "scene", "space_data", "area", "window_manager", "view_layer", "window", "region")


def test_a_model_of_the_service_fills(tmp_path: Path, folder: Path) -> None:
    material = make_wall(tmp_path)
    setting = model_setting(material, "learned")
    menu = menu_of(setting)
    choices = [values for name, values in menu.operators if name == "svbrdf.choose_model"]
    digest = hashlib.sha256((folder / "all.safetensors").read_bytes()).hexdigest()
    assert [one["name"] for one in choices] == ["", "all.safetensors", "few.safetensors"]
    assert choices[1] == {"setting": "model", "file": digest, "name": "all.safetensors"}
    assert "few.safetensors: does not know basecolor, roughness, metallic" in menu.text
    assert "broken.safetensors: The file is not a model of this program" in menu.text
    assert "path" in everywhere().props
    setting.path = str(tmp_path / "mine.safetensors")
    assert bpy.ops.svbrdf.choose_model(**choices[1]) == {"FINISHED"}
    found = everywhere()
    assert (setting.offered, setting.path) == (digest, "") and "all.safetensors" in found.texts
    assert "Trained on Bricks (CC0-1.0)." in found.text
    next(one for one in material.svbrdf.settings if one.name == "finish").text = "network"
    fill = fill_and_wait(material)
    request = session_state().connection.service.get_job(fill.job)["request"]
    model = {"file": digest, "name": "all.safetensors"}
    assert request["method"]["settings"] == {"model": model, "finish": "network"}


def test_a_choice_is_given_up_by_a_file_a_preset_and_an_empty_one(tmp_path: Path, folder: Path) -> None:
    material = make_wall(tmp_path)
    setting = model_setting(material, "learned")
    digest = session_state().models[0]["file"]
    bpy.ops.svbrdf.choose_model(setting="model", file=digest, name="all.safetensors")
    setting.path = str(tmp_path / "mine.safetensors")
    assert setting.offered == "" and part("session.settings").read_values(material.svbrdf)["model"].path.name
    for name, how in (("preset", {"preset": "structure"}), ("choose_model", {"setting": "model"})):
        bpy.ops.svbrdf.choose_model(setting="model", file=digest, name="all.safetensors")
        assert getattr(bpy.ops.svbrdf, name)(**how) == {"FINISHED"}
        assert part("session.settings").read_values(material.svbrdf)["model"] is None
    with pytest.raises(RuntimeError, match="no setting"):
        bpy.ops.svbrdf.choose_model(setting="finish", file=digest)
    given = json.dumps({"model": {"file": digest, "name": "all.safetensors"}})
    part("session.settings").set_values(material.svbrdf, json.loads(given))  # as a script writes it
    assert setting.offered == digest


def test_what_does_not_fit_or_went_away_is_said(tmp_path: Path, folder: Path) -> None:
    material = make_wall(tmp_path)
    setting = model_setting(material, "auto")
    assert "prior.safetensors: does not go with solver ancestral" in menu_of(setting).text
    material.svbrdf.settings.get("diffusion.sampler.solver").text = "repaint"
    assert "does not go with" not in menu_of(setting).text
    prior = part("session.models").models_for(setting)[0]
    bpy.ops.svbrdf.choose_model(setting=setting.name, file=prior["file"], name=prior["name"])
    assert "Knows basecolor" in everywhere().text
    (folder / "prior.safetensors").unlink()
    assert bpy.ops.svbrdf.refresh_models() == {"FINISHED"}  # which does not wait
    pump(lambda: prior not in session_state().models)
    assert "does not offer this model now" in everywhere().text
    assert "has none for this" in menu_of(setting).text
