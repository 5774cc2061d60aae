"""The service's sentences in the words of Blender's user: images by their names, ticks instead of options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

TICKS = "untick it under Maps"
ADVICE = (
    (r"leave it out with --only", TICKS),
    (r"choose maps that all have \(--only\)", "tick those alone that all have"),
    (r"choose maps (?:with|by) --only", "tick fewer maps"),
    (r"leave --variations out", "set Variations to 1"),
    (r"leave --source-map out", "leave the source map out"),
    (r"\(--tileable if (?:not|it does)\)", "(see Tiles under Method)"),
)
"""What is advised on a command line, and what comes to the same in the panel."""
WORDS = {"basecolor": "base colour", "ao": "ambient occlusion"}
"""Maps that people call otherwise than the service."""


def in_blenders_words(sentence: str, images: Mapping[str, str]) -> str:
    """Return a sentence of the service as it is said to a user of Blender.

    Args:
        sentence: what the service says.
        images: what an image is called in Blender, by the name under which it was sent.
    """
    by_stem = {PurePosixPath(name).stem: image for name, image in images.items()}
    endings = {PurePosixPath(name).suffix for name in images} | {".png", ".exr"}

    def name_image(found: re.Match[str]) -> str:
        image = by_stem.get(found["stem"])
        return f"“{image}”" if image is not None and found["ending"] in endings else found[0]

    said = re.sub(r"(?<![\w.])(?:[^\s“”\"']*/)?(?P<stem>\d+)(?P<ending>\.[a-z]+)\b", name_image, sentence)
    for pattern, words in ADVICE:
        said = re.sub(pattern, words, said)
    said = re.sub(r"\bextra:([^\s,;.]+)", r"“\1”", said)
    for word, words in WORDS.items():
        said = re.sub(rf"\b{word}\b", words, said)
    return _drop_options(said)


def _drop_options(sentence: str) -> str:
    """Return a sentence without the parts that speak of options of a command line."""
    said = re.sub(r"\s*\([^()]*(?<!\w)--[a-z][^()]*\)", "", sentence)
    parts = re.split(r"(;\s+)", said)
    kept = [parts[0]]
    for between, part in zip(parts[1::2], parts[2::2], strict=True):
        kept += (
            [between, part] if not re.search(r"(?<!\w)--[a-z]", part) else [between, f"{TICKS}, or use another image."]
        )
    return "".join(kept)
