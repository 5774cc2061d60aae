"""What can be looked at while a fill is made: something at once, and with patches ever more like the result."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import svbrdf_core as sv
from svbrdf_core.example import make_example
from svbrdf_core.methods import FillResult, InpaintProblem, Method, find
from svbrdf_core.methods.interface import NoSettings

SIZE = 96
Wraps = bool | tuple[bool, bool]
CORNERS = pytest.mark.parametrize("tileable", [False, True, (False, True)])


@pytest.fixture(scope="module")
def bricks() -> sv.Material:
    return sv.Material.from_arrays("bricks", make_example("bricks", SIZE, 0).clean)


def hole(tileable: Wraps) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return a hole, across an edge on a torus."""
    mask = np.zeros((SIZE, SIZE), np.bool_)
    mask[30:54, 40:60] = True
    return np.roll(mask, 50, axis=1) if tileable else mask


def previews(material: sv.Material, tileable: Wraps, **wish: Any) -> tuple[list[sv.Material], sv.Fill[sv.Material]]:
    """Return all previews of a fill, and the fill."""
    seen: list[sv.Material] = []

    def look(progress: sv.Progress) -> None:
        if progress.preview is not None:
            seen.append(progress.preview())

    found = sv.inpaint(material, hole(tileable), tileable=tileable, device="cpu", run=sv.Run(on_progress=look), **wish)
    return seen, found


def distance(one: sv.Material, other: sv.Material) -> float:
    return float(np.abs(one.tensor() - other.tensor()).mean())


@CORNERS
@pytest.mark.parametrize("method", ["poisson", "telea", "patch", "patch-per-map"])
def test_a_preview_comes_at_once_and_touches_the_hole_alone(bricks: sv.Material, method: str, tileable: Wraps) -> None:
    seen, found = previews(bricks, tileable, method=method)
    outside, before = ~hole(tileable), bricks.tensor()
    for shown in seen:
        assert (shown.tensor()[:, outside] == before[:, outside]).all()
        assert distance(shown, bricks) > 0
    plain = sv.inpaint(bricks, hole(tileable), tileable=tileable, method=method, device="cpu")
    assert (plain.canvas.tensor() == found.canvas.tensor()).all()  # to look changes nothing


@CORNERS
@pytest.mark.parametrize("turned", [False, True])
def test_those_of_patches_come_to_be_the_result(bricks: sv.Material, turned: bool, tileable: Wraps) -> None:
    settings = sv.PatchSettings(rotations=turned, mirrors=turned, blend=False)
    seen, found = previews(bricks, tileable, settings=settings)
    colours = bricks.layout.slice_of(bricks.shown_map)
    assert len(seen) > 2
    assert (seen[-1].tensor()[colours] == found.canvas.tensor()[colours]).all()
    where = hole(tileable)
    detail = [float(np.abs(np.diff(shown.tensor()[colours], axis=2))[:, where[:, 1:]].mean()) for shown in seen]
    assert detail[0] < 0.5 * min(detail[1:])  # a smooth one first, then copies as sharp as they are


def test_those_of_a_method_that_knows_no_torus_are_cut_as_its_fills_are(bricks: sv.Material) -> None:
    def fill(problem: InpaintProblem, settings: NoSettings, run: sv.Run) -> FillResult:
        filled = problem.tensor.copy()
        filled[:, problem.hole] = 0.5
        run.report("filling", 0.5, preview=lambda: filled)
        return FillResult(filled)

    seen, found = previews(bricks, True, method=replace(find("poisson"), fill=fill, has=sv.methods.Traits()))
    assert (seen[1].tensor() == found.canvas.tensor()).all()


def test_nothing_is_drawn_for_those_who_do_not_look(bricks: sv.Material) -> None:
    def fill(problem: InpaintProblem, settings: NoSettings, run: sv.Run) -> FillResult:
        def preview() -> None:
            raise AssertionError("nobody asked")

        run.report("filling", 0.5, preview=preview)
        return FillResult(np.where(problem.hole, np.float32(0.5), problem.tensor))

    chosen: Method = replace(find("poisson"), fill=fill)
    assert sv.inpaint(bricks, hole(False), method=chosen, device="cpu").canvas.width == SIZE


def test_what_is_not_begun_stays_smooth() -> None:
    material = sv.Material.from_arrays("noise", {"height": np.random.default_rng(0).random((600, 64), np.float32)})
    mask = np.zeros((600, 64), np.float32)
    mask[10:30, 20:40] = mask[570:590, 20:40] = 1
    shown: list[sv.Material] = []

    def look(progress: sv.Progress) -> None:
        if progress.preview is not None:
            shown.append(progress.preview())

    sv.inpaint(material, mask, device="cpu", run=sv.Run(on_progress=look))
    for canvas in shown:
        changed = canvas.tensor()[0] != material.tensor()[0]
        assert changed[10:30, 20:40].all() and changed[570:590, 20:40].all()


def soft_hole_with_nothing_below() -> tuple[sv.Material, np.ndarray[Any, np.dtype[np.float32]]]:
    """Return a material with values that are none in the soft part of a hole."""
    colours = make_example("bricks", SIZE, 0).clean["diffuse"].astype(np.float32) / 255
    colours[20:30, 20:30], colours[24, 24] = np.nan, np.inf
    mask = np.zeros((SIZE, SIZE), np.float32)
    mask[18:32, 18:32] = mask[40:70] = 0.4
    return sv.Material.from_arrays("bricks", {"diffuse": colours}), mask


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("block", [None, 40])
def test_what_is_nan_under_a_soft_hole_is_shown_as_it_will_be(block: int | None) -> None:
    material, mask = soft_hole_with_nothing_below()
    shown: list[sv.Material] = []

    def look(progress: sv.Progress) -> None:
        if progress.preview is not None:
            shown.append(progress.preview())

    filled = sv.inpaint(material, mask, device="cpu", block=block, run=sv.Run(on_progress=look)).canvas
    for canvas in (filled, *shown):
        assert np.isfinite(canvas.tensor()).all()


def test_a_hole_that_cannot_be_filled_is_shown_and_then_refused(bricks: sv.Material) -> None:
    arrays = make_example("bricks", SIZE, 0).clean
    small = {**arrays, "normal": np.ascontiguousarray(arrays["normal"][::4, ::4])}
    everything = np.ones((SIZE, SIZE), np.float32)
    everything[0] = 0  # less than a pixel of the small map
    beside = arrays["diffuse"].astype(np.float32)
    beside[0, 0] = np.nan
    unknown = (sv.Material.from_arrays("small", small), everything)
    nan = (sv.Material.from_arrays("nan", {"diffuse": beside}), 1 - everything[::-1])
    nan[1][1] = 1
    for (material, mask), error in ((unknown, sv.FillError), (nan, sv.MaskError)):
        seen: list[sv.Material] = []

        def look(progress: sv.Progress, seen: list[sv.Material] = seen) -> None:
            if progress.preview is not None:
                seen.append(progress.preview())

        for method in ("patch", "poisson"):
            with pytest.raises(error):
                sv.inpaint(material, mask, method=method, device="cpu", run=sv.Run(on_progress=look))
        outside = mask == 0
        pairs = [(one.tensor()[:, outside], material.tensor()[:, outside]) for one in seen]
        assert [np.array_equal(*pair, equal_nan=True) for pair in pairs] == [True, True]


def show(shown: object) -> Method:
    """Return another's method that shows something meanwhile, or raises it."""

    def fill(problem: InpaintProblem, settings: NoSettings, run: sv.Run) -> FillResult:
        def preview() -> object:
            if isinstance(shown, Exception):
                raise shown
            return shown

        run.report("filling", 0.5, preview=preview)
        return FillResult(np.where(problem.hole, np.float32(0.5), problem.tensor))

    return replace(find("poisson"), name="other", fill=fill)


@pytest.mark.parametrize("wrong", ["raises", "nothing", "shape", "nan"])
def test_what_another_shows_wrongly_is_told_of_it(bricks: sv.Material, wrong: str) -> None:
    nan = np.full_like(bricks.tensor(), np.nan)
    shown = {"raises": KeyError("x"), "nothing": None, "shape": nan[0], "nan": nan}[wrong]
    with pytest.raises(
        sv.FillError, match=r"^The method other (cannot show how far it is|returned the shape|left NaN).*\.$"
    ):
        previews(bricks, False, method=show(shown))
    assert sv.inpaint(bricks, hole(False), method=show(shown), device="cpu").canvas.width == SIZE
