"""A batch fills every set once, whatever fails or is killed in between, and says what came out."""

from __future__ import annotations

import csv
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
import pytest

from svbrdf_core.batch import BatchTemplate, MaskRule, find_rows, open_output, plan_rows
from svbrdf_core.batch.folder_output import FolderOutput
from svbrdf_core.request import MethodChoice
from svbrdf_core.runs.executors import LocalExecutor
from tests.batch.library import SETS, SIDE, write_library, write_long_library, write_set
from tests.cli.conftest import Svbrdf, process, svbrdf, tree

__all__ = ["svbrdf"]
FAST = ("--method", "telea", "--jobs", "2")


def records(out: Path) -> dict[str, dict[str, Any]]:
    """Return what the index says of each row."""
    found = json.loads((out / "_batch" / "results.json").read_text(encoding="utf-8"))
    return {row["name"]: row for row in found["rows"]}


def stamps(out: Path) -> dict[str, int]:
    """Return when each file of the results was written."""
    return {str(p.relative_to(out)): p.stat().st_mtime_ns for p in out.rglob("*.png")}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_library(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_set_is_filled_and_nothing_is_done_twice(home: Path, svbrdf: Svbrdf) -> None:
    ran = svbrdf("batch", "library", "--masks", "masks", "-o", "out", *FAST, "--json")
    assert ran.code == 0
    assert [(row["name"], row["state"]) for row in ran.json["rows"]] == [(name, "done") for name in SETS]
    for name in SETS:
        mask = iio.imread(home / "masks" / f"{Path(name).name}_mask.png") > 0
        for image in ("basecolor.png", "roughness.png"):
            before, after = (iio.imread(home / top / name / image) for top in ("library", "out"))
            assert (before[~mask] == after[~mask]).all() and (before[mask] != after[mask]).any()
    first = stamps(home / "out")
    assert svbrdf("batch", "library", "--masks", "masks", "-o", "out", *FAST).out.startswith("3 done.")
    assert stamps(home / "out") == first
    # What depends on a file that has changed is done again, and nothing else is.
    write_set(home / "library" / "floors/oak", 99)
    assert svbrdf("batch", "library", "--masks", "masks", "-o", "out", *FAST, "--quiet").code == 0
    changed = {name for name, stamp in stamps(home / "out").items() if first[name] != stamp}
    assert changed == {f"floors{os.sep}oak{os.sep}{image}.png" for image in ("basecolor", "roughness")}
    assert list((home / "out" / "_batch" / "staging").iterdir()) == []


def test_a_hole_on_some_tiles_of_a_set_is_filled_and_shown(home: Path, svbrdf: Svbrdf) -> None:
    folder = home / "tiled"
    folder.mkdir()
    colours = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)
    for number in (1001, 1002, 1022):
        iio.imwrite(folder / f"Hero_BaseColor.{number}.png", colours)
    (home / "rows.csv").write_text('source,mask\ntiled,"1022:rect:20,20,8,8"\n', encoding="utf-8")
    svbrdf("batch", "--manifest", "rows.csv", "-o", "out", *FAST)
    (row,) = records(home / "out").values()
    assert row["state"] == "done" and row["blemish"] is not None, row
    assert len(list((home / "out" / "_batch" / "thumbs").iterdir())) == 2


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(home: Path, svbrdf: Svbrdf) -> None:
    (home / "masks" / "oak_mask.png").unlink()
    iio.imwrite(home / "masks" / "tiles_mask.png", np.full((SIDE, SIDE), 255, np.uint8))
    ran = svbrdf("batch", "library", "--masks", "masks", "-o", "out", *FAST, "--dry-run", "--json")
    assert ran.code == 0 and not (home / "out").exists()
    oak, tiles, brick = ran.json["rows"]
    assert oak["state"] == tiles["state"] == "refused" and brick["state"] == "ready"
    assert "named oak" in oak["why"] and "covers" in tiles["why"] and brick["pixels"] == 64


def test_what_fails_is_told_kept_and_tried_again_on_request(home: Path, svbrdf: Svbrdf) -> None:
    (home / "out").mkdir()
    (home / "out" / "walls").write_text("no folder")
    words = ("batch", "library", "--masks", "masks", "-o", "out", *FAST, "--json")
    ran = svbrdf(*words)
    assert ran.code == 7
    failed = records(home / "out")["walls/brick"]
    assert failed["state"] == "failed" and "cannot be written" in failed["why"]
    assert all(records(home / "out")[name]["state"] == "done" for name in SETS[:2])
    (home / "out" / "walls").unlink()
    assert svbrdf(*words).json["rows"][2]["state"] == "failed"
    ran = svbrdf(*words, "--retry-failed")
    assert ran.code == 0 and ran.json["rows"][2] == {"name": "walls/brick", "state": "done", "why": None}
    with (home / "out" / "_batch" / "results.csv").open(encoding="utf-8") as table:
        assert [row["state"] for row in csv.DictReader(table)] == ["done"] * 3


def test_what_one_does_not_like_is_done_again_by_another_seed(home: Path, svbrdf: Svbrdf) -> None:
    words = ("batch", "library", "--masks", "masks", "-o", "out", *FAST, "--quiet")
    assert svbrdf(*words, "--seed", "3").code == 0
    (home / "redo.txt").write_text("floors/oak\n")
    assert svbrdf(*words, "--seed", "3", "--redo", "redo.txt").code == 0
    assert [records(home / "out")[name]["seeds"] for name in SETS] == [[4], [3], [3]]
    first = stamps(home / "out")
    assert svbrdf(*words, "--seed", "3").code == 0 and stamps(home / "out") == first
    (home / "redo.txt").write_text("floors/elm\n")
    assert "no row floors/elm" in svbrdf(*words, "--redo", "redo.txt").err


def test_a_result_that_waited_to_be_moved_when_the_power_went_is_moved(home: Path, svbrdf: Svbrdf) -> None:
    words = ("batch", "library", "--masks", "masks", "-o", "out", *FAST, "--quiet")
    assert svbrdf(*words).code == 0
    place, maps = home / "out/floors/oak", FolderOutput(home / "out").waiting("floors/oak")
    maps.parent.mkdir(parents=True)
    place.rename(maps)
    first = {name: stamp for name, stamp in stamps(home / "out").items() if "oak" not in name}
    whole = tree(maps)
    assert svbrdf(*words, "--dry-run").code == 0 and not place.exists()
    assert svbrdf(*words).code == 0
    assert tree(place) == whole and not maps.parent.exists()
    assert first.items() <= stamps(home / "out").items()


def test_a_record_whose_files_are_gone_counts_for_nothing(home: Path) -> None:
    template, output = BatchTemplate(home / "out", method=MethodChoice("telea")), open_output(home / "out")
    rows = find_rows(home / "library", MaskRule("masks"), template)
    with LocalExecutor(1) as executor:
        (ready, *_) = plan_rows(rows, output, executor)
        output.write_record(ready.row.name, {"key": ready.key, "state": "done", "files": {"basecolor.png": 1}})
        assert plan_rows(rows, output, executor)[0].state == "ready"


def test_results_of_somebody_else_are_not_replaced(home: Path, svbrdf: Svbrdf) -> None:
    write_set(home / "out" / "floors/oak", 50)
    theirs = tree(home / "out" / "floors/oak")
    words = ("batch", "library", "--masks", "masks", "-o", "out", *FAST, "--json")
    ran = svbrdf(*words)
    assert ran.code == 7 and "not of this batch" in ran.json["rows"][0]["why"]
    assert tree(home / "out" / "floors/oak") == theirs
    assert svbrdf(*words, "--overwrite").code == 0
    assert tree(home / "out" / "floors/oak") != theirs


def test_no_result_is_written_into_another(home: Path, svbrdf: Svbrdf) -> None:
    (home / "rows.csv").write_text(
        "source,mask,out\nlibrary/floors/oak,alpha,wood\nlibrary/floors/tiles,alpha,Wood/tiles\n", encoding="utf-8"
    )
    ran = svbrdf("batch", "--manifest", "rows.csv", "-o", "out", *FAST)
    assert ran.code == 3 and "Wood/tiles would be written into the result of another set" in ran.err


def test_two_batches_do_not_work_in_one_folder(home: Path, svbrdf: Svbrdf) -> None:
    with open_output(home / "out").hold():
        ran = svbrdf("batch", "library", "--masks", "masks", "-o", "out", *FAST)
    assert ran.code == 6 and "Another batch is at work" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("library", "-o", "out"), "--masks FOLDER or --mask-from HOLE"),
        (("-o", "out", "--mask-from", "alpha"), "Give LIBRARY"),
        (("library", "-o", "out", "--manifest", "a.csv"), "leave out LIBRARY"),
        (("library", "-o", "out", "--mask-from", "alpha", "--method", "magic"), "magic"),
        (("nowhere", "-o", "out", "--mask-from", "alpha"), "nowhere; give the folder that all sets are in"),
    ],
)
def test_what_cannot_be_a_batch_is_one_sentence(home: Path, svbrdf: Svbrdf, words: tuple[str, ...], said: str) -> None:
    ran = svbrdf("batch", *words, "--json")
    assert ran.code in (2, 3) and said in ran.json["error"]["message"] and not (home / "out").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_killed_at_any_moment_it_goes_on_and_nothing_is_lost_or_done_twice(tmp_path: Path, svbrdf: Svbrdf) -> None:
    sets = tuple(f"set{number}" for number in range(14))
    write_long_library(tmp_path, sets, quick=6)
    words = ("batch", tmp_path / "library", "--masks", tmp_path / "masks", "-o", tmp_path / "out", *FAST, "--quiet")
    seen: dict[str, int] = {}
    for _ in range(3):
        run = process(*words, cwd=tmp_path)
        wanted = len(seen) + 2
        while run.poll() is None and len(list((tmp_path / "out/_batch/records").glob("*.json"))) < wanted:
            time.sleep(0.005)
        run.send_signal(signal.SIGKILL)
        run.communicate(timeout=180)
        time.sleep(0.2)  # its workers end with it
        for name in sets:
            if (tmp_path / "out" / name).is_dir():
                assert set(tree(tmp_path / "out" / name)) == {"basecolor.png", "roughness.png"}, "whole or not at all"
                stamp = (tmp_path / "out" / name / "basecolor.png").stat().st_mtime_ns
                assert seen.setdefault(name, stamp) == stamp, "done twice"
    assert 0 < len(seen) < len(sets)
    svbrdf(*words)
    assert {row["name"]: row["why"] for row in records(tmp_path / "out").values()} == dict.fromkeys(sets)
    assert (
        seen.items() <= {name: (tmp_path / "out" / name / "basecolor.png").stat().st_mtime_ns for name in sets}.items()
    )
