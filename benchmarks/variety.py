"""Benchmark of variations: how much fills differ that vary one from a step of the reverse process on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

import svbrdf_core as sv
from benchmarks.common import MAPS, SHARED, Floats, keep, load_case, read_published_errors
from benchmarks.diffusion import empty_cache
from svbrdf_core.cli.settings import settings_data
from svbrdf_core.formats import write_png
from svbrdf_core.inpainting.former import Former
from svbrdf_core.methods import find, settings_of
from svbrdf_core.tensors.torus import find_span

SHARES = (0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)
COARSE = 8
"""Side of the squares whose means are the coarse part; the fine part is what they leave."""
PARTS = ("all", "coarse", "fine")


def measure(
    shared: Path, cases: Sequence[str], seeds: int, preset: str, options: Sequence[str], pictures: Path | None
) -> dict[str, Any]:
    """Vary a fill of every case from several steps on, by the network alone and as a guide of patches.

    Args:
        shared: folder with materials and cases.
        cases: names; all if there are none.
        seeds: variations of each fill, from each step.
        preset: of the diffusion.
        options: settings of the diffusion, ``NAME=VALUE``.
        pictures: folder for a picture of each case and mode; None for none.
    """
    rows = []
    for case in cases or sorted(read_published_errors(shared)):
        for mode, more in (("network", ("coarse_hole=0",)), ("guided pieces", ())):
            given = settings_of(find("diffusion"), settings_data("diffusion", preset=preset, options=(*options, *more)))
            shown: list[Floats] = []
            for row in _case(shared, case, given, seeds, shown):
                rows.append({"case": case, "mode": mode, **row})
                print(_line(rows[-1]), flush=True)
            if pictures is not None:
                pictures.mkdir(parents=True, exist_ok=True)
                sheet = np.concatenate(
                    [np.concatenate(shown[at : at + seeds + 1], 2) for at in range(0, len(shown), seeds + 1)], 1
                )
                samples = np.clip(sheet * 255 + 0.5, 0, 255).astype(np.uint8).transpose(1, 2, 0)
                write_png(pictures / f"{case}-{mode.replace(' ', '-')}.png", np.ascontiguousarray(samples))
    return {"preset": preset, "options": list(options), "seeds": seeds, "rows": rows}


def _case(shared: Path, case: str, settings: object, seeds: int, shown: list[Floats]) -> Iterator[dict[str, Any]]:
    material, mask = load_case(shared, case)
    (top, height), (left, width) = (find_span((mask > 0).any(axis=1 - axis)) for axis in (0, 1))
    box = np.s_[:, top : top + height, left : left + width]
    with empty_cache():
        first = sv.inpaint(material, mask, method="diffusion", settings=settings, seed=0, device="cpu").canvas
        for share in SHARES:
            fills = []
            for seed in range(1, seeds + 1):
                former = None if share == 1 else Former(first, share)
                filled = sv.inpaint(
                    material, mask, method="diffusion", settings=settings, seed=seed, former=former, device="cpu"
                )
                fills.append(filled.canvas.tensor()[box])
            whole = first.tensor()[box]
            shown += [_colours(one, material.layout) for one in (whole, *fills)]
            yield {
                "share": share,
                "apart": _mean([_distances(*pair, material.layout) for pair in combinations(fills, 2)]),
                "from_first": _mean([_distances(whole, one, material.layout) for one in fills]),
            }


def _colours(fill: Floats, layout: sv.ChannelLayout) -> Floats:
    return fill[layout.slice_of("diffuse")]


def _distances(one: Floats, other: Floats, layout: sv.ChannelLayout) -> dict[str, dict[str, float]]:
    """Return root mean squares of differences by map, of all of it, of means of squares, and of what these leave.

    The square of the first is the sum of the squares of the others, but for what is left over at the edges.
    """
    found = {}
    for name in MAPS:
        away = one[layout.slice_of(name)] - other[layout.slice_of(name)]
        away = away / 2 if name == "normal" else away
        count, height, width = (len(away), *(side // COARSE * COARSE for side in away.shape[1:]))
        blocks = away[:, :height, :width].reshape(count, height // COARSE, COARSE, width // COARSE, COARSE)
        coarse = blocks.mean((2, 4), keepdims=True)
        values = (blocks, coarse, blocks - coarse)
        found[name] = {part: float(np.sqrt((value**2).mean())) for part, value in zip(PARTS, values, strict=True)}
    return found


def _mean(found: Sequence[dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    return {name: {part: float(np.mean([one[name][part] for one in found])) for part in PARTS} for name in MAPS}


def _line(row: dict[str, Any]) -> str:
    apart = "  ".join(f"{name} {row['apart'][name]['all']:.4f}" for name in MAPS)
    return f"{row['case']:28s} {row['mode']:14s} {row['share']:5.2f}  {apart}"


def table(result: dict[str, Any]) -> str:
    """Return distances over those of fills from seeds of their own, as Markdown; means over the cases."""
    heads = ("fill by", "share", *MAPS, "all maps", "coarse", "fine", "from the first")
    lines = ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
    own = {(row["case"], row["mode"]): row["apart"] for row in result["rows"] if row["share"] == 1}
    groups: dict[tuple[str, float], list[dict[str, Any]]] = {}
    for row in result["rows"]:
        groups.setdefault((row["mode"], row["share"]), []).append(row)
    for (mode, share), rows in groups.items():
        fresh = [own[row["case"], mode] for row in rows]

        def ratio(kind: str, part: str, names: Sequence[str], rows: Any = rows, fresh: Any = fresh) -> str:
            found = [
                row[kind][name][part] / base[name][part]
                for row, base in zip(rows, fresh, strict=True)
                for name in names
                if base[name][part] > 0
            ]
            return f"{np.mean(found):.2f}" if found else "-"

        cells = [ratio("apart", "all", (name,)) for name in MAPS]
        cells += [ratio("apart", part, MAPS) for part in PARTS] + [ratio("from_first", "all", MAPS)]
        lines.append("| " + " | ".join((mode, f"{share:g}", *cells)) + " |")
    count = len({row["case"] for row in result["rows"]})
    lines.append(
        f"\n{count} cases, preset {result['preset']}, {result['seeds']} variations of one fill each: root mean squared "
        f"differences in the hole over those of fills from noise (share 1). Coarse: means of {COARSE} x {COARSE} "
        "pixels; fine: what these leave."
    )
    return "\n".join(lines)


def run(
    shared: Path = SHARED,
    cases: Sequence[str] = (),
    seeds: int = 3,
    preset: str = "fast",
    options: Sequence[str] = (),
    pictures: Path | None = None,
) -> None:
    """Measure, print and keep.

    Raises:
        InputError: the options are no settings of the diffusion.
    """
    if not (shared / "cases" / "reference.csv").is_file():
        print(f"variety: skipped, there is no {shared / 'cases'} (give another folder with --shared)")
        return
    result = measure(shared, cases, seeds, preset, options, pictures)
    print("\n" + table(result))
    command = [
        f"python -m benchmarks variety --preset {preset} --seeds {seeds}",
        *(f"--case {case}" for case in cases),
        *(f"--option {option}" for option in options),
    ]
    keep("variety", " ".join(command), result)
