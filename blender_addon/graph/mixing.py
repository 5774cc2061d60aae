"""Readers of the Mix nodes, old and new: two colours and a factor."""

from __future__ import annotations

from dataclasses import replace

from .colour import bend, line
from .numbers import collect_factors
from .place import Plug
from .reading import Reader, handles, read_unknown
from .signal import Channel, Lost, Part, Signal, is_unmapped, number, wide

SUFFIX = {"FLOAT": "_Float", "VECTOR": "_Vector", "RGBA": "_Color", "ROTATION": "_Rotation"}


@handles("ShaderNodeMixRGB")
def mix_rgb(reader: Reader, plug: Plug) -> Signal:
    """Read the Mix node of the time before Blender 3.4."""
    first, second = reader.colour(plug, "Color1"), reader.colour(plug, "Color2")
    return mix_signals(reader, plug, str(plug.node.settings["blend_type"]), reader.into(plug, "Fac"), first, second)


@handles("ShaderNodeMix")
def mix(reader: Reader, plug: Plug) -> Signal:
    """Read the Mix node, of numbers, vectors or colours."""
    settings = plug.node.settings
    suffix = SUFFIX[settings["data_type"]]
    several = settings["data_type"] == "VECTOR" and settings.get("factor_mode") == "NON_UNIFORM"
    first, second = reader.into(plug, "A" + suffix), reader.into(plug, "B" + suffix)
    if settings["data_type"] == "FLOAT":
        first, second = (replace(one, parts=(number(one, plug.node.name),)) for one in (first, second))
    else:
        first, second = wide(first), wide(second)
    factor = reader.into(plug, "Factor_Vector" if several else "Factor_Float")
    blend = settings["blend_type"] if settings["data_type"] == "RGBA" else "MIX"
    return mix_signals(reader, plug, str(blend), factor, first, second)


def mix_signals(reader: Reader, plug: Plug, blend: str, factor: Signal, first: Signal, second: Signal) -> Signal:
    """Return the blend of two signals."""
    amount = number(factor, plug.node.name)
    if isinstance(amount, float):
        return _by_constant(reader, plug, blend, min(max(amount, 0.0), 1.0), first, second)
    if isinstance(amount, Channel) and first.constant and second.constant and blend == "MIX":
        ends = zip(first.parts, second.parts, strict=True)
        return Signal(tuple(_between(amount, a, b) for a, b in ends), factor.factors)
    own = [signal for signal in (first, second) if not signal.plain]
    alike = {texture.path for signal in (factor, *own) for texture in signal.textures}
    steady = isinstance(amount, Channel) or (amount.procedural and not factor.factors)
    if steady and len(own) == 1 and len(alike) == 1:  # an image laid over a colour: by its own alpha, by Fresnel
        return own[0].each(lambda part: bend(part, 1.0))
    if isinstance(amount, Channel) and not own:
        return Signal((amount.curve(0.0),) * len(first.parts), factor.factors)
    reader.note_mask(plug, factor)
    return _follow_layer(reader, plug, blend, first, second)


def _follow_layer(reader: Reader, plug: Plug, blend: str, first: Signal, second: Signal) -> Signal:
    """Return one of the images that are mixed here; what else is mixed in only makes its values rise or fall."""
    sides = sorted((signal for signal in (first, second) if signal.textures), key=lambda signal: bool(signal.lost))
    if not sides:
        return read_unknown(reader, plug)
    chosen = sides[reader.choose_layer(plug, len(sides))]
    falls = blend == "SUBTRACT" and chosen is second
    sense = 0.0 if blend in ("DIFFERENCE", "EXCLUSION") else -1.0 if falls else 1.0
    return chosen.each(lambda part: bend(part, sense)).through(plug)


def _by_constant(reader: Reader, plug: Plug, blend: str, amount: float, first: Signal, second: Signal) -> Signal:
    if amount == 0.0:
        return first
    if amount == 1.0 and blend == "MIX":
        return second
    factors = collect_factors(first, second)
    if not first.plain and not second.plain:
        if _alike(first, second):
            return replace(first, factors=factors).each(lambda part: bend(part, 1.0))
        if blend == "MULTIPLY" and not first.lost and not second.lost:
            return replace(first, factors=(*factors, replace(second, factors=())))
        return _follow_layer(reader, plug, blend, first, second)
    pairs = zip(first.parts, second.parts, strict=True)
    return Signal(tuple(_blend(blend, amount, a, b) for a, b in pairs), factors)


def _alike(first: Signal, second: Signal) -> bool:
    pairs = zip(first.parts, second.parts, strict=True)
    return all(isinstance(a, Channel) and a.same(b) for a, b in pairs)


def _between(amount: Channel, first: Part, second: Part) -> Part:
    if isinstance(first, float) and isinstance(second, float):
        return line(amount, second - first, first)
    return Lost("", "")


def _beside(blend: str, first: Part, second: Part) -> Part:
    """Blend where one of two is made by a node."""
    image = second if is_unmapped(first) else first
    if blend in ("DIFFERENCE", "EXCLUSION"):
        return bend(image, 0.0)
    return bend(image, -1.0 if blend == "SUBTRACT" and image is second else 1.0)


def _blend(blend: str, amount: float, first: Part, second: Part) -> Part:
    """Blend where at most one of two is of an image."""
    a = second if isinstance(first, float) else first
    value = first if isinstance(first, float) else second
    if not isinstance(value, float):
        return _beside(blend, first, second)
    image_first = not isinstance(first, float)
    if isinstance(a, float) and blend not in ("MIX", "ADD", "SUBTRACT", "MULTIPLY"):
        return a
    match blend:
        case "MIX":
            own = 1.0 - amount if image_first else amount
            return line(a, own, (1.0 - own) * value)
        case "MULTIPLY":
            rest = 1.0 - amount
            return line(a, rest + amount * value, 0.0) if image_first else line(a, amount * value, rest * value)
        case "ADD":
            return line(a, 1.0, amount * value) if image_first else line(a, amount, value)
        case "SUBTRACT":
            return line(a, 1.0, -amount * value) if image_first else line(a, -amount, value)
        case "DIFFERENCE" if amount == 1.0 and value in (0.0, 1.0):
            return line(a, 1.0 - 2.0 * value, value)
        case "EXCLUSION" | "DIFFERENCE" | "DIVIDE":
            return bend(a, 1.0 if blend == "DIVIDE" and image_first else 0.0)
    return bend(a, 1.0)
