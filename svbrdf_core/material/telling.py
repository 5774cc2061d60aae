"""Remedies that several parts of reading a material tell of: which file is a map, and what its convention is."""

from __future__ import annotations

from svbrdf_core.sentences import Remedy


def say_which(name: str, place: str, words: str) -> Remedy:
    """Return the remedy of saying which file, or which channels of it, are a map.

    Args:
        name: of the map.
        place: ``FILE`` or ``FILE:CHANNELS``.
        words: the same in words.
    """
    return Remedy("map", words, {"map": name, "file": place})


def say_convention(convention: str, words: str) -> Remedy:
    """Return the remedy of saying the convention of the normal map, ``opengl`` or ``directx``."""
    return Remedy("normal", words, {"convention": convention})


SAY_WHAT_THEY_ARE = say_which("diffuse", "FILE", "say what they are")
