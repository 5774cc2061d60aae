"""The version of this package, as it is installed."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def package_version() -> str:
    """Return the version, or ``not installed``."""
    try:
        return version("svbrdf-inpaint")
    except PackageNotFoundError:
        return "not installed"
