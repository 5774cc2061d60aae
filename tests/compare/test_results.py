"""Reading results.json: what it holds, and what cannot be."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from svbrdf_core.compare.results import parse_results, read_results
from svbrdf_core.errors import InputError
from tests.compare.sample import NASTY, WHY, Plan, write_sample


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return write_sample(tmp_path_factory.mktemp("sample"), Plan(size=48, materials=1))


def test_everything_is_read(data: dict[str, Any]) -> None:
    results = parse_results(data)
    assert results.methods == ("copy", "smooth", "mean")
    assert [column.name for column in results.columns][-2:] == ["seconds", "peak_mb"]
    assert results.cases[0].material == NASTY
    assert results.cells[0].value("mse/diffuse") == data["cells"][0]["metrics"]["mse/diffuse"]
    assert results.cells[0].value("nothing") is None
    failed = results.cells[-1]
    assert (failed.why, failed.failed, failed.value("seconds")) == (WHY, True, None)
    assert [cell.method for cell in results.by_case["m0-square"]] == ["copy", "smooth", "mean"]


def test_numbers_that_are_none_are_absent(data: dict[str, Any]) -> None:
    changed = copy.deepcopy(data)
    changed["cells"][0]["metrics"] = {"mse/diffuse": float("nan"), "mse/normal": float("inf")}
    assert parse_results(changed).cells[0].metrics == {}


def _set(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Return what sets ``cells.0.case`` and the like."""

    def change(data: dict[str, Any]) -> None:
        *way, last = path.split(".")
        at: Any = data
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at[step]
        at[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_set("cells.0.case", "elsewhere"), "unknown case elsewhere"),
        (_set("cases.0.id", "../../up"), "not a file name"),
        (_set("cases.0.id", ""), "not a file name"),
        (_set("cases.0.id", "m0-brush"), "two cases"),
        (_set("cases.0.mask_picture", "/etc/passwd"), "not in the folder"),
        (_set("cases.0.mask_picture", "a/../../b.png"), "not in the folder"),
        (_set("cells.0.pictures", {"render": "https://example.org/x.png"}), "not in the folder"),
        (_set("cells.0.pictures", {"render": "javascript:alert(1)"}), "not in the folder"),
        (_set("cases.0.window", [1, 2]), "damaged"),
        (_set("cells", None), "damaged"),
        (lambda data: data.pop("metrics"), "damaged"),
    ],
)
def test_what_cannot_be_is_refused(
    data: dict[str, Any], tmp_path: Path, change: Callable[[dict[str, Any]], None], words: str
) -> None:
    changed = copy.deepcopy(data)
    change(changed)
    (tmp_path / "results.json").write_text(json.dumps(changed), encoding="utf-8")
    with pytest.raises(InputError, match=words):
        read_results(tmp_path)


def test_a_folder_without_results(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="results.json does not exist; give the folder"):
        read_results(tmp_path)


def test_a_file_that_is_no_json(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_bytes(b'{"about": \xff')
    with pytest.raises(InputError, match="damaged"):
        read_results(tmp_path)
