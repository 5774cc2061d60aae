"""The command line: repaired folders, pictures, a report on standard output and an exit code from its words."""

from svbrdf_core.cli.program import main, run

__all__ = ["main", "run"]
