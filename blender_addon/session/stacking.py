"""A material with several results, one on top of the other, in; which are to be taken back, and whose are left, out."""

from __future__ import annotations

from typing import Any

from ..client import UserError
from ..material.places import places


def in_the_way(material: Any, wanted: set[Any]) -> int:
    """Return how many steps must be taken back until the material shows the images that a fill was made of.

    Raises:
        UserError: it does not show one of them even then.
    """
    shown = {place.node.image for place in places(material)} - {None}
    steps = sorted({change.step for change in material.svbrdf_changes}, reverse=True)
    held = [len(shown & wanted)]
    for step in steps:
        of_step = [change for change in material.svbrdf_changes if change.step == step]
        before = {change.new: change.old for change in of_step}
        shown = {before.get(image) or image for image in shown}
        held.append(len(shown & wanted))
    if not max(held):
        said = "The material shows other images than those this result was made of; fill anew."
        raise UserError("gone", said)
    return held.index(max(held))


def note(material: Any, job: str, variation: int) -> None:
    """Note whose result the newest step is."""
    step = max((change.step for change in material.svbrdf_changes), default=0)
    for change in material.svbrdf_changes:
        if change.step == step:
            change.job, change.variation = job, variation
    settle(material)


def settle(material: Any) -> None:
    """Let the material say whose result it shows: that of the newest step that is left."""
    newest = max(material.svbrdf_changes, key=lambda change: change.step, default=None)
    material.svbrdf.job = newest.job if newest is not None else ""
    material.svbrdf.variation = newest.variation if newest is not None else 0


def jobs(material: Any) -> set[str]:
    """Return the jobs whose results are in a material."""
    return {change.job for change in material.svbrdf_changes} - {""}
