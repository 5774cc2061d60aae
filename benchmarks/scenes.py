"""Every material of public scenes opened by Blender's importers and filled, and what is outside the hole compared.

Scenes are ``.blend``, ``.gltf`` and ``.glb`` files; each is opened by a Blender of its own (a Python with ``bpy``),
with the add-on and the service as their users have them. A material ends as one of: ``filled``, ``left`` (nothing of it
can be filled, and it is said why), ``no images``, ``refused`` (a sentence), ``not opened`` (by Blender), and what must
not be: ``changed`` (a sample outside the hole), ``silent`` (an image neither filled nor named), ``crash``, ``hang``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from svbrdf_core.errors import InputError
from svbrdf_core.sentences import harmless

ROOT = Path(__file__).parents[1]
ENDINGS = (".blend", ".gltf", ".glb")
SECONDS = 300.0
"""What one scene may take."""
BAD = ("changed", "silent", "crash", "hang")
MARK = "ROW"
"""What a line of a result begins with, among what Blender and its importers print."""


def run(folders: Sequence[Path], blender: Path | None, *, seconds: float = SECONDS) -> int:
    """Try all scenes, print a table, keep it as JSON, and return how many materials ended as none should.

    Args:
        folders: of scenes, or scenes.
        blender: a Python that has ``bpy``.
        seconds: that one scene may take.

    Raises:
        InputError: there is no such Python.
    """
    from benchmarks.common import keep

    if blender is None or not blender.exists():
        raise InputError("scenes needs a Python that has bpy; name it with --blender.")
    rows = []
    for row in try_scenes(list(_scenes(folders)), blender, seconds=seconds):
        rows.append(row)
        print(" ".join(harmless(f"{row[key]:12}" if key == "outcome" else str(row[key])) for key in row), flush=True)
    counts = Counter(row["outcome"] for row in rows)
    print(describe(counts))
    keep("scenes", " ".join(["scenes", *map(str, folders)]), {"counts": dict(counts), "materials": rows})
    return sum(counts[outcome] for outcome in BAD)


def describe(counts: Counter[str]) -> str:
    """Return how many materials ended how."""
    return "\n".join(f"{count:6} {outcome}" for outcome, count in counts.most_common())


def try_scenes(scenes: Sequence[Path], blender: Path, *, seconds: float = SECONDS) -> Iterator[dict[str, str]]:
    """Yield how the materials of scenes ended: ``outcome``, ``file``, ``material`` and what was ``said``."""
    with tempfile.TemporaryDirectory() as home, _service(Path(home)) as runtime:
        user = Path(home) / "user"
        installed = user / "extensions" / "user_default"
        installed.mkdir(parents=True)
        (installed / "svbrdf_inpaint").symlink_to(ROOT / "blender_addon", target_is_directory=True)
        own = {**os.environ, "BLENDER_USER_RESOURCES": str(user), "XDG_RUNTIME_DIR": str(runtime), "PYTHONUTF8": "1"}
        for scene in scenes:
            for row in _try_scene(scene, blender, own, seconds):
                yield {"outcome": row["outcome"], "file": scene.name, "material": row["material"], "said": row["said"]}


def _try_scene(scene: Path, blender: Path, own: dict[str, str], seconds: float) -> list[dict[str, str]]:
    command = [str(blender), str(Path(__file__).with_name("scenes_inside.py")), str(scene.resolve())]
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        try:
            code = subprocess.run(
                command, env=own, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=seconds, check=False
            ).returncode
            last = {"outcome": "crash", "said": f"exit {code}"}
        except subprocess.TimeoutExpired:
            last = {"outcome": "hang", "said": f"more than {seconds:g} s"}
        log.seek(0)
        lines = log.read().splitlines()
    rows: list[dict[str, str]] = [json.loads(line.removeprefix(MARK)) for line in lines if line.startswith(MARK)]
    if not rows or rows[-1]["outcome"] != "end":
        said = f"{last['said']}: {' '.join(lines[-3:])[-300:]}"
        return [*rows, {"outcome": last["outcome"], "material": "", "said": said}]
    return rows[:-1]


@contextmanager
def _service(home: Path) -> Iterator[Path]:
    """Run a service of its own, and give the folder where the add-on finds it."""
    runtime = home / "run"
    runtime.mkdir(mode=0o700)
    program = os.environ.get("SVBRDF_PROGRAM") or Path(sys.executable).with_name("svbrdf")
    command = [str(program), "serve", "--port", "0", "--data", str(home / "data")]
    with (home / "log").open("wb") as log:
        own = {**os.environ, "XDG_RUNTIME_DIR": str(runtime)}
        process = subprocess.Popen(command, env=own, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        file = runtime / "svbrdf-inpaint" / "service.json"
        while not (file.exists() and json.loads(file.read_text(encoding="utf-8"))["process"]):
            if process.poll() is not None:
                raise InputError(f"The service did not start: {(home / 'log').read_text(errors='replace')[-300:]}")
            time.sleep(0.05)
        yield runtime
    finally:
        process.terminate()
        process.wait()


def _scenes(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        found = sorted(folder.rglob("*")) if folder.is_dir() else [folder]
        yield from (path for path in found if path.suffix.lower() in ENDINGS)
