"""The Python of docs/render.md runs, and leaves what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "render.md"


def test_the_example_runs() -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    assert names["light"].shape == (1, 3, 64, 64)
    assert names["maps"].grad.isfinite().all()
    assert len(names["literature"]) == 9
    assert names["picture"].shape == (64, 64, 3)
