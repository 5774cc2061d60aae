"""Session of a command: what every one is given besides its own options."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.console import Console

from svbrdf_core.cli.remedies import worded
from svbrdf_core.sentences import harmless


def _stderr() -> Console:
    return Console(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)


@dataclass
class Session:
    """One run of the program.

    Attributes:
        json: the result is wanted as JSON.
        debug: errors are wanted with where they come from.
        stopped: Ctrl-C was pressed.
        ended: the outcome is known and being told; Ctrl-C changes nothing any more.
        console: standard error.
    """

    json: bool = False
    debug: bool = False
    stopped: bool = False
    ended: bool = False
    console: Console = field(default_factory=_stderr)

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Session:
        """Return the session of a command line, by ``--json`` and ``--debug`` (or ``SVBRDF_DEBUG=1``).

        Looked for before anything is parsed, since a command line that cannot be parsed is reported by them too.
        """
        words = arguments[: arguments.index("--")] if "--" in arguments else arguments
        debug = "--debug" in words or os.environ.get("SVBRDF_DEBUG", "0") not in ("", "0")
        return cls(json="--json" in words, debug=debug)

    def should_stop(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self.stopped

    def tell(self, sentences: Iterable[str], *, quiet: bool = False) -> None:
        """Print sentences for the user on standard error, each once."""
        for sentence in dict.fromkeys(sentences):
            if not quiet:
                self.console.print(harmless(worded(sentence), keep="\n"))
