"""Benchmarks on materials with known holes: tables on the screen, and JSON under ``benchmarks/out/``."""
