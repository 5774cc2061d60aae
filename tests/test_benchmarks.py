"""The benchmarks measure what they say, on examples small enough to work out by hand or in seconds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import svbrdf_core as sv
from benchmarks import common, error, joint, peers, readme, sheet, size, speed


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
    filled = peer.fill(broken, hole)
    assert filled.shape == image.shape
    assert filled[hole].mean() < 100


@pytest.mark.skipif(peers.gmic_startup() is None, reason="G'MIC is not installed")
@pytest.mark.parametrize("channels", [1, 3, 10])
def test_gmic_takes_any_number_of_channels_in_their_order(channels: int) -> None:
    image = np.broadcast_to(np.arange(channels) * 20 + 5, (48, 48, channels)).astype(np.uint8)
    hole = np.zeros((48, 48), np.bool_)
    hole[20:28, 20:28] = True
    filled = peers.gmic(np.where(hole[..., None], 0, image).astype(np.uint8), hole)
    assert filled.shape == image.shape
    assert np.abs(filled.astype(int) - image)[hole].max() <= 1


@pytest.mark.parametrize("takes", ["maps", "rgb", "all"])
def test_a_peer_that_knows_the_truth_has_no_error(takes: str) -> None:
    material, mask = speed.example(96)
    truth, hole = material.tensor(), mask > 0
    shown: list[int] = []
    stored = truth.copy()
    at = material.layout.slice_of("normal")
    stored[at] = stored[at] / 2 + 0.5
    whole = np.rint(stored * 255).transpose(1, 2, 0).astype(np.uint8)
    left = [whole] if takes == "all" else [whole[..., material.layout.slice_of(name)] for name in material.layout.names]

    def oracle(image: peers.Bytes, hole: np.ndarray) -> peers.Bytes:
        assert not image[hole].any()
        shown.append(image.shape[2])
        return np.broadcast_to(left[len(shown) - 1], image.shape)

    filled, _ = speed.by_peer(material, truth, hole, peers.Peer(oracle, takes))
    assert shown == {"maps": [3, 3, 1, 1, 1, 1], "rgb": [3] * 6, "all": [10]}[takes]
    assert max(common.errors(filled, truth, material.layout, hole).values()) < (0.6 / 255) ** 2
    assert np.allclose(filled[:, ~hole], truth[:, ~hole], atol=1e-6)


def test_the_spread_of_seeds_and_the_cases_that_count() -> None:
    reference = {"diffuse": 0.1, "normal": 0.2, "roughness": 0.1, "specular": 0.0}
    row = {"case": "a", "sharpness": 1.0, "seconds": 1.0, "reference": reference}
    first = {"diffuse": 0.05, "normal": 0.1, "roughness": 0.2, "specular": 0.0}
    rows = [{**row, "seed": 0, "error": first}, {**row, "seed": 1, "error": {**first, "diffuse": 0.08}}]
    assert error.spread(rows)["diffuse"]["mean"] == pytest.approx([0.5, 0.8])
    found = error.summary(rows)["maps"]
    assert (found["diffuse"]["counted"], found["specular"]["counted"]) == (2, 0)
    assert np.isnan(found["specular"]["mean"])
    lost = [{**rows[0], "error": {**first, "specular": 1e-5}}]
    assert error.summary(lost)["reference_is_0_ours_not"] == [("a", 0, "specular", 1e-5)]


def test_the_sheet_shows_truth_and_fill_of_each_map() -> None:
    material, mask = speed.example(96)
    strip = sheet.beside(material.tensor(), material.tensor(), material.layout, mask > 0)
    assert strip.shape == (sheet.CELL, 12 * sheet.CELL, 3)
    assert sheet.contact_sheet([strip, strip[:, : sheet.CELL]]).shape == (2 * (sheet.CELL + 4), 12 * sheet.CELL, 3)


def test_the_peak_is_our_own() -> None:
    before = size.peak_gb()
    held = np.ones(100_000_000, np.uint8)
    assert size.peak_gb() >= max(before, len(held) / 1e9)


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
