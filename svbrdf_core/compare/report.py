"""Report of a comparison: HTML pages from ``results.json`` and the PNG files of its folder."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from svbrdf_core.compare.front import front_page
from svbrdf_core.compare.html import Pages
from svbrdf_core.compare.pages import PAGES, Card, case_page
from svbrdf_core.compare.results import Results, read_results
from svbrdf_core.formats import write_files

INDEX = "index.html"


def write_report(folder: Path) -> None:
    """Write ``index.html`` and one page a case under ``cases/``, all or none; older pages are replaced.

    Each page stands alone: style, script and reduced pictures are in it, the full PNG files are linked. Cases are read
    one at a time, so that memory does not grow with their number.

    Args:
        folder: of ``results.json`` and of the pictures it names.

    Raises:
        InputError: the results or a picture are missing or damaged, or Jinja2 is not installed.
        OutputError: a page cannot be written.
    """
    results, pages = read_results(folder), Pages()
    cards: list[Card] = []
    # The front page comes last: it is made of the cards that the others leave.
    writers: dict[str, Callable[[Path], None]] = {
        f"{PAGES}/{case.id}.html": partial(_write_case, folder, results, number, pages, cards)
        for number, case in enumerate(results.cases)
    }
    writers[INDEX] = partial(_write_front, results, pages, cards)
    write_files(folder, writers, overwrite=True)


def _write_case(folder: Path, results: Results, number: int, pages: Pages, cards: list[Card], path: Path) -> None:
    case = results.cases[number]
    made = case_page(folder, results, case)
    cards.append(made.card)
    around = {
        "before": results.cases[number - 1] if number else None,
        "after": results.cases[number + 1] if number + 1 < len(results.cases) else None,
    }
    path.write_text(pages.page("case", made.values | around), encoding="utf-8")


def _write_front(results: Results, pages: Pages, cards: list[Card], path: Path) -> None:
    path.write_text(pages.page("index", front_page(results, cards)), encoding="utf-8")
