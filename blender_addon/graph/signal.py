"""What travels along a link: for each of its numbers a constant, a channel of an image, or something not followed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .place import Plug

Tone = Callable[["Part"], "Part"]


@dataclass(frozen=True)
class Channel:
    """One channel of an image, changed on its way by ``scale * x + offset`` and perhaps more.

    Attributes:
        texture: the Image Texture node.
        letter: R, G, B, A, or RGB for the grey of all three.
        scale, offset: what was done to it; the sign of the scale alone counts where it is bent. Zero: no direction.
        bent: whether something else than a straight line was applied too.
        via: paths of the nodes on its way that mix it with other images; makes no difference between channels.
    """

    texture: Plug
    letter: str
    scale: float = 1.0
    offset: float = 0.0
    bent: bool = False
    via: frozenset[tuple[str, ...]] = field(default=frozenset(), compare=False)

    def straight(self, scale: float, offset: float) -> Part:
        """Return the channel after another straight line."""
        if scale == 0.0:
            return offset
        return replace(self, scale=self.scale * scale, offset=self.offset * scale + offset)

    def curve(self, sense: float) -> Channel:
        """Return the channel after something that only rises (1), only falls (-1) or does either (0)."""
        sign = (self.scale > 0) - (self.scale < 0)
        return replace(self, scale=float(sign * sense), offset=0.0, bent=True)

    def same(self, other: object) -> bool:
        """Whether the other is of the same pixels, whatever was done to them."""
        return isinstance(other, Channel) and (other.texture.path, other.letter) == (self.texture.path, self.letter)


@dataclass(frozen=True)
class Lost:
    """What could not be followed: at which node, why, and which Image Texture nodes lie behind it.

    ``procedural`` tells values that a node makes itself: nothing is missing there.
    """

    node: str
    reason: str
    textures: tuple[Plug, ...] = ()
    procedural: bool = False


Part = float | Channel | Lost


def is_unmapped(part: Part) -> bool:
    """Whether a part is a number of which no image says anything."""
    return isinstance(part, float) or (isinstance(part, Lost) and part.procedural)


@dataclass(frozen=True)
class Signal:
    """One number or three, and other images that were multiplied onto them."""

    parts: tuple[Part, ...]
    factors: tuple[Signal, ...] = ()

    def each(self, tone: Tone) -> Signal:
        """Return the signal with every number changed."""
        return replace(self, parts=tuple(tone(part) for part in self.parts))

    def through(self, plug: Plug) -> Signal:
        """Return the signal after a node that mixes it with other images."""
        return self.each(lambda p: replace(p, via=p.via | {plug.path}) if isinstance(p, Channel) else p)

    @property
    def constant(self) -> bool:
        """Whether no image is in it."""
        return all(isinstance(part, float) for part in self.parts)

    @property
    def plain(self) -> bool:
        """Whether no image is in it, and none is missing: constants, and values that nodes make themselves."""
        return not self.factors and all(not isinstance(p, Channel) and is_unmapped(p) for p in self.parts)

    @property
    def lost(self) -> Lost | None:
        """What could not be followed, if anything."""
        return next((part for part in self.parts if isinstance(part, Lost)), None)

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels of images in it."""
        return tuple(part for part in self.parts if isinstance(part, Channel))

    @property
    def via(self) -> frozenset[tuple[str, ...]]:
        """Paths of the nodes that mix it with other images."""
        own = frozenset[tuple[str, ...]]().union(*(channel.via for channel in self.channels))
        return own.union(*(factor.via for factor in self.factors))

    @property
    def textures(self) -> tuple[Plug, ...]:
        """Every Image Texture node that has a part in it, once."""
        own = [channel.texture for channel in self.channels]
        own += [plug for part in self.parts if isinstance(part, Lost) for plug in part.textures]
        own += [plug for factor in self.factors for plug in factor.textures]
        return tuple({plug.path: plug for plug in own}.values())


def wide(signal: Signal) -> Signal:
    """Return a signal of three numbers, as Blender does when a number goes into a colour."""
    return signal if len(signal.parts) == 3 else replace(signal, parts=signal.parts[:1] * 3)


def number(signal: Signal, node: str) -> Part:
    """Return the one number that a colour becomes when it goes into a number."""
    parts = signal.parts
    if len(parts) == 1 or all(part == parts[0] for part in parts):
        return parts[0]
    if signal.lost:
        return signal.lost
    channels = signal.channels
    if not channels:
        return sum(part for part in parts if isinstance(part, float)) / len(parts)
    if [one.letter for one in channels] == ["R", "G", "B"] and len({one.texture.path for one in channels}) == 1:
        sign = channels[0].scale
        alike = len({(one.scale, one.offset, one.bent) for one in channels}) == 1
        grey = replace(channels[0], letter="RGB")
        sense = sign if all(one.scale * sign > 0 for one in channels) else 0.0
        return grey if alike else replace(grey, bent=True, scale=sense)
    if all(one.same(channels[0]) for one in channels) and all(one.scale > 0 for one in channels):
        return channels[0].curve(1.0)
    return Lost(node, "several channels become one number here", signal.textures)
