"""Means, spreads and paired intervals against hand-worked numbers and against scipy's own tests."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from svbrdf_core.compare.results import Column, Results
from svbrdf_core.compare.stats import Difference, difference, differences, failures, interval, summaries
from tests.compare.made import made

NUMBERS = st.floats(-1e3, 1e3, allow_nan=False).map(lambda value: round(value, 6))


def paired(a: list[float | None], b: list[float | None], better: str = "lower") -> tuple[Results, Difference]:
    """Return results of two methods on one material with a case a value, and how they differ."""
    results = made(
        {name: {("wood", f"mask{n}"): [v] for n, v in enumerate(row)} for name, row in (("a", a), ("b", b))}, better
    )
    entry = difference(results, "a", "b", results.metrics[0])
    assert entry is not None
    return results, entry


def test_mean_and_sample_deviation() -> None:
    results = made({"a": {("wood", "square"): [1.0, 2.0], ("wood", "brush"): [6.0, None]}})
    (entry,) = summaries(results, results.metrics[0])
    assert (entry.mean, entry.n) == (3.0, 3)  # (1 + 2 + 6) / 3
    assert entry.sd == pytest.approx(7**0.5)  # ((1 - 3)^2 + (2 - 3)^2 + (6 - 3)^2) / 2 = 7
    assert failures(results, "a") == 1


def test_one_value_has_no_spread_and_no_value_no_entry() -> None:
    results = made({"a": {("wood", "square"): [4.0]}, "b": {("wood", "square"): [None]}})
    (entry,) = summaries(results, results.metrics[0])
    assert (entry.method, entry.sd, entry.best) == ("a", None, False)


def test_only_the_cases_asked_for_count() -> None:
    results = made({"a": {("wood", "square"): [1.0], ("wood", "brush"): [5.0]}})
    assert summaries(results, results.metrics[0], {"wood-brush"})[0].mean == 5


@pytest.mark.parametrize(("better", "best"), [("lower", "a"), ("higher", "c"), ("one", "b"), ("zero", "a")])
def test_best_goes_by_the_quantity(better: str, best: str) -> None:
    results = made({m: {("wood", "square"): [v]} for m, v in (("a", 0.2), ("b", 1.1), ("c", 1.3))}, better)
    assert [s.method for s in summaries(results, results.metrics[0]) if s.best] == [best]


def test_equal_means_are_all_best_only_if_another_is_worse() -> None:
    values = {m: {("wood", "square"): [v]} for m, v in (("a", 1.0), ("b", 1.0), ("c", 2.0))}
    results = made(values)
    assert [s.best for s in summaries(results, results.metrics[0])] == [True, True, False]
    results = made({m: values[m] for m in ("a", "b")})
    assert [s.best for s in summaries(results, results.metrics[0])] == [False, False]


def test_interval_worked_by_hand() -> None:
    # mean 2, deviation 1, Student t of 2 degrees of freedom at 97.5 % is 4.302653: 2 -+ 4.302653 / sqrt(3)
    assert interval([1.0, 2.0, 3.0]) == pytest.approx((2.0, 2 - 2.484138, 2 + 2.484138), abs=1e-6)
    assert interval([5.0]) == (5.0, None, None)


def test_interval_is_that_of_the_paired_t_test() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(0.4, 0.1, 12), rng.normal(0.5, 0.1, 12)
    _, entry = paired(list(map(float, a)), list(map(float, b)))
    theirs = scipy_stats.ttest_rel(a, b).confidence_interval(0.95)
    assert (entry.low, entry.high) == pytest.approx((float(theirs.low), float(theirs.high)))
    assert (entry.cases, entry.units, entry.unit) == (12, 12, "case")


def test_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(2)
    found = [interval(list(map(float, row))) for row in rng.normal(0, 1, (2000, 7))]
    covered = np.mean([low is not None and high is not None and low <= 0 <= high for _, low, high in found])
    assert abs(covered - 0.95) < 0.015


def test_seeds_of_a_case_are_one_unit() -> None:
    values = {"a": {("wood", m): [d, d + 2] for m, d in (("x", 1.0), ("y", 3.0))}}
    values["b"] = {place: [0.0, 0.0] for place in values["a"]}
    results = made(values)
    entry = difference(results, "a", "b", results.metrics[0])
    assert entry is not None
    assert (entry.cases, entry.units, entry.mean) == (2, 2, 3.0)
    assert (entry.mean, entry.low, entry.high) == interval([2.0, 4.0])


def test_a_method_without_randomness_is_set_against_all_seeds_of_another() -> None:
    values = {
        "a": {("wood", "x"): [1.0, 3.0], ("wood", "y"): [4.0, 8.0]},
        "b": {("wood", "x"): [1.0], ("wood", "y"): [2.0]},
    }
    results = made(values)
    entry = difference(results, "a", "b", results.metrics[0])
    assert entry is not None
    assert (entry.cases, entry.left_out, entry.mean) == (2, 0, 2.5)  # 2 - 1 and 6 - 2


def test_masks_of_a_material_are_one_unit_when_there_are_five_materials() -> None:
    rng = np.random.default_rng(3)
    a = {(f"m{n}", mask): [float(rng.random())] for n in range(5) for mask in ("square", "brush")}
    results = made({"a": a, "b": {place: [0.0] for place in a}})
    entry = difference(results, "a", "b", results.metrics[0])
    assert entry is not None
    assert (entry.cases, entry.units, entry.unit) == (10, 5, "material")
    means = [(a[f"m{n}", "square"][0] + a[f"m{n}", "brush"][0]) / 2 for n in range(5)]
    assert (entry.mean, entry.low, entry.high) == pytest.approx(interval(means))
    assert "10 cases of 5 materials" in entry.verdict


def test_failed_runs_are_x_and_counted() -> None:
    _, entry = paired([1.0, None, 3.0, None], [2.0, 2.0, None, None])
    assert (entry.cases, entry.left_out, entry.mean) == (1, 3, -1.0)
    assert entry.low is None and entry.better is None
    assert entry.verdict == "a minus b is -1, one unit and so no interval, 1 case; 3 left out"


def test_a_map_that_a_material_lacks_is_no_failure() -> None:
    results = made({"a": {("wood", "x"): [1.0]}, "b": {("wood", "x"): [1.0]}})
    other = Column("mse/specular", "MSE specular", "lower")
    assert difference(results, "a", "b", other) is None


@pytest.mark.parametrize(
    ("better", "a", "words", "is_better"),
    [
        ("lower", [1.0, 1.1, 0.9], "a is lower than b by 1 in [0.752, 1.25], 3 cases", True),
        ("higher", [1.0, 1.1, 0.9], "a is lower than b by 1 in [0.752, 1.25], 3 cases", False),
        ("one", [1.0, 1.1, 0.9], "a is nearer to 1 than b by 0.933 in [0.79, 1.08], 3 cases", True),
        ("lower", [1.0, 2.1, 3.0], "a and b cannot be told apart: +0.0333 in [-2.45, +2.52], 3 cases", None),
        ("lower", [2.0, 2.0, 2.0], "a and b are equal, 3 cases", None),
    ],
)
def test_verdicts_in_words(better: str, a: list[float | None], words: str, is_better: bool | None) -> None:
    _, entry = paired(a, [2.0, 2.0, 2.0], better)
    assert (entry.verdict, entry.better) == (words, is_better)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=8), st.sampled_from(["lower", "higher", "one"]))
def test_a_difference_turned_round_says_the_opposite(pairs: list[tuple[float, float]], better: str) -> None:
    results, entry = paired([a for a, _ in pairs], [b for _, b in pairs], better)
    (back,) = differences(results, "b", "a")
    assert entry.low is not None and entry.high is not None and back.low is not None and back.high is not None
    assert (back.mean, back.low, back.high) == pytest.approx((-entry.mean, -entry.high, -entry.low), abs=1e-9)
    assert back.cases == entry.cases
