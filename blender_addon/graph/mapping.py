"""The layout of an image on the surface: which UV map an Image Texture node goes by, and an affine transform."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .place import Plug, source_of
from .reading import Reader
from .result import IDENTITY, Matrix

Row = tuple[float, float, float, float]
Rows = tuple[Row, Row, Row]
"""A 3D point as a function of (u, v, w): three numbers and a constant for each of x, y and z."""

START: Rows = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0))
LIMIT = 100


@dataclass(frozen=True)
class Layout:
    """What places an image.

    Attributes:
        space: ``uv``, or another kind of coordinates by its small name, or ``unknown``.
        uv: UV map, empty for the one that is active for rendering.
        matrix: from UV to the image.
        node: the node that is to blame where the space is not ``uv``.
        source: of unknown coordinates, the output that they come from.
    """

    space: str = "uv"
    uv: str = ""
    matrix: Matrix = IDENTITY
    node: str = ""
    source: tuple[str, ...] = ()

    def like(self, other: Layout) -> bool:
        """Whether both lay an image out alike; whole tiles of shift make no difference."""
        if (self.space, self.uv, self.source) != (other.space, other.uv, other.source):
            return False
        gaps = [a - b for a, b in zip(self.matrix, other.matrix, strict=True)]
        shifts = [gaps[at] - round(gaps[at]) for at in (2, 5)]
        return all(abs(gap) < 1e-4 for gap in (gaps[0], gaps[1], gaps[3], gaps[4], *shifts))


def layout(reader: Reader, texture: Plug, active: str = "") -> Layout:
    """Return what places the image of an Image Texture node.

    Args:
        reader: reads the constants of Mapping nodes.
        texture: the node.
        active: name of the UV map that is active for rendering, if known.
    """
    settings = texture.node.settings
    projection = str(settings.get("projection", "FLAT"))
    if projection != "FLAT":
        return Layout(projection.lower(), node=texture.node.name)
    origin = source_of(texture, "Vector")
    found = _rows(reader, origin, 0)
    if isinstance(found, Layout):
        if found.space == "unknown" and isinstance(origin, Plug):
            return replace(found, source=(*origin.path, origin.socket))
        return found
    uv, rows = found
    legacy = settings.get("texture_mapping")
    if legacy:
        rows = _transform(rows, *legacy)
    (a, b, _, c), (d, e, _, f) = rows[:2]  # the third number of a UV map is 0
    return Layout("uv", "" if uv == active else uv, (a, b, c, d, e, f))


def _rows(reader: Reader, source: Plug | Sequence[float], depth: int) -> tuple[str, Rows] | Layout:
    if not isinstance(source, Plug):
        return "", START
    node, settings = source.node, source.node.settings
    if depth > LIMIT:
        return Layout("unknown", node=node.name)
    match node.kind:
        case "ShaderNodeUVMap":
            return str(settings.get("uv_map", "")), START
        case "ShaderNodeAttribute" if settings.get("attribute_type") == "GEOMETRY" and source.socket == "Vector":
            return str(settings.get("attribute_name", "")), START
        case "ShaderNodeTexCoord":
            return ("", START) if source.socket == "UV" else Layout(source.socket.lower(), node=node.name)
        case "ShaderNodeMapping":
            return _mapping(reader, source, depth)
        case "ShaderNodeVectorMath":
            return _read_vector_math(reader, source, depth)
    return Layout("unknown", node=node.name)


def _mapping(reader: Reader, plug: Plug, depth: int) -> tuple[str, Rows] | Layout:
    found = _rows(reader, source_of(plug, "Vector"), depth + 1)
    knobs = [_constant(reader, plug, name) for name in ("Location", "Rotation", "Scale")]
    kind = str(plug.node.settings.get("vector_type", "POINT"))
    if isinstance(found, Layout):
        return found
    location, rotation, scale = knobs
    if rotation is None or scale is None or (location is None and kind in ("POINT", "TEXTURE")) or kind == "NORMAL":
        return Layout("unknown", node=plug.node.name)
    return found[0], _transform(found[1], kind, location or (0.0, 0.0, 0.0), rotation, scale)


def _read_vector_math(reader: Reader, plug: Plug, depth: int) -> tuple[str, Rows] | Layout:
    """Follow coordinates through a vector that is added or multiplied."""
    operation = plug.node.settings.get("operation")
    ends = [source_of(plug, name) for name in ("Vector", "Vector_001")]
    values = [_constant(reader, plug, name) for name in ("Vector", "Vector_001")]
    if operation == "SCALE":
        scale = reader.number(plug, "Scale")
        values = [None, (scale,) * 3 if isinstance(scale, float) else None]
    at = 0 if values[1] is not None else 1
    value = values[1 - at]
    if value is None or operation not in ("ADD", "SUBTRACT", "MULTIPLY", "SCALE") or (operation == "SUBTRACT" and at):
        return Layout("unknown", node=plug.node.name)
    found = _rows(reader, ends[at], depth + 1)
    if isinstance(found, Layout):
        return found
    zero, one = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)
    if operation in ("MULTIPLY", "SCALE"):
        return found[0], _transform(found[1], "POINT", zero, zero, value)
    shift = tuple(-x for x in value) if operation == "SUBTRACT" else value
    return found[0], _transform(found[1], "POINT", shift, zero, one)


def _constant(reader: Reader, plug: Plug, socket: str) -> tuple[float, ...] | None:
    signal = reader.colour(plug, socket)
    return tuple(float(part) for part in signal.parts if isinstance(part, float)) if signal.constant else None


def _transform(
    rows: Rows, kind: str, location: Sequence[float], rotation: Sequence[float], scale: Sequence[float]
) -> Rows:
    """Return coordinates after a Mapping node: scaled, turned about x, y and z, then moved; or TEXTURE: undone."""
    turned = _rotation(rotation)
    if kind == "TEXTURE":
        shifted = [(*row[:3], row[3] - x) for row, x in zip(rows, location, strict=True)]
        back = _product([[turned[c][r] for c in range(3)] for r in range(3)], shifted)
        return _as_rows([[x / s if s else 0.0 for x in row] for row, s in zip(back, scale, strict=True)])
    sized = [[x * s for x in row] for row, s in zip(rows, scale, strict=True)]
    moved = _product(turned, sized)
    if kind == "POINT":
        moved = [[*row[:3], row[3] + x] for row, x in zip(moved, location, strict=True)]
    return _as_rows(moved)


def _rotation(angles: Sequence[float]) -> list[list[float]]:
    """Return the matrix of an Euler rotation of order XYZ: about x first."""
    (cx, cy, cz), (sx, sy, sz) = [math.cos(a) for a in angles], [math.sin(a) for a in angles]
    return [
        [cy * cz, sx * sy * cz - cx * sz, cx * sy * cz + sx * sz],
        [cy * sz, sx * sy * sz + cx * cz, cx * sy * sz - sx * cz],
        [-sy, sx * cy, cx * cy],
    ]


def _product(matrix: Sequence[Sequence[float]], rows: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[sum(m * row[at] for m, row in zip(line, rows, strict=True)) for at in range(4)] for line in matrix]


def _as_rows(rows: Sequence[Sequence[float]]) -> Rows:
    x, y, z = ((row[0], row[1], row[2], row[3]) for row in rows)
    return x, y, z
