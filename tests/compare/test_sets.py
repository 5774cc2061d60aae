"""Fills of a whole comparison as sets: figures whose answer is known, and what is said where there are too few."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from svbrdf_core.compare.crops import read_crops
from svbrdf_core.compare.sets import measure_sets
from svbrdf_core.errors import InputError
from svbrdf_core.metrics.distances import Sample, frechet, kernel

D = 64


def save(path: Path, **features: np.ndarray[Any, Any]) -> str:
    """Write features as crops, the same ones pooled and in place."""
    arrays: Any = {f"{name}_{kind}": x for name, x in features.items() for kind in ("pooled", "spatial")}
    np.savez(path, **arrays)
    return path.name


def comparison(folder: Path, cases: int, crops: int, seeds: int = 1) -> tuple[list[Any], list[Any]]:
    """Return cases and cells: ``same`` fills as the known region is, ``far`` 1 away, ``one`` always the same."""
    rng = np.random.default_rng(0)
    found: list[Any] = []
    cells: list[Any] = []
    for number in range(cases):
        name = f"c{number}"
        known, truth = rng.standard_normal((3 * crops, D)), rng.standard_normal((crops, D))
        path = save(folder / f"{name}.npz", hole=truth, known=known)
        found.append({"id": name, "material": f"m{number}", "truth": True, "crops": path})
        for seed in range(seeds):
            fills = {"same": rng.standard_normal((crops, D)), "far": rng.standard_normal((crops, D)) + 1}
            fills["one"] = np.zeros((crops, D)) + 1e-3 * rng.standard_normal((crops, D))
            for method, fill in fills.items():
                path = save(folder / f"{name}-{method}-{seed}.npz", hole=fill)
                cells.append({"case": name, "method": method, "seed": seed, "status": "done", "crops": path})
    return found, cells


def figures(sets: Mapping[str, Any] | None, kind: str = "values") -> dict[str, dict[str, float]]:
    assert sets is not None
    return {figure["name"]: figure[kind] for figure in sets["figures"]}


def test_sets_are_those_of_all_cases(tmp_path: Path) -> None:
    cases, cells = comparison(tmp_path, cases=6, crops=30)
    sets = measure_sets(tmp_path, cases, cells)
    assert sets is not None
    assert (sets["cases"], sets["crops"], sets["known"], sets["remarks"]) == (6, 180, 540, [])
    found, errors = figures(sets), figures(sets, "errors")
    assert list(found["fid"]) == ["truth", "same", "far", "one"]
    known, far = (
        np.concatenate([read_crops(tmp_path / name, mask).pooled for name in names])
        for names, mask in (
            ([case["crops"] for case in cases], "known"),
            ([cell["crops"] for cell in cells if cell["method"] == "far"], "hole"),
        )
    )
    assert found["fid"]["far"] == found["sfid"]["far"] == pytest.approx(frechet(far, known))
    assert found["kid"]["far"] == pytest.approx(kernel(Sample.apart(far), Sample.apart(known)), rel=0.01)
    assert found["fid"]["far"] - found["fid"]["same"] == pytest.approx(D, rel=0.1)
    for who in ("truth", "same"):
        assert abs(found["kid"][who]) < 3 * errors["kid"][who] < found["kid"]["far"]
    assert found["precision"]["one"] > 0.9 > 0.1 > found["recall"]["one"], "one usual fill is precise and has no recall"
    assert found["density"]["one"] > 3 * found["density"]["truth"]


def test_too_few_crops_have_no_figures_and_a_sentence(tmp_path: Path) -> None:
    sets = measure_sets(tmp_path, *comparison(tmp_path, cases=3, crops=20))
    assert sets is not None and list(sets["remarks"]) == [
        "There are only 60 crops; FID and sFID need 128: compare more holes, or larger ones.",
        "KID has no error, which needs 5 cases.",
    ]
    found = figures(sets)
    assert found["fid"] == found["sfid"] == {} and set(found["kid"]) == {"truth", "same", "far", "one"}
    assert not any(figures(sets, "errors").values())
    sets = measure_sets(tmp_path, *comparison(tmp_path, cases=3, crops=5))
    assert sets is not None and "figures of sets need 32" in sets["remarks"][0]
    assert not any(figures(sets).values())


def test_seeds_are_sets_of_their_own(tmp_path: Path) -> None:
    """Two fills of a hole are no two holes: the sets do not grow, and figures are means over the seeds."""
    cases, cells = comparison(tmp_path, cases=5, crops=30, seeds=2)
    both = measure_sets(tmp_path, cases, cells)
    each = [measure_sets(tmp_path, cases, [cell for cell in cells if cell["seed"] == seed]) for seed in (0, 1)]
    assert both is not None and both["crops"] == 150
    for name, values in figures(both).items():
        assert values["far"] == pytest.approx(np.mean([figures(one)[name]["far"] for one in each]))


def test_a_case_that_a_method_failed_on_counts_for_none(tmp_path: Path) -> None:
    cases, cells = comparison(tmp_path, cases=6, crops=30)
    cells[0] |= {"status": "failed", "crops": None}
    sets = measure_sets(tmp_path, cases, cells)
    assert sets is not None and (sets["cases"], sets["crops"]) == (5, 150)
    assert sets["remarks"] == ["1 case is left out, because a method failed there."]
    rest = measure_sets(tmp_path, cases[1:], [cell for cell in cells if cell["case"] != "c0"])
    assert figures(sets) == figures(rest)


def test_a_hole_with_room_for_one_crop_is_left_out(tmp_path: Path) -> None:
    cases, cells = comparison(tmp_path, cases=6, crops=30)
    save(tmp_path / cases[0]["crops"], hole=np.zeros((1, D)), known=np.zeros((3, D)))
    sets = measure_sets(tmp_path, cases, cells)
    assert sets is not None and (sets["cases"], sets["crops"]) == (5, 150)
    assert sets["remarks"] == [
        "1 case is left out, because hole or surroundings have no room for two crops of 32 x 32 pixels."
    ]
    for case in cases:
        save(tmp_path / case["crops"], hole=np.zeros((0, D)), known=np.zeros((3, D)))
    none = measure_sets(tmp_path, cases, cells)
    assert none is not None and (none["cases"], none["crops"]) == (0, 0) and not any(figures(none).values())


def test_an_error_is_that_of_materials(tmp_path: Path) -> None:
    """Two holes in one material tell less than two materials do."""
    cases, cells = comparison(tmp_path, cases=10, crops=20)
    alone = figures(measure_sets(tmp_path, cases, cells), "errors")["kid"]
    paired = [case | {"material": f"m{number // 2}"} for number, case in enumerate(cases)]
    together = figures(measure_sets(tmp_path, paired, cells), "errors")["kid"]
    assert set(alone) == set(together) and alone != together


def test_without_a_truth_there_is_none_and_without_crops_nothing(tmp_path: Path) -> None:
    cases, cells = comparison(tmp_path, cases=2, crops=20)
    for case in cases:
        case["truth"] = False
    assert set(figures(measure_sets(tmp_path, cases, cells))["kid"]) == {"same", "far", "one"}
    assert measure_sets(tmp_path, [case | {"crops": None} for case in cases], cells) is None
    assert measure_sets(tmp_path, cases, [cell | {"status": "failed"} for cell in cells]) is None


def test_damaged_crops_are_told(tmp_path: Path) -> None:
    (tmp_path / "c.npz").write_bytes(b"no archive")
    with pytest.raises(InputError, match=r"c.npz cannot be read .*; delete it"):
        read_crops(tmp_path / "c.npz", "hole")
