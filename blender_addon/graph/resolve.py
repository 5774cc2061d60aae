"""The resolution of competing claims of maps: each channel used once, all laid out alike, the rest left alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from .mapping import Layout
from .naming import Stored, locate, order, word
from .place import Plug
from .result import Left, TraceResult, Use
from .signal import Channel, Lost, Signal
from .surface import Claim

HINTS = ("ao", "occlusion", "occ", "ambient", "cavity", "dirt")


class Resolver:
    """Collects uses; every channel of every image once."""

    def __init__(self, layout: Callable[[Plug], Layout], lead: str = "") -> None:
        """Make ready.

        Args:
            layout: says how the image of a node is laid out.
            lead: key of the image whose layout counts, where the user has chosen one.
        """
        self._layout, self._lead = layout, lead
        self._taken: dict[tuple[str, str], Use] = {}
        self._layouts: dict[str, Layout] = {}
        self._elsewhere: set[tuple[str, str]] = set()
        self.uses: list[Use] = []
        self.left: list[Left] = []
        self.notes: list[Left] = []

    def resolve(self, claims: list[Claim], masks: Iterable[Claim] = ()) -> None:
        """Take all claims, what is multiplied of two images last, and then what images are mixed by."""
        claims = sorted(claims, key=lambda claim: (order(claim.role), not self._leads(claim)))
        later = []
        for claim in claims:
            if claim.role == "basecolor" and claim.signal.factors:
                later += self._split_occlusion(claim)
            elif claim.signal.factors:
                later.append(claim)
            else:
                self._take(claim, claim.signal)
        for claim in later:
            self._product(claim)
        for mask in masks:
            self._take_mask(mask)
        self._same_layout()
        self._spare()
        self.uses.sort(key=lambda use: order(use.role))

    def _leads(self, claim: Claim) -> bool:
        return bool(self._lead) and any(one.node.image == self._lead for one in claim.signal.textures)

    def _take_mask(self, claim: Claim) -> None:
        """Offer an image by which others are mixed, which is filled only if the user wants it."""
        where = locate(claim, claim.signal)
        if isinstance(where, Lost):
            self._lose(claim, where)
            return
        image = where.texture.node.image
        if all((image, letter) in self._taken for letter in where.channels):
            return
        self._use(self._extra(f"mask {_plain(image)}"), where, optional=True)
        text = f"“{image}” says where layers are seen; tick it to have it filled too."
        self.notes.append(Left("", "", text, (image,)))

    def result(self) -> TraceResult:
        """Return what was resolved."""
        return TraceResult(tuple(self.uses), tuple(dict.fromkeys(self.left)), tuple(dict.fromkeys(self.notes)))

    def _take(self, claim: Claim, signal: Signal) -> None:
        where = locate(claim, signal)
        if isinstance(where, Lost):
            self._lose(claim, where)
            return
        image = where.texture.node.image
        letters = [letter for letter in where.channels if (image, letter) not in self._taken]
        if not letters:
            return
        if len(letters) < len(where.channels):
            where = replace(where, channels="RGB" if letters == list("RGB") else letters[0])
            if len(letters) > 1:
                return  # what is left of the image becomes extras
        self._use(self._role(claim, where), where)

    def _role(self, claim: Claim, where: Stored) -> str:
        """Return the claim's role, or a further one of its kind where another image has it."""
        taken = {use.role: use for use in self.uses}
        if claim.role not in taken:
            return claim.role
        image, first = where.texture.node.image, taken[claim.role].image
        what = word(claim.role)
        text = f"Both “{first}” and “{image}” are used as {what}; both are filled."
        self.notes.append(Left(claim.role, where.texture.node.name, text, (first, image)))
        if claim.role.startswith("extra:"):
            return self._extra(f"{what} {_plain(image)}")
        return self._unique(f"{claim.role}:{_plain(image)[:150]}")

    def _extra(self, what: str) -> str:
        return self._unique(f"extra:{what[:150]}")

    def _unique(self, name: str) -> str:
        roles, number = {use.role for use in self.uses}, 1
        role = name
        while role in roles:
            number += 1
            role = f"{name} {number}"
        return role

    def _use(self, role: str, where: Stored, *, optional: bool = False) -> None:
        texture = where.texture
        layout = self._layout(texture)
        use = Use(
            role, texture.node.image, where.channels, where.inverted, where.directx, texture.path,
            layout.uv, layout.matrix, layout.space, optional,
        )  # fmt: skip
        self.uses.append(use)
        self._layouts[role] = layout
        for letter in where.channels:
            self._taken[use.image, letter] = use

    def _lose(self, claim: Claim, lost: Lost) -> None:
        images = tuple(dict.fromkeys(texture.node.image for texture in lost.textures))
        what, names = word(claim.role).capitalize(), " and ".join(f"“{image}”" for image in images)
        if images:
            reason = f"{what}: the node “{lost.node}” {lost.reason}, so {names} cannot be filled."
        else:
            reason = f"{what}: the node “{lost.node}” {lost.reason}."
        known = {use.image for use in self.uses}
        aside = known.issuperset(images) if images else lost.procedural
        (self.notes if aside else self.left).append(Left(claim.role, lost.node, reason, images))

    def _split_occlusion(self, claim: Claim) -> list[Claim]:
        """Take a base colour that other images are multiplied onto; the first of them is the occlusion."""
        main, *others = replace(claim.signal, factors=()), *claim.signal.factors
        others = list(others)
        if _greyish(main) and not _greyish(others[0]):
            main, others[0] = others[0], main
        self._take(claim, main)
        self._take(replace(claim, role="ao"), others[0])
        return [replace(claim, role="extra:tint", signal=other) for other in others[1:]]

    def _product(self, claim: Claim) -> None:
        """Take a map that is several images multiplied, but for those that are known as other maps."""
        terms = [replace(claim.signal, factors=()), *claim.signal.factors]
        known = {(use.image, letter) for use in self.uses for letter in use.channels}
        new = [
            term for term in terms
            if not {(one.texture.node.image, letter) for one in term.channels for letter in one.letter} <= known
        ]  # fmt: skip
        for term in new:
            self._take(claim, term)

    def _same_layout(self) -> None:
        """Leave alone what is laid out otherwise than the base colour (or than most, where there is none)."""
        if not self.uses:
            return
        counts = Counter(self._layouts[use.role] for use in self.uses)
        first = next((self._layouts[use.role] for use in self.uses if use.image == self._lead), None)
        than = f"“{self._lead}”" if first else "the base colour" if "basecolor" in self._layouts else "most maps"
        first = first or self._layouts.get("basecolor")
        base = first or max(counts, key=lambda one: sum(n for other, n in counts.items() if one.like(other)))
        for use in tuple(self.uses):
            if not self._layouts[use.role].like(base):
                self.uses.remove(use)
                self._elsewhere.update((use.image, letter) for letter in use.channels)
                text = f"“{use.image}” ({word(use.role)}) lies otherwise on the surface than {than}."
                lead = "" if any(kept.image == use.image for kept in self.uses) else use.image
                self.left.append(Left(use.role, use.texture[-1], text, (use.image,), lead))
        if base.space != "uv":
            text = f"The images are placed by {base.space} coordinates, not by a UV map; paint the hole on the image."
            self.notes.append(Left("", base.node, text))

    def _spare(self) -> None:
        """Give channels that nothing uses roles of their own, in images of which single channels are used."""
        for image in dict.fromkeys(use.image for use in self.uses):
            own = [use for use in self.uses if use.image == image]
            taken = {letter for use in own for letter in use.channels}
            free = [letter for letter in "RGB" if letter not in taken and (image, letter) not in self._elsewhere]
            for letters in ["RGB"] if len(free) == 3 else free:
                role = self._extra(f"{_plain(image)}.{letters}")
                self.uses.append(
                    replace(own[0], role=role, channels=letters, inverted=False, directx=False, spare=True)
                )


def _greyish(signal: Signal) -> bool:
    """Whether a signal looks like occlusion rather than colour."""
    channels = signal.channels
    if not channels:
        return False
    node = channels[0].texture.node
    words = _plain(node.image).lower().replace("-", "_").replace(".", "_").replace(" ", "_").split("_")
    single = all(isinstance(part, Channel) and part.same(channels[0]) for part in signal.parts)
    return single or bool(node.settings.get("data")) or not set(HINTS).isdisjoint(words)


def _plain(image: str) -> str:
    """Return a name without what a map's name may not hold."""
    return "".join("_" if sign in "/\\" or ord(sign) < 32 else sign for sign in image)
