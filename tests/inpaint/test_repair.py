"""A repair without the command line: the same files and report, and the same refusals before any work."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import svbrdf_core as sv
from svbrdf_core.cli import run
from svbrdf_core.cli.fills import lines
from tests.inpaint.conftest import SIZE, tree

RECT = "rect:40,30,12,10"


def job(folder: Path, target: Path, *masks: str, **more: Any) -> sv.Repair:
    """Return a repair; what is not said is as the command has it."""
    choice = sv.Choice(**{key: more.pop(key) for key in ("method", "settings", "variations", "device") if key in more})
    hole = sv.Hole(masks or (RECT,), **{key: more.pop(key) for key in ("forbid", "tileable") if key in more})
    return sv.Repair(sv.Reading(folder).load(), hole, choice, target, **more)


def test_files_report_and_sentences_are_those_of_the_command(
    bricks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["inpaint", str(bricks), "-m", RECT, "--auto", "--variations", "2", "--preview", str(tmp_path / "p.png")]
    assert run([*words, "-o", str(tmp_path / "out"), "--json"]) == 0
    said = capsys.readouterr()
    told: list[str] = []
    steps: list[tuple[int, float]] = []

    def tell(sentences: Iterable[str]) -> None:
        told.extend(sentences)

    wanted = job(bricks, tmp_path / "out", tileable=None, variations=2, preview=tmp_path / "p.png", overwrite=True)
    before, picture = tree(tmp_path / "out"), (tmp_path / "p.png").read_bytes()
    done = sv.repair(wanted, on_progress=lambda number, p: steps.append((number, p.fraction)), tell=tell)
    report: dict[str, Any] = json.loads(json.dumps(done.report, allow_nan=False))
    theirs = json.loads(said.out)
    for one in (*report["variations"], *theirs["variations"]):
        one["seconds"] = 0
    assert report == theirs
    assert tree(tmp_path / "out") == before and (tmp_path / "p.png").read_bytes() == picture
    assert all(sentence in said.err for sentence in told) and set(report["notes"]) <= set(told)
    assert {number for number, _ in steps} == {0, 1} and steps[-1] == (1, 1.0)
    assert [line.split(":")[0] for line in lines(report)[:2]] == [one["folder"] for one in report["variations"]]


def test_a_check_says_what_the_repair_comes_to_and_writes_nothing(bricks: Path, tmp_path: Path) -> None:
    before = tree(tmp_path)
    found = sv.check(job(bricks, tmp_path / "out", RECT, "circle:20,70,4"))
    assert (found.pixels, found.regions, found.tileable) == (120 + 52, 2, False)
    assert found.share == found.pixels / SIZE**2
    assert found.box == (30, 16, 44, 36)
    assert tree(tmp_path) == before and not (tmp_path / "out").exists()


def test_a_hole_across_the_edges_has_one_box(bricks: Path, tmp_path: Path) -> None:
    texts = (f"rect:{SIZE - 6},40,12,10",)
    found = sv.check(job(bricks, tmp_path / "out", *texts, tileable=True))
    assert (found.box, found.regions, found.pixels) == ((40, SIZE - 6, 10, 12), 1, 120)
    found = sv.check(job(bricks, tmp_path / "out", *texts, tileable=None))
    assert found.tileable and any("tiles" in note for note in found.notes)
    found = sv.check(job(bricks, tmp_path / "out", f"rect:0,0,2,{SIZE}", f"rect:{SIZE - 1},0,1,{SIZE}", tileable=True))
    assert found.box == (0, SIZE - 1, SIZE, 3)


@pytest.mark.parametrize(
    ("more", "error", "words"),
    [
        ({"method": "magic"}, sv.InputError, "no method"),
        ({"method": "poisson", "variations": 2}, sv.InputError, "same fill for every seed"),
        ({"method": "poisson", "forbid": ("rect:0,0,5,5",)}, sv.InputError, "forbidden region"),
        ({"settings": sv.DiffusionSettings()}, TypeError, "PatchSettings"),
        ({"device": "abacus"}, sv.InputError, "no device"),
        ({"method": "poisson", "source_map": Path("s.png")}, sv.InputError, "source-map"),
        (
            {"method": "auto", "settings": sv.AutoSettings(diffusion=sv.PRESETS["paper"]), "source_map": Path("s.png")},
            sv.InputError,
            "source-map",
        ),
        ({"preview": Path("sheet.jpg")}, sv.InputError, "PNG"),
        ({"forbid": (f"rect:0,0,{SIZE},{SIZE}",)}, sv.MaskError, "nothing to copy from"),
    ],
)
def test_what_cannot_be_done_is_refused_alike_by_both(
    bricks: Path, tmp_path: Path, more: dict[str, Any], error: type[Exception], words: str
) -> None:
    before = tree(tmp_path)
    for act in (sv.check, sv.repair):
        with pytest.raises(error, match=words):
            act(job(bricks, tmp_path / "out", **dict(more)))
    assert tree(tmp_path) == before


@pytest.mark.parametrize("text", ["rect:0,0,0,0", f"rect:0,0,{SIZE},{SIZE}", "no-such-file.png"])
def test_a_hole_that_is_none_is_refused(bricks: Path, tmp_path: Path, text: str) -> None:
    for act in (sv.check, sv.repair):
        with pytest.raises(sv.MaskError):
            act(job(bricks, tmp_path / "out", text))


def test_outputs_that_are_there_are_refused_before_any_work(bricks: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "ao.png").write_bytes(b"mine")
    with pytest.raises(sv.OutputError, match="exists already"):
        sv.check(job(bricks, tmp_path / "out"))
    with pytest.raises(sv.InputError, match="input folder"):
        sv.check(job(bricks, bricks))
    assert sv.check(job(bricks, bricks, in_place=True)).pixels == 120


def test_it_can_be_stopped(bricks: Path, tmp_path: Path) -> None:
    with pytest.raises(sv.Cancelled):
        sv.repair(job(bricks, tmp_path / "out"), should_stop=lambda: True)
    assert not (tmp_path / "out").exists()


def test_a_material_in_memory_is_repaired_to_a_folder(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    material = sv.Material.from_arrays("m", {"height": rng.random((64, 64)).astype(np.float32)})
    wanted = sv.Repair(material, sv.Hole(("rect:20,20,8,8",)), sv.Choice(), tmp_path / "out")
    assert sv.repair(wanted).report["maps"] == ["height"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["height.exr"]
