"""``svbrdf compare`` on small real folders: what it writes, that it goes on where it stopped, and bad input."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from svbrdf_core.cores import count_cores
from svbrdf_core.example import write_example
from tests.cli.conftest import Svbrdf, process, tree
from tests.compare import frail

pytestmark = pytest.mark.slow

SIZE = 96
QUICK = ("--groups", "maps,structure")
FEW = ("--only", "diffuse,normal,roughness,height")
"""Enough maps to fill where many cells are filled."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of two materials; not to be changed."""
    folder = tmp_path_factory.mktemp("library")
    for kind in ("bricks", "planks"):
        write_example(folder / "made", kind, SIZE)
        (folder / "made" / "clean").rename(folder / kind)
    for path in sorted((folder / "made").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    (folder / "made").rmdir()
    return folder


RAY = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed")
TIMES = ("seconds", "peak_mb", "place", "at_a_time")
"""What of a cell depends on what ran beside it."""


def results(report: Path) -> Any:
    return json.loads((report / "results.json").read_text(encoding="utf-8"))


def test_methods_are_compared_over_a_library(library: Path, tmp_path: Path, svbrdf: Svbrdf) -> None:
    report = tmp_path / "report"
    methods = ("--methods", "patch,patch-per-map,poisson", "--seeds", "2", "--masks", "brush")
    ran = svbrdf("compare", library, *methods, "-o", report, *FEW, *QUICK)
    assert ran.code == 0, ran.err
    found = results(report)
    assert [case["id"] for case in found["cases"]] == ["bricks-brush", "planks-brush"]
    cells = found["cells"]
    assert len(cells) == 2 * (2 + 2 + 1)  # the membrane knows no seed
    assert all(cell["status"] == "done" for cell in cells)
    assert all(cell["seconds"] > 0 and cell["peak_mb"] > 50 for cell in cells)
    for cell in cells:
        assert cell["metrics"]["mse/roughness"] > 0
        assert all((report / path).is_file() for path in cell["pictures"].values())

    def mean(method: str, metric: str) -> float:
        values = [cell["metrics"][metric] for cell in cells if cell["method"] == method]
        return float(sum(values) / len(values))

    assert mean("poisson", "sharpness") < 0.3 < mean("patch", "sharpness")
    assert mean("patch-per-map", "coherence") < mean("patch", "coherence")
    assert (report / "index.html").stat().st_size > 10_000
    with (report / "results.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["method"] for row in rows] == [cell["method"] for cell in cells]
    assert float(rows[3]["mse/normal"]) == cells[3]["metrics"]["mse/normal"]
    assert "patch-per-map" in ran.out and "index.html" in ran.out


def test_the_hole_leaks_nothing_into_the_fill(library: Path, tmp_path: Path, svbrdf: Svbrdf) -> None:
    """A fill must not see the truth it is measured against."""
    from PIL import Image

    other = tmp_path / "bricks"
    other.mkdir()
    for path in (library / "bricks").iterdir():
        picture = Image.open(path)
        picture.paste(0 if picture.mode in ("L", "I;16") else (9, 99, 200), (SIZE * 3 // 8,) * 2 + (SIZE * 5 // 8,) * 2)
        picture.save(other / path.name)
    for folder, report in ((library / "bricks", "a"), (other, "b")):
        ran = svbrdf("compare", folder, "--methods", "patch", "--masks", "square", "-o", tmp_path / report, *QUICK)
        assert ran.code == 0, ran.err
    first, second = (
        Image.open(tmp_path / report / "cases/bricks-square/patch-0/diffuse.png").tobytes() for report in "ab"
    )
    assert first == second


def test_what_is_finished_is_not_run_again(library: Path, tmp_path: Path, svbrdf: Svbrdf) -> None:
    command = ("compare", library / "bricks", "--masks", "square", "-o", tmp_path / "report", *QUICK)
    assert svbrdf(*command, "--methods", "poisson").code == 0
    record = tmp_path / "report/cases/bricks-square/poisson-0/cell.json"
    before = record.stat().st_mtime_ns
    ran = svbrdf(*command, "--methods", "poisson,patch")
    assert ran.code == 0
    assert record.stat().st_mtime_ns == before
    assert {cell["method"] for cell in results(tmp_path / "report")["cells"]} == {"poisson", "patch"}
    assert svbrdf(*command, "--methods", "poisson", "--tileable").code == 0
    assert record.stat().st_mtime_ns != before, "another setting is another cell"


def plain(report: Path) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
    """Return what a report's cells hold besides their times, and its pictures."""
    cells = [{name: value for name, value in cell.items() if name not in TIMES} for cell in results(report)["cells"]]
    return cells, {name: data for name, data in tree(report).items() if name.endswith(".png")}


def test_cells_beside_each_other_give_what_cells_in_turn_give(
    library: Path, tmp_path: Path, svbrdf: Svbrdf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the report says how many there were; a report's folder may be told from here."""
    monkeypatch.chdir(tmp_path)
    words = ("compare", library, "--methods", "poisson,patch", "--seeds", "3", "--masks", "square", *FEW, *QUICK)
    assert svbrdf(*words, "-o", "turn").code == 0
    assert svbrdf(*words, "-o", "beside", "--jobs", "2").code == 0
    assert plain(tmp_path / "turn") == plain(tmp_path / "beside")
    turn, beside = (results(tmp_path / report)["cells"] for report in ("turn", "beside"))
    assert [cell["at_a_time"] for cell in turn] == [1] * 8
    assert max(cell["at_a_time"] for cell in beside) == 2
    assert {cell["place"]["cores"] for cell in beside} == {max(1, count_cores() // 2)}
    pages = [(tmp_path / report / "index.html").read_text(encoding="utf-8") for report in ("turn", "beside")]
    assert "One at a time, on " in pages[0] and "Up to 2 at a time on one machine, each on " in pages[1]


@RAY
@pytest.mark.skipif(os.name != "posix", reason="signals as they are here")
def test_a_cluster_gives_the_same_and_a_worker_that_is_killed_is_one_cell_at_most(
    library: Path, tmp_path: Path, svbrdf: Svbrdf
) -> None:
    """Where its methods come from an installed package."""
    frail.install(tmp_path / "site")
    words = ("compare", library / "bricks", "--masks", "square", *FEW, *QUICK, "--methods")
    assert svbrdf(*words, "patch,poisson", "-o", tmp_path / "here").code == 0
    path = os.pathsep.join((str(tmp_path / "site"), str(Path(__file__).parents[2])))
    environment = {"PYTHONPATH": path, frail.MARK: str(tmp_path / "mark")}
    more = ("-o", "there", "--ray", "local", "--jobs", "2")
    with process(*words, "patch,poisson,dies,once", *more, cwd=tmp_path, **environment) as running:
        out, err = running.communicate(timeout=600)
    assert running.returncode == 0 and "1 of 4 cells failed" in out, err
    assert plain(tmp_path / "here")[0] == plain(tmp_path / "there")[0][:2]
    assert plain(tmp_path / "here")[1].items() <= plain(tmp_path / "there")[1].items()
    _, _, dies, once = results(tmp_path / "there")["cells"]
    assert dies["status"] == "failed" and "Its worker was lost 4 times" in dies["why"]
    assert once["status"] == "done" and (tmp_path / "mark").exists()


@pytest.mark.skipif(os.name != "posix", reason="signals as they are here")
@pytest.mark.parametrize("where", [(), pytest.param(("--ray", "local"), marks=RAY)], ids=["processes", "ray"])
def test_ctrl_c_keeps_what_is_finished(where: tuple[str, ...], library: Path, tmp_path: Path) -> None:
    report = tmp_path / "report"
    words = ("compare", library / "bricks", "--methods", "poisson,patch", "--seeds", "4", "-o", report, *FEW, *QUICK)
    with process(*words, "--jobs", "2", *where, cwd=tmp_path) as running:
        while not list(report.glob("cases/*/*/cell.json")):
            assert running.poll() is None, running.communicate()
            time.sleep(0.05)
        os.killpg(running.pid, signal.SIGINT)
        _, err = running.communicate(timeout=300)
    assert running.returncode == 130, err
    assert "finished and kept. Run the same command again to go on." in err
    kept = {path: path.stat().st_mtime_ns for path in report.glob("cases/*/*/cell.json")}
    assert kept and not (report / "results.json").exists()
    with process(*words, cwd=tmp_path) as again:
        _, err = again.communicate(timeout=600)
    assert again.returncode == 0, err
    assert all(path.stat().st_mtime_ns == when for path, when in kept.items())
    found = results(report)
    assert [case["id"] for case in found["cases"]] == ["bricks-square", "bricks-brush"]
    assert len(found["cells"]) == 2 * (1 + 4)  # the membrane knows no seed


def test_a_method_that_fails_on_a_case_does_not_stop_the_rest(library: Path, tmp_path: Path) -> None:
    """A plugin, found as an installed one is, that dies on the one material and works on the other."""
    site = tmp_path / "site"
    (site / "frail-1.0.dist-info").mkdir(parents=True)
    (site / "frail-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: frail\nVersion: 1.0\n")
    (site / "frail-1.0.dist-info" / "entry_points.txt").write_text(
        "[svbrdf_core.methods]\nfrail = frail:METHOD\nstubborn = frail:OTHER\n"
    )
    (site / "frail.py").write_text(
        "import os\nfrom svbrdf_core.methods import FillResult, Method\n"
        "def fill(problem, settings, run):\n"
        "    if 'metallic' in problem.layout.names: os._exit(9)\n"
        "    return FillResult(problem.tensor * 0)\n"
        "def error(problem, settings, run):\n    raise ValueError('no <idea> & no \"clue\"')\n"
        "METHOD = Method('frail', 'frail', fill)\nOTHER = Method('stubborn', 'stubborn', error)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(site), str(Path(__file__).parents[2])))}
    command = [
        sys.executable,
        "-m",
        "svbrdf_core",
        "compare",
        str(library),
        "--masks",
        "square",
        "-o",
        "report",
        *QUICK,
    ]
    done = subprocess.run(
        [*command, "--methods", "frail,stubborn,poisson"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    cells = {(cell["case"], cell["method"]): cell for cell in results(tmp_path / "report")["cells"]}
    assert all(cells[case, "poisson"]["status"] == "done" for case in ("bricks-square", "planks-square"))
    stubborn = cells["bricks-square", "stubborn"]
    assert stubborn["status"] == "failed"
    assert "The method stubborn failed (ValueError: no <idea>" in stubborn["why"]
    died = [cell for (_, method), cell in cells.items() if method == "frail" and cell["status"] == "failed"]
    assert [cell["why"] for cell in died] == ["Its process ended with exit code 9."]
    assert "no <idea>" not in (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "3 of 6 cells failed" in done.stdout


def test_damage_is_removed_and_methods_are_ranked(tmp_path: Path, svbrdf: Svbrdf) -> None:
    report = tmp_path / "report"
    (tmp_path / "library").mkdir()
    for kind in ("bricks", "planks"):
        write_example(tmp_path / kind, kind, 128)
        (tmp_path / kind / "damaged").rename(tmp_path / "library" / kind)
    mask = str(tmp_path / "{material}" / "mask.png")
    ran = svbrdf("compare", tmp_path / "library", "--methods", "patch,poisson", "--masks", mask, "--removal",
                 "-o", report, *FEW, "--groups", "maps,structure,statistics")  # fmt: skip
    assert ran.code == 0, ran.err
    assert next(line for line in ran.out.splitlines() if "Rank" in line).startswith("| Rank ↓")
    found = results(report)
    assert [metric["name"] for metric in found["metrics"]][:2] == ["rank", "blemish"]
    assert not [metric["name"] for metric in found["metrics"] if metric["name"].startswith(("mse", "l1", "tv/"))]
    for case in found["cases"]:
        ranks = [cell["metrics"]["rank"] for cell in found["cells"] if cell["case"] == case["id"]]
        assert sorted(ranks) == [1, 2]
    with (report / "results.csv").open(newline="", encoding="utf-8") as file:
        assert {row["rank"] for row in csv.DictReader(file)} == {"1.0", "2.0"}
    front = (report / "index.html").read_text(encoding="utf-8")
    assert "there is no truth, no error is measured" in front and "to be removed" in front
    assert ">Before<" in (report / "cases" / f"{found['cases'][0]['id']}.html").read_text(encoding="utf-8")


def test_table_iii_has_the_columns_of_the_paper(library: Path, tmp_path: Path, svbrdf: Svbrdf) -> None:
    ran = svbrdf(
        "compare", library / "bricks", "--methods", "poisson,patch", "--masks", "square",
        "-o", tmp_path / "report", "--table", "iii", "--only", "diffuse,normal,roughness", "--groups", "maps",
    )  # fmt: skip
    assert ran.code == 0, ran.err
    head = next(line for line in ran.out.splitlines() if line.startswith("| Method"))
    assert [cell.split()[0] for cell in head.strip("| ").split("|")] == [
        "Method", "Diffuse", "Normals", "Roughness", "Specular",
    ]  # fmt: skip


def test_masks_of_each_material_are_found_by_its_name(
    library: Path, made: Path, tmp_path: Path, svbrdf: Svbrdf
) -> None:
    for kind in ("bricks", "planks"):
        (tmp_path / f"{kind}_hole.png").write_bytes((made / "mask.png").read_bytes())
    mask = str(tmp_path / "{material}_hole.png")
    ran = svbrdf(
        "compare", library, "--methods", "poisson", "--masks", mask, "--masks", "rect:8,8,20,20",
        "-o", tmp_path / "report", "--json", *QUICK,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    assert ran.json["cells"] == 4 and ran.json["failed"] == []
    assert {case["mask"] for case in results(tmp_path / "report")["cases"]} == {"hole", "rect:8,8,20,20"}


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("nowhere", "--methods", "poisson"), 3, "There is no nowhere"),
        (("LIBRARY", "--methods", "photoshop"), 3, "no method 'photoshop'; choose one of: patch"),
        (("LIBRARY", "--methods", "poisson", "--masks", "gone.png"), 4, "gone.png"),
        (("LIBRARY", "--methods", "poisson", "--groups", "beauty"), 3, "beauty"),
        (("LIBRARY", "--methods", "poisson", "--only", "opacity"), 3, "opacity"),
        (("LIBRARY", "--methods", "poisson", "--only", "diffuse,rougness"), 3, "no map rougness"),
        (("LIBRARY", "--methods", ","), 3, "nothing to compare"),
        (("LIBRARY", "--methods", "poisson", "--seeds", "0"), 2, "--seeds"),
        (("LIBRARY", "--methods", "poisson", "--removal"), 3, "--removal needs --masks"),
        (("LIBRARY", "--methods", "poisson", "--ray", "local", "--time-limit", "9"), 2, "leave it out with --ray"),
    ],
)
def test_bad_input_is_told_before_any_work(
    words: tuple[str, ...], code: int, message: str, library: Path, tmp_path: Path, svbrdf: Svbrdf
) -> None:
    report = tmp_path / "report"
    ran = svbrdf("compare", *(str(library) if word == "LIBRARY" else word for word in words), "-o", report)
    assert ran.code == code, ran.err
    assert message in ran.err
    assert not report.exists()


def test_a_report_that_cannot_be_written_is_told(library: Path, tmp_path: Path, svbrdf: Svbrdf) -> None:
    (tmp_path / "report").write_text("a file", encoding="utf-8")
    ran = svbrdf("compare", library, "--methods", "poisson", "-o", tmp_path / "report", *QUICK)
    assert ran.code == 6
    assert "report" in ran.err
