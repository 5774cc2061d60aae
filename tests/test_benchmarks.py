"""The benchmarks measure what they say, on examples small enough to work out by hand or in seconds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import svbrdf_core as sv
from benchmarks import common, error, joint, peers, readme, size, speed


def test_errors_compare_normals_as_they_are_stored() -> None:
    layout = sv.ChannelLayout(("normal", "roughness"), (3, 1))
    truth = np.zeros((4, 4, 4), np.float32)
    filled = truth.copy()
    filled[0, 1, 1], filled[3, 1, 1] = 0.6, 0.5
    hole = np.zeros((4, 4), np.bool_)
    hole[1, 1:3] = True
    found = common.errors(filled, truth, layout, hole)
    assert found["normal"] == pytest.approx(0.3**2 / 6)
    assert found["roughness"] == pytest.approx(0.25 / 2)


def test_sharpness_is_one_for_the_truth_and_falls_with_blur() -> None:
    layout = sv.ChannelLayout(("roughness",), (1,))
    truth = np.random.default_rng(0).random((1, 32, 32)).astype(np.float32)
    hole = np.ones((32, 32), np.bool_)
    assert common.sharpness(truth, truth, layout, hole) == pytest.approx(1)
    assert common.sharpness((truth / 2).astype(np.float32), truth, layout, hole) == pytest.approx(0.25, rel=1e-4)


def test_the_summary_names_cases_above_the_limit() -> None:
    reference = {"diffuse": 0.1, "normal": 0.0, "roughness": 0.1, "specular": 0.0}
    row = {"case": "a", "seed": 0, "sharpness": 1.0, "seconds": 1.0, "reference": reference}
    rows = [
        {**row, "error": {"diffuse": 0.05, "normal": 0.0, "roughness": 0.2, "specular": 0.0}},
        {**row, "case": "b", "error": {"diffuse": 0.15, "normal": 0.001, "roughness": 0.1, "specular": 0.0}},
    ]
    found = error.summary([{**r, "reference": {**reference, "normal": 1e-9, "specular": 0.3}} for r in rows])
    assert found["maps"]["diffuse"]["mean"] == pytest.approx(1.0)
    assert found["maps"]["roughness"]["median"] == pytest.approx(1.5)
    assert found["maps"]["normal"]["largest_where_reference_is_0"] == 0.001
    assert [(case, name) for case, _, name, _ in found["above_limit"]] == [("a", "roughness"), ("b", "diffuse")]


def test_coherence_is_one_for_the_truth_and_falls_when_a_map_moves() -> None:
    material, mask = speed.example(96)
    truth = material.tensor()
    moved = truth.copy()
    at = material.layout.slice_of("roughness")
    moved[at] = np.roll(truth[at], 9, axis=2)
    assert joint.coherence(truth, truth, material.layout, mask > 0) == pytest.approx(1)
    assert joint.coherence(moved, truth, material.layout, mask > 0) < 0.9


def test_speed_says_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "installed", lambda: {"nobody": None})
    material, mask = speed.example(96)
    result = speed.measure(material, mask, 1)
    assert result["methods"][0]["ratio"] == 1
    assert "| nobody | not installed |" in speed.table(result)


@pytest.mark.parametrize("name", [name for name, peer in peers.installed().items() if peer is not None] or ["none"])
def test_a_peer_fills_the_hole_and_keeps_the_rest(name: str) -> None:
    peer = peers.installed().get(name)
    if peer is None:
        pytest.skip("none of the programs we compare with is installed (make bench installs them)")
    image = np.random.default_rng(0).integers(0, 60, (64, 64, 3)).astype(np.uint8)
    hole = np.zeros((64, 64), np.bool_)
    hole[24:40, 24:40] = True
    broken = np.where(hole[..., None], 255, image).astype(np.uint8)
    filled = peer(broken, hole)
    assert filled.shape == image.shape
    assert filled[hole].mean() < 100


def test_size_measures_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size, "HOLE", 32)
    size.write(tmp_path / "set", 128)
    found = size.one(tmp_path / "set")
    assert found["fill"] > 0
    assert found["peak_gb"] > 0


def test_the_readme_takes_the_last_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "OUT", tmp_path)
    monkeypatch.setattr(readme, "OUT", tmp_path)
    monkeypatch.setattr(readme, "ROOT", tmp_path)
    text = "a\n<!-- bench:size -->\nold\n<!-- /bench:size -->\nb\n"
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    row = {"load": 1.0, "fill": 2.0, "save": 3.0, "peak_gb": 0.5}
    kept = common.keep("size", "command", {"hole": 256, "sides": {"1024": row}, "ratio": 1.0})
    assert json.loads(kept.read_text(encoding="utf-8"))["about"]["command"] == "command"
    readme.update()
    updated = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert updated.startswith("a\n<!-- bench:size -->\n| side |")
    assert updated.endswith("<!-- /bench:size -->\nb\n")
    assert "old" not in updated
