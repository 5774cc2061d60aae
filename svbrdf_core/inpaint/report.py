"""A finished repair comes in; what programs are told about it goes out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from svbrdf_core.inpaint.check import Prepared
from svbrdf_core.inpaint.rank import Ranked
from svbrdf_core.inpaint.request import Repair
from svbrdf_core.material import SaveReport
from svbrdf_core.plain import Json, plain


def report_of(
    job: Repair, fills: Sequence[Ranked], saved: Sequence[SaveReport], found: Prepared, told: Sequence[str]
) -> dict[str, Json]:
    """Return what ``svbrdf inpaint --json`` prints; nothing but what JSON knows."""
    pixels = int(np.count_nonzero(found.mask))
    data: dict[str, Json] = {
        "material": job.material.name,
        "maps": list(job.material.maps),
        "hole": {"pixels": pixels, "share": pixels / found.mask.size},
        "method": job.choice.method,
        "tileable": found.tileable,
        "variations": [_variation(job, one, files) for one, files in zip(fills, saved, strict=True)],
        "preview": None if job.preview is None else str(job.preview),
        "source_map": None if job.source_map is None else str(job.source_map),
        "warnings": list(job.material.warnings),
        "notes": list(dict.fromkeys((*found.notes, *told))),
    }
    return {key: plain(value) for key, value in data.items()}


def _variation(job: Repair, one: Ranked, saved: SaveReport) -> dict[str, Json]:
    return {
        "folder": str(saved.files[0].parent if saved.files else job.target),
        "seed": one.seed,
        "energy": one.fill.energy,
        "blemish": one.blemish,
        "seconds": round(one.fill.seconds, 3),
        "files": [str(path) for path in saved.files],
        "backup": None if saved.backup is None else str(saved.backup),
    }
