"""The JSON of the benchmarks comes in; the tables between the README's markers go out."""

from __future__ import annotations

import json

from benchmarks import diffusion, error, joint, render, size, speed, tables
from benchmarks.common import OUT, ROOT

TABLES = {"speed": speed.table, "size": size.table, "error": error.table, "joint": joint.table, "render": render.table}
TABLES["diffusion"] = diffusion.table
TABLES |= {f"table_{number}": tables.text for number in tables.TABLES}


def update() -> None:
    """Replace the text between ``<!-- bench:NAME -->`` and ``<!-- /bench:NAME -->`` by the last result's table."""
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        if not (OUT / f"{name}.json").is_file():
            continue
        result = json.loads((OUT / f"{name}.json").read_text(encoding="utf-8"))
        about = result["about"]
        origin = (
            f"`{about['command']}`, {about['date']}, commit {about['commit']}, {about['cores']} cores, {about['cpu']}"
        )
        block = f"<!-- bench:{name} -->\n{table(result)}\n\n{origin}\n<!-- /bench:{name} -->"
        before, _, rest = text.partition(f"<!-- bench:{name} -->")
        _, marker, after = rest.partition(f"<!-- /bench:{name} -->")
        text = before + block + after if marker else text
    path.write_text(text, encoding="utf-8")
