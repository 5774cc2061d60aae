"""What all tests share: how long one example of a property may take, and that long tests come first."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# The usual 0.2 s is soon over when another part of the tests has the processor, or kernels are compiled first.
settings.register_profile("beside", deadline=60_000)
settings.load_profile("beside")

HERE = Path(__file__).parent
HELPERS = [path for path in HERE.rglob("*.py") if not path.name.startswith(("test_", "conftest"))]
# Checks that several test files share say what they saw, as those in the test files do.
pytest.register_assert_rewrite(*(".".join(path.relative_to(HERE.parent).with_suffix("").parts) for path in HELPERS))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files with slow tests first, so that with several processes the last ones end at about the same time."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
