"""Jobs in an SQLite database: write-ahead log, synced at each commit, one connection for all threads."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from svbrdf_core.codec.plain import JsonObject
from svbrdf_core.sentences import Sentence

from .common import ACTIVE, ENDED, WAITING, Job, JobEvent, QueueFull, State, StoreBusy, StoreError, examples_of

VERSION = 5
"""Of the tables, and of the JSON in them and in the folders of materials."""
KEPT_EVENTS = 50
"""Events of progress that are kept of each job."""
LOCK_TIMEOUT = 5.0
"""Seconds to wait for a database that another process has locked."""
TABLES = """
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    key TEXT UNIQUE,
    asked TEXT NOT NULL DEFAULT '',
    state TEXT NOT NULL,
    material TEXT NOT NULL,
    parent TEXT,
    request TEXT NOT NULL,
    hole TEXT NOT NULL,
    created REAL NOT NULL,
    started REAL,
    finished REAL,
    attempt INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL DEFAULT '',
    result TEXT,
    progress TEXT,
    preview INTEGER NOT NULL DEFAULT 0,
    seq INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX by_state ON jobs (state, number);
CREATE TABLE events (
    job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (job, seq)
) WITHOUT ROWID;
"""
COLUMNS = (
    "number, id, state, material, request, hole, created, started, finished, attempt, reason, kind, result, progress, "
    "preview, asked, parent"
)
DAMAGED = "The record of this job is damaged, so it cannot be shown or done; delete it, and ask for it again."


class SqliteStore:
    """See `JobStore`."""

    def __init__(self, path: Path) -> None:
        """Open a database, or make a new one.

        Raises:
            StoreError: it is damaged, or was made by another version.
        """
        self._path, self._lock = path, threading.Lock()
        with self._translate_errors():
            self._db = sqlite3.connect(path, timeout=LOCK_TIMEOUT, isolation_level=None, check_same_thread=False)
            self._prepare()

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if self._db.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("its check fails")
        made = bool(self._db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone())
        if made and version != VERSION:
            raise StoreError(
                f"{self._path.name} was made by another version of this program (its schema is {version}, ours "
                f"{VERSION}); move it away or give another --data folder."
            )
        if not made:
            self._db.executescript(f"BEGIN IMMEDIATE; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;")

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Turn the database's errors into sentences."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StoreBusy(
                f"The job database {self._path.name} cannot be used now ({error}); make room on the disk, or end the "
                "program that holds it."
            ) from error
        except sqlite3.DatabaseError as error:
            raise StoreError(
                f"The job database {self._path.name} is damaged ({error}); move it away, and a new one is made."
            ) from error

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for one transaction, which other processes see whole or not at all."""
        with self._lock, self._translate_errors():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _read(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock, self._translate_errors():
            return self._db.execute(sql, values).fetchall()

    def add(
        self, job_id: str, material: str, request: JsonObject, hole: JsonObject, *, parent: JsonObject | None = None,
        key: str | None, asked: str = "", most: int,
    ) -> Job:  # fmt: skip
        """See `JobStore`."""
        with self._write() as db:
            if key is not None and (known := _one(db, "key = ?", key)):
                return known
            (waiting,) = db.execute("SELECT count(*) FROM jobs WHERE state = ?", WAITING).fetchone()
            if waiting >= most:
                raise QueueFull
            db.execute(
                "INSERT INTO jobs (id, key, asked, state, material, parent, request, hole, created) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    job_id,
                    key,
                    asked,
                    State.QUEUED,
                    material,
                    parent and _text(parent),
                    _text(request),
                    _text(hole),
                    time.time(),
                ),
            )
            _add_event(db, job_id, "state", {"state": State.QUEUED})
            return _must_exist(_one(db, "id = ?", job_id))

    def get(self, job_id: str) -> Job | None:
        """See `JobStore`."""
        with self._lock, self._translate_errors():
            return _one(self._db, "id = ?", job_id)

    def by_key(self, key: str) -> Job | None:
        """See `JobStore`."""
        with self._lock, self._translate_errors():
            return _one(self._db, "key = ?", key)

    def newest(self, *, before: int | None = None, count: int = 50, states: Sequence[State] = ()) -> Sequence[Job]:
        """See `JobStore`."""
        marks = ", ".join("?" * len(states))
        chosen = f"AND state IN ({marks})" if states else ""
        sql = f"SELECT {COLUMNS} FROM jobs WHERE number < ? {chosen} ORDER BY number DESC LIMIT ?"
        return [_job(row) for row in self._read(sql, 2**62 if before is None else before, *states, count)]

    def count(self, states: Sequence[State]) -> int:
        """See `JobStore`."""
        marks = ", ".join("?" * len(states))
        return int(self._read(f"SELECT count(*) FROM jobs WHERE state IN ({marks})", *states)[0][0])

    def count_ahead(self, number: int) -> int:
        """See `JobStore`."""
        return int(self._read("SELECT count(*) FROM jobs WHERE state = ? AND number < ?", State.QUEUED, number)[0][0])

    def claim(self) -> Job | None:
        """See `JobStore`."""
        with self._write() as db:
            while (job := _one(db, "state = ? ORDER BY number LIMIT 1", State.QUEUED)) is not None and job.damaged:
                _end(db, job.id, State.FAILED, DAMAGED, None, "fault")
            if job is None:
                return None
            db.execute(
                "UPDATE jobs SET state = ?, started = ?, attempt = attempt + 1, progress = NULL, reason = '', "
                "kind = '' WHERE id = ?",
                (State.RUNNING, time.time(), job.id),
            )
            _add_event(db, job.id, "state", {"state": State.RUNNING, "attempt": job.attempt + 1})
            return _one(db, "id = ?", job.id)

    def cancel(self, job_id: str) -> Job | None:
        """See `JobStore`."""
        with self._write() as db:
            job = _one(db, "id = ?", job_id)
            if job is not None and job.state == State.QUEUED:
                _end(db, job_id, State.CANCELLED, "It was cancelled before it began.", None)
            elif job is not None and job.state == State.RUNNING:
                db.execute("UPDATE jobs SET state = ? WHERE id = ?", (State.CANCELLING, job_id))
                _add_event(db, job_id, "state", {"state": State.CANCELLING})
            return _one(db, "id = ?", job_id)

    def finish(
        self, job_id: str, state: State, *, reason: str = "", kind: str = "", result: JsonObject | None = None
    ) -> Job | None:
        """See `JobStore`."""
        with self._write() as db:
            job = _one(db, "id = ?", job_id)
            if job is not None and job.state == State.CANCELLING:
                _end(db, job_id, State.CANCELLED, "It was cancelled.", None)
            elif job is not None and job.state == State.RUNNING:
                _end(db, job_id, state, reason, result, kind)
            return _one(db, "id = ?", job_id)

    def set_progress(self, job_id: str, progress: JsonObject) -> None:
        """See `JobStore`."""
        with self._write() as db:
            changed = db.execute(
                f"UPDATE jobs SET progress = ? WHERE id = ? AND state IN ({_marks(ACTIVE)})",
                (_text(progress), job_id, *ACTIVE),
            )
            if changed.rowcount:
                seq = _add_event(db, job_id, "progress", progress)
                db.execute(
                    "DELETE FROM events WHERE job = ? AND kind = 'progress' AND seq <= ?", (job_id, seq - KEPT_EVENTS)
                )

    def count_preview(self, job_id: str) -> None:
        """See `JobStore`."""
        with self._write() as db:
            row = db.execute(
                "UPDATE jobs SET preview = preview + 1 WHERE id = ? RETURNING preview", (job_id,)
            ).fetchone()
            if row:
                db.execute("DELETE FROM events WHERE job = ? AND kind = 'preview'", (job_id,))
                _add_event(db, job_id, "preview", {"number": row[0]})

    def interrupt(self, reason: str, *, resume: bool, attempts: int) -> Sequence[Job]:
        """See `JobStore`."""
        with self._write() as db:
            rows = db.execute(f"SELECT {COLUMNS} FROM jobs WHERE state IN ({_marks(ACTIVE)})", ACTIVE).fetchall()
            ended = []
            for job in map(_job, rows):
                if job.damaged:
                    _end(db, job.id, State.FAILED, DAMAGED, None, "fault")
                elif job.state == State.CANCELLING:
                    _end(db, job.id, State.CANCELLED, "It was cancelled.", None)
                elif not resume:
                    _end(db, job.id, State.INTERRUPTED, reason, None)
                elif job.attempt < attempts:
                    db.execute("UPDATE jobs SET state = ?, progress = NULL WHERE id = ?", (State.QUEUED, job.id))
                    _add_event(db, job.id, "state", {"state": State.QUEUED, "reason": _told(reason)})
                    continue
                else:
                    said = f"It was begun {job.attempt} times and never came to an end."
                    _end(db, job.id, State.FAILED, said, None, "worker")
                ended.append(_must_exist(_one(db, "id = ?", job.id)))
            return ended

    def remove(self, job_id: str) -> bool:
        """See `JobStore`."""
        with self._write() as db:
            job = _one(db, "id = ?", job_id)
            if job is None or job.state not in ENDED:
                return False
            db.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
            return True

    def events(self, job_id: str, after: int, count: int = 200) -> Sequence[JobEvent]:
        """See `JobStore`."""
        sql = "SELECT seq, kind, data FROM events WHERE job = ? AND seq > ? ORDER BY seq LIMIT ?"
        return [JobEvent(seq, kind, _event_data(data)) for seq, kind, data in self._read(sql, job_id, after, count)]

    def close(self) -> None:
        """See `JobStore`."""
        with self._lock:
            self._db.close()


def _event_data(text: str) -> JsonObject:
    try:
        return _object(text)
    except (ValueError, TypeError, RecursionError):
        return {}


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _text(value: JsonObject) -> str:
    return json.dumps(value, allow_nan=False)


def _must_exist(job: Job | None) -> Job:
    if job is None:
        raise StoreError("A job vanished while it was written.")
    return job


def _one(db: sqlite3.Connection, where: str, *values: object) -> Job | None:
    row = db.execute(f"SELECT {COLUMNS} FROM jobs WHERE {where}", values).fetchone()
    return None if row is None else _job(row)


def _job(row: Sequence[Any]) -> Job:
    """Return what a row says; one that makes no sense is a failed job, and does no harm to others."""
    number, job_id, state, material, request, hole, created, started, finished, attempt, reason, kind, *rest = row
    result, progress, preview, asked, parent = rest
    try:
        examples_of(_object(request))  # are they any?
        return Job(
            int(number), str(job_id), State(state), str(material), _object(request), _object(hole), float(created),
            _number(started), _number(finished), int(attempt), _sentence(reason), str(kind), result and _object(result),
            progress and _object(progress), int(preview), str(asked), _parent(parent),
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


def _told(reason: str) -> JsonObject | None:
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


def _add_event(db: sqlite3.Connection, job_id: str, kind: str, data: JsonObject) -> int:
    """Write an event down and return its number."""
    (seq,) = db.execute("UPDATE jobs SET seq = seq + 1 WHERE id = ? RETURNING seq", (job_id,)).fetchone()
    db.execute("INSERT INTO events (job, seq, kind, data) VALUES (?, ?, ?, ?)", (job_id, seq, kind, _text(data)))
    return int(seq)


def _end(
    db: sqlite3.Connection, job_id: str, state: State, reason: str, result: JsonObject | None, kind: str = ""
) -> None:
    told = _told(reason)
    db.execute(
        "UPDATE jobs SET state = ?, reason = ?, kind = ?, result = ?, finished = ? WHERE id = ?",
        (
            state,
            "" if told is None else _text(told),
            kind,
            None if result is None else _text(result),
            time.time(),
            job_id,
        ),
    )
    _add_event(db, job_id, "state", {"state": state, "reason": told})
