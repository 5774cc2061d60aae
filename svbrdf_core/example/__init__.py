"""Procedural example materials of correlated maps, clean and damaged."""

from svbrdf_core.example.make import KINDS, Example, ExampleKind, make_example, write_example

__all__ = ["KINDS", "Example", "ExampleKind", "make_example", "write_example"]
