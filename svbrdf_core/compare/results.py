"""Measurements of a comparison, read from ``results.json`` into plain frozen data."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from svbrdf_core.errors import InputError

RESULTS = "results.json"


@dataclass(frozen=True)
class Column:
    """A measured quantity.

    Attributes:
        name: as in the cells, ``mse/diffuse``.
        title: for people.
        better: ``lower``, ``higher``, ``one`` (nearest to 1 is best), ``zero`` (nearest to 0 is best) or ``neither``.
    """

    name: str
    title: str
    better: str

    @property
    def kind(self) -> str:
        """What is measured, without the map it is measured on; numbers of one kind can stand in one scale."""
        kind, _, rest = self.name.partition("/")
        return f"{kind}/{rest.partition('/')[0]}" if kind in ("band", "render", "patch") else kind

    def loss(self, value: float) -> float:
        """Return how bad a value is: less is better, whatever the quantity."""
        match self.better:
            case "higher":
                return -value
            case "one":
                return abs(value - 1)
            case "zero":
                return abs(value)
            case "neither":
                return 0.0
        return value


COST = (Column("seconds", "Seconds", "lower"), Column("peak_mb", "Peak memory, MB", "lower"))
"""What every cell states besides its metrics."""


@dataclass(frozen=True)
class CaseResult:
    """One hole in one material.

    Attributes:
        id: unique, and a file name.
        material, mask: names for people; any text.
        height, width: of the material in pixels.
        hole_pixels: pixels to be filled.
        window: top, left, height and width of the part of the material that the pictures show.
        maps: the names of the material's maps.
        truth: whether what lies in the hole is what should be there.
        pictures: map name or ``render`` to the PNG of what lies there, relative to the report's folder.
        mask_picture: the same for the hole; 255 is hole.
    """

    id: str
    material: str
    mask: str
    height: int
    width: int
    hole_pixels: int
    window: tuple[int, int, int, int]
    maps: tuple[str, ...]
    truth: bool
    pictures: Mapping[str, str]
    mask_picture: str


@dataclass(frozen=True)
class CellResult:
    """One method run once on one case.

    Attributes:
        case: the id of the case.
        method, seed: what was run.
        why: the reason of the failure, None if there is a result.
        seconds, peak_mb, energy: None where it was not measured.
        metrics: finite values by name; what has no value here is absent.
        pictures: as in :class:`CaseResult`.
        place: where and when it ran, as `svbrdf_core.compare.timing` describes it; None where it is not known.
        at_a_time: how many cells were at work on that machine at the same time at most; None where it is not known.
    """

    case: str
    method: str
    seed: int
    why: str | None
    seconds: float | None
    peak_mb: float | None
    energy: float | None
    metrics: Mapping[str, float]
    pictures: Mapping[str, str]
    place: Mapping[str, Any] | None = None
    at_a_time: int | None = None

    @property
    def failed(self) -> bool:
        """Whether there is no result."""
        return self.why is not None

    def value(self, name: str) -> float | None:
        """Return a metric or a cost by its name, None if there is none."""
        if self.failed:
            return None
        found = {"seconds": self.seconds, "peak_mb": self.peak_mb}.get(name, self.metrics.get(name))
        return found if found is not None and math.isfinite(found) else None


@dataclass(frozen=True)
class SetFigure:
    """One figure of the fills of each method as a set.

    Attributes:
        column: what it is.
        values: by method, and ``truth`` for the untouched holes where they are the truth.
        errors: standard errors, where there are any.
    """

    column: Column
    values: Mapping[str, float]
    errors: Mapping[str, float]


@dataclass(frozen=True)
class Sets:
    """The fills of a whole comparison as sets of crops.

    Attributes:
        cases: how many cases they are from.
        crops, known: how many crops are in each set, and in that of the known regions.
        remarks: sentences on what is missing.
        figures: in the order of the tables.
    """

    cases: int
    crops: int
    known: int
    remarks: tuple[str, ...]
    figures: tuple[SetFigure, ...]


@dataclass(frozen=True)
class Results:
    """A whole comparison.

    Attributes:
        about: the command, versions and machine, as written by the run.
        settings: methods with their settings, seeds, groups of metrics.
        metrics: in the order of the tables; those with a value somewhere.
        cases, cells: in the order of the run.
        sets: the fills as sets, None where they were not looked at.
    """

    about: Mapping[str, Any]
    settings: Mapping[str, Any]
    metrics: tuple[Column, ...]
    cases: tuple[CaseResult, ...]
    cells: tuple[CellResult, ...]
    sets: Sets | None = None

    @cached_property
    def methods(self) -> tuple[str, ...]:
        """The methods in the order they were asked for."""
        return tuple(dict.fromkeys([*self.settings.get("methods", {}), *(cell.method for cell in self.cells)]))

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The metrics and then the costs, each only if a cell has it."""
        return tuple(
            column
            for column in (*self.metrics, *COST)
            if any(cell.value(column.name) is not None for cell in self.cells)
        )

    @cached_property
    def by_case(self) -> Mapping[str, tuple[CellResult, ...]]:
        """The cells of each case by its id, in the order of :attr:`methods` and seeds."""
        order = {method: number for number, method in enumerate(self.methods)}
        found: dict[str, list[CellResult]] = {case.id: [] for case in self.cases}
        for cell in self.cells:
            found[cell.case].append(cell)
        return {case: tuple(sorted(c, key=lambda cell: (order[cell.method], cell.seed))) for case, c in found.items()}

    def column(self, name: str) -> Column:
        """Return the quantity of this name.

        Raises:
            KeyError: nothing has it.
        """
        return {column.name: column for column in (*self.metrics, *COST)}[name]


def read_results(folder: Path) -> Results:
    """Read ``results.json`` of a report folder.

    Raises:
        InputError: the file is missing, damaged, or says something that cannot be (an unknown case, a path that leaves
            the folder).
    """
    path = folder / RESULTS
    try:
        return parse_results(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise InputError(f"{path} does not exist; give the folder that `svbrdf compare -o` wrote.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is damaged ({error!r}); run the comparison again.") from error


def parse_results(data: Mapping[str, Any]) -> Results:
    """Make results of the content of ``results.json``.

    Raises:
        KeyError, TypeError, ValueError: it does not say what it should.
    """
    results = Results(
        about=data["about"],
        settings=data["settings"],
        metrics=tuple(Column(str(m["name"]), str(m["title"]), str(m["better"])) for m in data["metrics"]),
        cases=tuple(_case(case) for case in data["cases"]),
        cells=tuple(_cell(cell) for cell in data["cells"]),
        sets=_sets(data["sets"]) if data["sets"] is not None else None,
    )
    ids = [case.id for case in results.cases]
    if len(set(ids)) != len(ids):
        raise ValueError("two cases have the same id")
    if unknown := {cell.case for cell in results.cells} - set(ids):
        raise ValueError(f"a cell of the unknown case {min(unknown)}")
    return results


def _case(data: Mapping[str, Any]) -> CaseResult:
    name = str(data["id"])
    if not name or name.startswith(".") or set(name) & set('/\\:*?"<>|\0'):
        raise ValueError(f"the case id {name!r} is not a file name")
    top, left, height, width = (int(number) for number in data["window"])
    return CaseResult(
        id=name,
        material=str(data["material"]),
        mask=str(data["mask"]),
        height=int(data["height"]),
        width=int(data["width"]),
        hole_pixels=int(data["hole_pixels"]),
        window=(top, left, height, width),
        maps=tuple(str(name) for name in data["maps"]),
        truth=bool(data["truth"]),
        pictures={str(key): _check_inside(value) for key, value in data["pictures"].items()},
        mask_picture=_check_inside(data["mask_picture"]),
    )


def _cell(data: Mapping[str, Any]) -> CellResult:
    failed = data["status"] != "done"
    return CellResult(
        case=str(data["case"]),
        method=str(data["method"]),
        seed=int(data["seed"]),
        why=str(data.get("why") or "no reason was given") if failed else None,
        seconds=_number(data.get("seconds")),
        peak_mb=_number(data.get("peak_mb")),
        energy=_number(data.get("energy")),
        metrics={str(k): float(v) for k, v in (data.get("metrics") or {}).items() if _number(v) is not None},
        pictures={str(key): _check_inside(value) for key, value in (data.get("pictures") or {}).items()},
        place=_place(data.get("place")),
        at_a_time=data.get("at_a_time"),
    )


def _sets(data: Mapping[str, Any]) -> Sets:
    return Sets(
        cases=int(data["cases"]),
        crops=int(data["crops"]),
        known=int(data["known"]),
        remarks=tuple(str(text) for text in data["remarks"]),
        figures=tuple(
            SetFigure(
                Column(str(figure["name"]), str(figure["title"]), str(figure["better"])),
                {str(who): float(value) for who, value in figure["values"].items()},
                {str(who): float(value) for who, value in figure["errors"].items()},
            )
            for figure in data["figures"]
        ),
    )


def _place(data: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if data is None:
        return None
    return {"machine": str(data["machine"]), "processor": str(data["processor"]), "cores": int(data["cores"])}


def _number(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _check_inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or parts[0] == "/" or ".." in parts or "\\" in path or ":" in parts[0]:
        raise ValueError(f"the picture {path!r} is not in the folder of the report")
    return path
