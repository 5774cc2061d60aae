"""Sentences and reports without the folders of this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from svbrdf_core.sentences import Sentence, harmless


def redact(text: str, task: Mapping[str, Any]) -> str:
    """Return a sentence with the files of a task called by their names alone."""
    folders = sorted(set(_folders(task)), key=len, reverse=True)
    for folder in folders:
        text = text.replace(folder + "/", "").replace(folder + "\\", "")
    for folder in folders:  # what is left names no file
        text = text.replace(folder, "the folder")
    return text


def redact_sentence(sentence: Sentence, task: Mapping[str, Any]) -> Any:
    """Return a sentence as JSON, with the files of a task called by their names alone."""
    return sentence.changed(lambda text: redact(text, task)).to_json()


def redact_all(value: Any, task: Mapping[str, Any]) -> Any:
    """Return JSON with every sentence in it redacted."""
    if isinstance(value, str):
        return redact(value, task)
    if isinstance(value, Mapping):
        return {key: redact_all(item, task) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact_all(item, task) for item in value]
    return value


def _folders(value: object) -> Iterator[str]:
    """Return the folders of all absolute paths in a task."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _folders(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _folders(item)
    elif isinstance(value, str) and Path(value).is_absolute():
        path = Path(harmless(value))  # as it is in sentences
        yield str(path)
        if len(path.parts) > 2:
            yield str(path.parent)
