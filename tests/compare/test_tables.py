"""The tables as text: the layout of the paper's Table III, the summary, and what happens to odd names."""

from __future__ import annotations

from dataclasses import replace

import pytest

from svbrdf_core.compare.results import Column, Results
from svbrdf_core.compare.tables import comparisons, decimals, headlines, markdown, of_methods, summary, table_iii
from tests.compare.made import made

MAPS = ("diffuse", "normal", "roughness", "specular")
PAPER = {
    "RePaint": (0.0024, 0.0058, 0.0069, 0.00021),
    "Patch": (0.0031, 0.0071, 0.0078, 0.00020),
    "Ours": (0.0017, 0.0050, 0.0045, 0.00012),
}
"""Table III of arXiv 2406.04206."""


def of_the_paper() -> Results:
    """Return results that have the paper's means."""
    results = made({method: {("wood", "square"): [0.0]} for method in PAPER})
    cells = [
        replace(cell, metrics={f"mse/{name}": v for name, v in zip(MAPS, PAPER[cell.method], strict=True)})
        for cell in results.cells
    ]
    columns = tuple(Column(f"mse/{name}", f"MSE {name}", "lower") for name in MAPS)
    return replace(results, cells=tuple(cells), metrics=columns)


def test_table_iii_has_the_layout_and_the_digits_of_the_paper() -> None:
    assert table_iii(of_the_paper()).splitlines()[:5] == [
        "| Method  |  Diffuse ↓ |  Normals ↓ | Roughness ↓ |  Specular ↓ |",
        "|---------|-----------:|-----------:|------------:|------------:|",
        "| RePaint |     0.0024 |     0.0058 |      0.0069 |     0.00021 |",
        "| Patch   |     0.0031 |     0.0071 |      0.0078 |     0.00020 |",
        "| Ours    | **0.0017** | **0.0050** |  **0.0045** | **0.00012** |",
    ]


def test_table_iii_without_a_map_says_so() -> None:
    results = of_the_paper()
    cases = tuple(replace(case, maps=("basecolor", "normal")) for case in results.cases)
    cells = tuple(replace(cell, metrics={"mse/normal": 0.1}) for cell in results.cells)
    text = table_iii(replace(results, cases=cases, cells=cells))
    assert "| Ours    |         – |    0.1000 |           – |          – |" in text
    assert "1 of the cases lack a diffuse or a specular map" in text


def test_summary_marks_the_best_and_counts_failures() -> None:
    results = made({"a": {("wood", "x"): [0.010, 0.020]}, "b": {("wood", "x"): [0.030, None]}})
    assert summary(results).splitlines()[2:] == [
        "| MSE diffuse ↓ | **0.0150 ± 0.0071** | 0.0300 |",
        "| failed        |                   0 |      1 |",
    ]


def test_headlines_are_few_and_in_their_own_order() -> None:
    names = ("seam/normal", "ssim/normal", "coherence", "mse/normal", "mse/diffuse", "band/mse/diffuse")
    results = made({"a": {("wood", "x"): [1.0]}})
    cell = replace(results.cells[0], metrics=dict.fromkeys(names, 1.0), seconds=2.0)
    columns = tuple(Column(name, name, "lower") for name in names)
    found = headlines(replace(results, metrics=columns, cells=(cell,)))
    assert [column.name for column in found] == ["mse/normal", "mse/diffuse", "coherence", "seconds"]


def test_a_row_a_method_with_the_decimals_of_each_quantity() -> None:
    text = of_methods(of_the_paper(), [Column("mse/diffuse", "MSE", "lower"), Column("none", "None", "one")])
    assert text.splitlines()[0] == "| Method  |       MSE ↓ | None → 1 |"
    assert text.splitlines()[-1] == "| Ours    | **0.00170** |        – |"


def test_comparisons_are_sentences_about_the_first_method() -> None:
    results = made(
        {m: {("w", str(n)): [v + n / 10] for n in range(3)} for m, v in (("a", 1.0), ("b", 2.0), ("c", 3.0))}
    )
    assert comparisons(results).splitlines() == [
        "- MSE diffuse: a is lower than b by 1 in [1, 1], 3 cases",
        "- MSE diffuse: a is lower than c by 2 in [2, 2], 3 cases",
    ]


def test_results_without_runs_make_tables_without_rows() -> None:
    empty = Results({}, {}, (), (), ())
    assert comparisons(empty) == ""
    assert len(summary(empty).splitlines()) == 2
    assert table_iii(empty).splitlines()[0].startswith("| Method |")


@pytest.mark.parametrize(
    ("means", "places"),
    [([0.0024, 0.0031], 5), ([0.02, 0.01], 4), ([19.3, 20.1], 1), ([812.0], 0), ([0.0], 0), ([], 0), ([1e-9], 6)],
)
def test_decimals_show_what_differs(means: list[float], places: int) -> None:
    assert decimals(means) == places


def test_a_name_cannot_break_a_table() -> None:
    assert markdown(["a"], [["x|y\nz"]]).splitlines()[2] == "| x\\|y z |"
