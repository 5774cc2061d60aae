"""Materials with known holes come in; tables on the screen and JSON under ``benchmarks/out/`` go out."""
