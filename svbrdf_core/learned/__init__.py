"""Feed-forward networks that a library of materials teaches to fill holes in one pass, or in a few."""

from svbrdf_core.learned.settings import TASKS, FillerSettings, TaskName

__all__ = ["TASKS", "FillerSettings", "TaskName"]
