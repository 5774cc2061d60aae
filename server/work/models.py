"""Models that are offered, described for those who choose one; only headers of files are read."""

from __future__ import annotations

from pathlib import Path

import svbrdf_core as sv
from svbrdf_core.codec.plain import JsonObject
from svbrdf_core.sentences import harmless

MOST = 100
"""Materials that are named."""
LETTERS = 200
"""Of a text from the file."""
LARGEST = 2**53 - 1
"""The largest whole number that a page knows exactly."""


def describe_model(*, path: str) -> JsonObject:
    """Return what a file holds, and the settings that take it.

    Raises:
        InputError: it is no model of ours.
    """
    found = sv.probe_model(Path(path))
    return {
        "kind": found.kind,
        "task": _short(found.task),
        "methods": sv.settings_of_model(found.kind),
        "fits": {name: list(values) for name, values in found.fits.items()},
        "maps": [_short(name) for name in found.maps],
        "channels": [_short(name) for name in found.channels],
        "scale": found.scale,
        "steps": None if found.steps is None else max(0, min(LARGEST, found.steps)),
        "materials": [{"name": _short(name), "licence": _short(licence)} for name, licence in found.materials[:MOST]],
        "materials_seen": len(found.materials),
    }


def _short(text: str) -> str:
    """Return a text of a stranger's as it may be shown."""
    return harmless(text[:LETTERS])
