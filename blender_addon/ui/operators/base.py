"""What the operators share: the material that is meant, and how a failure is told."""

from __future__ import annotations

from typing import Any

from ...client import UserError
from ...session.context import target_of
from ...session.state import Fill, state


class OnMaterial:
    """The part of an operator on the material that the panel speaks of."""

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Whether there is a material, and nothing hinders."""
        material, thing = target_of(context)
        reason = cls.hindrance(material, thing) if material is not None else "Select an object that has a material"
        if reason:
            cls.poll_message_set(reason)  # type: ignore[attr-defined]
        return not reason

    @classmethod
    def hindrance(cls, material: Any, thing: Any) -> str:
        """Return why it cannot be done now, for the tooltip; nothing if it can."""
        return ""

    def execute(self, context: Any) -> set[str]:
        """Do it, or say in one sentence why not."""
        material, thing = target_of(context)
        try:
            self.do(context, material, thing)
        except UserError as error:
            self.report({"ERROR"}, error.sentence)  # type: ignore[attr-defined]
            return {"CANCELLED"}
        return {"FINISHED"}

    def do(self, context: Any, material: Any, thing: Any) -> None:
        """Do the operator's own work."""
        raise NotImplementedError


def fill_of(job: str) -> Fill:
    """Return the fill with an id.

    Raises:
        UserError: it is of another session or was forgotten.
    """
    fill = state.fill_of_job(job)
    if fill is None:
        raise UserError("gone", "That fill is not known any more; fill anew.")
    return fill
