"""Ranks of methods on holes whose truth is not known, by what shows of their fills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from svbrdf_core.compare.results import Column

RANKING = (Column("rank", "Rank", "lower"), Column("blemish", "Blemish", "lower"))
"""What fills without a truth are ordered by."""


def add_ranks(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return cells' entries with the figure ``rank`` where there is a ``blemish``: 1 for the method with the least.

    Methods are ranked on each case by the mean over their seeds; equal ones share the mean of their ranks.
    """
    found: dict[str, dict[str, list[float]]] = {}
    for result in results:
        if "blemish" in result["metrics"]:
            found.setdefault(result["case"], {}).setdefault(result["method"], []).append(result["metrics"]["blemish"])
    ranks = {
        (case, method): rank
        for case, methods in found.items()
        for method, rank in _rank({method: float(np.mean(values)) for method, values in methods.items()}).items()
    }
    return [_add(result, ranks.get((result["case"], result["method"]))) for result in results]


def _rank(figures: Mapping[str, float]) -> dict[str, float]:
    values = np.array(list(figures.values()))
    below, same = (values < values[:, None]).sum(1), (values == values[:, None]).sum(1)
    return dict(zip(figures, (below + (same + 1) / 2).tolist(), strict=True))


def _add(result: Mapping[str, Any], rank: float | None) -> dict[str, Any]:
    figures = result["metrics"]
    return {**result, "metrics": {"rank": rank, **figures} if "blemish" in figures else figures}
