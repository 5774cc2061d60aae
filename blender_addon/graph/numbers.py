"""Readers of the nodes that compute: a straight line where it is one, else whether it rises or falls."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace

from .colour import bend, line
from .place import Plug
from .reading import Reader, handles, read_unknown
from .signal import Channel, Lost, Part, Signal, number

RISING = {
    "MINIMUM", "MAXIMUM", "SMOOTH_MIN", "SMOOTH_MAX", "ROUND", "FLOOR", "CEIL", "TRUNC", "SQRT", "ABSOLUTE",
    "EXPONENT", "SIGN", "LOGARITHM", "NORMALIZE",
}  # fmt: skip
EITHER = {
    "COMPARE",
    "FRACT",
    "FRACTION",
    "MODULO",
    "FLOORED_MODULO",
    "WRAP",
    "SNAP",
    "PINGPONG",
    "SINE",
    "COSINE",
    "TANGENT",
}
PLAIN: dict[str, Callable[[float, float], float]] = {
    "ADD": operator.add, "SUBTRACT": operator.sub, "MULTIPLY": operator.mul,
    "MINIMUM": min, "MAXIMUM": max,
    "GREATER_THAN": lambda a, b: float(a > b), "LESS_THAN": lambda a, b: float(a < b),
}  # fmt: skip


NEUTRAL = 0.5
"""What stands for the other image where one of two is followed: it changes neither which way values go."""


@handles("ShaderNodeMath")
def math(reader: Reader, plug: Plug) -> Signal:
    """Return a number computed of one, two or three."""
    names = ("Value", "Value_001", "Value_002")
    signals = [reader.into(plug, name) for name in names]
    parts = [number(signal, plug.node.name) for signal in signals]
    operation = plug.node.settings["operation"]
    if product(operation, parts[0], parts[1]):
        return Signal((parts[0],), (*collect_factors(*signals), Signal((parts[1],))))
    layered = mixes(signals[0], signals[1])
    if layered:
        parts[1 - reader.choose_layer(plug, 2)] = NEUTRAL
    part = compute(operation, parts[0], parts[1], parts[2], plug.node.name)
    if part is None:
        return read_unknown(reader, plug)
    signal = Signal((bend(part, 1.0) if layered else part,), collect_factors(*signals))
    return signal.through(plug) if layered else signal


@handles("ShaderNodeVectorMath")
def vector_math(reader: Reader, plug: Plug) -> Signal:
    """Return a vector computed number by number."""
    operation = plug.node.settings["operation"]
    first, second, third = (reader.colour(plug, name) for name in ("Vector", "Vector_001", "Vector_002"))
    if operation == "SCALE":
        operation, second = "MULTIPLY", Signal((reader.number(plug, "Scale"),) * 3)
    if operation == "MULTIPLY" and product(operation, first.parts[0], second.parts[0]):
        return replace(first, factors=(*collect_factors(first, second), replace(second, factors=())))
    layered = mixes(first, second)
    if layered:
        neutral = Signal((NEUTRAL,) * 3)
        first, second = (first, neutral) if reader.choose_layer(plug, 2) == 0 else (neutral, second)
    parts = [
        compute(operation, *trio, plug.node.name) for trio in zip(first.parts, second.parts, third.parts, strict=True)
    ]
    known = tuple(part for part in parts if part is not None)
    if len(known) < 3 or operation == "NORMALIZE" or plug.socket != "Vector":
        return read_unknown(reader, plug)
    signal = Signal(known, collect_factors(first, second, third))
    return signal.each(lambda part: bend(part, 1.0)).through(plug) if layered else signal


@handles("ShaderNodeMapRange")
def map_range(reader: Reader, plug: Plug) -> Signal:
    """Return a number moved from one range to another."""
    vector = plug.node.settings.get("data_type") == "FLOAT_VECTOR"
    names = [name + ("_FLOAT3" if vector else "") for name in ("From_Min", "From_Max", "To_Min", "To_Max")]
    ends = [reader.into(plug, name if vector else name.replace("_", " ")) for name in names]
    signal = reader.into(plug, "Vector" if vector else "Value")
    if not vector:
        signal = replace(signal, parts=(number(signal, plug.node.name),))
    if not all(end.constant for end in ends):
        return read_unknown(reader, plug, "has a range that is not constant")
    smooth = plug.node.settings.get("interpolation_type", "LINEAR") != "LINEAR"
    moved = [
        _map_part(part, [float(end.parts[at % len(end.parts)]) for end in ends], smooth)  # type: ignore[arg-type]
        for at, part in enumerate(signal.parts)
    ]
    return replace(signal, parts=tuple(moved))


@handles("ShaderNodeClamp")
def clamp(reader: Reader, plug: Plug) -> Signal:
    """Return a number kept within bounds."""
    low, high = reader.number(plug, "Min"), reader.number(plug, "Max")
    if not (isinstance(low, float) and isinstance(high, float)):
        return read_unknown(reader, plug, "has bounds that are not constant")
    signal = reader.into(plug, "Value")
    part = number(signal, plug.node.name)
    whole = (low, high) == (0.0, 1.0)
    return replace(signal, parts=(part if whole else bend(part, 1.0),))


def collect_factors(*signals: Signal) -> tuple[Signal, ...]:
    """Return what was multiplied onto any of the signals."""
    return tuple(dict.fromkeys(factor for signal in signals for factor in signal.factors))


def mixes(first: Signal, second: Signal) -> bool:
    """Whether two signals are of different images, each of which can be followed for itself."""
    pairs = zip(first.parts, second.parts, strict=False)
    return all(isinstance(a, Channel) and isinstance(b, Channel) and not a.same(b) for a, b in pairs)


def product(operation: str, first: Part, second: Part) -> bool:
    """Whether two different images are multiplied."""
    both = isinstance(first, Channel) and isinstance(second, Channel) and not first.same(second)
    return operation == "MULTIPLY" and both


def compute(operation: str, first: Part, second: Part, third: Part, node: str) -> Part | None:
    """Return the result of an operation on numbers, or nothing where it is not known."""
    if isinstance(first, float) and isinstance(second, float):
        if operation in PLAIN:
            return PLAIN[operation](first, second)
        if operation == "MULTIPLY_ADD":
            return line(third, 1.0, first * second)
        return 0.0 if operation in RISING | EITHER else None
    if isinstance(first, Lost) or isinstance(second, Lost):
        return _with_lost(operation, first, second, third, node)
    steady = isinstance(second, float) or (isinstance(first, Channel) and first.same(second))
    if isinstance(first, Channel) and operation in RISING | EITHER and steady:
        return first.curve(1.0 if operation in RISING else 0.0)
    if isinstance(first, Channel) and isinstance(second, float):
        return _by_constant(operation, first, second, third)
    if isinstance(first, float) and isinstance(second, Channel):
        return _of_constant(operation, first, second, third)
    if isinstance(first, Channel) and first.same(second):
        return first.curve(1.0 if operation in ("MULTIPLY", "ADD", "MULTIPLY_ADD") else 0.0)
    textures = tuple(part.texture for part in (first, second) if isinstance(part, Channel))
    return Lost(node, "blends two images", textures)


def _with_lost(operation: str, first: Part, second: Part, third: Part, node: str) -> Part | None:
    """Go on with the image where the other side is made by a node; else be lost."""
    lost = [part for part in (first, second) if isinstance(part, Lost)]
    if len(lost) == 1 and lost[0].procedural:
        sides = [0.5 if part is lost[0] else part for part in (first, second)]
        if any(isinstance(part, Channel) for part in sides):
            part = compute(operation, sides[0], sides[1], third, node)
            return None if part is None else bend(part, 1.0)
        return lost[0]
    textures = tuple({one.path: one for part in lost for one in part.textures}.values())
    textures += tuple(part.texture for part in (first, second) if isinstance(part, Channel))
    return replace(next((part for part in lost if not part.procedural), lost[0]), textures=textures)


def _by_constant(operation: str, channel: Channel, value: float, third: Part) -> Part | None:
    sign = (value > 0) - (value < 0)
    match operation:
        case "ADD" | "SUBTRACT":
            return channel.straight(1.0, value if operation == "ADD" else -value)
        case "MULTIPLY" | "DIVIDE":
            return channel.straight(value if operation == "MULTIPLY" else 1.0 / value if value else 0.0, 0.0)
        case "MULTIPLY_ADD" if isinstance(third, float):
            return channel.straight(value, third)
        case "POWER":
            return channel if value == 1.0 else channel.curve(sign)
        case "GREATER_THAN" | "LESS_THAN":
            return channel.curve(1.0 if operation == "GREATER_THAN" else -1.0)
    return None


def _of_constant(operation: str, value: float, channel: Channel, third: Part) -> Part | None:
    match operation:
        case "SUBTRACT":
            return channel.straight(-1.0, value)
        case "DIVIDE":
            return channel.curve(-1.0)
        case "POWER":
            return channel.curve(1.0 if value > 1.0 else -1.0)
        case "GREATER_THAN" | "LESS_THAN":
            return channel.curve(-1.0 if operation == "GREATER_THAN" else 1.0)
        case "MINIMUM" | "MAXIMUM" | "SMOOTH_MIN" | "SMOOTH_MAX":
            return channel.curve(1.0)
    return _by_constant(operation, channel, value, third) if operation in ("ADD", "MULTIPLY", "MULTIPLY_ADD") else None


def _map_part(part: Part, ends: list[float], smooth: bool) -> Part:
    low, high, to_low, to_high = ends
    slope = (to_high - to_low) / (high - low) if high != low else 0.0
    moved = line(part, slope, to_low - low * slope)
    return bend(moved, 1.0) if smooth else moved
