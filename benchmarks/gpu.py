"""Benchmark of a machine with a CUDA device: its tests, fills by diffusion and by patches, in ten minutes.

Each part is a process of its own, so that neither an error of the device nor a lack of time spoils the others. What a
part does not spend of its share of the time, the later ones have.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest import mock
from xml.etree import ElementTree

import numpy as np

import svbrdf_core as sv
from benchmarks.common import ROOT, SHARED, Floats, keep, load_case
from svbrdf_core.diffusion import PRESETS
from svbrdf_core.example import KINDS, make_example
from svbrdf_core.metrics import measure as measured
from svbrdf_core.metrics.groups import usable_groups
from svbrdf_core.run import Progress, Run

CASES = (
    "onyx003_square",
    "painted_bricks002_square",
    "ds19_burnt_wood_07_square",
    "facade005_square",
    "ground037_brush",
    "scifi_floor_panel_brush",
    "bark014_square",
    "rosewood_veneer1_brush",
    "metal007_square",
    "leather025_brush",
)
"""Of the fixed cases; the first three are those of the slow preset."""
EXAMPLES = tuple(f"{KINDS[n % len(KINDS)]}-{n // len(KINDS)}-512" for n in range(len(CASES)))
"""Kind, seed and side of the example materials that stand for them."""
SMALL = ("bricks-0-128",)
FIGURES = (
    *("mse", "two_sample", "wasserstein", "sharpness", "seam", "coherence"),
    *("render/log_l1", "flip", "stlpips/render"),
)
"""Shown of each fill; ``mse`` is the mean over the maps. All figures are kept."""
AGREEING = 2.0
"""Backends agree in a figure if they differ by at most this many times what two seeds on the processor do."""
NO_DEVICE = "there is no CUDA device; --small runs a small version on the processor"
ERROR_LENGTH, OUTPUT_LENGTH = 300, 4000


@dataclass(frozen=True)
class Way:
    """One way to fill a case.

    Attributes:
        title: for people.
        device: ``cpu`` or ``cuda``; ``torch``: the code for the device, on the processor.
        seed: of the fill.
        preset: of the diffusion; None for patches.
        budget: seconds for a fill by diffusion.
    """

    title: str
    device: str
    seed: int = 0
    preset: str | None = None
    budget: float | None = None


@dataclass(frozen=True)
class Part:
    """What one process does.

    Attributes:
        title: for people.
        share: seconds of the whole time.
        count: how many cases it fills.
        ways: to fill each; none for the tests.
    """

    title: str
    share: float
    count: int = 0
    ways: tuple[Way, ...] = ()


CPU, OTHER_SEED = Way("patch, processor", "cpu"), Way("patch, processor, another seed", "cpu", seed=1)
TESTS = Part("tests", 90)
FULL = {
    "tests": TESTS,
    "patch": Part("patch", 160, 10, (CPU, OTHER_SEED, Way("patch, CUDA", "cuda"))),
    "quality": Part("diffusion, quality", 150, 10, (Way("diffusion, quality", "cuda", preset="quality", budget=11),)),
    "paper": Part("diffusion, paper", 180, 3, (Way("diffusion, paper", "cuda", preset="paper", budget=30),)),
}
"""Less than ten minutes together."""
IN_SMALL = {
    "tests": TESTS,
    "patch": Part("patch", 60, 1, (CPU, OTHER_SEED, Way("patch, torch on the processor", "torch"))),
    "fast": Part("diffusion, fast", 60, 1, (Way("diffusion, fast", "cpu", preset="fast", budget=5),)),
}


def choose_cases(shared: Path, *, small: bool) -> tuple[str, ...]:
    """Return the names of all cases: the fixed ones where they are, else examples."""
    return SMALL if small else CASES if (shared / "cases").is_dir() else EXAMPLES


def load(shared: Path, case: str) -> tuple[sv.Material, Floats]:
    """Return the material and the hole of a case; that of an example is a square of a quarter of its side."""
    if case not in (*EXAMPLES, *SMALL):
        return load_case(shared, case)
    kind, seed, side = case.split("-")
    clean = next(make_example(k, int(side), int(seed)).clean for k in KINDS if k == kind)
    mask = np.zeros((int(side), int(side)), np.float32)
    hole = slice(int(side) // 4, int(side) // 2)
    mask[hole, hole] = 1
    return sv.Material.from_arrays(kind, clean), mask


def measure_part(name: str, shared: Path, *, small: bool) -> Iterator[dict[str, Any]]:
    """Fill every case of a part in every way; yield a row for each fill, with its error if it failed."""
    part = (IN_SMALL if small else FULL)[name]
    cases = choose_cases(shared, small=small)[: part.count]
    warm: set[Way] = set()
    for case in cases:
        for way in part.ways:
            row: dict[str, Any] = {"case": case, "way": way.title}
            try:
                if name == "patch" and way not in warm:  # loads kernels and device, which is no matter of speed
                    _fill(*load(shared, SMALL[0]), way)
                    warm.add(way)
                row |= _measure_fill(shared, case, way)
            except Exception as error:  # whatever it is, the table says it, and the others go on
                row["error"] = f"{type(error).__name__}: {error}"[:ERROR_LENGTH]
            yield row


def _measure_fill(shared: Path, case: str, way: Way) -> dict[str, Any]:
    material, mask = load(shared, case)
    truth = material.tensor()  # reads the files, so that the fill need not
    fill, steps, peak = _fill(material, mask, way)
    groups, _ = usable_groups(None)
    found = measured(fill.canvas.tensor(), truth, material.layout, mask > 0, groups=groups)
    found["mse"] = float(np.mean([found[f"mse/{name}"] for name in material.layout.names]))
    return {"seconds": fill.seconds, "steps": steps, "peak_mb": peak, "notes": fill.notes, "figures": found}


def _fill(material: sv.Material, mask: Floats, way: Way) -> tuple[sv.Fill[sv.Material], int | None, float | None]:
    """Return a fill, the steps of training that it took, and the most memory of the device that it held, in MB."""
    steps: list[int] = []

    def note_steps(progress: Progress) -> None:
        if progress.training is not None:
            steps.append(progress.training.step)

    settings = None if way.preset is None else replace(PRESETS[way.preset], seconds=way.budget, cache=False)
    if way.device == "cuda":
        import torch

        torch.cuda.reset_peak_memory_stats()
    with _torch_on_the_processor() if way.device == "torch" else nullcontext():
        fill = sv.inpaint(
            material,
            mask,
            method="patch" if way.preset is None else "diffusion",
            settings=settings,
            seed=way.seed,
            device="cuda" if way.device == "cuda" else "cpu",
            run=Run(on_progress=note_steps),
        )
    peak = torch.cuda.max_memory_allocated() / 1e6 if way.device == "cuda" else None
    return fill, max(steps, default=None), peak


@contextmanager
def _torch_on_the_processor() -> Iterator[None]:
    """Have the patch engine run its code for graphics cards on the processor."""
    from svbrdf_core.patch import filling
    from svbrdf_core.patch.torch_backend.backend import TorchBackend

    with mock.patch.object(filling, "backend_for", lambda _: TorchBackend("cpu")):
        yield


def read_tests(report: str) -> dict[str, Any]:
    """Return how many tests of a JUnit report passed, failed, could not run and were skipped, and which were bad."""
    root = ElementTree.fromstring(report)
    suites = list(root.iter("testsuite"))
    bad = [
        f"{test.get('classname')}.{test.get('name')}"
        for test in root.iter("testcase")
        if test.find("failure") is not None or test.find("error") is not None
    ]
    total, failed, errors, skipped = (
        sum(int(suite.get(key, "0")) for suite in suites) for key in ("tests", "failures", "errors", "skipped")
    )
    counts = {"passed": total - failed - errors - skipped, "failed": failed, "errors": errors, "skipped": skipped}
    return {"counts": counts, "bad": bad}


def run_tests(seconds: float) -> dict[str, Any]:
    """Run the tests that need a CUDA device; return the counts, or why there are none."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        words = ["-m", "gpu", "-q", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
        said, error = _call(["-m", "pytest", *words, f"--junit-xml={report}"], seconds)
        if not report.is_file():
            return {"error": error or (said.strip().splitlines() or ["no report"])[-1][:ERROR_LENGTH]}
        return {**read_tests(report.read_text(encoding="utf-8")), "output": said[-OUTPUT_LENGTH:]}


def run_part(name: str, part: Part, shared: Path, seconds: float, *, small: bool) -> dict[str, Any]:
    """Run a part for so many seconds at most; return its rows, what was left out, and what ended it if it failed."""
    words = ["-m", "benchmarks", "gpu-part", name, "--shared", str(shared), *(["--small"] if small else [])]
    said, error = _call(words, seconds)
    rows = [json.loads(line) for line in said.splitlines() if line.startswith('{"case"')]
    done = {(row["case"], row["way"]) for row in rows}
    wanted = [(case, way.title) for case in choose_cases(shared, small=small)[: part.count] for way in part.ways]
    left = [f"{case}, {way}" for case, way in wanted if (case, way) not in done]
    return {"rows": rows, "left_out": left, **({"error": error} if error else {})}


def _call(words: Sequence[str], seconds: float) -> tuple[str, str | None]:
    """Return what a Python process printed within a time, and a sentence if it failed or had to be ended."""
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said, tempfile.TemporaryFile("w+", encoding="utf-8") as bad:
        error = None
        try:
            done = subprocess.run(
                [sys.executable, *words], cwd=ROOT, stdout=said, stderr=bad, timeout=seconds, check=False
            )
        except subprocess.TimeoutExpired:
            error = f"it was ended after {seconds:.0f} s"
        else:
            bad.seek(0)
            if done.returncode:
                error = (bad.read().strip().splitlines() or [f"exit code {done.returncode}"])[-1][:ERROR_LENGTH]
        said.seek(0)
        return said.read(), error


def measure(
    shared: Path, *, small: bool, parts: dict[str, Part], keep_so_far: Callable[[dict[str, Any]], object]
) -> dict[str, Any]:
    """Run all parts; ``keep_so_far`` is called with the result after each."""
    began, due = time.monotonic(), 0.0
    result: dict[str, Any] = {
        "device": _describe_device(),
        "small": small,
        "fixed_cases": choose_cases(shared, small=small) == CASES,
        "left_out": usable_groups(None)[1],
        "parts": {},
    }
    for name, part in parts.items():
        due += part.share
        started = time.monotonic()
        seconds = max(1.0, due - (started - began))
        found = run_part(name, part, shared, seconds, small=small) if part.ways else run_tests(seconds)
        result["parts"][name] = {
            "title": part.title,
            "limit": seconds,
            "ways": [way.title for way in part.ways],
            "budget": part.ways[0].budget if part.ways else None,
            "seconds": time.monotonic() - started,
            **found,
        }
        keep_so_far(result)
        print(_part_line(result["parts"][name]), flush=True)
    return result


def _describe_device() -> str:
    try:
        import torch
    except ImportError:
        return "none (torch is not installed)"
    if not torch.cuda.is_available():
        return f"none (torch {torch.__version__})"
    memory = torch.cuda.get_device_properties(0).total_memory / 1e9
    return f"{torch.cuda.get_device_name(0)}, {memory:.0f} GB, torch {torch.__version__}"


def agreement(rows: Sequence[dict[str, Any]], ways: Sequence[str]) -> dict[str, dict[str, float]]:
    """Compare the third way with the first, figure by figure, with the second as the measure of chance.

    Returns:
        By figure, over the cases that have it in all three ways: the means of the first and the third, their mean
        absolute difference (``apart``), that of the first two (``by_chance``), and how many cases (``cases``).
    """
    by_case: dict[str, dict[str, dict[str, float]]] = {}
    for row in rows:
        if "figures" in row:
            by_case.setdefault(row["case"], {})[row["way"]] = {**row["figures"], "seconds": row["seconds"]}
    whole = [[found[way] for way in ways] for found in by_case.values() if len(found) == len(ways)]
    out = {}
    for name in ("seconds", *FIGURES):
        values = np.array([[way[name] for way in case] for case in whole if all(name in way for way in case)])
        if len(values):
            first, second, third = values.T
            out[name] = {
                "first": float(first.mean()),
                "third": float(third.mean()),
                "apart": float(np.abs(third - first).mean()),
                "by_chance": float(np.abs(second - first).mean()),
                "cases": len(values),
            }
    return out


def table(result: dict[str, Any]) -> str:
    """Return the result as Markdown: the parts, whether backends agree, and every fill."""
    parts = result["parts"].values()
    where = "the fixed cases" if result["fixed_cases"] else "example materials (the fixed cases were not there)"
    if result["small"]:
        where = "a small example material, on the processor: a rehearsal, not a measurement"
    blocks = [
        f"CUDA device: {result['device']}. Filled: {where}.",
        "| part | seconds | at most | what came of it |\n| --- | --- | --- | --- |\n"
        + "\n".join(f"| {p['title']} | {p['seconds']:.0f} | {p['limit']:.0f} | {_outcome(p)} |" for p in parts),
        *result["left_out"],
    ]
    if "patch" in result["parts"]:
        blocks.append(_agreement_text(result))
    rows = [row for part in parts for row in part.get("rows", ())]
    if rows:
        blocks.append(_fills_text(rows))
    notes = [f"- {row['case']}, {row['way']}: {note}" for row in rows for note in row.get("notes", ())]
    return "\n\n".join([*blocks, *(["\n".join(notes)] if notes else [])])


def _outcome(part: dict[str, Any]) -> str:
    """Return in a cell what was done, what failed and what was left out."""
    said = [f"failed: {part['error']}"] if "error" in part else []
    if "counts" in part:
        said.append(", ".join(f"{count} {word}" for word, count in part["counts"].items()))
        said += part["bad"]
    if "rows" in part:
        failed = sum("error" in row for row in part["rows"])
        said.append(f"{len(part['rows']) - failed} fills, {failed} failed")
        if part["budget"]:
            said.append(f"{part['budget']:g} s for each")
        if part["left_out"]:
            said.append(f"left out {len(part['left_out'])}: {'; '.join(part['left_out'])}")
    return _cell("; ".join(said))


def _part_line(part: dict[str, Any]) -> str:
    return f"{part['title']:20s} {part['seconds']:6.1f} s  {_outcome(part)}"


def _agreement_text(result: dict[str, Any]) -> str:
    ways = result["parts"]["patch"]["ways"]
    found = agreement(result["parts"]["patch"]["rows"], ways)
    if not found:
        return "Whether the backends agree is not known: no case was filled by both."
    lines = [
        f"| mean over {found['seconds']['cases']} cases | {ways[0]} | {ways[-1]} | apart | by chance | agree |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in found.items():
        agree = "yes" if row["apart"] <= AGREEING * row["by_chance"] + 1e-6 else "no"
        cells = [_number(row[key]) for key in ("first", "third", "apart", "by_chance")]
        lines.append(f"| {name} | {' | '.join(cells)} | {'' if name == 'seconds' else agree} |")
    lines.append(
        "\nApart: the mean absolute difference of the backends, case by case; by chance: that of two seeds on the "
        f"processor. They agree if they are apart by at most {AGREEING:g} times what chance does."
    )
    return "\n".join(lines)


def _fills_text(rows: Sequence[dict[str, Any]]) -> str:
    lines = [
        "| case | filled by | seconds | steps trained | peak GPU memory, MB | " + " | ".join(FIGURES) + " |",
        "| --- | --- |" + " --- |" * (3 + len(FIGURES)),
    ]
    for row in rows:
        head = f"| {row['case']} | {row['way']} |"
        if "error" in row:
            lines.append(f"{head} failed: {_cell(row['error'])} |" + " |" * (2 + len(FIGURES)))
            continue
        figures = [_number(row["figures"].get(name)) for name in FIGURES]
        cells = [f"{row['seconds']:.2f}", _whole(row["steps"]), _whole(row["peak_mb"]), *figures]
        lines.append(f"{head} {' | '.join(cells)} |")
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}" if abs(value) < 0.1 else f"{value:.3f}"


def _whole(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())


def run(shared: Path = SHARED, *, small: bool = False) -> None:
    """Measure, print and keep after every part."""
    if not small and _describe_device().startswith("none"):
        print(f"gpu: skipped, {NO_DEVICE}")
        return
    name = "gpu-small" if small else "gpu"
    command = "python -m benchmarks gpu" + (" --small" if small else "")
    if not small and not (shared / "cases").is_dir():
        print(f"gpu: there is no {shared / 'cases'}, so example materials are filled (or give it with --shared)")
    parts = IN_SMALL if small else FULL
    result = measure(shared, small=small, parts=parts, keep_so_far=lambda found: keep(name, command, found))
    print("\n" + table(result))
