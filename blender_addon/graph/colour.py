"""Readers of the nodes that make, split, join or change colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from .place import Plug
from .reading import Reader, handles, read_unknown
from .signal import Channel, Lost, Part, Signal, number

RED, GREEN, BLUE = ("Red", "R", "X"), ("Green", "G", "Y"), ("Blue", "B", "Z")
THIRDS = {name: index for index, names in enumerate((RED, GREEN, BLUE)) for name in names}


@handles("ShaderNodeTexImage")
def image(_reader: Reader, plug: Plug) -> Signal:
    """Return the channels of an image."""
    if not plug.node.image:
        return Signal((Lost(plug.node.name, "has no image", ()),))
    return Signal(tuple(Channel(plug, letter) for letter in ("A" if plug.socket == "Alpha" else "RGB")))


@handles("ShaderNodeTexEnvironment")
def environment(_reader: Reader, plug: Plug) -> Signal:
    """Refuse an image that lies around everything."""
    behind = (plug,) if plug.node.image else ()
    return Signal((Lost(plug.node.name, "is an Environment Texture, which lies on no surface", behind),))


@handles("ShaderNodeAmbientOcclusion")
def read_shader(reader: Reader, plug: Plug) -> Signal:
    """Return the colour that goes into a node which darkens it where surfaces are near."""
    signal = reader.colour(plug, "Color")
    return (
        read_unknown(reader, plug) if plug.socket != "Color" or signal.constant else signal.each(lambda p: bend(p, 1.0))
    )


@handles("ShaderNodeValue", "ShaderNodeRGB")
def constant(_reader: Reader, plug: Plug) -> Signal:
    """Return the constant that is set in the node."""
    return Signal(tuple(map(float, plug.node.outputs.get(plug.socket, (0.0,))[:3])))


@handles("ShaderNodeSeparateColor", "ShaderNodeSeparateRGB", "ShaderNodeSeparateXYZ")
def split(reader: Reader, plug: Plug) -> Signal:
    """Return one channel of a colour."""
    if plug.node.settings.get("mode", "RGB") != "RGB":
        return read_unknown(reader, plug, f"splits {plug.node.settings['mode']}, not RGB")
    socket = {"ShaderNodeSeparateRGB": "Image", "ShaderNodeSeparateXYZ": "Vector"}.get(plug.node.kind, "Color")
    signal = reader.colour(plug, socket)
    return replace(signal, parts=(signal.parts[THIRDS[plug.socket]],))


@handles("ShaderNodeCombineColor", "ShaderNodeCombineRGB", "ShaderNodeCombineXYZ")
def join(reader: Reader, plug: Plug) -> Signal:
    """Return a colour of three numbers."""
    if plug.node.settings.get("mode", "RGB") != "RGB":
        return read_unknown(reader, plug, f"joins {plug.node.settings['mode']}, not RGB")
    names = {"ShaderNodeCombineColor": 0, "ShaderNodeCombineRGB": 1, "ShaderNodeCombineXYZ": 2}
    at = names[plug.node.kind]
    signals = [reader.into(plug, names[at]) for names in (RED, GREEN, BLUE)]
    factors = tuple(dict.fromkeys(factor for signal in signals for factor in signal.factors))
    return Signal(tuple(number(signal, plug.node.name) for signal in signals), factors)


@handles("ShaderNodeInvert")
def invert(reader: Reader, plug: Plug) -> Signal:
    """Return one minus a colour, as far as the factor goes."""
    factor = reader.number(plug, "Fac")
    if not isinstance(factor, float):
        return read_unknown(reader, plug, "inverts by a factor that is not constant")
    factor = min(max(factor, 0.0), 1.0)
    return reader.into(plug, "Color").each(lambda part: line(part, 1.0 - 2.0 * factor, factor))


@handles("ShaderNodeGamma", "ShaderNodeHueSaturation", "ShaderNodeBrightContrast")
def grade(reader: Reader, plug: Plug) -> Signal:
    """Return a colour whose values still rise with those of the image."""
    knobs = [name for name in plug.node.values if name != "Color"]
    if not all(reader.into(plug, knob).plain for knob in knobs):
        return read_unknown(reader, plug, "changes a colour by something that is not constant")
    return reader.into(plug, "Color").each(lambda part: bend(part, 1.0))


@handles("ShaderNodeRGBToBW")
def grey(reader: Reader, plug: Plug) -> Signal:
    """Return the grey of a colour."""
    signal = reader.into(plug, "Color")
    return Signal((number(signal, plug.node.name),), signal.factors)


@handles("ShaderNodeValToRGB")
def ramp(reader: Reader, plug: Plug) -> Signal:
    """Return the colours of a ramp: of each channel, whether it rises or falls along the ramp."""
    factor = reader.number(plug, "Fac")
    columns: Sequence[Sequence[float]] = plug.node.settings["ramp"]
    chosen = columns[3:] if plug.socket == "Alpha" else columns[:3]
    return Signal(tuple(along(factor, samples) for samples in chosen), reader.into(plug, "Fac").factors)


@handles("ShaderNodeRGBCurve", "ShaderNodeVectorCurve")
def curves(reader: Reader, plug: Plug) -> Signal:
    """Return a colour behind curves: the one for all channels first, then one for each. Straight ones are exact."""
    vector = plug.node.kind == "ShaderNodeVectorCurve"
    low = -1.0 if vector else 0.0
    signal, factor = reader.colour(plug, "Vector" if vector else "Color"), reader.number(plug, "Fac")
    if factor == 0.0:
        return signal
    if factor != 1.0:
        return read_unknown(reader, plug, "has a factor other than 1")
    own: Sequence[Sequence[float]] = plug.node.settings["curves"]
    whole = signal if vector else signal.each(lambda part: along(part, own[3]))
    parts = [along(part, samples, low) for part, samples in zip(whole.parts, own, strict=False)]
    return replace(signal, parts=tuple(parts))


@handles("ShaderNodeFloatCurve")
def curve(reader: Reader, plug: Plug) -> Signal:
    """Return a number behind a curve."""
    signal, factor = reader.into(plug, "Value"), reader.number(plug, "Factor")
    if factor != 1.0:
        return read_unknown(reader, plug, "has a factor other than 1")
    part = number(signal, plug.node.name)
    return replace(signal, parts=(along(part, plug.node.settings["curves"][0]),))


def line(part: Part, scale: float, offset: float) -> Part:
    """Return ``scale * part + offset``."""
    if isinstance(part, float):
        return part * scale + offset
    return part.straight(scale, offset) if isinstance(part, Channel) else part


def bend(part: Part, sense: float) -> Part:
    """Return a part after something that rises, falls or does either; a constant stays one, its value unknown."""
    return part.curve(sense) if isinstance(part, Channel) else part


def along(part: Part, samples: Sequence[float], low: float = 0.0) -> Part:
    """Return a part after a curve that is sampled at equal steps from ``low`` to 1."""
    if isinstance(part, Lost):
        return part
    last = len(samples) - 1
    first, end = samples[0], samples[-1]
    if isinstance(part, float):
        return float(samples[round(min(max((part - low) / (1.0 - low), 0.0), 1.0) * last)])
    slope = (end - first) / (1.0 - low)
    if all(abs(value - (first + (end - first) * at / last)) < 1e-4 for at, value in enumerate(samples)):
        return part.straight(0.0 if abs(slope) < 1e-6 else tidy(slope), tidy(first - slope * low))
    steps = [b - a for a, b in pairwise(samples)]
    rises, falls = max(steps) > 1e-6, min(steps) < -1e-6
    return part.curve(0.0 if rises and falls else 1.0 if rises else -1.0)


def tidy(value: float) -> float:
    """Return a number without the dust of single precision."""
    return round(value, 4) + 0.0
