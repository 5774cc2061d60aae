"""Names of maps, methods and groups of metrics as people read them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from svbrdf_core.compare.results import CellResult, Column

RENDER = "render"
_MAPS = {
    "basecolor": "Base colour",
    "ao": "Ambient occlusion",
    RENDER: "Render",
}
_GROUPS = {
    "rank": "Ranking",
    "blemish": "Ranking",
    "mse": "Mean squared error",
    "l1": "Mean absolute error",
    "psnr": "Peak signal-to-noise ratio",
    "ssim": "Structural similarity",
    "angle": "Angle between normals",
    "angle95": "Angle between normals",
    "bce": "Binary cross-entropy",
    "render": "Rendered error",
    "flip": "FLIP",
    "stlpips": "ST-LPIPS",
    "lpips": "LPIPS",
    "tv": "Total variation",
    "tv_known": "Total variation, to known patches",
    "sharpness": "Sharpness",
    "seam": "Seam",
    "two_sample": "Two-sample test",
    "wasserstein": "Patch statistics",
    "patch": "Patches as a set",
    "coherence": "Coherence",
    "band": "Around the hole",
}
COST_GROUP = "Cost"
FIRST = "First look"
"""The heading of the few quantities that stand before all others."""


def map_title(name: str) -> str:
    """Return ``Base colour`` for ``basecolor``; unknown names stay, with a capital."""
    kind, _, own = name.partition(":")
    if kind == "extra":
        return own[:1].upper() + own[1:]
    return f"{_MAPS.get(kind, kind[:1].upper() + kind[1:])} {own}".rstrip()


def run_title(cell: CellResult, seeds: int) -> str:
    """Return the method, with its seed if it was run with several."""
    return f"{cell.method}, seed {cell.seed}" if seeds > 1 else cell.method


def group_of(column: Column) -> str:
    """Return the heading a quantity stands under."""
    if column.name in ("seconds", "peak_mb"):
        return COST_GROUP
    first = column.kind.split("/")[0]
    return _GROUPS.get(first, first[:1].upper() + first[1:])


def group_columns(columns: Iterable[Column]) -> list[tuple[str, list[Column]]]:
    """Return runs of quantities under one heading, in the order they came."""
    return [(name, list(run)) for name, run in groupby(columns, key=group_of)]
