"""Means, spreads and paired differences of methods, with what can be said of them.

The spread of a difference comes from its *units*. Two seeds on one hole, or two holes in one texture, tell less than
two materials do; so a case counts with the mean over its seeds (a method without randomness is run once), differences
are averaged within each material, and a Student t interval is taken over the materials. With fewer than five materials
the cases are the units, and the interval speaks of these materials only. A t interval and not a bootstrap one: reports
of a handful of units are the rule, and there the percentile and BCa bootstraps are too narrow. Intervals are for one
comparison at a time; of twenty, one excludes zero by chance.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from scipy.special import stdtrit

from svbrdf_core.compare.results import Column, Results

LEVEL = 0.95
MIN_MATERIALS = 5

Unit = Literal["material", "case"]


@dataclass(frozen=True)
class Summary:
    """One quantity over all cells of one method.

    Attributes:
        mean: of the ``n`` cells that have a value.
        sd: sample standard deviation (division by ``n - 1``), None for a single cell.
        best: the mean is the best of the methods by the quantity's own direction. Of equal means all are best, unless
            there is no other.
    """

    method: str
    column: Column
    mean: float
    sd: float | None
    n: int
    best: bool


@dataclass(frozen=True)
class Difference:
    """How one method differs from another on the same cases.

    Attributes:
        mean: the first minus the second, averaged over the units. For a quantity whose best value is 1 (or 0), of the
            distances from it.
        low, high: the interval of 95 % confidence of the mean; None with fewer than two units.
        cases: how many cases both have a value on.
        left_out: cases where one of the two failed or has no value.
        units, unit: how many independent numbers the interval rests on, and what they are.
        better: True if the first is better beyond the interval, False if worse, None if it cannot be told.
        verdict: the same in words.
    """

    method: str
    other: str
    column: Column
    mean: float
    low: float | None
    high: float | None
    cases: int
    left_out: int
    units: int
    unit: Unit
    better: bool | None
    verdict: str


def summaries(results: Results, column: Column, cases: Collection[str] | None = None) -> tuple[Summary, ...]:
    """Return a quantity's mean and spread for each method that has it.

    Args:
        results: the comparison.
        column: what to average.
        cases: ids of the cases to look at, all by default.
    """
    found = {method: _values(results, method, column, cases) for method in results.methods}
    means = {method: _mean(v) for method, v in found.items() if v}
    losses = {method: column.loss(mean) for method, mean in means.items()}
    best = min(losses.values(), default=0.0)
    some_worse = len(set(losses.values())) > 1
    return tuple(
        Summary(
            method,
            column,
            mean,
            spread(found[method]),
            len(found[method]),
            some_worse and losses[method] == best,
        )
        for method, mean in means.items()
    )


def failures(results: Results, method: str) -> int:
    """Return how many cells of a method have no result."""
    return sum(cell.failed for cell in results.cells if cell.method == method)


def differences(results: Results, method: str, other: str) -> tuple[Difference, ...]:
    """Return how two methods differ, one entry for each quantity that both have on a common case."""
    found = (difference(results, method, other, column) for column in results.columns)
    return tuple(entry for entry in found if entry is not None)


def difference(results: Results, method: str, other: str, column: Column) -> Difference | None:
    """Return how two methods differ in one quantity, None without a common case or where neither can be better."""
    if column.better == "neither":
        return None
    found, left_out = _by_case(results, method, other, column)
    if not found:
        return None
    materials = {case.id: case.material for case in results.cases}
    unit: Unit = "material" if len({materials[case] for case in found}) >= MIN_MATERIALS else "case"
    groups: dict[str, list[float]] = {}
    for case, value in found.items():
        groups.setdefault(materials[case] if unit == "material" else case, []).append(value)
    numbers = interval([_mean(group) for group in groups.values()])
    return _entry(column, method, other, numbers, (len(found), left_out, len(groups)), unit)


def interval(values: Sequence[float], level: float = LEVEL) -> tuple[float, float | None, float | None]:
    """Return the mean of independent values and its Student t interval, which a single value does not have.

    Example:
        >>> [round(x, 3) for x in interval([1.0, 2.0, 3.0])]
        [2.0, -0.484, 4.484]
    """
    mean = _mean(values)
    sd = spread(values)
    if sd is None:
        return mean, None, None
    half = quantile(len(values), level) * sd / math.sqrt(len(values))
    return mean, mean - half, mean + half


def quantile(units: int, level: float = LEVEL) -> float:
    """Return the two-sided Student t quantile for the mean of ``units`` values, at least two."""
    return float(stdtrit(units - 1, (1 + level) / 2))


def spread(values: Sequence[float]) -> float | None:
    """Return the sample standard deviation, None for fewer than two values."""
    if len(values) < 2:
        return None
    mean = _mean(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _values(results: Results, method: str, column: Column, cases: Collection[str] | None) -> list[float]:
    mine = (c for c in results.cells if c.method == method and (cases is None or c.case in cases))
    return [value for cell in mine if (value := cell.value(column.name)) is not None]


def _by_case(results: Results, method: str, other: str, column: Column) -> tuple[dict[str, float], int]:
    """Return the difference on each case that both have a value on, and how many cases only one has."""
    signed = column.better in ("lower", "higher")
    mine, theirs = (_means(results, name, column, signed) for name in (method, other))
    failed = {cell.case for cell in results.cells if cell.failed and cell.method in (method, other)}
    # A quantity that the material does not have (no specular map) is nobody's failure.
    left_out = (mine.keys() ^ theirs.keys()) | (failed - mine.keys() - theirs.keys())
    return {case: mine[case] - theirs[case] for case in sorted(mine.keys() & theirs.keys())}, len(left_out)


def _means(results: Results, method: str, column: Column, signed: bool) -> dict[str, float]:
    """Return the mean over the seeds of each case, of the values or of how bad they are."""
    found: dict[str, list[float]] = {}
    for cell in results.cells:
        value = cell.value(column.name) if cell.method == method else None
        if value is not None:
            found.setdefault(cell.case, []).append(value if signed else column.loss(value))
    return {case: _mean(values) for case, values in found.items()}


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _entry(
    column: Column,
    method: str,
    other: str,
    numbers: tuple[float, float | None, float | None],
    counts: tuple[int, int, int],
    unit: Unit,
) -> Difference:
    mean, low, high = numbers
    cases, left_out, units = counts
    is_clear = low is not None and high is not None and (low > 0 or high < 0)
    better = (mean > 0) == (column.better == "higher") if is_clear else None
    words = _words(column, method, other, numbers, is_clear)
    basis = _count(cases, "case") + (f" of {_count(units, unit)}" if unit == "material" else "")
    verdict = f"{words}, {basis}" + (f"; {left_out} left out" if left_out else "")
    return Difference(method, other, column, mean, low, high, cases, left_out, units, unit, better, verdict)


def _words(
    column: Column, method: str, other: str, numbers: tuple[float, float | None, float | None], is_clear: bool
) -> str:
    mean, low, high = numbers
    if low is None or high is None:
        return f"{method} minus {other} is {mean:+.3g}, one unit and so no interval"
    if low == high == 0:
        return f"{method} and {other} are equal"
    if not is_clear:
        return f"{method} and {other} cannot be told apart: {mean:+.3g} in [{low:+.3g}, {high:+.3g}]"
    low, high = sorted((abs(low), abs(high)))
    side = {True: "lower", False: "higher"}[mean < 0]
    if column.better in ("one", "zero"):
        side = f"{'nearer to' if mean < 0 else 'farther from'} {'1' if column.better == 'one' else '0'}"
    return f"{method} is {side} than {other} by {abs(mean):.3g} in [{low:.3g}, {high:.3g}]"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("s" if number != 1 else "")
