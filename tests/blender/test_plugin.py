"""A method of another package, with its own settings and file: offered, drawn, and filled with by the operators."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.helper import part
from tests.blender.layouts import Drawn, Layout
from tests.blender.walls import (
    HOLE,
    box,
    fill_of,
    forget_all,
    inside,
    make_wall,
    pixels,
    pump,
    run_service,
    session_state,
    shown_images,
)
from tests.plugin_method import BYTE, COATS, GAIN, NAME, install, script_settings, settings_json, variables, write_model

pytestmark = pytest.mark.ends


@pytest.fixture(scope="module", autouse=True)
def plugged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have a service that has the method, and forget it afterwards."""
    python = Path(os.environ["SVBRDF_PROGRAM"]).with_name("python")
    site = install(tmp_path_factory.mktemp("plugin"), str(python))
    with run_service(tmp_path_factory.mktemp("service"), **variables(site)):
        yield
        forget_all()


@pytest.fixture(autouse=True)
def connected() -> Iterator[None]:
    bpy.ops.svbrdf.connect()
    pump(lambda: session_state().connection is not None)
    yield
    forget_all()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path)


def draw_method(ours: Any) -> Drawn:
    found = Drawn()
    inputs = part("ui.draw_inputs")
    inputs.draw_method(Layout(found), ours)
    inputs.draw_settings(Layout(found), ours)
    return found


def sent_settings() -> Any:
    """Return the settings of the newest job as the service has them."""
    with part("client").Service.find() as service:
        return service.list_jobs(1)[0]["request"]["method"]["settings"]


def assert_filled(material: Any, before: dict[str, Any]) -> None:
    """Check that maps have the method's value in the hole, and are as they were elsewhere."""
    for role, after in shown_bytes(material).items():
        if role != "normal":  # which stays of length 1
            assert np.unique(after[inside()]).tolist() == [BYTE], role
        assert np.array_equal(after[~inside()], before[role][~inside()]), role


def shown_bytes(material: Any) -> dict[str, Any]:
    return {
        role: np.rint(pixels(name) * 255).astype(np.uint8)[..., :3] for role, name in shown_images(material).items()
    }


def test_the_panel_offers_the_method_and_fills_with_what_is_set(tmp_path: Path, model: Path) -> None:
    material = make_wall(tmp_path)
    ours, before = material.svbrdf, shown_bytes(material)
    assert [ours.method, ours.method_item] == ["patch", "patch"]
    ours.method_item = NAME
    assert ours.method == NAME == ours.settings_of
    found = draw_method(ours)
    assert {"Coats", "Model", "Tone", "Gain"} <= set(found.texts) and "path" in found.props
    assert ("svbrdf.preset", {"preset": "thin"}) in found.operators
    assert ours.settings["model"].bl_rna.properties["path"].subtype == "FILE_PATH"
    with bpy.context.temp_override(material=material):
        assert bpy.ops.svbrdf.preset(preset="thin") == {"FINISHED"}
    assert ours.settings["tone.gain"].number == 0.25
    ours.settings["tone.gain"].number = GAIN
    ours.settings["coats"].integer = COATS
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "wall.blend"))
    ours = bpy.data.materials["Wall"].svbrdf
    ours.settings["model"].path = bpy.path.relpath(str(model))  # as Blender's file browser gives it
    fill = fill_of(material)
    pump(lambda: fill.resolved)
    assert fill.failure is None, fill.failure
    digest = sent_settings()["model"]["file"]
    assert sent_settings() == settings_json({"file": digest, "name": model.name}) and len(digest) == 64
    assert_filled(material, before)


def test_a_script_fills_with_a_file_and_it_is_shown(tmp_path: Path, model: Path) -> None:
    material = make_wall(tmp_path)
    before = shown_bytes(material)
    words = {"box": box(*HOLE), "method": NAME, "settings": script_settings(model)}
    assert bpy.ops.svbrdf.inpaint(material="Wall", **words) == {"FINISHED"}
    assert_filled(material, before)
    values = part("session.settings").read_values(material.svbrdf)
    assert values == {"coats": COATS, "tone.gain": GAIN, "model": part("job").InputFile(model)}


def test_a_file_that_cannot_be_read_is_said_and_nothing_is_sent(tmp_path: Path, model: Path) -> None:
    material = make_wall(tmp_path)
    with part("client").Service.find() as service:
        jobs = len(service.list_jobs())
    lost = model.with_name("lost.txt")
    with pytest.raises(RuntimeError, match=r"lost\.txt, the setting model, cannot be read \(No such file"):
        bpy.ops.svbrdf.inpaint(box=box(*HOLE), method=NAME, settings=script_settings(lost))
    assert material.svbrdf.settings["model"].path == str(lost)
    with pytest.raises(RuntimeError, match=r"the setting model, cannot be read"):
        bpy.ops.svbrdf.inpaint(box=box(*HOLE))
    material.svbrdf.settings["model"].path = str(tmp_path)
    with pytest.raises(RuntimeError, match=r"the setting model, cannot be read \(Is a directory"):
        bpy.ops.svbrdf.inpaint(box=box(*HOLE))
    assert not session_state().fills
    with part("client").Service.find() as service:
        assert len(service.list_jobs()) == jobs


def test_what_the_service_refuses_is_said_in_its_words(tmp_path: Path, model: Path) -> None:
    make_wall(tmp_path)
    for values, said in (
        ({"coats": 10}, "method.settings.coats must be"),
        ({"coats": "two"}, "method.settings.coats must be"),
        ({"model": {"file": "0" * 64, "name": "m.txt"}}, "1 of the files must be sent first"),
    ):
        with pytest.raises(RuntimeError, match=said):
            bpy.ops.svbrdf.inpaint(box=box(*HOLE), method=NAME, settings=json.dumps(values))
    with pytest.raises(RuntimeError, match=f'There is no method "flat"; choose one of: patch, .*{NAME}'):
        bpy.ops.svbrdf.inpaint(box=box(*HOLE), method="flat")
