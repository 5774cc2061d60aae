"""Means, spreads and paired differences of methods, with what can be said of them.

The spread of a difference comes from its *units*. Two seeds on one hole, or two holes in one texture, tell less than
two materials do, and a method without randomness gives the same number for every seed; so differences are averaged
within each material first, and a Student t interval is taken over the materials. With fewer than five materials the
cases are the units, and the interval speaks of these materials only. A t interval and not a bootstrap one: reports of
a handful of units are the rule, and there the percentile and BCa bootstraps are too narrow. Intervals are for one
comparison at a time; of twenty, one excludes zero by chance.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from scipy.special import stdtrit

from svbrdf_core.compare.results import Cell, Column, Results

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
    """How one method differs from another on the same cases and seeds.

    Attributes:
        mean: the first minus the second, averaged over the units. For a quantity whose best value is 1 (or 0), of the
            distances from it.
        low, high: the interval of 95 % confidence of the mean; None with fewer than two units.
        pairs: cells of equal case and seed where both have a value.
        left_out: such cells where one of the two failed or has no value.
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
    pairs: int
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
    means = {method: math.fsum(v) / len(v) for method, v in found.items() if v}
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
    """Return how two methods differ, one entry for each quantity that both have on a common case and seed."""
    found = (difference(results, method, other, column) for column in results.columns)
    return tuple(entry for entry in found if entry is not None)


def difference(results: Results, method: str, other: str, column: Column) -> Difference | None:
    """Return how two methods differ in one quantity, None without a common case and seed."""
    pairs, left_out = _pairs(results, method, other, column)
    if not pairs:
        return None
    materials = {case.id: case.material for case in results.cases}
    unit: Unit = "material" if len({materials[case] for case, _ in pairs}) >= MIN_MATERIALS else "case"
    groups: dict[str, list[float]] = {}
    for case, value in pairs:
        groups.setdefault(materials[case] if unit == "material" else case, []).append(value)
    mean, low, high = interval([math.fsum(g) / len(g) for g in groups.values()])
    return _entry(column, method, other, (mean, low, high), (len(pairs), left_out, len(groups)), unit)


def interval(values: Sequence[float], level: float = LEVEL) -> tuple[float, float | None, float | None]:
    """Return the mean of independent values and its Student t interval, which a single value does not have.

    Example:
        >>> [round(x, 3) for x in interval([1.0, 2.0, 3.0])]
        [2.0, -0.484, 4.484]
    """
    mean = math.fsum(values) / len(values)
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
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1))


def _values(results: Results, method: str, column: Column, cases: Collection[str] | None) -> list[float]:
    mine = (c for c in results.cells if c.method == method and (cases is None or c.case in cases))
    return [value for cell in mine if (value := cell.value(column.name)) is not None]


def _pairs(results: Results, method: str, other: str, column: Column) -> tuple[list[tuple[str, float]], int]:
    """Return case and difference of each pair, and how many pairs lack a value."""
    mine, theirs = _by_place(results, method), _by_place(results, other)
    pairs, left_out = [], 0
    signed = column.better in ("lower", "higher")
    for place in mine.keys() & theirs.keys():
        a, b = mine[place].value(column.name), theirs[place].value(column.name)
        if a is None or b is None:
            # A metric that the material does not have (no specular map) is not a failure of either method.
            both = mine[place].failed and theirs[place].failed
            left_out += a is not None or b is not None or both
        else:
            pairs.append((place, a - b if signed else column.loss(a) - column.loss(b)))
    return [(case, value) for (case, _), value in sorted(pairs)], left_out


def _by_place(results: Results, method: str) -> dict[tuple[str, int], Cell]:
    return {(cell.case, cell.seed): cell for cell in results.cells if cell.method == method}


def _entry(
    column: Column,
    method: str,
    other: str,
    numbers: tuple[float, float | None, float | None],
    counts: tuple[int, int, int],
    unit: Unit,
) -> Difference:
    mean, low, high = numbers
    pairs, left_out, units = counts
    told = low is not None and high is not None and (low > 0 or high < 0)
    better = (mean > 0) == (column.better == "higher") if told else None
    words = _words(column, method, other, numbers, told)
    basis = f"{_count(pairs, 'pair')}" + (f" of {_count(units, unit)}" if units != pairs else "")
    verdict = f"{words}, {basis}" + (f"; {left_out} left out" if left_out else "")
    return Difference(method, other, column, mean, low, high, pairs, left_out, units, unit, better, verdict)


def _words(
    column: Column, method: str, other: str, numbers: tuple[float, float | None, float | None], told: bool
) -> str:
    mean, low, high = numbers
    if low is None or high is None:
        return f"{method} minus {other} is {mean:+.3g}, one unit and so no interval"
    if low == high == 0:
        return f"{method} and {other} are equal"
    if not told:
        return f"{method} and {other} cannot be told apart: {mean:+.3g} in [{low:+.3g}, {high:+.3g}]"
    low, high = sorted((abs(low), abs(high)))
    side = {True: "lower", False: "higher"}[mean < 0]
    if column.better in ("one", "zero"):
        side = f"{'nearer to' if mean < 0 else 'farther from'} {'1' if column.better == 'one' else '0'}"
    return f"{method} is {side} than {other} by {abs(mean):.3g} in [{low:.3g}, {high:.3g}]"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("s" if number != 1 else "")
