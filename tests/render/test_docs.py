"""The Python of docs/render.md runs, and leaves what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "render.md"
CHECKS = """
assert light.shape == (1, 3, 64, 64)
assert maps.grad.isfinite().all()
assert len(literature) == 9
assert picture.shape == (64, 64, 3)
"""


def test_the_example_runs(tmp_path: Path) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    example = tmp_path / "example.py"
    example.write_text(code + CHECKS, encoding="utf-8")
    ran = subprocess.run([sys.executable, str(example)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
