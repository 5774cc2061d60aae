"""Metrics of fills, with and without the truth."""

from svbrdf_core.metrics.blemish import blemish
from svbrdf_core.metrics.measure import measure
from svbrdf_core.metrics.patches import patch_statistics
from svbrdf_core.metrics.registry import CHEAP, GROUPS, METRICS, Metric, describe
from svbrdf_core.metrics.variety import diversity

__all__ = ["CHEAP", "GROUPS", "METRICS", "Metric", "blemish", "describe", "diversity", "measure", "patch_statistics"]
