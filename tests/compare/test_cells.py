"""One cell in this process: what is timed and what is not."""

from __future__ import annotations

from pathlib import Path

from svbrdf_core.compare.cases import find_cases
from svbrdf_core.compare.cells import Cell, read_finished, run_cell, warm_up
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
