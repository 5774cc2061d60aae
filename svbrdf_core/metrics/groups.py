"""Groups of metrics, and which of them can be measured here."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec

from svbrdf_core.errors import InputError
from svbrdf_core.metrics.registry import GROUPS

NEEDS = {"render": ("torch", ("torch",)), "perceptual": ("metrics", ("torch", "flip_evaluator", "stlpips_pytorch"))}
"""The extra of this package that brings what a group needs, and the modules that must be there."""


def usable_groups(wanted: Sequence[str] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the groups to measure, and sentences about those that were not asked for by name and cannot be.

    Raises:
        InputError: there is no such group, or one that was asked for lacks a package.
    """
    unknown = next((name for name in wanted or () if name not in GROUPS), None)
    if unknown is not None:
        raise InputError(f"There is no group of metrics {unknown!r}; choose from: {', '.join(GROUPS)}.")
    for name in wanted or ():
        require(name)
    lacking = {name: _lack(name) for name in wanted or GROUPS}
    sentences = tuple(f"Left out: {sentence}" for sentence in lacking.values() if sentence is not None)
    return tuple(name for name, sentence in lacking.items() if sentence is None), sentences


def require(group: str) -> None:
    """Refuse to measure a group without what it needs.

    Raises:
        InputError: a package is missing; the sentence says what to install.
    """
    sentence = _lack(group)
    if sentence is not None:
        raise InputError(sentence)


def _lack(group: str) -> str | None:
    extra, modules = NEEDS.get(group, ("", ()))
    missing = next((name for name in modules if find_spec(name) is None), None)
    if missing is None:
        return None
    return (
        f"The metrics of the group {group!r} need {missing.replace('_', '-')}; "
        f"install it with: pip install 'svbrdf-inpaint[{extra}]'."
    )
