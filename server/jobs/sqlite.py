"""Jobs in an SQLite database: write-ahead log, synced at each commit, one connection for all threads."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from svbrdf_core.codec.plain import JsonObject

from .batches import SqliteBatches
from .common import ACTIVE, ENDED, Job, JobEvent, NewJob, State, StoreBusy, StoreError
from .records import (
    COLUMNS,
    DAMAGED,
    add_event,
    as_text,
    cancel_one,
    check_queue,
    end_job,
    event_data,
    find_one,
    insert_job,
    job_of,
    marks,
    must_exist,
    told_of,
)
from .turns import note_turn, waiting_in_turn

VERSION = 6
"""Of the tables, and of the JSON in them and in the folders of materials."""
KEPT_EVENTS = 50
"""Events of progress that are kept of each job."""
LOCK_TIMEOUT = 5.0
"""Seconds to wait for a database that another process has locked."""
TABLES = """
CREATE TABLE batches (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    key TEXT UNIQUE,
    asked TEXT NOT NULL,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    created REAL NOT NULL,
    turn INTEGER NOT NULL
);
CREATE TABLE turns (number INTEGER NOT NULL, single INTEGER NOT NULL);
INSERT INTO turns VALUES (0, 0);
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
    seq INTEGER NOT NULL DEFAULT 0,
    batch TEXT REFERENCES batches (id),
    row INTEGER
);
CREATE INDEX by_state ON jobs (state, number);
CREATE UNIQUE INDEX by_row ON jobs (batch, row);
CREATE TABLE events (
    job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (job, seq)
) WITHOUT ROWID;
"""


class SqliteStore:
    """See `JobStore`.

    Attributes:
        batches: of jobs, in the same transactions.
    """

    def __init__(self, path: Path) -> None:
        """Open a database, or make a new one.

        Raises:
            StoreError: it is damaged, or was made by another version.
        """
        self._path, self._lock = path, threading.Lock()
        with self._translate_errors():
            self._db = sqlite3.connect(path, timeout=LOCK_TIMEOUT, isolation_level=None, check_same_thread=False)
            self._prepare()
        self.batches = SqliteBatches(self._look, self._write)

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

    @contextmanager
    def _look(self) -> Iterator[sqlite3.Connection]:
        """Give the connection to read from."""
        with self._lock, self._translate_errors():
            yield self._db

    def _read(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._look() as db:
            return db.execute(sql, values).fetchall()

    def add(
        self, job_id: str, material: str, request: JsonObject, hole: JsonObject, *, parent: JsonObject | None = None,
        key: str | None, asked: str = "", most: int,
    ) -> Job:  # fmt: skip
        """See `JobStore`."""
        with self._write() as db:
            if key is not None and (known := find_one(db, "key = ?", key)):
                return known
            check_queue(db, 1, most)
            insert_job(db, NewJob(job_id, material, request, hole, parent), key=key, asked=asked)
            return must_exist(find_one(db, "id = ?", job_id))

    def get(self, job_id: str) -> Job | None:
        """See `JobStore`."""
        with self._look() as db:
            return find_one(db, "id = ?", job_id)

    def by_key(self, key: str) -> Job | None:
        """See `JobStore`."""
        with self._look() as db:
            return find_one(db, "key = ?", key)

    def newest(
        self, *, before: int | None = None, count: int = 50, states: Sequence[State] = (), alone: bool = False
    ) -> Sequence[Job]:
        """See `JobStore`."""
        chosen = f"AND state IN ({marks(states)})" if states else ""
        chosen += " AND batch IS NULL" if alone else ""
        sql = f"SELECT {COLUMNS} FROM jobs WHERE number < ? {chosen} ORDER BY number DESC LIMIT ?"
        return [job_of(row) for row in self._read(sql, 2**62 if before is None else before, *states, count)]

    def count(self, states: Sequence[State]) -> int:
        """See `JobStore`."""
        return int(self._read(f"SELECT count(*) FROM jobs WHERE state IN ({marks(states)})", *states)[0][0])

    def places(self) -> Mapping[int, int]:
        """See `JobStore`."""
        with self._look() as db:
            return {number: place for place, number in enumerate(waiting_in_turn(db))}

    def claim(self) -> Job | None:
        """See `JobStore`."""
        with self._write() as db:
            for number in waiting_in_turn(db):
                job = must_exist(find_one(db, "number = ?", number))
                if not job.damaged:
                    break
                end_job(db, job.id, State.FAILED, DAMAGED, None, "fault")
            else:
                return None
            note_turn(db, job.batch)
            db.execute(
                "UPDATE jobs SET state = ?, started = ?, attempt = attempt + 1, progress = NULL, reason = '', "
                "kind = '' WHERE id = ?",
                (State.RUNNING, time.time(), job.id),
            )
            add_event(db, job.id, "state", {"state": State.RUNNING, "attempt": job.attempt + 1})
            return find_one(db, "id = ?", job.id)

    def cancel(self, job_id: str) -> Job | None:
        """See `JobStore`."""
        with self._write() as db:
            job = find_one(db, "id = ?", job_id)
            if job is not None:
                cancel_one(db, job)
            return find_one(db, "id = ?", job_id)

    def finish(
        self, job_id: str, state: State, *, reason: str = "", kind: str = "", result: JsonObject | None = None
    ) -> Job | None:
        """See `JobStore`."""
        with self._write() as db:
            job = find_one(db, "id = ?", job_id)
            if job is not None and job.state == State.CANCELLING:
                end_job(db, job_id, State.CANCELLED, "It was cancelled.", None)
            elif job is not None and job.state == State.RUNNING:
                end_job(db, job_id, state, reason, result, kind)
            return find_one(db, "id = ?", job_id)

    def set_progress(self, job_id: str, progress: JsonObject) -> None:
        """See `JobStore`."""
        with self._write() as db:
            changed = db.execute(
                f"UPDATE jobs SET progress = ? WHERE id = ? AND state IN ({marks(ACTIVE)})",
                (as_text(progress), job_id, *ACTIVE),
            )
            if changed.rowcount:
                seq = add_event(db, job_id, "progress", progress)
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
                add_event(db, job_id, "preview", {"number": row[0]})

    def interrupt(self, reason: str, *, resume: bool, attempts: int) -> Sequence[Job]:
        """See `JobStore`."""
        with self._write() as db:
            rows = db.execute(f"SELECT {COLUMNS} FROM jobs WHERE state IN ({marks(ACTIVE)})", ACTIVE).fetchall()
            ended = []
            for job in map(job_of, rows):
                if job.damaged:
                    end_job(db, job.id, State.FAILED, DAMAGED, None, "fault")
                elif job.state == State.CANCELLING:
                    end_job(db, job.id, State.CANCELLED, "It was cancelled.", None)
                elif not resume:
                    end_job(db, job.id, State.INTERRUPTED, reason, None)
                elif job.attempt < attempts:
                    db.execute("UPDATE jobs SET state = ?, progress = NULL WHERE id = ?", (State.QUEUED, job.id))
                    add_event(db, job.id, "state", {"state": State.QUEUED, "reason": told_of(reason)})
                    continue
                else:
                    said = f"It was begun {job.attempt} times and never came to an end."
                    end_job(db, job.id, State.FAILED, said, None, "worker")
                ended.append(must_exist(find_one(db, "id = ?", job.id)))
            return ended

    def remove(self, job_id: str) -> bool:
        """See `JobStore`."""
        with self._write() as db:
            job = find_one(db, "id = ?", job_id)
            if job is None or job.state not in ENDED:
                return False
            db.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
            db.execute(
                "DELETE FROM batches WHERE id = ? AND NOT EXISTS (SELECT 1 FROM jobs WHERE batch = batches.id)",
                (job.batch,),
            )
            return True

    def events(self, job_id: str, after: int, count: int = 200) -> Sequence[JobEvent]:
        """See `JobStore`."""
        sql = "SELECT seq, kind, data FROM events WHERE job = ? AND seq > ? ORDER BY seq LIMIT ?"
        return [JobEvent(seq, kind, event_data(data)) for seq, kind, data in self._read(sql, job_id, after, count)]

    def close(self) -> None:
        """See `JobStore`."""
        with self._lock:
            self._db.close()
