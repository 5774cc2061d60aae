"""The work of ``svbrdf inpaint``: a repair with its progress on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from svbrdf_core.cli.bar import visible_run
from svbrdf_core.cli.outcome import Outcome
from svbrdf_core.cli.session import Session
from svbrdf_core.inpainting.repair import repair
from svbrdf_core.request import InpaintRequest


def run(request: InpaintRequest, session: Session, *, quiet: bool = False) -> Outcome:
    """Fill the hole, once or several times, write what was asked for and report it.

    Raises:
        SvbrdfError: anything that the user can put right; nothing was written.
    """
    with visible_run(session, quiet=quiet) as shown:
        done = repair(request, shown)
    return Outcome(done.report, () if quiet else lines(done.report))


def lines(report: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the report of a repair as lines for people."""
    maps = len(report["maps"])
    filled = [
        f"{row['folder']}: {maps} maps filled in {row['seconds']} s ({_describe_row(row)})"
        for row in report["variations"]
    ]
    drawn = [f"{path} shows it" for path in (report["preview"], report["source_map"]) if path is not None]
    return (*filled, *drawn)


def _describe_row(row: Mapping[str, Any]) -> str:
    energy = "" if row["energy"] is None else f", energy {row['energy']:.4f}"
    return f"seed {row['seed']}{energy}" + ("" if row["blemish"] is None else f", blemish {row['blemish']:.2f}")
