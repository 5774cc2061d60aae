"""The reader of sockets: the signal that reaches each, read once, by handlers for each kind of node.

Where a node mixes several images, one reading follows one of them; the others are followed by further readings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .place import Place, Plug, origin, source_of
from .signal import Lost, Part, Signal, number, wide

Handler = Callable[["Reader", Plug], Signal]

HANDLERS: dict[str, Handler] = {}
"""By kind of node, what reads its outputs; the modules colour, numbers and mixing fill it."""

DEPTH = 150
"""How many nodes in a row are followed; Python's own stack ends at some four times as many."""


def handles(*kinds: str) -> Callable[[Handler], Handler]:
    """Register a function as the reader of nodes of these kinds."""

    def add(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(kinds, handler))
        return handler

    return add


Choices = Mapping[tuple[str, ...], int]
"""Which layer is followed where one of several is chosen, by the path of the node that mixes them; else the first."""


class Reader:
    """Reads signals; each output of each node once.

    Attributes:
        layers: how many images each node mixes of which one was followed, by its path.
        masks: the signals by which images are mixed, and the node that does it.
    """

    def __init__(self, choices: Choices | None = None) -> None:
        """Follow the layers of these choices."""
        self._choices: Choices = choices or {}
        self.layers: dict[tuple[str, ...], int] = {}
        self.masks: list[tuple[Plug, Signal]] = []
        self._known: dict[tuple[tuple[str, ...], str], Signal] = {}
        self._active: set[tuple[tuple[str, ...], str]] = set()

    def at(self, place: Place, node_name: str, socket: str) -> Signal:
        """Return what reaches an input of a node."""
        return self._value(origin(place, place.tree.nodes[node_name], socket))

    def into(self, plug: Plug, socket: str) -> Signal:
        """Return what reaches an input of the plug's node."""
        return self._value(source_of(plug, socket))

    def number(self, plug: Plug, socket: str) -> Part:
        """Return what reaches an input, as the one number that it becomes there."""
        return number(self.into(plug, socket), plug.node.name)

    def colour(self, plug: Plug, socket: str) -> Signal:
        """Return what reaches an input, as three numbers."""
        return wide(self.into(plug, socket))

    def output(self, plug: Plug) -> Signal:
        """Return what an output gives."""
        key = (plug.path, plug.socket)
        if key in self._known:
            return self._known[key]
        if key in self._active:
            return _lost(plug, "is part of a ring of nodes")
        if len(self._active) >= DEPTH:
            return _lost(plug, f"lies behind more than {DEPTH} nodes")
        self._active.add(key)
        try:
            signal = HANDLERS.get(plug.node.kind, read_unknown)(self, plug)
        except KeyError:  # a socket or setting of a Blender to come
            signal = read_unknown(self, plug)
        self._active.remove(key)
        self._known[key] = signal
        return signal

    def choose_layer(self, plug: Plug, count: int) -> int:
        """Return which of the images that a node mixes is followed."""
        if count > 1:
            self.layers[plug.path] = count
        return min(self._choices.get(plug.path, 0), count - 1)

    def note_mask(self, plug: Plug, mask: Signal) -> None:
        """Note what a node mixes images by, if that is an image."""
        if mask.textures:
            self.masks.append((plug, mask))

    def _value(self, found: Plug | tuple[float, ...]) -> Signal:
        if isinstance(found, Plug):
            return self.output(found)
        return Signal(tuple(map(float, found[:3])) or (0.0,))


def read_unknown(reader: Reader, plug: Plug, reason: str = "") -> Signal:
    """Return a lost signal that knows the images behind it."""
    behind = [reader.into(plug, socket) for socket in inputs(plug)]
    textures = tuple({t.path: t for signal in behind for t in signal.textures}.values())
    missing = [signal.lost for signal in behind if signal.lost and not signal.lost.procedural]
    if textures or reason:
        return _lost(plug, reason or "cannot be followed", textures)
    if missing:
        return Signal((missing[0],))
    return Signal((Lost(plug.node.name, "makes its values itself, without an image", procedural=True),))


def inputs(plug: Plug) -> list[str]:
    """Return the inputs of a node that something is connected to."""
    return [socket for (node, socket) in plug.place.tree.links if node == plug.node.name]


def _lost(plug: Plug, reason: str, textures: tuple[Plug, ...] = ()) -> Signal:
    return Signal((Lost(plug.node.name, reason, textures),))
