"""Command ``svbrdf cache``: the trained models that are kept for materials that are met again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from svbrdf_core.cli.options import JsonOption, QuietOption
from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.codec.plain import Json
from svbrdf_core.sentences import harmless

if TYPE_CHECKING:
    from svbrdf_core.learning.store import Entry

NONE = "No trained models are kept: SVBRDF_CACHE is off, or you have no home folder. Set it to a folder to keep them."


def ls(json: JsonOption = False, quiet: QuietOption = False) -> Outcome:
    """Say which trained models are kept, the last used first, and in which folder.

    The environment variable SVBRDF_CACHE names another folder; SVBRDF_CACHE=off keeps none. Nothing is written.
    """
    from svbrdf_core.learning.store import open_store

    kept = open_store()
    entries = kept.entries() if kept else []
    total = sum(entry.nbytes for entry in entries)
    data: dict[str, Json] = {
        "folder": str(kept.folder) if kept else None,
        "limit": kept.limit if kept else None,
        "bytes": total,
        "models": [_describe(entry) for entry in entries],
    }
    if quiet or not kept:
        return Outcome(data, () if quiet else (NONE,))
    summary = f"{_count(len(entries))}, {_size(total)} of at most {_size(kept.limit)}, in {kept.folder}"
    return Outcome(data, (_table(entries), summary) if entries else (summary,))


def clear(json: JsonOption = False, quiet: QuietOption = False) -> Outcome:
    """Remove all trained models that are kept; whoever needs one again trains it again.

    Other files in the folder stay.
    """
    from svbrdf_core.errors import OutputError
    from svbrdf_core.learning.store import open_store

    kept = open_store()
    freed = kept.clear() if kept else 0
    if kept and (left := kept.entries()):
        raise OutputError(
            f"{kept.folder} cannot be changed; {_count(len(left))} still there, remove the files by hand."
        )
    data: dict[str, Json] = {"folder": str(kept.folder) if kept else None, "freed": freed}
    return Outcome(data, () if quiet else (f"{_size(freed)} freed in {kept.folder}" if kept else NONE,))


def _describe(entry: Entry) -> dict[str, Json]:
    used = datetime.fromtimestamp(entry.used, UTC).isoformat(timespec="seconds")
    return {"title": entry.title, "bytes": entry.nbytes, "last_used": used, "file": entry.name}


def _table(entries: Sequence[Entry]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("model", overflow="fold")
    table.add_column("size", justify="right")
    table.add_column("last used")
    for entry in entries:
        used = datetime.fromtimestamp(entry.used).astimezone().strftime("%Y-%m-%d %H:%M")
        table.add_row(*(Text(harmless(cell)) for cell in (entry.title, _size(entry.nbytes), used)))
    return table


def _count(models: int) -> str:
    return "1 model" if models == 1 else f"{models} models"


def _size(nbytes: int) -> str:
    return f"{nbytes / 2**20:.1f} MiB"
