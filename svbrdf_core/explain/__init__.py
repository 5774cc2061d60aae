"""Explanations of a fill: where its pixels were copied from, and what a network looked at while it sampled."""

from svbrdf_core.explain.explaining import Explained, explain

__all__ = ["Explained", "explain"]
