"""Turns of waiting jobs: a batch, however long, holds nobody up.

Single jobs and batches take turns, and so do batches among themselves; within a batch, and among single jobs, the
oldest is the first. A single job that is asked for beside any number of batches waits for at most one job of theirs
besides what runs; and single jobs without end do not keep a batch from going on either.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterable, Iterator, Mapping

from .common import State


def in_turn(waiting: Iterable[tuple[int, str | None]], turns: Mapping[str, int], *, single: bool) -> Iterator[int]:
    """Yield the numbers of waiting jobs as they come to their turns if no other is added.

    Args:
        waiting: number and batch of each job, the oldest first.
        turns: when each batch had its last turn, or was accepted.
        single: whether the last turn was a single job's.
    """
    lanes: dict[str | None, deque[int]] = {}
    for number, batch in waiting:
        lanes.setdefault(batch, deque()).append(number)
    alone = lanes.pop(None, deque())
    others = deque(lane for _, lane in sorted(lanes.items(), key=lambda one: (turns[str(one[0])], one[1][0])))
    while alone or others:
        single = bool(alone) and not (single and others)
        if single:
            yield alone.popleft()
            continue
        lane = others.popleft()
        yield lane.popleft()
        if lane:
            others.append(lane)


def waiting_in_turn(db: sqlite3.Connection) -> Iterator[int]:
    """Yield the numbers of waiting jobs in the order in which they are begun."""
    waiting = db.execute("SELECT number, batch FROM jobs WHERE state = ? ORDER BY number", (State.QUEUED,)).fetchall()
    turns = dict(db.execute("SELECT id, turn FROM batches").fetchall())
    ((single,),) = db.execute("SELECT single FROM turns").fetchall()
    return in_turn(waiting, turns, single=bool(single))


def note_turn(db: sqlite3.Connection, batch: str | None) -> None:
    """Write down whose turn it was."""
    db.execute("UPDATE turns SET number = number + 1, single = ?", (batch is None,))
    db.execute("UPDATE batches SET turn = (SELECT number FROM turns) WHERE id = ?", (batch,))
