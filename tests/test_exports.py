"""The front says exactly what it exports, and each folder opens with what it is."""

from __future__ import annotations

import ast
import importlib
import pydoc
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FRONTS = sorted([*(ROOT / "svbrdf_core").rglob("__init__.py"), *(ROOT / "server").rglob("__init__.py")])
NAMES = [".".join(path.parent.relative_to(ROOT).parts) for path in FRONTS]


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("svbrdf_core")])
def test_all_is_what_the_front_exports(name: str) -> None:
    front = importlib.import_module(name)
    public = {
        key
        for key, value in vars(front).items()
        if not key.startswith("_") and not isinstance(value, types.ModuleType) and key != "annotations"
    }
    stated = list(getattr(front, "__all__", ()))  # a folder may export nothing
    for key in stated:
        getattr(front, key)
    assert len(stated) == len(set(stated)), "a name is stated twice"
    assert public <= set(stated), "exported but not stated in __all__"


@pytest.mark.parametrize("path", FRONTS, ids=NAMES)
def test_a_front_opens_with_one_sentence(path: Path) -> None:
    opening = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert opening, path
    first = opening.split("\n\n", 1)[0].replace("\n", " ")
    assert first.endswith(".") and first.count(". ") == 0, first


def test_pydoc_tells_the_public_names() -> None:
    told = pydoc.plain(pydoc.render_doc("svbrdf_core"))
    for words in ("class Material(", "inpaint(canvas", "class PatchSettings(", "Fill a hole in all maps of a material"):
        assert words in told, words
