"""Errors that users can cause, each with its process exit code.

    SvbrdfError
    +-- InputError     3   a folder, file, map or option cannot be used as it is
    |   +-- AmbiguousInput 3   it can be read in two ways; the message names the option that settles it
    |   +-- FieldError     3   a field of a request or of settings cannot be what it was given
    +-- MaskError      4   the hole is missing, empty, full or of the wrong shape
    +-- FillError      5   the hole cannot be filled from what is known
    +-- OutputError    6   the result cannot be written; nothing was
    +-- Cancelled    130   the caller asked to stop; nothing was written

A message is one sentence that says what is wrong and what to do next; what is done in another way on each surface (an
option, a button) is a `Remedy` of it.
"""

from __future__ import annotations

from svbrdf_core.sentences import Remedy, Sentence, harmless


class SvbrdfError(Exception):
    """Base of all errors that are the input's or the machine's, not ours; their sentences are harmless.

    Attributes:
        sentence: what is wrong, and what to do next.
    """

    exit_code: int = 1

    def __init__(self, sentence: object = "", *remedies: Remedy) -> None:
        """Make an error of a sentence, or of a fact and what can be done about it; both are made harmless."""
        said = sentence if isinstance(sentence, Sentence) else Sentence(str(sentence), *remedies)
        self.sentence = said.changed(lambda text: harmless(text, keep="\n"))
        super().__init__(str(self.sentence))


class InputError(SvbrdfError):
    """A folder, file, map or option that cannot be used as it is."""

    exit_code = 3


class AmbiguousInput(InputError):
    """Input that can be read in more than one way; the message names the option that settles it."""


class FieldError(InputError):
    """A field of a request or of settings that cannot be what it was given.

    Attributes:
        where: the path of the field, ``hole.grow``; empty for all of the data.
    """

    def __init__(self, words: str, where: str) -> None:
        """Make an error of words in which ``{}``, which comes once, first, is the field."""
        self.where, self._words = where, words
        super().__init__(self.naming(where or "The data"))

    def __reduce__(self) -> tuple[type[FieldError], tuple[str, str]]:
        """Say how it is made again in another process: from its parts, not from its sentence."""
        return FieldError, (self._words, self.where)

    def naming(self, name: str) -> str:
        """Return the sentence with another name for the field: an option's, a control's."""
        return self._words.replace("{}", name, 1)


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
