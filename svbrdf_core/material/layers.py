"""EXR files that hold several maps as named layers: which channels are which map."""

from __future__ import annotations

from svbrdf_core.formats import RasterInfo
from svbrdf_core.formats.names import match_name
from svbrdf_core.formats.vocabulary import Use

_PLAIN = frozenset({"R", "G", "B", "A", "L", "Y", "X", "Z"})
_ORDER = {"R": 0, "G": 1, "B": 2, "X": 0, "Y": 1, "Z": 2, "V": 0, "L": 0, "A": 3}


def layers_of(file: RasterInfo) -> dict[str, tuple[int, ...]]:
    """Return layer name to channel indices in R G B A (or X Y Z) order; the nameless layer is ``""``."""
    layers: dict[str, list[int]] = {}
    for at, name in enumerate(file.channels):
        layer, _, last = name.rpartition(".")
        if not layer and name not in _PLAIN:
            layer = last
        layers.setdefault(layer, []).append(at)
    order = {at: _ORDER.get(name.rsplit(".", 1)[-1].upper(), 4) for at, name in enumerate(file.channels)}
    return {layer: tuple(sorted(found, key=lambda at: order[at])) for layer, found in layers.items()}


def layer_uses(file: RasterInfo) -> list[tuple[Use, tuple[int, ...]]]:
    """Return the maps that layer names of an EXR tell, with their channels; empty if none does."""
    if file.format != "exr":
        return []
    found = []
    for layer, channels in layers_of(file).items():
        match = match_name(layer.replace(".", "_"), 3) if layer else None
        for use in match.uses if match else ():
            colour = tuple(c for c in channels if file.channels[c].rsplit(".", 1)[-1].upper() != "A")
            picked = (
                tuple(c for c in colour if file.channels[c][-1].upper() in use.channels) if use.channels else colour
            )
            found.append((use, picked or colour))
    return found
