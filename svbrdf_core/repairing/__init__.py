"""A request comes in; the files of the repaired material and a report go out."""

from svbrdf_core.repairing.checking import Checked, check
from svbrdf_core.repairing.request import Choice, Hole, Repair
from svbrdf_core.repairing.run import Repaired, repair

__all__ = ["Checked", "Choice", "Hole", "Repair", "Repaired", "check", "repair"]
