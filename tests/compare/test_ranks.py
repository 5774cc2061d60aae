"""Ranks of methods on holes without a truth."""

from __future__ import annotations

from typing import Any

from svbrdf_core.compare.ranks import add_ranks


def cell(case: str, method: str, blemish: float | None, seed: int = 0) -> dict[str, Any]:
    metrics = {"seam": 1.0} if blemish is None else {"seam": 1.0, "blemish": blemish}
    return {"case": case, "method": method, "seed": seed, "metrics": metrics}


def ranks(cells: list[dict[str, Any]]) -> list[float | None]:
    return [result["metrics"].get("rank") for result in add_ranks(cells)]


def test_methods_are_ranked_on_each_case() -> None:
    cells = [cell("a", "x", 0.5), cell("a", "y", 0.2), cell("a", "z", 0.9), cell("b", "x", 0.1), cell("b", "y", 0.3)]
    assert ranks(cells) == [2, 1, 3, 1, 2]
    assert ranks([cell("a", "x", 0.5), cell("a", "y", 0.5), cell("a", "z", 0.9)]) == [1.5, 1.5, 3]


def test_seeds_share_the_rank_of_their_mean() -> None:
    assert ranks([cell("a", "x", 0.1, 0), cell("a", "x", 0.9, 1), cell("a", "y", 0.4)]) == [2, 2, 1]


def test_with_a_truth_or_without_a_fill_there_is_no_rank() -> None:
    assert ranks([cell("a", "x", None), cell("a", "y", 0.2)]) == [None, 1]
