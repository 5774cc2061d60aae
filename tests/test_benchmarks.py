"""The benchmarks measure what they say, on examples small enough to work out by hand or in seconds."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

import svbrdf_core as sv
from benchmarks import (
    believable,
    common,
    drawings,
    error,
    gpu,
    joint,
    pages,
    ranking,
    render,
    scale,
    sheet,
    size,
    speed,
    tables,
)
from svbrdf_core.errors import InputError
from svbrdf_core.formats import read_image, write_png


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
    row |= {"two_sample": 0.1, "wasserstein": 1.2}
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
    looks = {"sharpness": 1.0, "two_sample": 0.0, "wasserstein": 1.0}
    row = {"case": "a", **looks, "seconds": 1.0, "reference": reference}
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
    assert sorted(found) == sorted([*pages.TABLES, "believable", "believable"])  # in README.md and in its own page
    assert sorted(found) == sorted(
        name for text in texts for name in re.findall(r"^<!-- /bench:(\w+) -->$", text, re.MULTILINE)
    )


def test_belief_counts_cases_and_leaves_out_what_has_no_value() -> None:
    figures = {"two_sample": 0.05, "sharpness": 1.0, **dict.fromkeys(believable.SCALES, 1.2), "seam": 1.0}
    row = {"error": dict.fromkeys(common.MAPS, 0.2), "reference": dict.fromkeys(common.MAPS, 0.1), "seconds": 2.0}
    rows = [
        {**row, "case": "a", "figures": {**figures, "coherence": None}},
        {**row, "case": "b", "figures": {**figures, "two_sample": 0.25, "sharpness": 0.5, "coherence": 0.9}},
    ]
    found = believable.summary(rows)
    assert found["cases_above_excess"] == found["cases_not_sharp"] == ["b"]
    assert found["figures"]["two_sample"] == pytest.approx(0.15) and found["figures"]["coherence"] == 0.9
    assert found["error_over_published"]["normal"] == pytest.approx(2)
    text = believable.table({"cases": rows, "method": "patch", "settings": {}, "seed": 0, "summary": found})
    assert "| two-sample excess, mean | 0.150 |" in text and "| cases above 0.1 | 1 |" in text
    assert "1.200 / 1.200 / 1.200" in text and "FLIP" not in text
    beside = believable.table_of_methods([{"method": "patch", "settings": {}, "seed": 0, "summary": found}])
    assert beside.splitlines()[-1].startswith("| `patch` | 0.150 | 1 |")
    assert len({line.count("|") for line in beside.splitlines()}) == 1


def test_ranking_knows_spoiled_fills_and_agrees_with_itself() -> None:
    material, mask = speed.example(192)
    truth, hole = material.tensor(), mask > 0
    whole = ranking.judge_blindly(truth, material.layout, hole)
    worse = [
        ranking.judge_blindly(np.where(hole, bad, truth), material.layout, hole)
        for bad in ranking.spoil(truth, material.layout, hole)
    ]
    assert len(worse) == 6 and sum(bad["blemish"] > whole["blemish"] for bad in worse) >= 5
    assert ranking.compare_patches(truth, truth, hole) == 0
    assert ranking.correlate([1, 2, 3], [4, 5, 9]) == pytest.approx(1) and ranking.correlate([1, 1], [2, 3]) is None


def test_belief_takes_options_of_the_method_and_keeps_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(common, "OUT", tmp_path)
    material, mask = speed.example(96)
    material.save(tmp_path / "materials" / "wall")
    (tmp_path / "cases").mkdir()
    write_png(tmp_path / "cases" / "wall_square.png", mask > 0)
    errors = ",".join(["0.1"] * len(common.MAPS))
    (tmp_path / "cases" / "reference.csv").write_text(
        f"case,{','.join(common.MAPS)}\nwall_square,{errors}\n", encoding="utf-8"
    )
    believable.run(tmp_path)
    believable.run(tmp_path, options=["richness=0", "pieces=0"])
    plain, ablated = (
        json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("believable", "believable-richness=0-pieces=0")
    )
    assert plain["settings"] == {} and ablated["settings"] == {"richness": 0, "pieces": 0}
    assert plain["cases"][0]["error"] != ablated["cases"][0]["error"]
    assert "--option richness=0 --option pieces=0" in ablated["about"]["command"]
    assert "`patch`, richness 0" in believable.table(ablated)
    with pytest.raises(InputError, match="richnes"):
        believable.run(tmp_path, options=["richnes=0"])


def test_without_a_cuda_device_the_gpu_benchmark_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(common, "OUT", tmp_path)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    if not gpu._describe_device().startswith("none"):
        pytest.skip("a CUDA device is in use already")
    gpu.run(tmp_path)
    assert capsys.readouterr().out == f"gpu: skipped, {gpu.NO_DEVICE}\n"
    assert not list(tmp_path.iterdir())


def test_the_gpu_benchmark_says_what_failed_and_what_had_no_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways = (gpu.CPU, gpu.OTHER_SEED, gpu.Way("nowhere", "cuda"))
    monkeypatch.setitem(gpu.FULL, "patch", gpu.Part("patch", 1, 1, ways))
    monkeypatch.setattr(gpu, "EXAMPLES", ("bricks-0-96",))
    monkeypatch.setattr(gpu, "usable_groups", lambda _: (("maps", "structure", "statistics"), ("Left out: renders.",)))
    rows = list(gpu.measure_part("patch", tmp_path, small=False))
    assert rows[0]["seconds"] > 0 and rows[0]["figures"]["mse"] > 0 and rows[0]["peak_mb"] is None
    if not gpu._describe_device().startswith("none"):
        pytest.skip("there is a CUDA device, so that nothing fails")
    assert "error" in rows[2]
    kept: list[int] = []
    late = {"patch": gpu.Part("patch", 0, 1, ways)}
    result = gpu.measure(tmp_path, small=False, parts=late, keep_so_far=lambda found: kept.append(len(found["parts"])))
    assert kept == [1] and result["parts"]["patch"]["left_out"][0] == f"bricks-0-96, {gpu.CPU.title}"
    assert "failed: it was ended after 1 s" in gpu.table(result)
    result["parts"]["patch"]["rows"] = rows
    text = gpu.table(result)
    assert "example materials" in text and "2 fills, 1 failed" in text and "Left out: renders." in text
    assert f"| bricks-0-96 | nowhere | failed: {rows[2]['error'][:20]}" in text


def test_backends_agree_within_chance() -> None:
    figures = [("a", 0.1), ("b", 0.3), ("c", 0.25)]
    rows = [{"case": "x", "way": way, "seconds": 1.0, "figures": {"mse": value}} for way, value in figures]
    found = gpu.agreement([*rows, {"case": "y", "way": "a", "error": "lost"}], ["a", "b", "c"])
    assert found["mse"] == pytest.approx({"first": 0.1, "third": 0.25, "apart": 0.15, "by_chance": 0.2, "cases": 1})


def test_tests_are_counted_from_their_report() -> None:
    report = (
        '<testsuites><testsuite tests="4" failures="1" errors="1" skipped="1"><testcase classname="t" name="good"/>'
        '<testcase classname="t" name="bad"><failure/></testcase></testsuite></testsuites>'
    )
    assert gpu.read_tests(report) == {
        "counts": {"passed": 1, "failed": 1, "errors": 1, "skipped": 1},
        "bad": ["t.bad"],
    }


def test_a_simulated_batch_is_bound_by_what_is_slowest() -> None:
    sets = scale.Measured((1.0,), (10**6,), (10**6,), 4, 1e-6)
    free = scale.Storage("free", 1e15, 1e9, 1e9)
    assert scale.simulate(sets, 1, free).efficiency == pytest.approx(1, abs=1e-3)
    slow = scale.Storage(
        "slow", 12e6, 1e9, 1e9, readings=2
    )  # 3 MB a row: four rows a second, where the cores would do 16
    found = scale.simulate(sets, 1, slow, rows_per_core=50)
    assert found.efficiency == pytest.approx(1 / 4, rel=0.05) and found.busy["storage"] > 0.95
    assert scale.limits(sets, slow)["bytes"] == 0 and scale.limits(sets, free)["head"] == 62_500
    late = scale.Measured((1.0,), (1,), (1,), 4, 0.25)
    assert scale.simulate(late, 1, free, rows_per_core=50).busy["head"] > 0.95


@pytest.mark.parametrize("task", ["", "nope", "glcic foo=1", "glcic train_steps", "glcic task=attention"])
def test_a_wrong_task_is_refused_before_any_training(task: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from benchmarks.learned import measure

    with pytest.raises(InputError, match="There is no|NAME=VALUE|leave task="):
        measure(tmp_path, ["glcic", task], [], [], None, renders=False)
