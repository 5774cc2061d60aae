"""The service's sentences in the words of Blender's user: images by their names, what is advised as it is done here.

A sentence of the service has a fact and remedies, each of a kind; `REMEDIES` says what does the same in the tab.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from ..client.errors import clean_text

REMEDIES = {
    "only": "{words} (ticks under Maps)",
    "channels": "",
    "map": "use another image, or untick this one under Maps",
    "tileable": "{words} (Tiles under Method)",
    "variations": "set Variations to 1",
    "from_step": "set How Different to 1",
    "pixels": "use a smaller image",
    "normal": "",
    "set": "",
    "source_map": "",
    "device": "",
    "overwrite": "",
    "in_place": "",
}
"""What does here what a kind of remedy stands for, with the service's own words for it; nothing where nothing does.

Of kinds that are not named the service's words are said as they are.
"""
KINDS = ("basecolor", "normal", "roughness", "specular", "metallic", "height", "ao", "opacity", "emission")
WORDS = {"basecolor": "base colour", "ao": "ambient occlusion"}
"""Maps that people call otherwise than the service."""


def in_blenders_words(said: object, images: Mapping[str, str]) -> str:
    """Return a sentence of the service as it is said to a user of Blender.

    Args:
        said: what the service says: a text, or its JSON of a sentence (``text``, ``fact``, ``remedies``).
        images: what an image is called in Blender, by the name under which it was sent.
    """
    return clean_text(_name_things(_word_remedies(said), images))


def text_of(said: object) -> str:
    """Return the text of what the service says, empty if that is nothing."""
    return str(said.get("text") or "") if isinstance(said, Mapping) else str(said or "")


def _word_remedies(said: object) -> str:
    """Return the text of a sentence with what it advises in the words of the tab."""
    remedies = said.get("remedies") if isinstance(said, Mapping) else None
    if not isinstance(said, Mapping) or not isinstance(remedies, list) or not remedies:
        return text_of(said)
    advised = dict.fromkeys(filter(None, (_word_remedy(one) for one in remedies if isinstance(one, Mapping))))
    fact = str(said.get("fact") or "")
    if not advised:
        return f"{fact}."
    return f"{fact}{', or ' if '; ' in fact else '; '}{', or '.join(advised)}."


def _word_remedy(remedy: Mapping[str, Any]) -> str:
    return REMEDIES.get(str(remedy.get("kind")), "{words}").replace("{words}", str(remedy.get("words") or ""))


def _name_things(sentence: str, images: Mapping[str, str]) -> str:
    """Return a sentence with images and maps as they are called in Blender."""
    by_stem = {PurePosixPath(name).stem: image for name, image in images.items()}
    endings = {PurePosixPath(name).suffix for name in images} | {".png", ".exr"}

    def name_image(found: re.Match[str]) -> str:
        image = by_stem.get(found["stem"])
        return f"“{image}”" if image is not None and found["ending"] in endings else found[0]

    named = re.sub(r"(?<![\w.])(?:[^\s“”\"']*/)?(?P<stem>\d+)(?P<ending>\.[a-z]+)\b", name_image, sentence)
    named = re.sub(rf"\b(extra|{'|'.join(KINDS)}):([^\s,;.]+)", _name_map, named)
    for word, words in WORDS.items():
        named = re.sub(rf"\b{word}\b", words, named)
    return named


def _name_map(found: re.Match[str]) -> str:
    """Return a map that has a name of its own, as a person would say it: ``normal “detail”``, ``“dirt”``."""
    return f"“{found[2]}”" if found[1] == "extra" else f"{found[1]} “{found[2]}”"
