"""Results made of bare numbers, without pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from svbrdf_core.compare.results import CaseResult, CellResult, Column, Results

Values = Mapping[str, Mapping[tuple[str, str], Sequence[float | None]]]
"""Method to material and mask to one value a seed, None where the run failed."""


def made(values: Values, better: str = "lower", name: str = "mse/diffuse", title: str = "MSE diffuse") -> Results:
    """Return results of one quantity."""
    places = list(dict.fromkeys(place for runs in values.values() for place in runs))
    cells = [
        _cell(f"{place[0]}-{place[1]}", method, seed, name, value)
        for method, runs in values.items()
        for place, row in runs.items()
        for seed, value in enumerate(row)
    ]
    cases = tuple(_case(material, mask) for material, mask in places)
    return Results({}, {"methods": dict.fromkeys(values)}, (Column(name, title, better),), cases, tuple(cells))


def _case(material: str, mask: str) -> CaseResult:
    return CaseResult(
        f"{material}-{mask}", material, mask, 64, 64, 100, (0, 0, 64, 64), ("diffuse", "specular"), True, {}, ""
    )


def _cell(case: str, method: str, seed: int, name: str, value: float | None) -> CellResult:
    metrics = {} if value is None else {name: value}
    return CellResult(case, method, seed, "it broke" if value is None else None, None, None, None, metrics, {})
