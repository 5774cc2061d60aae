"""Batches: many repairs, each resumable, on this machine's cores or on a cluster, with an index of what came out."""

from svbrdf_core.batch.manifest import read_manifest
from svbrdf_core.batch.masks import MaskNames, MaskRule
from svbrdf_core.batch.outputs import Output, open_output
from svbrdf_core.batch.places import address, place
from svbrdf_core.batch.plan import PlannedRow, State, plan_rows
from svbrdf_core.batch.row import BatchTemplate, Row
from svbrdf_core.batch.rows import find_rows
from svbrdf_core.batch.runner import BatchPlan, FinishedRow, run_batch

__all__ = [
    "BatchPlan",
    "BatchTemplate",
    "FinishedRow",
    "MaskNames",
    "MaskRule",
    "Output",
    "PlannedRow",
    "Row",
    "State",
    "address",
    "find_rows",
    "open_output",
    "place",
    "plan_rows",
    "read_manifest",
    "run_batch",
]
