"""Errors that users can cause, each with its process exit code.

    SvbrdfError
    +-- InputError     3   a folder, file, map or option cannot be used as it is
    |   +-- AmbiguousInput 3   it can be read in two ways; the message names the option that settles it
    +-- MaskError      4   the hole is missing, empty, full or of the wrong shape
    +-- FillError      5   the hole cannot be filled from what is known
    +-- OutputError    6   the result cannot be written; nothing was
    +-- Cancelled    130   the caller asked to stop; nothing was written

A message is one sentence that says what is wrong and what to do next.
"""

from __future__ import annotations

import unicodedata

TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change the order in which others are shown."""


def harmless(text: str, *, keep: str = "") -> str:
    """Return a text from a file, a name or another program as it may be shown on a terminal, a page or in a log.

    Control characters, which a terminal would obey, line breaks, which would begin a line of their own, characters that
    turn the direction of writing, and halves of characters are written as escapes; ``keep`` are left as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(c) if _is_harmful(c) and c not in keep else c for c in text)


def _is_harmful(character: str) -> bool:
    return character in TURNING or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


def _escape(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number < 256 else f"\\u{number:04x}"


class SvbrdfError(Exception):
    """Base of all errors that are the input's or the machine's, not ours; their sentences are harmless."""

    exit_code: int = 1

    def __init__(self, sentence: object = "") -> None:
        super().__init__(harmless(str(sentence), keep="\n"))


class InputError(SvbrdfError):
    """A folder, file, map or option that cannot be used as it is."""

    exit_code = 3


class AmbiguousInput(InputError):
    """Input that can be read in more than one way; the message names the option that settles it."""


class MaskError(SvbrdfError):
    """A hole that is missing, empty, full, or of the wrong shape."""

    exit_code = 4


class FillError(SvbrdfError):
    """A hole that cannot be filled from what is known."""

    exit_code = 5


class OutputError(SvbrdfError):
    """A result that could not be written; nothing was left behind."""

    exit_code = 6


class Cancelled(SvbrdfError):
    """The caller asked to stop; nothing was written."""

    exit_code = 130

    def __init__(self, sentence: str = "Stopped; nothing was written.") -> None:
        super().__init__(sentence)
