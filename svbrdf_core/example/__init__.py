"""A kind, a size and a seed come in; a procedural material of correlated maps, clean and damaged, goes out."""

from svbrdf_core.example.make import KINDS, Example, Kind, make_example, write_example

__all__ = ["KINDS", "Example", "Kind", "make_example", "write_example"]
