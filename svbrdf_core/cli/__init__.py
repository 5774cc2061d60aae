"""Command lines come in; repaired folders, pictures, a report on standard output and an exit code go out."""

from svbrdf_core.cli.program import main, run

__all__ = ["main", "run"]
