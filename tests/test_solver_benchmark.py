"""The benchmark of solvers keeps what it measured, chooses cases and rows, and fills map by map."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import svbrdf_core as sv
from benchmarks import common, solver_cells, solvers, speed
from svbrdf_core.errors import InputError
from svbrdf_core.formats import read_image, write_png
from svbrdf_core.inpainting.training import train

QUICK = ("train_steps=4", "batch_size=2", "crop_size=16", "width=8", "sampling_steps=3", "coarse_hole=0")
OPTIONS = (*QUICK, "sampler.jump_length=1", "sampler.jump_n_sample=2")


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with one material and a case of it."""
    monkeypatch.setattr(common, "OUT", tmp_path / "kept")
    material, mask = speed.example(96)
    material.save(tmp_path / "materials" / "wall")
    (tmp_path / "cases").mkdir()
    write_png(tmp_path / "cases" / "wall_square.png", mask > 0)
    errors = ",".join(["0.1"] * len(common.MAPS))
    (tmp_path / "cases" / "reference.csv").write_text(
        f"case,{','.join(common.MAPS)}\nwall_square,{errors}\n", encoding="utf-8"
    )
    return tmp_path


def make_library(shared: Path) -> Path:
    folder = shared / "library"
    folder.mkdir()
    settings = sv.DiffusionSettings(train_steps=4, batch_size=2, crop_size=16, width=8)
    settings = replace(settings, sampler=sv.SamplerSettings("repaint"))
    for name, maps in (("joint", common.MAPS), *((name, (name,)) for name in common.MAPS)):
        material = sv.Material.load(shared / "materials" / "wall", only=maps)
        data, _ = train([material], settings, thickness=32, device="cpu")
        (folder / f"{name}.safetensors").write_bytes(data)
    return folder


def test_every_row_is_measured_once_and_kept(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library, sheet = make_library(shared), shared / "sheet.png"
    rows = "patch,conditional/ancestral,prior/ddnm,library/repaint,map-by-map/repaint"
    solvers.run(shared, rows=rows, library=library, options=OPTIONS, sheet=sheet)
    kept = sorted((shared / "kept" / "solvers").glob("*.json"))
    assert len(kept) == 5
    result = json.loads((shared / "kept" / "solvers.json").read_text(encoding="utf-8"))
    passes = {cell["row"]: cell["passes"] for cell in result["cells"]}
    assert passes == {
        "patch": 0,
        "conditional/ancestral": 3,
        "prior/ddnm": 3,
        "library/repaint": 5,
        "map-by-map/repaint": 5 * len(common.MAPS),
    }
    assert read_image(sheet).samples.shape[0] == 5 * (192 + 4)
    assert "| map by map | `repaint` | 20 |" in capsys.readouterr().out
    marked = json.loads(kept[0].read_text(encoding="utf-8")) | {"seconds": 12345.0}
    kept[0].write_text(json.dumps(marked), encoding="utf-8")
    solvers.run(shared, rows=rows, library=library, options=OPTIONS)  # a stopped run goes on like this
    assert "12345.0 s" in capsys.readouterr().out
    assert sorted((shared / "kept" / "solvers").glob("*.json")) == kept
    solvers.run(shared, rows="prior/ddnm", options=[*OPTIONS, "sampler.eta=0.5"])  # other settings, another cell
    assert len(list((shared / "kept" / "solvers").glob("*.json"))) == 6


def test_maps_that_are_filled_alone_know_nothing_of_each_other(shared: Path) -> None:
    """The same bytes come out whatever the other maps are."""
    settings = solvers.read_settings("fast", OPTIONS)
    trial = solver_cells.Trial(shared, replace(settings, train_steps=4), make_library(shared))
    fill, _ = trial.filler("wall_square", "map-by-map/repaint")
    before = fill()
    folder = shared / "materials" / "wall"
    file = next(path for path in folder.iterdir() if "roughness" in path.name)
    samples = read_image(file).samples
    write_png(file, np.ascontiguousarray(samples[::-1]))
    after = fill()
    at = sv.Material.load(folder, only=common.MAPS).layout.slice_of("roughness")
    others = np.delete(np.arange(len(before)), range(at.start, at.stop))
    assert (before[others] == after[others]).all()
    assert (before[at] != after[at]).any()


def test_cases_lie_evenly_and_what_there_is_not_is_refused(shared: Path) -> None:
    names = [str(number) for number in range(10)]
    assert solver_cells.choose_cases(names, "all") == names
    assert solver_cells.choose_cases(names, "3") == ["0", "4", "9"]
    for wrong in ("0", "11", "some"):
        with pytest.raises(InputError, match="--cases is all, or a number of 1 to 10"):
            solver_cells.choose_cases(names, wrong)
    with pytest.raises(InputError, match="There is no row prior/ancestral; choose from: patch, conditional/ancestral"):
        solvers.run(shared, rows="prior/ancestral")
    (shared / "empty").mkdir()
    with pytest.raises(InputError, match="train a prior of diffuse that the case wall_square needs"):
        solvers.run(shared, rows="map-by-map/ddnm", library=shared / "empty", options=OPTIONS)
    with pytest.raises(InputError, match="map-by-map/ddnm needs priors of other materials"):
        solvers.run(shared, rows="map-by-map/ddnm", library=shared / "cases" / "reference.csv")
    assert not any("library" in row or "map-by-map" in row for row in solvers.choose_rows("", None))


def test_a_flat_fill_has_no_depth() -> None:
    material, mask = speed.example(96)
    truth, hole = material.tensor(), mask > 0
    assert solver_cells.measure_depth(truth, truth, material.layout, hole) == pytest.approx(1)
    flat = truth.copy()
    flat[:, hole] = truth[:, hole].mean(1, keepdims=True)
    assert solver_cells.measure_depth(flat, truth, material.layout, hole) < 0.1
