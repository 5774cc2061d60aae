"""The benchmarks measure what they say, on examples small enough to work out by hand or in seconds."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import svbrdf_core as sv
from benchmarks import common, drawings, error, joint, pages, render, sheet, size, speed, tables
from svbrdf_core.formats import read_image


def test_errors_compare_normals_as_they_are_stored_and_blur_is_not_sharp() -> None:
    layout = sv.ChannelLayout(("normal", "roughness"), (3, 1))
    truth = np.random.default_rng(0).random((4, 32, 32)).astype(np.float32)
    filled = truth.copy()
    hole = np.zeros((32, 32), np.bool_)
    hole[8:24, 8:24] = True
    filled[0, 9, 9] += 0.6
    filled[3] = truth[3] / 2
    found = common.judge_fill(filled, truth, layout, hole)
    assert found["error"]["normal"] == pytest.approx(0.3**2 / (3 * 256))
    assert found["error"]["roughness"] == pytest.approx(np.mean((truth[3, hole] / 2) ** 2))
    assert found["sharpness"] < 1


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


def test_joint_fills_the_example_both_ways(tmp_path: Path) -> None:
    result = joint.measure(tmp_path)  # no shared cases there
    (row,) = result["cases"]
    assert row["joint"]["coherence"] > row["per map"]["coherence"]
    assert "| example bricks |" in joint.table(result)


def test_speed_times_pairs_and_says_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "PEERS", ("telea", "gmic"))
    monkeypatch.setenv("PATH", "")  # no gmic there
    material, mask = speed.example(96)
    result = speed.measure(material, mask, 1)
    ours, telea, _ = result["methods"]
    assert ours["ratio"] == 1
    assert telea["seconds"] > 0
    assert telea["error"].keys() == ours["error"].keys() == set(material.maps)
    assert result["gmic_startup"] is None
    assert "| not installed |" in speed.table(result)


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
    strip = sheet.draw_beside(material.tensor(), material.tensor(), material.layout, mask > 0)
    assert strip.shape == (sheet.CELL, 12 * sheet.CELL, 3)
    assert sheet.contact_sheet([strip, strip[:, : sheet.CELL]]).shape == (2 * (sheet.CELL + 4), 12 * sheet.CELL, 3)


def test_size_measures_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size, "HOLE", 32)
    size.write(tmp_path / "set", 128)
    found = size.measure_folder(tmp_path / "set")
    assert found["fill"] > 0
    assert found["peak_gb"] > 0


def test_render_times_each_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "WARM", 0)
    result = render.measure(1)
    assert min(row["least"] for row in result["milliseconds"].values()) > 0
    assert "| render, one light |" in render.table(result)


def test_drawings_are_lines_of_ink_on_paper(tmp_path: Path) -> None:
    for path in drawings.draw(tmp_path):
        ink = read_image(path).samples[..., 0]
        assert 0.05 < (ink < 128).mean() < 0.5
        assert ((ink > 64) & (ink < 192)).mean() < 0.15, "grey only where a line ends"


def test_a_table_of_line_drawings_from_the_start_to_its_markdown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(common, "OUT", tmp_path)
    drawn = drawings.draw(tmp_path)[:1]
    tables.run_table("ii", drawn, ["square"], ["poisson", "telea"], tmp_path / "report")
    printed = capsys.readouterr().out
    assert "| telea " in printed
    kept = json.loads((tmp_path / "table_ii.json").read_text(encoding="utf-8"))
    assert tables.text(kept) in printed
    assert tables.summary_text(kept).count("\n") == tables.text(kept).count("\n")
    assert "BCE base colour" in printed
    assert (tmp_path / "report" / "index.html").is_file()


def test_the_pages_take_the_last_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "OUT", tmp_path)
    monkeypatch.setattr(pages, "OUT", tmp_path)
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    text = "a\n<!-- bench:size -->\nold\n<!-- /bench:size -->\nb\n"
    (tmp_path / "docs").mkdir()
    for page in pages.PAGES:
        (tmp_path / page).write_text(text, encoding="utf-8")
    row = {"load": 1.0, "fill": 2.0, "save": 3.0, "peak_gb": 0.5}
    kept = common.keep("size", "command", {"hole": 256, "sides": {"1024": row}, "ratio": 1.0})
    assert json.loads(kept.read_text(encoding="utf-8"))["about"]["command"] == "command"
    pages.update()
    for page in pages.PAGES:
        updated = (tmp_path / page).read_text(encoding="utf-8")
        assert updated.startswith("a\n<!-- bench:size -->\n| side |")
        assert updated.endswith("<!-- /bench:size -->\nb\n")
        assert "old" not in updated


def test_every_table_has_its_place_in_a_page() -> None:
    texts = [(common.ROOT / page).read_text(encoding="utf-8") for page in pages.PAGES]
    found = [name for text in texts for name in re.findall(r"^<!-- bench:(\w+) -->$", text, re.MULTILINE)]
    assert sorted(found) == sorted(pages.TABLES)
    assert sorted(found) == sorted(
        name for text in texts for name in re.findall(r"^<!-- /bench:(\w+) -->$", text, re.MULTILINE)
    )
