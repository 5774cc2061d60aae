"""Comparison of methods on materials and holes: figures, tables and a report."""

from svbrdf_core.compare.cases import Case, find_cases
from svbrdf_core.compare.report import write_report
from svbrdf_core.compare.results import Results, read_results
from svbrdf_core.compare.runner import FinishedCell, Plan, check, run

__all__ = ["Case", "FinishedCell", "Plan", "Results", "check", "find_cases", "read_results", "run", "write_report"]
