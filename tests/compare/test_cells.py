"""One cell in this process: what is timed and what is not."""

from __future__ import annotations

from pathlib import Path

from svbrdf_core.compare.cases import find_cases
from svbrdf_core.compare.cells import Cell, draw_case, read_finished, run_cell, warm_up
from svbrdf_core.example import write_example


def test_a_method_is_warmed_up_once_a_process_before_it_is_timed(tmp_path: Path) -> None:
    write_example(tmp_path / "bricks", "bricks", size=64)
    (case,) = find_cases([tmp_path / "bricks" / "clean"], ["square"], ["roughness"])
    cells = [Cell(case, "patch", seed, ("maps",), False, "cpu") for seed in (0, 1)]
    warm_up.cache_clear()
    for cell in cells:
        result = run_cell(cell, tmp_path / "report")
        assert result["seconds"] > 0
        assert read_finished(cell, tmp_path / "report") == result
    assert (warm_up.cache_info().misses, warm_up.cache_info().hits) == (1, 1)


def test_what_is_to_be_removed_is_no_truth(tmp_path: Path) -> None:
    """No error is measured against damage, and the fill is the same as where it is taken for the truth."""
    write_example(tmp_path / "bricks", "bricks", size=128)
    folder, mask = tmp_path / "bricks" / "damaged", str(tmp_path / "bricks" / "mask.png")
    found = {}
    for truth in (True, False):
        (case,) = find_cases([folder], [mask], ["diffuse", "roughness"], truth=truth)
        cell = Cell(case, "telea", 0, ("maps", "structure", "statistics"), False, "cpu")
        found[truth] = run_cell(cell, tmp_path / str(truth))
        assert draw_case(case, tmp_path / str(truth), cell.groups)["truth"] is truth
    against, alone = (set(found[truth]["metrics"]) for truth in (True, False))
    assert {"l1/diffuse", "l1/roughness", "mse/diffuse", "tv/diffuse", "tv_known/diffuse"} <= against
    assert "tv_known/diffuse" in alone and {"blemish", "two_sample", "wasserstein", "seam"} <= alone
    assert not [name for name in alone if name.split("/")[0] in {"mse", "l1", "psnr", "ssim", "band", "tv"}]
    assert "blemish" not in against
    fills = [(tmp_path / str(truth) / found[truth]["pictures"]["diffuse"]).read_bytes() for truth in (True, False)]
    assert fills[0] == fills[1]
