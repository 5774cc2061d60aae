"""What importing the request costs: nothing but the standard library."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "statement", ["svbrdf_core.InpaintRequest, svbrdf_core.HoleSpec", "from svbrdf_core import codec, request"]
)
def test_the_request_needs_only_the_standard_library(statement: str) -> None:
    code = (
        f"import json, sys, svbrdf_core; before = set(sys.modules); {statement}; print(json.dumps(sorted(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=180
    )
    names = {name.partition(".")[0] for name in json.loads(run.stdout)}
    assert not {"numpy", "torch", "numba", "scipy", "typer", "rich", "pydantic", "PIL"} & names
    ours = {name for name in json.loads(run.stdout) if name.startswith("svbrdf_core.")}
    assert {name.split(".")[1] for name in ours} <= {"codec", "request", "errors", "plain", "sentences"}
