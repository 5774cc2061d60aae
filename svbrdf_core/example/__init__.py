"""Procedural example materials of correlated maps, clean and damaged."""

from svbrdf_core.example.make import KINDS, Example, Kind, make_example, write_example

__all__ = ["KINDS", "Example", "Kind", "make_example", "write_example"]
