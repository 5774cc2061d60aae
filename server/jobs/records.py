"""Rows of the job database: jobs as they are read, events and ends as they are written."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Sequence
from typing import Any

from svbrdf_core.codec.plain import JsonObject
from svbrdf_core.sentences import Sentence

from .common import WAITING, Job, NewJob, QueueFull, State, StoreError, examples_of

COLUMNS = (
    "number, id, state, material, request, hole, created, started, finished, attempt, reason, kind, result, progress, "
    "preview, asked, parent, batch, row"
)
DAMAGED = "The record of this job is damaged, so it cannot be shown or done; delete it, and ask for it again."


def event_data(text: str) -> JsonObject:
    """Return what an event says; nothing of a damaged one."""
    try:
        return _object(text)
    except (ValueError, TypeError, RecursionError):
        return {}


def marks(values: Sequence[object]) -> str:
    """Return as many question marks as there are values."""
    return ", ".join("?" * len(values))


def as_text(value: JsonObject) -> str:
    """Return JSON as it is kept."""
    return json.dumps(value, allow_nan=False)


def must_exist(job: Job | None) -> Job:
    """Return a job that was written just now."""
    if job is None:
        raise StoreError("A job vanished while it was written.")
    return job


def find_one(db: sqlite3.Connection, where: str, *values: object) -> Job | None:
    """Return the first job of which something holds."""
    row = db.execute(f"SELECT {COLUMNS} FROM jobs WHERE {where}", values).fetchone()
    return None if row is None else job_of(row)


def job_of(row: Sequence[Any]) -> Job:
    """Return what a row says; one that makes no sense is a failed job, and does no harm to others."""
    number, job_id, state, material, request, hole, created, started, finished, attempt, reason, kind, *rest = row
    result, progress, preview, asked, parent, batch, place = rest
    try:
        examples_of(_object(request))  # are they any?
        return Job(
            int(number), str(job_id), State(state), str(material), _object(request), _object(hole), float(created),
            _number(started), _number(finished), int(attempt), _sentence(reason), str(kind), result and _object(result),
            progress and _object(progress), int(preview), str(asked), _parent(parent),
            batch and str(batch), place if place is None else int(place),
        )  # fmt: skip
    except (ValueError, TypeError, RecursionError):
        return Job(
            int(number), str(job_id), State.FAILED, "", {}, {}, 0.0, None, None, 0, DAMAGED, "fault", None, None, 0,
            damaged=True,
        )  # fmt: skip


def _parent(text: str | None) -> JsonObject | None:
    if not text:
        return None
    found = _object(text)
    if not isinstance(found.get("job"), str) or not isinstance(found.get("variation"), int | None):
        raise ValueError("it names no job")
    return found


def insert_job(
    db: sqlite3.Connection, new: NewJob, *, key: str | None = None, asked: str = "", batch: str | None = None
) -> None:
    """Write a new job down, which waits."""
    parent = None if new.parent is None else as_text(new.parent)
    db.execute(
        "INSERT INTO jobs (id, key, asked, state, material, parent, request, hole, created, batch, row) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            new.id, key, asked, State.QUEUED, new.material, parent, as_text(new.request), as_text(new.hole),
            time.time(), batch, new.row,
        ),
    )  # fmt: skip
    add_event(db, new.id, "state", {"state": State.QUEUED})


def cancel_one(db: sqlite3.Connection, job: Job) -> None:
    """Make a waiting job cancelled and a running one cancelling."""
    if job.state == State.QUEUED:
        end_job(db, job.id, State.CANCELLED, "It was cancelled before it began.", None)
    elif job.state == State.RUNNING:
        db.execute("UPDATE jobs SET state = ? WHERE id = ?", (State.CANCELLING, job.id))
        add_event(db, job.id, "state", {"state": State.CANCELLING})


def check_queue(db: sqlite3.Connection, more: int, most: int) -> None:
    """See that there is room for more waiting jobs.

    Raises:
        QueueFull: then ``most`` would be exceeded.
    """
    (waiting,) = db.execute("SELECT count(*) FROM jobs WHERE state = ?", WAITING).fetchone()
    if waiting + more > most:
        raise QueueFull


def told_of(reason: str) -> JsonObject | None:
    """Return a sentence in its parts; None for none."""
    return Sentence.of(reason).to_json() if reason else None


def _sentence(text: str) -> str:
    try:
        return Sentence.from_json(_object(text)) if text else ""
    except KeyError as error:
        raise ValueError("it is no sentence") from error


def _object(text: str) -> JsonObject:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("it is no object")
    return found


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def add_event(db: sqlite3.Connection, job_id: str, kind: str, data: JsonObject) -> int:
    """Write an event down and return its number."""
    (seq,) = db.execute("UPDATE jobs SET seq = seq + 1 WHERE id = ? RETURNING seq", (job_id,)).fetchone()
    db.execute("INSERT INTO events (job, seq, kind, data) VALUES (?, ?, ?, ?)", (job_id, seq, kind, as_text(data)))
    return int(seq)


def end_job(
    db: sqlite3.Connection, job_id: str, state: State, reason: str, result: JsonObject | None, kind: str = ""
) -> None:
    """Write down how a job ended."""
    told = told_of(reason)
    db.execute(
        "UPDATE jobs SET state = ?, reason = ?, kind = ?, result = ?, finished = ? WHERE id = ?",
        (
            state,
            "" if told is None else as_text(told),
            kind,
            None if result is None else as_text(result),
            time.time(),
            job_id,
        ),
    )
    add_event(db, job_id, "state", {"state": state, "reason": told})
