"""The trace of a material: from its output through the node tree to the maps, and what is left alone and why."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from . import colour, mixing, numbers  # noqa: F401  they say how their nodes are read
from .mapping import layout
from .model import Tree
from .place import Place, Plug
from .reading import Reader
from .resolve import Resolver
from .result import Left, TraceResult
from .surface import Surface, gltf, output_of

NO_OUTPUT = "This material has no active Material Output node; add one and connect a Principled BSDF to it."
NO_SURFACE = "Nothing is connected to the material's output; connect a Principled BSDF to its Surface."
NO_IMAGES = "No image reaches this material's maps; connect Image Texture nodes to its Principled BSDF."


def trace(tree: Tree, active_uv: str = "") -> TraceResult:
    """Return the maps of a material.

    Args:
        tree: its node tree.
        active_uv: name of the UV map that is active for rendering, if known; then uses of it have an empty ``uv``.
    """
    if not tree.output:
        return TraceResult(left=(Left("", "", NO_OUTPUT),))
    place, reader = Place(tree), Reader()
    source = output_of(place, "Surface")
    if not isinstance(source, Plug):
        return TraceResult(left=(Left("", tree.output, NO_SURFACE),))
    surface = Surface(reader)
    surface.shader(source)
    surface.displacement(output_of(place, "Displacement"))
    resolver = Resolver(partial(layout, reader, active=active_uv))
    resolver.resolve([*surface.claims, *gltf(reader, place)])
    resolver.left += surface.left
    named = {use.image for use in resolver.uses}
    named.update(image for left in (*resolver.left, *resolver.notes) for image in left.images)
    resolver.left += _find_unreached(place, named)
    if not resolver.uses and not resolver.left:
        resolver.left.append(Left("", "", NO_IMAGES))
    return resolver.result()


def _find_unreached(place: Place, named: set[str]) -> Iterator[Left]:
    """Yield the images that lie in the material without reaching a map, each once."""
    for node in place.tree.nodes.values():
        if node.kind == "ShaderNodeTexImage" and node.image and node.image not in named:
            named.add(node.image)
            reason = f"“{node.image}” is in the material, but reaches none of its maps; connect it to have it filled."
            yield Left("", node.name, reason, (node.image,))
        inner = place.inside(node)
        if inner:
            yield from _find_unreached(inner, named)
