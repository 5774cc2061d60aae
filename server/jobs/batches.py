"""Batches in the job database: rows of jobs that are accepted, cancelled, done again and forgotten together."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from .common import ENDED, Batch, Job, NewJob, State
from .records import COLUMNS, cancel_one, check_queue, insert_job, job_of, marks

Lend = Callable[[], AbstractContextManager[sqlite3.Connection]]
BATCH = "number, id, name, asked, size, created"


class SqliteBatches:
    """See `BatchStore`."""

    def __init__(self, look: Lend, transaction: Lend) -> None:
        """Make one that reads, and writes in transactions, by what a store lends."""
        self._look, self._transaction = look, transaction

    def add(
        self, batch_id: str, name: str, jobs: Sequence[NewJob], *, key: str | None, asked: str = "", most: int
    ) -> Batch:
        """See `BatchStore`."""
        with self._transaction() as db:
            if key is not None and (known := _find(db, "key = ?", key)):
                return known[0]
            check_queue(db, len(jobs), most)
            db.execute(
                "INSERT INTO batches (id, key, asked, name, size, created, turn) "
                "VALUES (?, ?, ?, ?, ?, ?, (SELECT number FROM turns))",
                (batch_id, key, asked, name, len(jobs), time.time()),
            )
            for job in jobs:
                insert_job(db, job, batch=batch_id)
            return _find(db, "id = ?", batch_id)[0]

    def get(self, batch_id: str) -> Batch | None:
        """See `BatchStore`."""
        with self._look() as db:
            return next(iter(_find(db, "id = ?", batch_id)), None)

    def by_key(self, key: str) -> Batch | None:
        """See `BatchStore`."""
        with self._look() as db:
            return next(iter(_find(db, "key = ?", key)), None)

    def newest(self, *, before: int | None = None, count: int = 50) -> Sequence[Batch]:
        """See `BatchStore`."""
        with self._look() as db:
            return _find(db, "number < ? ORDER BY number DESC LIMIT ?", 2**62 if before is None else before, count)

    def jobs(self, batch_id: str, *, after: int = 0, count: int = 50, states: Sequence[State] = ()) -> Sequence[Job]:
        """See `BatchStore`."""
        chosen = f"AND state IN ({marks(states)})" if states else ""
        with self._look() as db:
            sql = f"SELECT {COLUMNS} FROM jobs WHERE batch = ? AND row > ? {chosen} ORDER BY row LIMIT ?"
            return [job_of(row) for row in db.execute(sql, (batch_id, after, *states, count)).fetchall()]

    def cancel(self, batch_id: str) -> Sequence[Job]:
        """See `BatchStore`."""
        with self._transaction() as db:
            open_ = _jobs(db, "batch = ? AND state IN (?, ?)", batch_id, State.QUEUED, State.RUNNING)
            for job in open_:
                cancel_one(db, job)
            return _jobs(db, f"id IN ({marks(open_)})", *(job.id for job in open_))

    def retry(self, batch_id: str, jobs: Sequence[NewJob], *, most: int) -> Sequence[str]:
        """See `BatchStore`."""
        with self._transaction() as db:
            check_queue(db, len(jobs), most)
            taken = []
            for job in jobs:
                old = None if job.parent is None else job.parent["job"]
                left = db.execute(
                    f"UPDATE jobs SET row = NULL WHERE id = ? AND batch = ? AND row = ? AND state IN ({marks(ENDED)})",
                    (old, batch_id, job.row, *ENDED),
                )
                if left.rowcount:  # else somebody else was quicker
                    insert_job(db, job, batch=batch_id)
                    taken.append(job.id)
            return taken

    def remove(self, batch_id: str) -> Sequence[str] | None:
        """See `BatchStore`."""
        with self._transaction() as db:
            jobs = db.execute("SELECT id, state FROM jobs WHERE batch = ?", (batch_id,)).fetchall()
            if any(state not in ENDED for _, state in jobs):
                return None
            db.execute("DELETE FROM jobs WHERE batch = ?", (batch_id,))
            db.execute("DELETE FROM batches WHERE id = ?", (batch_id,))
            return [job for job, _ in jobs]


def _find(db: sqlite3.Connection, where: str, *values: object) -> list[Batch]:
    """Return the batches of which something holds, with the states of their rows."""
    rows = db.execute(f"SELECT {BATCH} FROM batches WHERE {where}", values).fetchall()
    counted: dict[str, dict[State, int]] = {row[1]: {} for row in rows}
    sql = f"SELECT batch, state, count(*) FROM jobs WHERE batch IN ({marks(rows)}) AND row IS NOT NULL GROUP BY 1, 2"
    for batch, state, count in db.execute(sql, [row[1] for row in rows]).fetchall():
        known = state if state in tuple(State) else State.FAILED  # a damaged one, as it is shown
        counted[batch][State(known)] = counted[batch].get(State(known), 0) + count
    return [
        Batch(number, batch_id, name, asked, size, created, counted[batch_id])
        for number, batch_id, name, asked, size, created in rows
    ]


def _jobs(db: sqlite3.Connection, where: str, *values: Any) -> list[Job]:
    return [job_of(row) for row in db.execute(f"SELECT {COLUMNS} FROM jobs WHERE {where}", values).fetchall()]
