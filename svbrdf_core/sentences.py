"""Sentences for users: a fact, and what can be done about it as data, so that each surface words that its way.

The command line names the option that does it, a page or a panel the control; see `Sentence.worded`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change the order in which others are shown."""
RemedyKind = Literal[
    "only", "channels", "also", "map", "set", "normal", "tileable", "invert", "variations", "from_step", "source_map",
    "device", "pixels", "overwrite", "in_place", "train", "weights", "model", "prior", "solver",
]  # fmt: skip
REMEDY_KINDS: tuple[str, ...] = get_args(RemedyKind)


@dataclass(frozen=True)
class Remedy:
    """Something that a user can do about what a sentence says.

    Attributes:
        kind: what it is, for the surface that knows how it is done there: ``only`` (choose which maps are filled),
            ``channels`` (choose whether channels are filled that hold no map),
            ``also`` (fill an image along), ``map`` (say which file is a map), ``set`` (choose the set), ``normal``
            (say the convention of the normal map), ``tileable`` (say whether edges meet), ``invert`` (turn the hole
            round), ``variations`` (ask for one), ``source_map`` (ask for none), ``device`` (compute elsewhere),
            ``pixels`` (take larger images), ``overwrite`` (replace files), ``in_place`` (replace the sources),
            ``train`` (train a model), ``weights`` (choose a file of weights), ``model`` (choose a trained model),
            ``prior`` (train one for the solvers that need a prior), ``solver`` (choose what samples from it).
        words: the same in words that are true everywhere, as a command: "leave it out".
        values: what it is done with, such as the name of a map and its file.
    """

    kind: RemedyKind
    words: str
    values: Mapping[str, str] = field(default_factory=dict)


IN_PLACE = Remedy("in_place", "have the files replaced, which keeps a backup")
OVERWRITE = Remedy("overwrite", "have it replaced")


class Sentence(str):
    """A sentence with remedies; as a string it says both in words that are true on every surface.

    Attributes:
        fact: what is the case; without remedies the whole sentence, else one without a full stop.
        remedies: what can be done about it, of which one is enough.
    """

    fact: str
    remedies: tuple[Remedy, ...]

    def __new__(cls, fact: str, *remedies: Remedy) -> Sentence:
        """Return a sentence of a fact, and of remedies if there are any."""
        text = _join(fact, [remedy.words for remedy in remedies]) if remedies else fact
        made = super().__new__(cls, text)
        made.fact, made.remedies = fact, remedies
        return made

    @classmethod
    def of(cls, text: str) -> Sentence:
        """Return a text as a sentence, itself if it is one."""
        return text if isinstance(text, Sentence) else cls(text)

    def worded(self, words: Callable[[Remedy], str]) -> str:
        """Return the sentence with each remedy in the words of a surface; one without words is left out."""
        if not self.remedies:
            return self.fact
        return _join(self.fact, [said for remedy in self.remedies if (said := words(remedy))])

    def changed(self, change: Callable[[str], str]) -> Sentence:
        """Return the sentence with every text in it changed, such as names of files."""
        remedies = (
            replace(one, words=change(one.words), values={key: change(value) for key, value in one.values.items()})
            for one in self.remedies
        )
        return Sentence(change(self.fact), *remedies)

    def after(self, text: str) -> Sentence:
        """Return the sentence with a text before it."""
        return Sentence(text + self.fact, *self.remedies)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON: ``text``, and of what that is made."""
        return {"text": str(self), "fact": self.fact, "remedies": [asdict(remedy) for remedy in self.remedies]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Sentence:
        """Return the sentence of `to_json`; a remedy that is not known here is only words."""
        remedies = [Remedy(one["kind"], str(one["words"]), dict(one["values"])) for one in data["remedies"]]
        return cls(str(data["fact"]), *remedies)


def sentences_json(texts: Iterable[str]) -> list[dict[str, Any]]:
    """Return sentences as JSON."""
    return [Sentence.of(text).to_json() for text in texts]


def _join(fact: str, words: list[str]) -> str:
    if not words:
        return fact if fact.endswith((".", "!", "?")) or not fact else f"{fact}."
    return f"{fact}{', or ' if '; ' in fact else '; '}{', or '.join(words)}."


def harmless(text: str, *, keep: str = "") -> str:
    """Return a text from a file, a name or another program as it may be shown on a terminal, a page or in a log.

    Control characters, which a terminal would obey, line breaks, which would begin a line of their own, characters that
    turn the direction of writing, and halves of characters are written as escapes; ``keep`` are left as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(c) if _is_harmful(c) and c not in keep else c for c in text)


def harmless_sentence(text: str) -> Sentence:
    """Return a sentence of which no part does harm; see `harmless`."""
    return Sentence.of(text).changed(harmless)


def _is_harmful(character: str) -> bool:
    return character in TURNING or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


def _escape(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"
