"""Remedies in the words of the command line: by which option each is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from svbrdf_core.sentences import Remedy, RemedyKind, Sentence

OPTIONS: dict[RemedyKind, str] = {
    "only": "--only",
    "channels": "--only",
    "also": "--also {image}",
    "map": "--map {map}={file}",
    "set": "--set NAME",
    "normal": "--normal {convention}",
    "tileable": "--tileable",
    "invert": "--invert",
    "variations": "--variations 1",
    "from_step": "--from-step SHARE",
    "source_map": "--source-map",
    "device": "--device {device}",
    "pixels": "--max-pixels N",
    "overwrite": "--overwrite",
    "in_place": "--in-place",
    "train": "svbrdf train",
    "weights": "--weights FILE",
    "model": "--model FILE",
    "prior": "svbrdf train --prior",
    "solver": "--solver NAME",
}
"""What does it, after the words that are true everywhere."""


def worded(text: str) -> str:
    """Return a sentence with the options that do what it advises; any other text as it is."""
    return text.worded(_words) if isinstance(text, Sentence) else text


def worded_all(data: Any) -> Any:
    """Return data of JSON with every sentence in it worded."""
    if isinstance(data, str):
        return worded(data)
    if isinstance(data, Mapping):
        return {key: worded_all(value) for key, value in data.items()}
    if isinstance(data, Sequence):
        return [worded_all(value) for value in data]
    return data


def _words(remedy: Remedy) -> str:
    option = OPTIONS.get(remedy.kind)
    if option is None:
        return remedy.words
    values = {key: f'"{value}"' if " " in value else value for key, value in remedy.values.items()}
    return f"{remedy.words} ({option.format_map(_Placeholders(values))})"


class _Placeholders(dict[str, str]):
    """Values, with a placeholder for one that was not given."""

    def __missing__(self, key: str) -> str:
        return key.upper()
