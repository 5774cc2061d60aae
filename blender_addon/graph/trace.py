"""The trace of a material: from its output through the node tree to the maps, and what is left alone and why."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import count

from . import colour, mixing, numbers  # noqa: F401  they say how their nodes are read
from .mapping import layout
from .model import Tree
from .place import Place, Plug
from .reading import Choices, Reader
from .resolve import Resolver
from .result import Left, TraceResult
from .surface import Claim, Surface, gltf, output_of

NO_OUTPUT = "This material has no active Material Output node; add one and connect a Principled BSDF to it."
NO_SURFACE = "Nothing is connected to the material's output; connect a Principled BSDF to its Surface."
NO_IMAGES = "No image reaches this material's maps; connect Image Texture nodes to its Principled BSDF."


MOST_READINGS = 32
"""Readings of one material, one for each layer that is mixed into others."""


def trace(tree: Tree, active_uv: str = "", lead: str = "") -> TraceResult:
    """Return the maps of a material.

    Args:
        tree: its node tree.
        active_uv: name of the UV map that is active for rendering, if known; then uses of it have an empty ``uv``.
        lead: key of the image whose way of lying on the surface counts; empty for the base colour's.
    """
    place = Place(tree)
    source = output_of(place, "Surface") if tree.output else ()
    if not isinstance(source, Plug):
        why = NO_OUTPUT if not tree.output else "" if any(_find_hollow(place)) else NO_SURFACE
        said = [Left("", tree.output, why)] if why else []
        return TraceResult(left=(*said, *_find_hollow(place), *_find_unreached(place, set())))
    resolver = Resolver(partial(layout, Reader(), active=active_uv), lead)
    claims, masks, left = _read_layers(place, source)
    resolver.resolve(claims, masks)
    resolver.left += left
    named = {use.image for use in resolver.uses}
    named.update(image for left in (*resolver.left, *resolver.notes) for image in left.images)
    resolver.left += _find_unreached(place, named)
    if not resolver.uses and not resolver.left:
        resolver.left.append(Left("", "", NO_IMAGES))
    return resolver.result()


def _read_layers(place: Place, source: Plug) -> tuple[list[Claim], list[Claim], list[Left]]:
    """Return the claims of maps and of masks, and what is left alone, by one reading for each layer."""
    claims, masks, left = list[Claim](), list[Claim](), list[Left]()
    waiting: list[Choices] = [{}]
    known: set[tuple[tuple[str, ...], int]] = set()
    for number in count(1):
        choices = waiting.pop(0)
        reader = Reader(choices)
        surface = Surface(reader)
        surface.shader(source)
        surface.displacement(output_of(place, "Displacement"))
        found = [*surface.claims, *gltf(reader, place)]
        claims += found
        masks += [Claim("extra:mask", mask, plug.node.name) for plug, mask in reader.masks]
        left += surface.left
        for path in sorted(frozenset[tuple[str, ...]]().union(*(claim.signal.via for claim in found))):
            others = [at for at in range(1, reader.layers.get(path, 1)) if (path, at) not in known]
            known.update((path, at) for at in others)
            waiting += [{**choices, path: at} for at in others]
        if not waiting:
            break
        if number == MOST_READINGS:
            left.append(Left("", "", f"This material mixes more than {MOST_READINGS} layers; the rest is left alone."))
            break
    return claims, masks, left


def _find_hollow(place: Place) -> Iterator[Left]:
    """Yield the node groups that hold nothing, as those of a library that is missing do."""
    for node in place.tree.nodes.values():
        if node.tree is not None and not node.tree.nodes:
            reason = f"The node group “{node.tree.name}” is empty; find the library that it is of, or build it anew."
            yield Left("", node.name, reason)


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
