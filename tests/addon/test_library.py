"""Files, masks and the report of a library that the add-on repairs; the Blender in the background is another test's."""

from __future__ import annotations

import csv
import io
import sys
import time
from pathlib import Path

import pytest

from blender_addon.client import UserError
from blender_addon.library.blends import find_blends, images_folder, look, result_path
from blender_addon.library.choice import LibraryChoice
from blender_addon.library.masks import MaskFolder
from blender_addon.library.process import LibraryProcess, child_command
from blender_addon.library.report import Row, as_csv, as_html, as_text, count_rows, write_report
from svbrdf_core.batch.masks import MaskRule
from svbrdf_core.errors import MaskError

OLD, NEW = b"BLENDER-v402RENDH", b"BLENDER17-01v0500"


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(OLD)


def test_copies_that_were_made_before_are_no_files_of_the_library(tmp_path: Path) -> None:
    wall, ours, backup = (tmp_path / name for name in ("wall.blend", "wall_inpaint.blend", "wall.before-inpaint.blend"))
    own, copy = tmp_path / "in" / "own_inpaint.blend", tmp_path / "out" / "wall.blend"
    touch(wall, ours, backup, own, copy, tmp_path / "wall.blend1")
    assert find_blends(LibraryChoice(tmp_path, out=tmp_path / "out")) == [own, wall]
    for folder in (tmp_path / "gone", tmp_path / "empty"):
        with pytest.raises(UserError, match=r"\.blend file"):
            find_blends(LibraryChoice(folder))
        (tmp_path / "empty").mkdir(exist_ok=True)


def test_results_go_beside_into_a_folder_or_in_place(tmp_path: Path) -> None:
    path = tmp_path / "wood" / "oak.blend"
    beside, apart = LibraryChoice(tmp_path), LibraryChoice(tmp_path, out=tmp_path / "out")
    place = LibraryChoice(tmp_path, result="IN_PLACE")
    assert result_path(path, beside) == tmp_path / "wood" / "oak_inpaint.blend"
    assert result_path(path, apart) == tmp_path / "out" / "wood" / "oak.blend"
    assert result_path(path, place) == path
    assert images_folder(path, beside) == images_folder(path, place) == tmp_path / "wood" / "oak_inpaint"
    assert images_folder(path, apart) == tmp_path / "out" / "wood" / "oak"
    assert LibraryChoice.from_json(apart.to_json()) == apart and LibraryChoice.from_json(place.to_json()) == place


def test_what_cannot_be_opened_or_written_is_a_row_before_anything_is(tmp_path: Path) -> None:
    names = ("done", "none", "newer", "newest", "fine", "packed", "open")
    paths = {name: tmp_path / f"{name}.blend" for name in names}
    touch(*paths.values(), tmp_path / "done_inpaint.blend")
    paths["none"].write_bytes(b"no blend file")
    paths["newer"].write_bytes(b"BLENDER-v409RENDH")
    paths["newest"].write_bytes(NEW)
    paths["packed"].write_bytes(b"\x28\xb5\x2f\xfd" + bytes(20))
    files, rows = look(LibraryChoice(tmp_path), (4, 5), paths["open"])
    assert [path.stem for path in files] == ["fine", "open", "packed"]
    said = {row.file.removesuffix(".blend"): (row.state, row.words) for row in rows}
    assert said["done"][0] == "left" and "done_inpaint.blend is there already" in said["done"][1]
    assert said["none"] == ("failed", "It is no .blend file.")
    assert "Blender 4.9; repair it with that or a newer one" in said["newer"][1] and "5.0" in said["newest"][1]
    files, rows = look(LibraryChoice(tmp_path, result="IN_PLACE"), (5, 0), paths["open"])
    assert "open" not in {path.stem for path in files}
    assert "open in this Blender" in {row.file: row.words for row in rows}["open.blend"]


def test_what_is_read_only_is_a_row(tmp_path: Path) -> None:
    touch(tmp_path / "wall.blend")
    (tmp_path / "wall.blend").chmod(0o444)
    ((row,), in_place) = look(LibraryChoice(tmp_path, result="IN_PLACE"), (5, 0), None)[1], LibraryChoice(tmp_path)
    assert "read-only" in row.words and look(in_place, (5, 0), None)[1] == []


@pytest.mark.parametrize(
    "file", ["oak.png", "Oak_mask.png", "mask_oak.tif", "oak/mask.png", "wood/Oak.PNG", "x/oak.png"]
)
def test_masks_are_found_by_the_names_that_a_batch_takes(tmp_path: Path, file: str) -> None:
    """The add-on imports nothing of the library, so each has the rule; here they are held together."""
    touch(tmp_path / file)
    assert MaskFolder(tmp_path).find("Oak", "wood", alone=False) == tmp_path / file
    assert MaskRule(str(tmp_path)).find("Oak", "wood/Oak", tmp_path)[0].path == tmp_path / file  # type: ignore[union-attr]


def test_two_masks_of_a_name_are_told_by_both_unless_the_path_decides(tmp_path: Path) -> None:
    touch(tmp_path / "oak.png", tmp_path / "x" / "oak.png")
    for find in (
        lambda: MaskFolder(tmp_path).find("Oak", "wood", alone=False),
        lambda: MaskRule(str(tmp_path)).find("Oak", "wood/Oak", tmp_path),
    ):
        with pytest.raises((UserError, MaskError), match=r"2 masks have the name .* \(oak.png, x/oak.png\); leave one"):
            find()
    assert MaskFolder(tmp_path).find("Oak", "deep/x", alone=False) == tmp_path / "x" / "oak.png"


def test_a_mask_may_be_one_for_all_or_have_the_name_of_its_file(tmp_path: Path) -> None:
    touch(tmp_path / "stain.png", tmp_path / "in" / "wall.png", tmp_path / "a_b.png")
    assert MaskFolder(tmp_path / "stain.png").find("Any", "any", alone=False) == tmp_path / "stain.png"
    masks = MaskFolder(tmp_path)
    assert masks.find("Brick", "in/wall", alone=True) == tmp_path / "in" / "wall.png"
    with pytest.raises(UserError, match="is named Brick, Brick_mask or in/wall/Brick"):
        masks.find("Brick", "in/wall", alone=False)
    assert masks.find("A/B", "x", alone=False) == tmp_path / "a_b.png"
    with pytest.raises(UserError, match="give a folder of masks"):
        MaskFolder(tmp_path / "gone")


ROWS = [
    Row("a.blend", "Oak", "done", "4 maps filled.", 1.25, "a_inpaint.blend"),
    Row("a.blend", "<Elm>", "failed", 'There is no "hole", & more.'),
    Row("b.blend", "", "left", "No material has images and a hole."),
]


def test_the_report_is_the_same_as_text_table_and_page(tmp_path: Path) -> None:
    assert count_rows(ROWS) == "1 repaired, 1 failed, 1 left as they are" and count_rows([]) == "nothing done"
    text = as_text("Repair of wood", ROWS).splitlines()
    assert text[0] == "Repair of wood" and text[3] == 'FAILED: a.blend, <Elm>: There is no "hole", & more.'
    table = list(csv.DictReader(io.StringIO(as_csv(ROWS))))
    assert [row["state"] for row in table] == ["done", "failed", "left"] and table[0]["seconds"] == "1.2"
    page = as_html("Repair of wood", ROWS)
    assert (
        "&lt;Elm&gt;" in page and "<Elm>" not in page and page.index("Elm") < page.index("Oak") < page.index("b.blend")
    )
    assert "src=" not in page and "href=" not in page
    assert write_report(tmp_path / "new", "t", ROWS).read_text(encoding="utf-8") == as_html("t", ROWS)


CHILD = """
import json, os, sys
told = json.loads(sys.stdin.readline())
def say(**words):
    with open(told["words"], "a") as stream: stream.write(json.dumps(words) + chr(10))
for number, name in enumerate(told["files"]):
    say(kind="file", number=number)
    say(kind="materials", total=2)
    say(kind="material", name="Oak", number=0)
    if name == "crash":
        print("out of luck", flush=True)
        os.abort()
    if name == "long":
        sys.stdin.read()
        os._exit(0)
    say(kind="row", row={"file": name, "material": "Oak", "state": "done", "words": "fine"})
say(kind="end")
"""


def repaired(*files: str) -> LibraryProcess:
    return LibraryProcess([sys.executable, "-c", CHILD], {}, list(files), list(files))


def wait(process: LibraryProcess, seconds: float = 180.0) -> None:
    end = time.monotonic() + seconds
    while not process.ended and time.monotonic() < end:
        process.poll()
        time.sleep(0.01)
    assert process.ended


def test_a_blender_that_crashes_costs_its_file_and_another_takes_the_rest() -> None:
    process = repaired("a", "crash", "b", "crash", "c")
    wait(process)
    rows = process.progress.rows
    assert [(row.file, row.state) for row in rows] == [
        ("a", "done"), ("crash", "failed"), ("b", "done"), ("crash", "failed"), ("c", "done"),
    ]  # fmt: skip
    assert rows[1].material == "Oak" and "out of luck" in rows[1].words and process.progress.share(5) >= 0.8


def test_a_blender_that_does_not_start_is_told_once_for_each_file() -> None:
    for command in (["/nowhere/blender"], [sys.executable, "-c", "print('no such add-on'); raise SystemExit(1)"]):
        process = LibraryProcess(command, {}, ["a", "b"], ["a", "b"])
        wait(process)
        assert [(row.file, row.state) for row in process.progress.rows] == [("a", "failed"), ("b", "failed")]
    assert "no such add-on" in process.progress.rows[0].words


def test_a_cancelled_one_ends_by_itself_and_keeps_what_it_did() -> None:
    process = repaired("a", "long", "b")
    end = time.monotonic() + 180
    while process.progress.file < 1 and time.monotonic() < end:
        process.poll()
    process.cancel()
    wait(process)
    assert [row.file for row in process.progress.rows] == ["a"]
    assert 0.3 < process.progress.share(3) < 0.4


def test_a_blender_is_started_without_what_is_not_needed() -> None:
    command = child_command("/opt/blender", online=False)
    assert command[0] == "/opt/blender" and {"--background", "--factory-startup", "--offline-mode"} < set(command)
    assert "--online-mode" in child_command("/opt/blender", online=True)
