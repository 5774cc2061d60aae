"""A library of .blend files, repaired by the operator as a button and a script call it, with the real service."""

from __future__ import annotations

import csv
import gzip
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.blender.helper import part
from tests.blender.layouts import Drawn, Layout
from tests.blender.walls import SIDE, make_wall, pump, shown_images, store_image

pytestmark = [pytest.mark.ends, pytest.mark.usefixtures("fresh_session", "running")]

HOLE = (slice(24, 36), slice(20, 32))
"""In pixels, top row first."""


def library() -> Any:
    return part("session.library").library


def write_mask(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.zeros((SIDE, SIDE, 3), np.float32)
    values[HOLE] = 1.0
    bpy.data.images.remove(store_image(path.parent, path.stem, values[::-1]))
    return path


def save_blend(path: Path, *names: str, compress: bool = False) -> None:
    """Write a .blend of walls with these names, its images beside it."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    for name in names:
        make_wall(path.with_suffix(""), name)
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=compress)


def samples(path: Path) -> NDArray[np.float32]:
    """Return a picture's stored values, top row first."""
    image = bpy.data.images.load(str(path))
    flat = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(flat)
    return flat.reshape(image.size[1], image.size[0], -1)[::-1]


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def as_newer(data: bytes) -> bytes:
    """Return a .blend that is not compressed as a later Blender would have saved it: 4.9, 5.9."""
    at = 16 if data[7:9].isdigit() else 11
    return data[:at] + b"9" + data[at + 1 :]


def table(folder: Path) -> dict[tuple[str, str], tuple[str, str]]:
    """Return state and sentence of each line of a report."""
    with (folder / "inpaint_report.csv").open(encoding="utf-8") as stream:
        return {(row["file"], row["material"]): (row["state"], row["words"]) for row in csv.DictReader(stream)}


def test_a_library_is_repaired_as_copies_with_a_line_for_each_material(tmp_path: Path) -> None:
    """Masks by name; packed and missing images, a linked material and broken files are lines, and the rest goes on."""
    place, masks, out = tmp_path / "library", tmp_path / "masks", tmp_path / "out"
    save_blend(place / "wood" / "two.blend", "Door", compress=True)
    for image in bpy.data.images:
        image.pack()
    bpy.ops.wm.save_mainfile(compress=True)
    shutil.rmtree(place / "wood" / "two")
    save_blend(place / "wood" / "lost.blend", "Lost")
    save_blend(place / "one.blend", "Wall", "Gap", "Bare")
    for path in (place / "one").glob("gap_*.png"):
        path.unlink()
    for file, name in (("two", "Door"), ("lost", "Lost")):
        with bpy.data.libraries.load(str(place / "wood" / f"{file}.blend"), link=True) as (_, wanted):
            wanted.materials = [name]
        bpy.context.object.data.materials.append(bpy.data.materials[name])
    bpy.ops.wm.save_mainfile(compress=False)
    (place / "wood" / "lost.blend").unlink()
    (place / "broken.blend").write_bytes(b"BLENDER-v402RENDHof nothing")
    (place / "newer.blend").write_bytes(gzip.compress(as_newer((place / "one.blend").read_bytes())))
    for name in ("Wall_mask.png", "two/mask.png", "one/gap.png"):
        write_mask(masks / name)
    kept = contents(place)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with pytest.raises(RuntimeError, match="2 repaired, 3 failed, 3 left as they are; the report says why"):
        bpy.ops.svbrdf.repair_library(folder=str(place), masks=str(masks), out=str(out), seed=3)
    assert contents(place) == kept
    found = table(out)
    for key in (("one.blend", "Wall"), ("wood/two.blend", "Door")):
        assert found[key][0] == "done" and found[key][1].startswith("4 maps filled.") and "Written" not in found[key][1]
    assert (
        found["one.blend", "Door"][0] == "left" and "two.blend; repair it in that file" in found["one.blend", "Door"][1]
    )
    assert found["one.blend", "Bare"][0] == "left" and "is named Bare, Bare_mask or" in found["one.blend", "Bare"][1]
    assert found["one.blend", "Gap"][0] == found["broken.blend", ""][0] == found["newer.blend", ""][0] == "failed"
    assert "repair it with that or a newer one" in found["newer.blend", ""][1]
    assert "lost.blend that it links is missing" in found["one.blend", ""][1]
    text = bpy.data.texts["Inpaint library report"].as_string()
    assert all(words in text for _, words in found.values()) and "FAILED: one.blend, Gap" in text
    assert "2 repaired" in (out / "inpaint_report.html").read_text(encoding="utf-8")
    assert (out / "wood" / "two.blend").read_bytes()[:4] == (place / "wood" / "two.blend").read_bytes()[:4]
    bpy.ops.wm.open_mainfile(filepath=str(out / "wood" / "two.blend"))
    names = shown_images(bpy.data.materials["Door"])
    assert all("_inpaint" in name and bpy.data.images[name].packed_file for name in names.values())
    bpy.ops.wm.open_mainfile(filepath=str(out / "one.blend"))
    wall = bpy.data.materials["Wall"]
    names = shown_images(wall)
    assert all("_inpaint" in name for name in names.values())
    assert not [image.name for image in bpy.data.images if "mask" in image.name]
    assert wall.svbrdf.hole == "PAINT" and wall.svbrdf.seed == 0
    path = Path(bpy.path.abspath(bpy.data.images[names["basecolor"]].filepath))
    new, old = samples(path), samples(place / "one" / "wall_basecolor.png")
    assert path.parent == out / "one" and np.abs(new - old)[HOLE].max() > 0
    new[HOLE] = old[HOLE]
    np.testing.assert_array_equal(new, old)


def test_in_place_there_is_a_copy_of_what_was_and_only_assets_are_repaired(tmp_path: Path) -> None:
    place = tmp_path / "library"
    save_blend(place / "walls.blend", "Wall", "Floor")
    stain = store_image(place, "stain", np.pad(np.ones((10, 10, 3), np.float32), ((20, 34), (20, 34), (0, 0))))
    for material in bpy.data.materials:
        material.svbrdf.hole, material.svbrdf.hole_image = "IMAGE", stain
    bpy.data.materials["Floor"].asset_mark()
    bpy.ops.wm.save_mainfile()
    save_blend(place / "late.blend", "Wall")
    (place / "late.blend").chmod(0o444)
    before = (place / "walls.blend").read_bytes()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.context.preferences.filepaths.asset_libraries.new(name="Walls", directory=str(place))
    try:
        ours = bpy.context.window_manager.svbrdf_library
        ours.library, ours.hole, ours.out = f"LIBRARY {place}", "OWN", ""
        with pytest.raises(RuntimeError, match="1 repaired, 1 failed"):
            bpy.ops.svbrdf.repair_library(which="ASSETS", result="IN_PLACE")
    finally:
        bpy.context.preferences.filepaths.asset_libraries.remove(
            bpy.context.preferences.filepaths.asset_libraries["Walls"]
        )
    found = table(place)
    assert found["walls.blend", "Floor"][0] == "done" and "read-only" in found["late.blend", ""][1]
    assert (place / "walls.before-inpaint.blend").read_bytes() == before
    bpy.ops.wm.open_mainfile(filepath=str(place / "walls.blend"))
    assert all("_inpaint" in name for name in shown_images(bpy.data.materials["Floor"]).values())
    assert not any("_inpaint" in name for name in shown_images(bpy.data.materials["Wall"]).values())
    assert bpy.data.materials["Floor"].asset_data is not None
    image = bpy.data.images["floor_basecolor_inpaint.png"]
    assert (
        image.filepath == "//walls_inpaint/floor_basecolor_inpaint.png"
        and Path(bpy.path.abspath(image.filepath)).is_file()
    )


def test_a_cancelled_repair_keeps_what_is_done_and_the_next_goes_on(tmp_path: Path) -> None:
    place = tmp_path / "library"
    for name in ("a", "b"):
        save_blend(place / f"{name}.blend", "Wall")
    mask = write_mask(tmp_path / "stain.png")
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    choice = part("library.choice").LibraryChoice
    wanted = choice(place, hole="MASKS", masks=mask, method="diffusion", settings='{"train_steps": 20000}')
    library().begin(wanted)
    with pytest.raises(RuntimeError, match="repaired already"):
        bpy.ops.svbrdf.repair_library()
    service = part("client").Service.find()
    with service:
        pump(lambda: any(job["state"] == "running" for job in service.list_jobs()))
        library().cancel()
        pump(lambda: not library().busy)
        pump(lambda: service.list_jobs()[0]["state"] == "cancelled")
    assert library().describe() == "Cancelled: nothing done" and not list(place.glob("*_inpaint*"))
    assert bpy.ops.svbrdf.repair_library(folder=str(place), masks=str(mask), method="patch") == {"FINISHED"}
    assert {key[0]: state for key, (state, _) in table(place).items()} == {"a.blend": "done", "b.blend": "done"}
    made = (place / "a_inpaint.blend").stat().st_mtime_ns
    assert bpy.ops.svbrdf.repair_library(folder=str(place), masks=str(mask)) == {"FINISHED"}
    assert (place / "a_inpaint.blend").stat().st_mtime_ns == made and "is there already" in table(place)["a.blend", ""][
        1
    ]


def test_the_panel_shows_what_is_set_what_goes_on_and_what_came_of_it(tmp_path: Path) -> None:
    module, Row = part("session.library"), part("library.report").Row
    ours = bpy.context.window_manager.svbrdf_library

    def drawn(found: Any) -> Drawn:
        said = Drawn()
        part("ui.draw_library").draw_library(Layout(said), ours, found)
        return said

    ours.library, ours.hole, ours.result = "FOLDER", "MASKS", "IN_PLACE"
    said = drawn(module.Library())
    assert {"folder", "masks", "which", "mode", "method"} < set(said.props) and "out" not in said.props
    assert said.buttons == {"svbrdf.repair_library"}
    files = [tmp_path / "oak.blend", tmp_path / "a_very_long_name_of_a_file_of_elm_wood.blend"]
    busy = module.Library(busy=True, files=files)
    assert "Starting a Blender in the background…" in drawn(busy).text
    busy._process = SimpleNamespace(progress=part("library.process").Progress(file=1), cancel=lambda: None)
    said = drawn(busy)
    assert "2 of 2: …" in said.text and said.text.endswith("elm_wood") and said.buttons == {"svbrdf.cancel_library"}
    busy.cancel()
    assert "Cancelling…" in drawn(busy).text
    done = module.Library(rows=[Row("oak.blend", "Oak", "done", "."), Row("elm.blend", "", "failed", ".")])
    said = drawn(done)
    assert "1 repaired, 1 failed" in said.text and "svbrdf.library_report" in said.buttons
    assert "no svbrdf command" in drawn(module.Library(words="There is no svbrdf command.")).text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"folder": ""}, "Choose an asset library"),
        ({"folder": "/nowhere"}, "There is no folder"),
        ({"masks": "/nowhere"}, "give a folder of masks"),
        ({"hole": "MASKS"}, "Choose the folder of masks"),
        ({"hole": "STAIN"}, "hole is one of OWN, MASKS, ALPHA"),
        ({"settings": "["}, "settings is a JSON object"),
        ({}, "There is no .blend file"),
    ],
)
def test_what_cannot_begin_is_one_sentence(tmp_path: Path, words: dict[str, str], said: str) -> None:
    ours = bpy.context.window_manager.svbrdf_library
    ours.library, ours.folder, ours.masks, ours.hole = "FOLDER", "", "", "OWN"
    with pytest.raises(RuntimeError, match=said):
        bpy.ops.svbrdf.repair_library(**{"folder": str(tmp_path), **words})
