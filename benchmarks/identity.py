"""Digests of fills, renders and scores, to show that a change of the code changes no result.

``python -m benchmarks identity`` writes them to ``benchmarks/out/identity.json``; run it before and after a change, on
the same machine, and compare with ``--against``. Digests are not in the repository: they depend on the processor.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import svbrdf_core as sv
from benchmarks.common import SHARED, keep, load_case, read_published_errors
from svbrdf_core.example import KINDS, make_example
from svbrdf_core.metrics import measure

SHORT = sv.DiffusionSettings("ours", 60, 4, 32, 16, cache=False)
"""Sixty steps on crops of 32 pixels: every part of the diffusion, in seconds."""
FILLS: dict[str, sv.DiffusionSettings | None] = {"patch": None, "patch-per-map": None, "diffusion": SHORT}
SIZE = 256
"""Side of the example materials, in pixels."""


def run(shared: Path = SHARED, cases: Sequence[str] = (), against: Path | None = None) -> bool:
    """Write the digests; with those of another run, print what differs.

    Returns:
        Whether nothing differs.
    """
    found: dict[str, str] = {}
    for name, value in _digests(shared, cases):
        found[name] = value
        print(f"{name:60s} {value}", flush=True)
    keep("identity", "python -m benchmarks identity", {"digests": found})
    if against is None:
        return True
    before: dict[str, str] = json.loads(against.read_text(encoding="utf-8"))["digests"]
    common = sorted(before.keys() & found.keys())
    different = [name for name in common if before[name] != found[name]]
    print(f"{len(common)} results compared, {len(different)} differ: {', '.join(different) or 'none'}")
    return not different


def _digests(shared: Path, cases: Sequence[str]) -> Iterator[tuple[str, str]]:
    yield from _examples()
    if not (shared / "cases" / "reference.csv").is_file():
        print(f"fixed cases: left out, there is no {shared / 'cases'} (give another folder with --shared)")
        return
    for case in cases or sorted(read_published_errors(shared)):
        material, mask = load_case(shared, case)
        for method, settings in FILLS.items():
            fill = sv.inpaint(material, mask, method=method, settings=settings, seed=0, device="cpu")
            yield f"{case}/{method}", _digest(fill.canvas.tensor())


def _examples() -> Iterator[tuple[str, str]]:
    """Yield renders, a fill on the torus and a scored report of each example material."""
    for kind in KINDS:
        example = make_example(kind, SIZE)
        clean, damaged = (sv.Material.from_arrays(kind, maps) for maps in (example.clean, example.damaged))
        for shape in ("plane", "sphere", "tiled"):
            yield f"{kind}/render/{shape}", _digest(sv.picture(clean, light="studio", shape=shape, size=SIZE))
        fill = sv.inpaint(damaged, example.mask, seed=0, tileable=True, device="cpu")
        filled = fill.canvas.tensor()
        yield f"{kind}/torus", _digest(filled)
        figures = measure(filled, clean.tensor(), clean.layout, example.mask > 0, tileable=True)
        yield f"{kind}/score", hashlib.sha256(json.dumps(figures, sort_keys=True).encode()).hexdigest()


def _digest(array: NDArray[np.generic]) -> str:
    head = repr((array.shape, array.dtype.str)).encode()
    return hashlib.sha256(head + np.ascontiguousarray(array).tobytes()).hexdigest()
