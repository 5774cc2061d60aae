"""A report says truly how many cells ran beside each other, and on what."""

from __future__ import annotations

import os
from typing import Any

from svbrdf_core.compare.results import CellResult
from svbrdf_core.compare.timing import count_at_a_time, describe_place, describe_timing


def place(began: float, took: float, machine: str = "one", cores: int = 1, processor: str = "Z80") -> dict[str, Any]:
    return {"machine": machine, "processor": processor, "cores": cores, "began": began, "took": took}


def cell(found: dict[str, Any] | None, at_a_time: int | None) -> CellResult:
    return CellResult("case", "patch", 0, None, 1.0, 1.0, 0.0, {}, {}, found, at_a_time)


def test_a_cell_knows_how_many_were_at_work_beside_it_at_most() -> None:
    # Two short ones one after the other beside a long one, then one alone.
    places = [place(0, 10), place(1, 2), place(4, 3), place(20, 1)]
    assert count_at_a_time(places) == [2, 2, 2, 1]
    # One that begins the moment another ends is not beside it.
    assert count_at_a_time([place(0, 1), place(1, 1)]) == [1, 1]
    assert count_at_a_time([place(0, 5), place(1, 5), place(2, 5), place(5.5, 9)]) == [3, 3, 3, 3]


def test_machines_do_not_disturb_each_other_and_failures_are_not_known() -> None:
    assert count_at_a_time([place(0, 9), None, place(1, 9, "two")]) == [1, None, 1]


def test_the_sentence_names_the_number_the_cores_and_the_machines() -> None:
    assert describe_timing([cell(None, None)]) == ""
    assert describe_timing([cell(place(0, 1, cores=2), 1), cell(None, None)]) == "One at a time, on 2 cores (Z80)."
    said = describe_timing([cell(place(0, 9), 3), cell(place(0, 9, "two", 4, "8086"), 1)])
    assert said.startswith("Up to 3 at a time on one machine, each on 1 to 4 cores (8086, Z80, 2 machines).")
    assert "longer" in said


def test_a_place_is_where_this_runs() -> None:
    found = describe_place(0.0)
    assert found["took"] > 1e9 and found["processor"] and 1 <= found["cores"] <= (os.cpu_count() or 1)
