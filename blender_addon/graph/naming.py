"""Where the values of a map are stored: image and channels, or why that is not known; and the words for maps."""

from __future__ import annotations

from dataclasses import dataclass

from .place import Plug
from .signal import Channel, Lost, Part, Signal, number, wide
from .surface import Claim

ORDER = ("basecolor", "normal", "roughness", "specular", "metallic", "height", "ao", "opacity", "emission")
COLOURS = ("basecolor", "specular", "emission")
WORDS = {
    "basecolor": "base colour", "normal": "normal map", "ao": "ambient occlusion", "specular": "specular level",
}  # fmt: skip


@dataclass(frozen=True)
class Stored:
    """Where the values of a map are: Image Texture node, channels, and how they are to be read."""

    texture: Plug
    channels: str
    inverted: bool = False
    directx: bool = False


def kind_of(role: str) -> str:
    """Return what kind of map a role is: ``normal`` for ``normal`` and for a second one, ``normal:<image>``."""
    return role.partition(":")[0]


def order(role: str) -> tuple[int, str]:
    """Sort key that puts maps in their order, further ones of a kind behind the first, extras last."""
    kind = kind_of(role)
    return (ORDER.index(kind) if kind in ORDER else len(ORDER), "" if role in ORDER else role)


def word(role: str) -> str:
    """Return what a map is called in a sentence."""
    kind, _, own = role.partition(":")
    return own if kind == "extra" else f"{WORDS.get(kind, kind)} {own}".rstrip()


def locate(claim: Claim, signal: Signal) -> Stored | Lost:
    """Return where a claimed map is stored.

    Args:
        claim: the claim.
        signal: its signal, or the factor of it that is meant.
    """
    if claim.role == "normal":
        return _normal(claim, wide(signal).parts)
    if claim.role in COLOURS or claim.role.startswith("extra:"):
        return _colour(claim.node, signal)
    return _single(number(signal, claim.node), claim.node)


def _single(part: Part, node: str) -> Stored | Lost:
    if isinstance(part, Channel):
        return Stored(part.texture, part.letter, part.scale < 0)
    return part if isinstance(part, Lost) else Lost(node, "is constant")


def _colour(node: str, signal: Signal) -> Stored | Lost:
    if signal.lost:
        return Lost(signal.lost.node, signal.lost.reason, signal.textures)
    channels = signal.channels
    first = channels[0]
    if all(one.same(first) for one in channels):
        return Stored(first.texture, first.letter, all(one.scale < 0 for one in channels))
    own = [one.letter for one in channels] == [
        letter for letter, part in zip("RGB", signal.parts, strict=False) if isinstance(part, Channel)
    ]
    if own and len({one.texture.path for one in channels}) == 1:
        return Stored(first.texture, "RGB", all(one.scale < 0 for one in channels))
    return Lost(node, "puts a colour together from different places", signal.textures)


def _normal(claim: Claim, parts: tuple[Part, ...]) -> Stored | Lost:
    x, y, z = parts
    textures = Signal(parts).textures
    for part in (x, y):
        if isinstance(part, Lost):
            return Lost(part.node, part.reason, textures)
    if not (isinstance(x, Channel) and isinstance(y, Channel)) or x.texture.path != y.texture.path:
        return Lost(claim.node, "does not get both x and y from one image", textures)
    if x.scale <= 0 or (y.scale < 0 and y.bent) or y.scale == 0:
        return Lost(claim.node, "gets directions that are changed in a way that cannot be followed exactly", textures)
    flipped = (y.scale < 0) != claim.flipped
    letters = x.letter + y.letter
    if isinstance(z, Channel) and z.scale > 0 and z.texture.path == x.texture.path and letters + z.letter == "RGB":
        return Stored(x.texture, "RGB", directx=flipped)
    if letters in ("RG", "AG") and not isinstance(z, Channel):
        return Stored(x.texture, letters, directx=flipped)
    return Lost(claim.node, "does not take x, y and z from red, green and blue", textures)
