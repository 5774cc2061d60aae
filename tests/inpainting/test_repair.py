"""A repair without the command line: the same files and report, and the same refusals before any work."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import svbrdf_core as sv
from svbrdf_core.cli import run
from svbrdf_core.cli.fills import lines
from svbrdf_core.material import mask_parts
from svbrdf_core.request import ExtendSpec, GrowSpec
from tests.inpainting.conftest import SIZE, tree

RECT = "rect:40,30,12,10"


def request(folder: Path, target: Path, *masks: str, **more: Any) -> sv.InpaintRequest:
    """Return a request; what is not said is as the command has it."""
    hole = {key: more.pop(key) for key in ("forbid", "tileable") if key in more}
    hole["forbid"] = tuple(part for text in hole.get("forbid", ()) for part in mask_parts(text))
    drawn: dict[str, Any] = {key: sv.OutputFile(more.pop(key)) for key in ("preview", "source_map") if key in more}
    output = {key: more.pop(key) for key in ("in_place", "overwrite") if key in more}
    return sv.InpaintRequest(
        source=sv.LoadOptions(folder),
        hole=sv.HoleSpec(tuple(part for text in masks or (RECT,) for part in mask_parts(text)), **hole),
        method=sv.MethodChoice(**more),
        output=sv.OutputSpec(target, **drawn, **output),
    )


def test_files_report_and_sentences_are_those_of_the_command(
    bricks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["inpaint", str(bricks), "-m", RECT, "--auto", "--variations", "2", "--preview", str(tmp_path / "p.png")]
    assert run([*words, "-o", str(tmp_path / "out"), "--json"]) == 0
    said = capsys.readouterr()
    steps: list[tuple[int, float]] = []
    work = sv.Run(on_progress=lambda progress: steps.append((progress.variation, progress.fraction)))
    wanted = request(bricks, tmp_path / "out", tileable=None, variations=2, preview=tmp_path / "p.png", overwrite=True)
    before, picture = tree(tmp_path / "out"), (tmp_path / "p.png").read_bytes()
    done = sv.repair(wanted, work)
    report: dict[str, Any] = json.loads(json.dumps(done.report, allow_nan=False))
    theirs = json.loads(said.out)
    for one in (*report["variations"], *theirs["variations"]):
        one["seconds"] = 0
    assert theirs["request"].pop("output") == {**report["request"].pop("output"), "overwrite": False}
    assert report == theirs
    assert tree(tmp_path / "out") == before and (tmp_path / "p.png").read_bytes() == picture
    assert all(sentence in said.err for sentence in work.notes) and set(report["notes"]) <= set(work.notes)
    assert {number for number, _ in steps} == {1, 2} and steps[-1] == (2, 1.0)
    assert [fraction for _, fraction in steps] == sorted(fraction for _, fraction in steps)
    assert [line.split(":")[0] for line in lines(report)[:2]] == [one["folder"] for one in report["variations"]]


def test_the_report_says_where_the_material_lies_on_what_was_made(bricks: Path, tmp_path: Path) -> None:
    plain = request(bricks, tmp_path / "out")
    wide = replace(plain, canvas=ExtendSpec(left=16, bottom=8), hole=sv.HoleSpec())
    sheet = replace(wide, canvas=GrowSpec((48, 32)))
    reports = [sv.repair(replace(one, output=sv.OutputSpec(tmp_path / str(at)))).report for at, one in
               enumerate((plain, wide, sheet))]  # fmt: skip
    assert [one["placed"] for one in reports] == [[0, 0, SIZE, SIZE], [16, 0, SIZE, SIZE], None]
    assert [one["size"] for one in reports] == [[SIZE, SIZE], [SIZE + 16, SIZE + 8], [48, 32]]


def test_a_check_says_what_the_repair_comes_to_and_writes_nothing(bricks: Path, tmp_path: Path) -> None:
    before = tree(tmp_path)
    found = sv.check(request(bricks, tmp_path / "out", RECT, "circle:20,70,4"))
    assert (found.pixels, found.regions, found.tileable) == (120 + 52, 2, False)
    assert found.share == found.pixels / SIZE**2
    assert found.box == (30, 16, 44, 36)
    assert tree(tmp_path) == before and not (tmp_path / "out").exists()


def test_a_hole_across_the_edges_has_one_box(bricks: Path, tmp_path: Path) -> None:
    texts = (f"rect:{SIZE - 6},40,12,10",)
    found = sv.check(request(bricks, tmp_path / "out", *texts, tileable=True))
    assert (found.box, found.regions, found.pixels) == ((40, SIZE - 6, 10, 12), 1, 120)
    found = sv.check(request(bricks, tmp_path / "out", *texts, tileable=None))
    assert found.tileable and any("tiles" in note for note in found.notes)
    found = sv.check(
        request(bricks, tmp_path / "out", f"rect:0,0,2,{SIZE}", f"rect:{SIZE - 1},0,1,{SIZE}", tileable=True)
    )
    assert found.box == (0, SIZE - 1, SIZE, 3)


@pytest.mark.parametrize(
    ("more", "error", "words"),
    [
        ({"name": "magic"}, sv.InputError, "no method"),
        ({"name": "poisson", "variations": 2}, sv.InputError, "same fill for every seed"),
        ({"name": "poisson", "forbid": ("rect:0,0,5,5",)}, sv.InputError, "forbidden region"),
        ({"settings": {"coarse_hole": 3}}, sv.InputError, "There is no method.settings.coarse_hole; choose from"),
        ({"settings": {"levels": True}}, sv.InputError, "method.settings.levels must be a whole number"),
        ({"settings": {"levels": 10**7}}, sv.InputError, "method.settings.levels must be a number of at most 1000000"),
        ({"name": "diffusion", "settings": {"model": sv.InputFile(Path("no"))}}, sv.InputError, "cannot be read"),
        ({"seed": -1}, sv.InputError, "method.seed must be a whole number of at least 0"),
        ({"device": "abacus"}, sv.InputError, "method.device must be"),
        ({"name": "poisson", "source_map": Path("s.png")}, sv.InputError, "source map"),
        (
            {"name": "auto", "settings": {"diffusion": {"coarse_hole": 0}}, "source_map": Path("s.png")},
            sv.InputError,
            "source map",
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
            act(request(bricks, tmp_path / "out", **dict(more)))
    assert tree(tmp_path) == before


@pytest.mark.parametrize("text", ["rect:0,0,0,0", f"rect:0,0,{SIZE},{SIZE}", "no-such-file.png"])
def test_a_hole_that_is_none_is_refused(bricks: Path, tmp_path: Path, text: str) -> None:
    for act in (sv.check, sv.repair):
        with pytest.raises(sv.MaskError):
            act(request(bricks, tmp_path / "out", text))


def test_a_report_holds_the_request_by_which_the_same_fill_can_be_made_again(bricks: Path, tmp_path: Path) -> None:
    wanted = request(bricks, tmp_path / "out", RECT, "circle:20,70,4", seed=3, settings={"levels": 3})
    said = json.loads(json.dumps(sv.repair(wanted).report["request"]))
    before = tree(tmp_path / "out")
    shutil.rmtree(tmp_path / "out")
    sv.repair(sv.InpaintRequest.from_json(said))
    assert tree(tmp_path / "out") == before


def test_outputs_that_are_there_are_refused_before_any_work(bricks: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "ao.png").write_bytes(b"mine")
    with pytest.raises(sv.OutputError, match="exists already"):
        sv.check(request(bricks, tmp_path / "out"))
    with pytest.raises(sv.InputError, match="input folder"):
        sv.check(request(bricks, bricks))
    assert sv.check(request(bricks, bricks, in_place=True)).pixels == 120


def test_it_can_be_stopped(bricks: Path, tmp_path: Path) -> None:
    with pytest.raises(sv.Cancelled):
        sv.repair(request(bricks, tmp_path / "out"), sv.Run(should_stop=lambda: True))
    assert not (tmp_path / "out").exists()


def test_a_material_in_memory_is_repaired_to_a_folder(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    material = sv.Material.from_arrays("m", {"height": rng.random((64, 64)).astype(np.float32)})
    mask = np.zeros((64, 64), np.float32)
    mask[20:28, 20:28] = 1
    sv.inpaint(material, mask).canvas.save(tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["height.exr"]
