"""What goes wrong comes out as Trouble: a kind for programs, a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Kind = Literal[
    "absent", "stranger", "refused", "offline", "busy", "bad", "broken", "lost", "gone", "job", "file",
    "maps", "hole", "linked", "draw", "cancelled",
]  # fmt: skip


class Trouble(Exception):
    """Something could not be done.

    Attributes:
        kind: ``absent`` (no service), ``stranger`` (something else is there), ``refused`` (the token, or the name it is
            called by), ``offline`` (Blender may not go online), ``busy`` (the queue is full), ``bad`` (the service will
            not do this), ``broken`` (a fault of the service), ``lost`` (the connection), ``gone`` (no such job any
            more), ``job`` (the job failed), ``file`` (a file of this machine). Of the add-on itself: ``maps`` (none can
            be filled), ``hole`` (there is none), ``linked`` (another .blend's), ``draw`` (no pictures), ``cancelled``.
        sentence: what is wrong and what to do.
        status: of HTTP; 0 if it is none of that.
        wait: seconds after which to try again, if the service said so.
        more: what else the service said, for programs.
    """

    def __init__(
        self,
        kind: Kind,
        sentence: str,
        *,
        status: int = 0,
        wait: float | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.kind: Kind = kind
        self.sentence = sentence
        self.status, self.wait, self.more = status, wait, dict(more or {})


class Stopped(Exception):
    """The caller wanted no answer any more."""
