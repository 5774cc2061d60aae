"""The index of a batch: a page to look at, and the same as CSV and JSON."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from svbrdf_core.batch.outputs import Output
from svbrdf_core.batch.records import DONE, RowFiles

COLUMNS = ("name", "state", "why", "method", "seeds", "pixels", "seconds", "energy", "blemish", "source")
PAGE, TABLE, DATA = "index.html", "results.csv", "results.json"


def write_index(output: Output, records: Sequence[dict[str, Any]], command: str) -> None:
    """Write the page, CSV and JSON of a batch together.

    Raises:
        OutputError: they cannot be written.
    """
    texts = {
        TABLE: _table(records),
        DATA: json.dumps({"command": command, "rows": list(records)}, indent=1, allow_nan=False) + "\n",
        PAGE: _page(output, records, command),
    }
    output.write_index(texts)


def _table(records: Sequence[dict[str, Any]]) -> str:
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    for record in records:
        table.writerow([_cell(record.get(name)) for name in COLUMNS])
    return out.getvalue()


def _cell(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, list) else value


def _page(output: Output, records: Sequence[dict[str, Any]], command: str) -> str:
    rows = [_shown(RowFiles(output.out, record["name"]), record) for record in records]
    template = files(__package__).joinpath("templates", PAGE).read_text(encoding="utf-8")
    # Inside a script element only the end of one must not occur.
    data = json.dumps(rows, allow_nan=False).replace("</", "<\\/").replace("<!--", "<\\!--")
    return template.replace("{{ command }}", html.escape(command)).replace("{{ data }}", data)


def _shown(row: RowFiles, record: dict[str, Any]) -> dict[str, Any]:
    thumbs = {}
    if record["state"] == DONE:
        thumbs = {which: f"thumbs/{row.thumb(which).name}" for which in ("before", "after")}
    return {
        **{name: record.get(name) for name in COLUMNS},
        **thumbs,
        "notes": record.get("notes", []),
        "folder": f"../{record['name']}",
    }
