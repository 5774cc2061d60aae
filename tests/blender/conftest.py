"""Tests that run inside Blender (the bpy wheel): the add-on is linked in as an extension and enabled as by its user."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HOME = Path(tempfile.mkdtemp(prefix="svbrdf-blender-"))
os.environ["BLENDER_USER_RESOURCES"] = str(HOME)  # before bpy is imported

import bpy  # noqa: E402

# isort: split
import addon_utils  # noqa: E402
import pytest  # noqa: E402

from tests.blender.helper import NAME, ROOT  # noqa: E402
from tests.blender.walls import Running, forget_all, run_service  # noqa: E402


def pytest_sessionstart() -> None:
    """Link the add-on where Blender looks for extensions, and enable it."""
    folder = HOME / "extensions" / "user_default"
    folder.mkdir(parents=True)
    (folder / "svbrdf_inpaint").symlink_to(ROOT / "blender_addon", target_is_directory=True)
    addon_utils.extensions_refresh()
    assert addon_utils.enable(NAME, default_set=True) is not None, "the add-on could not be enabled"


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave at once: some versions of bpy hang at the interpreter's end after an extension was enabled."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    failed = reporter is None or reporter.stats.get("failed") or reporter.stats.get("error")
    collected = reporter is not None and reporter._numcollected
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1 if failed or not collected else 0)


@pytest.fixture(autouse=True)
def empty_file() -> Iterator[None]:
    """Every test begins with an empty file; preferences and the add-on stay."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    yield


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One service for all tests that leave it as it is: its first job takes long."""
    with run_service(tmp_path_factory.mktemp("service")) as one:
        yield one


@pytest.fixture
def fresh_session(running: Running) -> Iterator[None]:
    """Nothing is remembered from another test, and nothing runs on at the service."""
    yield
    forget_all()
