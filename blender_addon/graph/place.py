"""Places in nested node trees, and the output that feeds an input, through reroutes, groups and muted nodes."""

from __future__ import annotations

from dataclasses import dataclass

from .model import Node, Tree, Value

REROUTE, GROUP_IN = "NodeReroute", "NodeGroupInput"


@dataclass(frozen=True)
class Place:
    """A tree, and the group nodes that lead to it from the material's own."""

    tree: Tree
    outer: Place | None = None
    group: str = ""

    @property
    def path(self) -> tuple[str, ...]:
        """Names of the group nodes, outermost first."""
        return (*self.outer.path, self.group) if self.outer else ()

    def inside(self, group: Node) -> Place | None:
        """Return the place inside a group node."""
        return Place(group.tree, self, group.name) if group.tree else None


@dataclass(frozen=True)
class Plug:
    """An output of a node somewhere in a material."""

    place: Place
    node: Node
    socket: str

    @property
    def path(self) -> tuple[str, ...]:
        """Names of the nodes from the material's tree down to this one."""
        return (*self.place.path, self.node.name)


def origin(place: Place, node: Node, socket: str) -> Plug | Value:
    """Return what feeds an input: the output of a node, or the value that it holds."""
    seen: set[tuple[tuple[str, ...], str, str]] = set()
    while (*_key(place, node), socket) not in seen:
        seen.add((*_key(place, node), socket))
        link = place.tree.links.get((node.name, socket))
        if link is None:
            return node.values.get(socket, ())
        step = _through(Plug(place, place.tree.nodes[link[0]], link[1]))
        if step is None or isinstance(step, Plug):
            return step or ()
        place, node, socket = step
    return ()


def source_of(plug: Plug, socket: str) -> Plug | Value:
    """Return what feeds an input of the plug's node."""
    return origin(plug.place, plug.node, socket)


def _key(place: Place, node: Node) -> tuple[tuple[str, ...], str]:
    return place.path, node.name


def _through(plug: Plug) -> Plug | tuple[Place, Node, str] | None:
    """Return the plug itself where something is made; else the input to go on at, or nothing at a dead end."""
    place, node = plug.place, plug.node
    if node.muted:
        return (place, node, node.passes[plug.socket]) if plug.socket in node.passes else None
    if node.kind == REROUTE:
        return place, node, "Input"
    if node.kind == GROUP_IN:
        return (place.outer, place.outer.tree.nodes[place.group], plug.socket) if place.outer else None
    inner = place.inside(node)
    if inner is None:
        return plug
    return (inner, inner.tree.nodes[inner.tree.output], plug.socket) if inner.tree.output else None
