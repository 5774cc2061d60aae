"""The maps that a material output draws, claimed shader by shader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .colour import line
from .place import Place, Plug, origin, source_of
from .reading import Reader, inputs
from .result import Left
from .signal import Signal, number

MAPS = {
    "Base Color": "basecolor", "Metallic": "metallic", "Roughness": "roughness", "Specular IOR Level": "specular",
    "Specular Tint": "specular", "Alpha": "opacity", "Emission Color": "emission",
}  # fmt: skip
PLAIN = {"Color": "basecolor", "Roughness": "roughness"}
SHADERS: dict[str, dict[str, str]] = {
    "ShaderNodeBsdfPrincipled": MAPS,
    "ShaderNodeEeveeSpecular": {
        "Base Color": "basecolor", "Specular": "specular", "Roughness": "roughness", "Emissive Color": "emission",
        "Transparency": "-opacity",
    },
    "ShaderNodeEmission": {"Color": "emission"},
    "ShaderNodeBackground": {"Color": "emission"},
    "ShaderNodeBsdfTransparent": {},
    "ShaderNodeHoldout": {},
    **dict.fromkeys(
        (
            "ShaderNodeBsdfDiffuse", "ShaderNodeBsdfGlossy", "ShaderNodeBsdfAnisotropic", "ShaderNodeBsdfMetallic",
            "ShaderNodeBsdfGlass", "ShaderNodeBsdfRefraction", "ShaderNodeBsdfTranslucent", "ShaderNodeBsdfToon",
            "ShaderNodeBsdfSheen", "ShaderNodeSubsurfaceScattering",
        ),
        PLAIN,
    ),
}  # fmt: skip
"""By kind of shader, which input is which map; other inputs become extras."""

RELIEF = ("ShaderNodeNormalMap", "ShaderNodeBump")
MIXERS = ("ShaderNodeMix", "ShaderNodeMixRGB", "ShaderNodeVectorMath")
FACTORS = ("Fac", "Factor_Float", "Factor_Vector")

CLEAR = ("ShaderNodeBsdfTransparent", "ShaderNodeHoldout")


@dataclass(frozen=True)
class Claim:
    """A signal that makes a map.

    Attributes:
        role: the map.
        signal: what reaches it.
        node: name of the node it goes into.
        flipped: a normal map that the node itself takes as DirectX.
    """

    role: str
    signal: Signal
    node: str
    flipped: bool = False


class Surface:
    """Walks the shaders that an output draws with."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.claims: list[Claim] = []
        self.left: list[Left] = []
        self._seen: set[tuple[str, ...]] = set()

    def shader(self, source: Plug | tuple[float, ...]) -> None:
        """Walk one shader and what it is mixed of."""
        if not isinstance(source, Plug) or source.path in self._seen:
            return
        self._seen.add(source.path)
        kind = source.node.kind
        if kind == "ShaderNodeMixShader":
            self._mix(source)
        elif kind == "ShaderNodeAddShader":
            self.shader(source_of(source, "Shader"))
            self.shader(source_of(source, "Shader_001"))
        elif kind in SHADERS:
            self._inputs(source, SHADERS[kind])
        else:
            name = source.node.name
            reason = f"The shader “{name}” is not one whose maps are known; use a Principled BSDF."
            self.left.append(Left("", name, reason))

    def displacement(self, source: Plug | tuple[float, ...]) -> None:
        """Take the height from a material's displacement."""
        if not isinstance(source, Plug):
            return
        name = source.node.name
        if source.node.kind == "ShaderNodeDisplacement":
            self._claim("height", self._reader.into(source, "Height"), name)
        elif source.node.kind == "ShaderNodeVectorDisplacement":
            self._claim("extra:vector displacement", self._reader.into(source, "Vector"), name)
        else:
            self._claim("height", self._reader.output(source), name)

    def _mix(self, plug: Plug) -> None:
        factor = self._reader.number(plug, "Fac")
        sides = [source_of(plug, name) for name in ("Shader", "Shader_001")]
        if isinstance(factor, float) and (factor <= 0.0 or factor >= 1.0):
            self.shader(sides[factor >= 1.0])
            return
        clear = [isinstance(side, Plug) and side.node.kind in CLEAR for side in sides]
        if clear[0] != clear[1]:
            part = line(factor, -1.0, 1.0) if clear[1] else factor
            whole = replace(self._reader.into(plug, "Fac"), parts=(part,))
            self._claim("opacity", whole, plug.node.name)
        else:
            self._reader.note_mask(plug, self._reader.into(plug, "Fac"))
        for side in sides:
            self.shader(side)

    def _inputs(self, plug: Plug, roles: dict[str, str]) -> None:
        for socket in [name for name in roles if name in inputs(plug)]:
            role, signal = roles[socket], self._reader.into(plug, socket)
            if role.startswith("-"):
                role, signal = role[1:], signal.each(lambda part: line(part, -1.0, 1.0))
            self._claim(role, signal, plug.node.name)
        if "Normal" in inputs(plug):
            self._normal(source_of(plug, "Normal"), "")
        for socket in inputs(plug):
            if socket.endswith("Normal") and socket != "Normal":
                self._normal(source_of(plug, socket), socket)
            elif socket not in roles and socket not in ("Normal", "Tangent", "Weight"):
                self._claim(f"extra:{socket.lower()}", self._reader.into(plug, socket), plug.node.name)

    def _normal(self, source: Plug | tuple[float, ...], prefix: str) -> None:
        """Take normal map and height from chains of Normal Map and Bump nodes, of which several may be mixed."""
        waiting, seen = [source], set[tuple[str, ...]]()
        while waiting:
            source = waiting.pop(0)
            if not isinstance(source, Plug) or source.path in seen:
                continue
            seen.add(source.path)
            mixed = _mixed_normals(source)
            for name in FACTORS if mixed else ():
                self._reader.note_mask(source, self._reader.into(source, name))
            waiting += mixed or self._take_relief(source, prefix)

    def _take_relief(self, source: Plug, prefix: str) -> tuple[Plug | tuple[float, ...], ...]:
        """Take what one node adds to the normal, and return what it goes on with."""
        node = source.node
        if node.kind == "ShaderNodeBump":
            role = f"extra:{prefix.lower()} height" if prefix else "height"
            self._claim(role, self._reader.into(source, "Height"), node.name)
            return (source_of(source, "Normal"),)
        mapped = node.kind == "ShaderNodeNormalMap"
        if mapped or not node.kind.startswith(("ShaderNodeNewGeometry", "ShaderNodeTexCoord", "ShaderNodeBevel")):
            signal = self._reader.into(source, "Color") if mapped else self._reader.output(source)
            flipped = mapped and node.settings.get("convention") == "DIRECTX"
            role = f"extra:{prefix.lower()}" if prefix else "normal"
            self._claim(role, signal, node.name, flipped)
        return ()

    def _claim(self, role: str, signal: Signal, node: str, flipped: bool = False) -> None:
        if not signal.constant:
            self.claims.append(Claim(role, signal, node, flipped))


def _mixed_normals(plug: Plug) -> tuple[Plug, ...]:
    """Return the normals that a node mixes, where they come from Normal Map or Bump nodes; else nothing."""
    mixed = _mixed_by(plug)
    waiting, seen = list(mixed), set[tuple[str, ...]]()
    while waiting:
        one = waiting.pop()
        if one.node.kind in RELIEF:
            return mixed
        if one.path not in seen:
            seen.add(one.path)
            waiting += _mixed_by(one)
    return ()


def _mixed_by(plug: Plug) -> tuple[Plug, ...]:
    if plug.node.kind not in MIXERS:
        return ()
    sources = (source_of(plug, name) for name in inputs(plug) if name not in FACTORS)
    return tuple(source for source in sources if isinstance(source, Plug))


def gltf(reader: Reader, place: Place) -> Iterator[Claim]:
    """Yield what goes into the groups that glTF files keep maps in which Blender does not draw."""
    for node in place.tree.nodes.values():
        inner = place.inside(node)
        if inner is None or node.muted:
            continue
        if inner.tree.name.startswith(("glTF Material Output", "glTF Settings")):
            for socket in inputs(Plug(place, node, "")):
                label = node.names.get(socket, socket)
                role = "ao" if label == "Occlusion" else f"extra:{label.lower()}"
                signal = reader.at(place, node.name, socket)
                if role == "ao":
                    signal = replace(signal, parts=(number(signal, node.name),))
                if not signal.constant:
                    yield Claim(role, signal, node.name)
        else:
            yield from gltf(reader, inner)


def output_of(place: Place, socket: str) -> Plug | tuple[float, ...]:
    """Return what feeds an input of the material's output."""
    return origin(place, place.tree.nodes[place.tree.output], socket)
