"""The words of file names, and the forms of tiles, as tables for people; the page on names shows them.

``python -m svbrdf_core.formats.wordlist docs/names.md`` writes it between the page's markers.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path

from svbrdf_core.formats.vocabulary import ALL, DATA, LONELY, RGB, RGBA, STRONG, TILES, WEAK, Use, Uses

BEGIN, END = "<!-- words:begin -->", "<!-- words:end -->"
TILES_BEGIN, TILES_END = "<!-- tiles:begin -->", "<!-- tiles:end -->"
_TITLES = {"colour": "base colour or diffuse", "bump": "height, or a normal map if it looks like one"}


def word_table() -> str:
    """Return the table in Markdown: meaning, words anywhere in a name, words at its end (``*``: beside others only)."""
    rows: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for words, column in ((STRONG, 0), (RGB, 0), (RGBA, 0), (WEAK, 1)):
        for word, uses in words.items():
            suffix = "" if words is not RGB and words is not RGBA else f" in {'3' if words is RGB else '4'} channels"
            rows[_meaning(uses) + suffix][column].append(f"{word}\\*" if column and word in LONELY else word)
    lines = ["| it holds | words anywhere | words at the end |", "| --- | --- | --- |"]
    lines += [
        f"| {meaning} | {' '.join(sorted(a))} | {' '.join(sorted(b))} |" for meaning, (a, b) in sorted(rows.items())
    ]
    return "\n".join(lines)


def tile_table() -> str:
    """Return the forms of tiles in Markdown: what stands for one in a pattern, as a regular expression, an example."""
    examples = {"UDIM": "`Hero_BaseColor.1001.png`, `Hero_1002_Normal.tif`", "UVTILE": "`Hero_BaseColor_u1_v1.png`"}
    lines = ["| in a pattern | in a name | e.g. |", "| --- | --- | --- |"]
    lines += [f"| `<{form}>` | `{_plain(pattern)}` | {examples[form]} |" for form, pattern in TILES.items()]
    return "\n".join(lines)


def page_with_table(page: str) -> str:
    """Return a page with the tables between their markers.

    Raises:
        ValueError: it has no markers.
    """
    for begin, end, table in ((BEGIN, END, word_table()), (TILES_BEGIN, TILES_END, tile_table())):
        before, after = page.index(begin) + len(begin), page.index(end)
        page = f"{page[:before]}\n{table}\n{page[after:]}"
    return page


def _plain(pattern: str) -> str:
    """Return a regular expression without the names of its groups, as a table can hold it."""
    return re.sub(r"\?P<\w+>", "", pattern).replace("|", " or ")


def _meaning(uses: Uses) -> str:
    return ", ".join(_part(use) for use in uses)


def _part(use: Use) -> str:
    name = _TITLES.get(use.map, use.map.removeprefix(DATA) + " (as data)" if use.map.startswith(DATA) else use.map)
    turned = " inverted" if use.inverted else ""
    convention = {"opengl": " (OpenGL)", "directx": " (DirectX)"}.get(use.convention or "", "")
    return f"{name}{turned}{convention}{'' if use.channels == ALL else f' in {use.channels}'}"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(page_with_table(path.read_text(encoding="utf-8")), encoding="utf-8")
