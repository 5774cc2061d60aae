"""A job and its states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from svbrdf_core.codec.plain import JsonObject


class State(StrEnum):
    """Where a job is: waiting, at work, or at its end."""

    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


WAITING = (State.QUEUED,)
ACTIVE = (State.RUNNING, State.CANCELLING)
ENDED = (State.DONE, State.FAILED, State.CANCELLED, State.INTERRUPTED)


@dataclass(frozen=True)
class Job:
    """One accepted request.

    Attributes:
        number: order of acceptance.
        id: name of the job.
        state: where it is.
        material: id of the material.
        request: what was asked for.
        hole: what the hole was found to be when the request was checked.
        created, started, finished: seconds since 1970 by the machine's clock, for people; nothing is decided by them.
        attempt: how often it was begun.
        reason: why it ended as it did, a `Sentence`; empty if there is nothing to say.
        kind: of a failure, for programs, by what failed: ``input``, ``mask``, ``fill``, ``output``, ``memory``,
            ``worker``, or ``fault``, which is ours; empty of all else.
        result: the report of the fill; None before it is done.
        progress: the last that the worker said.
        preview: number of the newest preview, 0 for none.
        asked: digest of what was asked for under a key, empty without one.
        parent: of a retry the job that it is one of (``job``, an id) and, where it starts from its result, which one
            (``variation``, else None); None of all else.
        batch: the batch that it is of, an id; None of one that was asked for alone.
        row: its place in the batch, from 1; None if a later job has taken it.
        damaged: whether its record makes no sense; nothing else of it is known then.
    """

    number: int
    id: str
    state: State
    material: str
    request: JsonObject
    hole: JsonObject
    created: float
    started: float | None
    finished: float | None
    attempt: int
    reason: str
    kind: str
    result: JsonObject | None
    progress: JsonObject | None
    preview: int
    asked: str = ""
    parent: JsonObject | None = None
    batch: str | None = None
    row: int | None = None
    damaged: bool = False


@dataclass(frozen=True)
class NewJob:
    """A job that was looked at and may be accepted; see `Job`."""

    id: str
    material: str
    request: JsonObject
    hole: JsonObject
    parent: JsonObject | None = None
    row: int | None = None


@dataclass(frozen=True)
class Batch:
    """Jobs that were accepted together.

    Attributes:
        number: order of acceptance.
        id: name of the batch.
        name: what people call it.
        asked: digest of what was asked for under a key, empty without one.
        size: how many jobs it had when it was accepted.
        created: seconds since 1970 by the machine's clock, for people.
        counts: how many of its rows are in each state; fewer than ``size`` in all if jobs were removed.
    """

    number: int
    id: str
    name: str
    asked: str
    size: int
    created: float
    counts: Mapping[State, int]


@dataclass(frozen=True)
class JobEvent:
    """Something that happened to a job: ``state``, ``progress`` or ``preview``."""

    seq: int
    kind: str
    data: JsonObject


class StoreError(Exception):
    """The store cannot be used; the message says what to do."""


class StoreBusy(StoreError):
    """Another process holds the store, or there is no room; later it may work."""


class QueueFull(Exception):
    """As many jobs wait as may."""


def examples_of(request: Mapping[str, Any]) -> list[str]:
    """Return the ids of the materials that a job copies from, of its request as it is kept."""
    return [str(material) for material in request.get("examples", [])]


def former_of(request: Mapping[str, Any]) -> str | None:
    """Return the id of the result that a job varies, of its request as it is kept; None if there is none."""
    former = request.get("former")
    return None if former is None else str(former)
