"""Content negotiation: the form and the coding that a map is sent in."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import zstandard

FORMS = {"application/x-npy": "npy", "image/png": "png", "image/x-exr": "exr"}
"""Media type to file ending; the first is the form if the client takes anything."""
PIECE = 2**20


def form_of(accept: str) -> str | None:
    """Return the media type that an Accept header likes best, None if it likes none of ours."""
    return _choose_best(accept, list(FORMS))


def coding_of(accept: str) -> str | None:
    """Return the compression that an Accept-Encoding header asks for by name, None for none."""
    chosen = _choose_best(accept, ["zstd", "gzip"], wild=False)
    return chosen


def compress(path: Path, coding: str) -> Iterator[bytes]:
    """Read a file and give it compressed, piece by piece."""
    packer = (
        zlib.compressobj(1, zlib.DEFLATED, 31) if coding == "gzip" else zstandard.ZstdCompressor(level=1).compressobj()
    )
    with path.open("rb") as stream:
        while piece := stream.read(PIECE):
            yield packer.compress(piece)
    yield packer.flush()


def _choose_best(header: str, ours: list[str], *, wild: bool = True) -> str | None:
    """Return which of ours a header with weights likes best; of equals the one that comes first among ours."""
    weights: dict[str, float] = {}
    for part in header.lower().split(",")[:50]:
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weights[name] = _weight(parameters)
    liked = [(_quality(name, weights, wild), -order, name) for order, name in enumerate(ours)]
    weight, _, name = max(liked)
    return name if weight > 0 else None


def _quality(name: str, weights: dict[str, float], wild: bool) -> float:
    kinds = (name, name.split("/")[0] + "/*", "*/*", "*") if wild else (name,)
    return next((weights[kind] for kind in kinds if kind in weights), 0.0)


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0
