"""Draws what ``request.json`` asks for and writes ``answer.json`` beside it: the script that the child process runs."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import threading
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any


def beside(name: str) -> ModuleType:
    """Return a module of this folder, which is no package to the Blender that runs this script."""
    spec = importlib.util.spec_from_file_location(f"svbrdf_preview_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


def die_with_parent(folder: Path) -> None:
    """End, and leave nothing behind, as soon as the other end of standard input is gone."""

    def wait() -> None:
        while os.read(0, 1):
            pass
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def drawn(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    """Draw the pictures and return what to answer."""
    loading, drawing, plane = beside("loading"), beside("drawing"), beside("plane")
    try:
        loaded = loading.load(folder, request)
        if request["object"] is None:
            scene = plane.build(loaded.material, request)
        else:
            scene = drawing.staged(loaded.scene, request)
        words = loading.remarks(loaded.material, plane=request["object"] is None)
        words += drawing.settle(scene, request)
        drawing.draw(scene, folder / "after.png")
        loaded.substitute(request["before"])
        drawing.draw(scene, folder / "before.png")
        changed = drawing.difference(folder / "before.png", folder / "after.png", folder / "difference.png")
        return {"words": words, "changed": changed}
    except loading.Refusal as refusal:
        return {"sentence": str(refusal)}


def main(request: Path) -> int:
    """Answer one request; the return value is the exit code."""
    die_with_parent(request.parent)
    try:
        answer = drawn(request.parent, json.loads(request.read_text("utf-8")))
        unfinished = request.with_name("answer.json.new")
        unfinished.write_text(json.dumps(answer), "utf-8")
        unfinished.replace(request.with_name("answer.json"))
    except Exception:  # the log is what the parent looks at
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    code = main(Path(sys.argv[sys.argv.index("--") + 1]))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # some versions of bpy hang in a tidy exit
