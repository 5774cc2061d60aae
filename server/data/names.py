"""The one rule for names and relative paths that a client gives.

There is one rule for all systems, so that what one service takes another takes too.
"""

from __future__ import annotations

import re
import unicodedata

LONGEST = 200
"""Characters of a name: every file system takes that many, whatever they are."""
DEEPEST = 16
"""Names in a path."""
RESERVED = re.compile(r"^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$|clock\$) *(\.|$)", re.IGNORECASE)
JOINERS = "\u200c\u200d"
"""Of the characters that do not show, those that some scripts need."""
FORBIDDEN = frozenset('/\\:*?"<>|')


class BadName(ValueError):
    """A name that is not taken; the message says why, without repeating it."""


def name(text: str) -> str:
    """Return a file's or folder's name as it was given, if it is one and nothing else.

    Raises:
        BadName: it is empty, too long, a path, or means something else on some system.
    """
    if not text or len(text) > LONGEST or len(text.encode("utf-8", "replace")) > LONGEST:
        raise BadName(f"A file name has 1 to {LONGEST} characters.")
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c not in JOINERS for c in text):
        raise BadName("A file name has no control characters, nor such as turn the direction of writing.")
    if FORBIDDEN & set(text):
        raise BadName('A file name holds none of / \\ : * ? " < > |; give the name alone, without folders.')
    if text.strip(". ") == "" or text[-1] in ". " or text[0] in " ~":
        raise BadName("A file name does not begin with a blank or ~, nor end with a blank or a full stop.")
    if RESERVED.match(text):
        raise BadName("That file name means a device on Windows.")
    if re.search(r"%(2e|2f|5c|25|00)", text, re.IGNORECASE):
        raise BadName("A file name is given as it is, not percent-encoded.")
    return text


def path(text: str) -> tuple[str, ...]:
    """Return the names of a relative path with forward slashes; ``""`` and ``"."`` are the folder itself.

    Raises:
        BadName: it is absolute, climbs, or holds something that is no name.
    """
    if text in ("", "."):
        return ()
    if len(text) > LONGEST * DEEPEST:
        raise BadName("That path is too long.")
    parts = text.split("/")
    if len(parts) > DEEPEST:
        raise BadName(f"A path has at most {DEEPEST} names.")
    return tuple(name(part) for part in parts)
