"""Results on top of one another: chosen, taken out, kept, made anew; and jobs that are lost and found again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
import pytest

from tests.blender.helper import part
from tests.blender.walls import (
    HOLE,
    fill_and_wait,
    fill_of,
    inside,
    make_wall,
    pixels,
    pump,
    run_service,
    session_state,
    shown_images,
)

pytestmark = [pytest.mark.usefixtures("fresh_session"), pytest.mark.ends]
OTHER = (2, 40, 14, 52)
LARGE = (6, 6, 56, 56)
"""So large that in a large enough material every seed fills it in another way: small ones are searched wholly."""


def base(material: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    return pixels(shown_images(material)["basecolor"]).copy()


def choose(material: Any, fill: Any, variation: int) -> None:
    assert bpy.ops.svbrdf.choose(job=fill.job, variation=variation) == {"FINISHED"}
    pump(lambda: fill.resolved)


def of(material: Any) -> tuple[str, int]:
    return material.svbrdf.job, material.svbrdf.variation


def test_two_materials_are_filled_at_once(tmp_path: Path) -> None:
    """Contract B2."""
    one, other = make_wall(tmp_path, "One"), make_wall(tmp_path, "Other")
    first, second = fill_of(one), fill_of(other, hole=OTHER)
    pump(lambda: first.resolved and second.resolved)
    assert shown_images(one)["basecolor"] == "one_basecolor_inpaint.png"
    assert shown_images(other)["basecolor"] == "other_basecolor_inpaint.png"
    changed = np.abs(base(other) - pixels("other_basecolor.png")).max(2) > 0
    assert changed.any() and not (changed & ~inside(OTHER)).any()


def test_another_variation_takes_the_place_of_the_first(tmp_path: Path) -> None:
    """Contract B2."""
    material = make_wall(tmp_path, side=160)
    fill = fill_and_wait(material, variations=2, hole=LARGE)
    first = base(material)
    choose(material, fill, 2)
    second = base(material)
    assert np.abs(first - second).max() > 0 and of(material) == (fill.job, 2)
    assert len(material.svbrdf_changes) == 4
    assert shown_images(material)["basecolor"] == "wall_basecolor_inpaint.png"
    choose(material, fill, 1)
    assert np.array_equal(base(material), first)
    bpy.ops.svbrdf.revert()
    assert shown_images(material)["basecolor"] == "wall_basecolor.png" and of(material) == ("", 0)


def test_a_second_fill_on_top_of_the_first_and_back_step_by_step(tmp_path: Path) -> None:
    """Contract B2."""
    material = make_wall(tmp_path)
    old = base(material)
    one = fill_and_wait(material)
    first = base(material)
    two = fill_and_wait(material, hole=OTHER)
    changed = np.abs(base(material) - first).max(2) > 0
    assert changed.any() and not (changed & ~inside(OTHER)).any()
    assert of(material) == (two.job, 1)
    bpy.ops.svbrdf.revert()
    assert np.array_equal(base(material), first) and of(material) == (one.job, 1)
    bpy.ops.svbrdf.revert()
    assert np.array_equal(base(material), old) and of(material) == ("", 0)
    with pytest.raises(RuntimeError, match="no result in this material"):
        bpy.ops.svbrdf.revert()


def test_a_variation_of_the_first_fill_chosen_when_a_second_lies_on_it(tmp_path: Path) -> None:
    """Contract B2."""
    material = make_wall(tmp_path)
    one = fill_and_wait(material, variations=2)
    fill_and_wait(material, hole=OTHER, variations=1)
    choose(material, one, 2)
    changed = np.abs(base(material) - pixels("wall_basecolor.png")).max(2) > 0
    assert changed.any() and not (changed & ~inside(HOLE)).any()
    assert of(material) == (one.job, 2) and len(material.svbrdf_changes) == 4


@pytest.mark.parametrize("mode", ["BESIDE", "REPLACE"])
def test_two_fills_one_taken_back_the_other_kept(tmp_path: Path, mode: str) -> None:
    """Contract B2."""
    material = make_wall(tmp_path)
    one = fill_and_wait(material, mode=mode)
    first = base(material)
    fill_and_wait(material, mode=mode, hole=OTHER)
    bpy.ops.svbrdf.revert()
    assert bpy.ops.svbrdf.keep() == {"FINISHED"}
    assert np.array_equal(base(material), first) and of(material) == ("", 0)
    kept = Path(bpy.path.abspath(bpy.data.images[shown_images(material)["basecolor"]].filepath))
    assert kept == tmp_path / ("wall_basecolor.png" if mode == "REPLACE" else "wall_basecolor_inpaint.png")
    assert (tmp_path / "wall_basecolor.before-inpaint.png").exists() == (mode == "REPLACE")
    choose(material, one, 1)
    assert one.note == "The material shows other images than those this result was made of; fill anew."
    assert np.array_equal(base(material), first)


def test_replaced_images_and_another_variation(tmp_path: Path) -> None:
    """Contract B2."""
    material = make_wall(tmp_path)
    old = base(material)
    fill = fill_and_wait(material, mode="REPLACE", variations=2)
    assert shown_images(material)["basecolor"] == "wall_basecolor.png"
    choose(material, fill, 2)
    assert shown_images(material)["basecolor"] == "wall_basecolor.png" and of(material) == (fill.job, 2)
    assert "wall_basecolor.png (before)" in bpy.data.images
    bpy.ops.svbrdf.revert()
    assert np.array_equal(base(material), old) and "wall_basecolor.png (before)" not in bpy.data.images


def test_another_seed_and_that_cancelled_at_once(tmp_path: Path) -> None:
    """Contract B2."""
    material = make_wall(tmp_path, side=160)
    fill = fill_and_wait(material, hole=LARGE)
    first = base(material)
    assert bpy.ops.svbrdf.again(job=fill.job) == {"FINISHED"}
    new = session_state().fills[0]
    pump(lambda: new.resolved)
    assert new.result.variations[0].seed != fill.result.variations[0].seed
    assert np.abs(base(material) - first).max() > 0 and of(material) == (new.job, 1)
    bpy.ops.svbrdf.again(job=fill.job)
    unwanted = session_state().fills[0]
    part("session.filling").cancel(unwanted)
    pump(lambda: not session_state().background.busy and not session_state().connecting)
    assert unwanted.resolved and of(material) == (new.job, 1)


def test_cancelled_by_somebody_else_a_script_does_not_wait_for_ever(tmp_path: Path) -> None:
    """Contract B2."""
    material = make_wall(tmp_path)
    fill = fill_of(material, train_steps=100_000)
    pump(lambda: fill.status.phase == "running")
    session_state().connection.service.cancel_job(fill.job)
    error = part("client").UserError
    with pytest.raises(error, match="The fill was cancelled"):
        part("ui.operators.filling").wait_for(fill)


def test_what_cannot_be_put_in_is_no_success_for_a_script(tmp_path: Path) -> None:
    """Contract B2."""
    material = make_wall(tmp_path)
    fill = fill_of(material)
    bpy.data.materials.remove(material)
    with pytest.raises(part("client").UserError, match="is gone"):
        part("ui.operators.filling").wait_for(fill)


def test_the_service_killed_in_the_middle_and_started_again_elsewhere(tmp_path: Path) -> None:
    """Contract B2."""
    material = make_wall(tmp_path / "maps")
    with run_service(tmp_path) as first:
        fill = fill_of(material, variations=4, hole=LARGE)
        pump(lambda: fill.status.phase == "running")
        first.kill()
        assert fill.result is None
        pump(lambda: "looking for it" in part("ui.draw_outcomes").describe_progress(fill))
        with run_service(tmp_path, "--resume"):
            pump(lambda: fill.resolved)
            assert fill.failure is None and of(material) == (fill.job, 1)
            choose(material, fill, 4)
            assert of(material) == (fill.job, 4) and not fill.note
            assert fill_and_wait(material, hole=OTHER, variations=1).applied
