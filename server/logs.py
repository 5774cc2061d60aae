"""The log: lines on standard error, none of which a flood can repeat without end."""

from __future__ import annotations

import logging
import sys
import time

from svbrdf_core.sentences import harmless

LOG = logging.getLogger("svbrdf.service")
OFTEN = 5
"""Times that the same sentence is written within a minute."""
MINUTE = 60.0
MOST_SENTENCES = 1000
"""Different sentences that are remembered."""


def set_up() -> None:
    """Log on standard error; neither addresses' queries nor headers are ever part of it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Harmless("%(asctime)s %(levelname)s %(message)s"))
    handler.addFilter(Seldom())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)


class _Harmless(logging.Formatter):
    """Writes what others have named as no terminal obeys it."""

    def format(self, record: logging.LogRecord) -> str:
        """See logging."""
        return harmless(super().format(record), keep="\n\t")


class Seldom(logging.Filter):
    """Lets the same sentence pass a few times a minute, and says how often it was left out when it comes again.

    Sentences are the same whose form is: what stands in for ``%s`` is not looked at.
    """

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """See logging."""
        form = (record.name, str(record.msg))
        began, count = self._known.pop(form, (record.created, 0))
        left_out = count - OFTEN
        if record.created - began > MINUTE or began - record.created > MINUTE:
            began, count = time.time(), 0
            if left_out > 0:
                record.msg = f"{record.getMessage()} ({left_out} more like it were left out)"
                record.args = ()
        self._known[form] = (began, count + 1)
        if len(self._known) > MOST_SENTENCES:
            del self._known[next(iter(self._known))]
        return count < OFTEN
