"""The add-on's layers import one way, and those that threads run know nothing of Blender."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ADDON = ROOT / "blender_addon"
ALLOWED: dict[str, set[str]] = {
    "client": set(),
    "job": {"client"},
    "graph": set(),
    "images": {"client"},
    "material": {"client", "graph", "images"},
    "holes": {"client", "graph", "images", "material"},
    "preview": {"client", "graph", "images", "material"},
    "library": {"client"},
    "session": {"client", "job", "graph", "images", "material", "holes", "preview", "library"},
    "ui": {"client", "job", "graph", "images", "material", "holes", "preview", "library", "session"},
}
"""What a layer may import of the add-on, besides itself; one that is not listed here is not allowed to exist."""
FREE = {"client", "job", "graph", "library"}
"""Layers that may run in threads."""
FREE_FILES = {"holes/raster.py"}
"""And files of others."""
APART = {"preview/child.py", "library/child.py"}
"""Processes of their own."""
BLENDER = {
    "bpy",
    "bmesh",
    "mathutils",
    "gpu",
    "gpu_extras",
    "bpy_extras",
    "bl_math",
    "blf",
    "imbuf",
    "freestyle",
    "aud",
}
BLENDER |= {"addon_utils", "_bpy", "idprop", "nodeitems_utils", "rna_prop_ui", "bl_ui"}
THREADS = {"threading", "_thread", "concurrent", "multiprocessing", "asyncio", "socketserver", "sched", "queue"}
FILES = sorted(ADDON.rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[str, ...]]:
    """Return what a file imports, wherever in it: absolute names, and those of the add-on after ``""``."""
    parts = path.relative_to(ADDON).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (tuple(one.name.split(".")) for one in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield tuple((node.module or "").split("."))
        elif isinstance(node, ast.ImportFrom):
            package = parts[: len(parts) - node.level]
            module = tuple(node.module.split(".")) if node.module else ()
            yield from (("", *package, *(module or (one.name,))) for one in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ADDON)))
def test_the_add_on_imports_one_way(path: Path) -> None:
    layer = path.relative_to(ADDON).parts[0]
    if path.parent == ADDON:
        return
    assert layer in ALLOWED, f"say in {Path(__file__).name} what {layer} may import"
    for name in imports(path):
        if name[0] == "" and len(name) > 1:
            assert name[1] in ALLOWED[layer] | {layer}, name


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ADDON)))
def test_only_what_is_free_of_blender_has_to_do_with_threads(path: Path) -> None:
    apart = path.relative_to(ADDON).as_posix() in APART
    free = path.relative_to(ADDON).parts[0] in FREE or path.relative_to(ADDON).as_posix() in FREE_FILES
    free &= not apart
    wrong = BLENDER if free else set() if apart else THREADS
    assert not [name for name in imports(path) if name[0] in wrong]
    if free:
        names = {
            node.id for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Name)
        }
        assert not names & {"__import__", "bpy"}


def test_nothing_but_the_standard_library_and_numpy() -> None:
    # Blender brings certifi along, and Python's own certificates are taken where it does not.
    fine = set(sys.stdlib_module_names) | BLENDER | {"numpy", "certifi", ""}
    found = {(str(path.relative_to(ADDON)), name[0]) for path in FILES for name in imports(path)}
    assert not {one for one in found if one[1] not in fine}


def test_free_layers_load_without_blender() -> None:
    files = [path for path in FILES if path.relative_to(ADDON).as_posix() not in APART]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files]
    free = [name.removesuffix(".__init__") for name in names if name.split(".")[1] in FREE]
    free += ["blender_addon", *(f"blender_addon.{name[:-3].replace('/', '.')}" for name in FREE_FILES)]
    code = "import importlib, json, sys; [importlib.import_module(n) for n in json.loads(sys.argv[1])]"
    run = subprocess.run(
        [sys.executable, "-c", code + "; print(json.dumps(sorted(sys.modules)))", json.dumps(sorted(free))],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    loaded = set(json.loads(run.stdout))
    assert not {name for name in loaded if name.split(".")[0] in BLENDER}
    ours = {name.split(".")[1] for name in loaded if name.startswith("blender_addon.")}
    assert ours == FREE | {"holes"}
