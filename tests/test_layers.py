"""Imports go one way: each layer, loaded in a process of its own, brings in only the layers below it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

BASE = {"sentences", "errors", "cores", "tensors", "run", "time_left"}
REQUEST = {"codec", "request"}
ENGINES = BASE | {
    "codec",
    "masks",
    "formats",
    "patch",
    "learning",
    "diffusion",
    "learned",
    "methods",
    "metrics",
    "device",
}
ALLOWED: dict[str, set[str]] = {
    "sentences": set(),
    "errors": {"sentences"},
    "time_left": set(),
    "run": {"sentences", "errors", "time_left"},
    "cores": {"sentences", "errors"},
    "tensors": {"sentences", "errors", "cores"},
    "codec": {"sentences", "errors"},
    "request": {"sentences", "errors", "codec"},
    "runs": {"sentences", "errors", "cores"},
    "device": {"sentences", "errors"},
    "memory": set(),
    "version": set(),
    "formats": BASE,
    "masks": BASE | {"formats"},
    "material": BASE | REQUEST | {"formats", "masks"},
    "patch": BASE | {"codec", "masks"},
    "learning": BASE | {"codec", "masks", "formats"},
    "diffusion": BASE | {"codec", "masks", "formats", "learning"},
    "learned": BASE | {"codec", "masks", "formats", "learning", "diffusion", "render", "device"},
    "metrics": BASE | {"masks", "formats"},
    "methods": BASE | {"codec", "masks", "formats", "patch", "learning", "diffusion", "learned", "metrics"},
    "example": BASE | {"formats"},
    "render": BASE | {"device"},
    "pictures": BASE | REQUEST | {"memory", "formats", "material", "masks"},
    "inpainting": ENGINES | REQUEST | {"material", "pictures", "memory"},
    "compare": ENGINES | REQUEST | {"material", "inpainting", "runs", "version"},
    "batch": ENGINES | REQUEST | {"material", "pictures", "inpainting", "runs", "memory", "version"},
    "explain": ENGINES | REQUEST | {"material", "pictures", "inpainting", "compare", "runs", "memory", "version"},
    "cli": ENGINES
    | REQUEST
    | {
        "material",
        "pictures",
        "inpainting",
        "batch",
        "compare",
        "explain",
        "runs",
        "example",
        "render",
        "memory",
        "version",
    },
}
"""What a layer may load of ours, besides itself. A layer that is not listed here is not allowed to exist."""

PROBE = """
import importlib, json, pathlib, sys, types
# The front imports every layer, so a bare package stands in for it while one layer is looked at.
package = types.ModuleType("svbrdf_core")
package.__path__ = [str(pathlib.Path("svbrdf_core").resolve())]
sys.modules["svbrdf_core"] = package
importlib.import_module("svbrdf_core." + sys.argv[1])
print(json.dumps(sorted(sys.modules)))
"""


def loaded(code: str, *arguments: str) -> set[str]:
    """Return the names of all modules that a new interpreter has loaded after running ``code``."""
    run = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout))


def layers() -> list[str]:
    """Return the layers that exist: the modules and folders of the package."""
    found = {path.stem for path in (ROOT / "svbrdf_core").glob("*.py")}
    found |= {path.parent.name for path in (ROOT / "svbrdf_core").glob("*/__init__.py")}
    return sorted(found - {"__init__", "__main__"})


@pytest.mark.parametrize("layer", layers())
def test_a_layer_imports_only_layers_below(layer: str) -> None:
    assert layer in ALLOWED, f"say in tests/test_layers.py what {layer} may import"
    ours = {name.split(".")[1] for name in loaded(PROBE, layer) if name.startswith("svbrdf_core.")}
    assert ours - {layer} <= ALLOWED[layer]


@pytest.mark.parametrize("layer", [name for name in layers() if name not in {"cli", "render"}])
def test_no_layer_needs_torch_or_the_terminal(layer: str) -> None:
    assert not {"torch", "typer", "rich", "cv2", "skimage", "matplotlib"} & loaded(PROBE, layer)


def test_engines_read_no_files() -> None:
    assert not {"PIL", "imageio", "tifffile", "OpenEXR", "imagecodecs"} & loaded(PROBE, "patch")


def test_the_front_is_cheap_to_import() -> None:
    names = loaded("import json, sys, svbrdf_core; print(json.dumps(sorted(sys.modules)))")
    assert not {"torch", "typer", "rich", "cv2", "skimage", "matplotlib"} & names


def test_a_request_is_checked_without_what_compiles_or_trains() -> None:
    """A service reads and checks in a process of its own, which shall start fast and stay small."""
    code = "sv.usable('auto'), sv.load_material, sv.check, sv.write_map; print(json.dumps(sorted(sys.modules)))"
    names = loaded(f"import json, sys, svbrdf_core as sv; {code}")
    assert not {"numba", "torch", "cv2", "skimage"} & names


def test_nothing_in_the_core_knows_of_the_server() -> None:
    for path in (ROOT / "svbrdf_core").rglob("*.py"):
        assert "svbrdf_server" not in path.read_text(encoding="utf-8"), path


OPEN = ("svbrdf_core.codec", "svbrdf_core.codec.plain", "svbrdf_core.sentences", "svbrdf_core.runs.processes")
"""What the server may use besides the front; all of it is standard library only."""


def test_only_the_commands_of_the_server_use_more_than_the_public_front() -> None:
    for path in (ROOT / "server").rglob("*.py"):
        more = (*OPEN, "svbrdf_core.cli.") if path.parent.name == "commands" else OPEN
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            assert not [name for name in names if name.startswith("svbrdf_core.") and not name.startswith(more)], path


SERVER: dict[str, set[str]] = {
    "config": set(),
    "logs": set(),
    "memory": set(),
    "private": set(),
    "proof": set(),
    "runtime": {"private"},
    "schema": set(),
    "data": {"config", "private"},
    "page": set(),
    "http": {"config", "page"},
    "work": {"schema"},
    "jobs": {"config", "data", "work"},
    "client": {"proof", "runtime"},
    "commands": {"client", "config", "data", "private", "run", "runtime"},
    "retention": {"config", "data", "jobs"},
    "models": {"config", "data", "jobs", "work"},
    "service": {"config", "data", "jobs", "memory", "models", "work", "retention"},
    "api": {"config", "data", "jobs", "work", "http", "models", "page", "proof", "service", "retention", "schema"},
    "app": {"config", "data", "jobs", "work", "http", "models", "page", "service", "retention", "api"},
    "run": {
        "config", "data", "jobs", "work", "http", "models", "page", "service", "retention", "api", "app", "logs",
        "private", "proof", "runtime",
    },
}  # fmt: skip
"""What a part of the server may import of the server, besides itself."""


@pytest.mark.parametrize("path", sorted((ROOT / "server").rglob("*.py")), ids=lambda path: path.stem)
def test_the_parts_of_the_server_import_one_way(path: Path) -> None:
    parts = path.relative_to(ROOT / "server").with_suffix("").parts
    if parts == ("__init__",):
        return
    assert parts[0] in SERVER, f"say in tests/test_layers.py what {parts[0]} may import"
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = list(parts[: len(parts) - node.level])
        names = [[*base, *node.module.split(".")]] if node.module else [[*base, one.name] for one in node.names]
        assert {name[0] for name in names} <= SERVER[parts[0]] | {parts[0]}, path


def test_the_server_itself_neither_decodes_nor_computes() -> None:
    code = "svbrdf_server.app.create_app; svbrdf_core.InpaintRequest; print(json.dumps(sorted(sys.modules)))"
    names = loaded(f"import json, sys, svbrdf_core, svbrdf_server.run; {code}")
    assert not {"torch", "numpy", "numba", "scipy", "PIL", "imagecodecs"} & names


def test_the_add_on_imports_nothing_of_ours() -> None:
    for path in (ROOT / "blender_addon").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "svbrdf_core" not in text and "svbrdf_server" not in text, path
