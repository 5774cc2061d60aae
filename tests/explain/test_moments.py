"""What is taken of sampling, and the figures made of it where the answer is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from svbrdf_core.diffusion.checkpoints.attention import measure_attention
from svbrdf_core.diffusion.influence import Influence
from svbrdf_core.explain.attended import explain_attention, measure_layers
from svbrdf_core.explain.influenced import explain_influence, find_radius, measure_distances, measure_step
from svbrdf_core.explain.moments import Bools, Moment, choose_steps, find_middle
from svbrdf_core.explain.shown import group_steps, show_known

CHANNELS = ("diffuse.0", "diffuse.1", "diffuse.2", "roughness.0")


def hole() -> Bools:
    out = np.zeros((16, 24), np.bool_)
    out[4:9, 6:13] = True
    return out


def moment(number: int = 1, spread: int = 0) -> Moment:
    """Return one that looks at the middle, and as much at one known pixel of the roughness so far to the right."""
    at = find_middle(hole())
    noisy, known = np.zeros((2, 4, 4, 16, 24), np.float32)
    noisy[np.arange(4), np.arange(4), at[0], at[1]] = 1
    if spread:
        known[:, 3, at[0], at[1] + spread] = 1
    influence = Influence(noisy, known, np.zeros((4, 16, 24), np.float32), at)
    values = np.random.default_rng(0).random((4, 16, 24)).astype(np.float32) * ~hole()
    return Moment(number, 9, 1 - number / 10, CHANNELS, hole(), (False, False), values, influence)


def test_steps_are_looked_at_from_the_first_to_the_last() -> None:
    assert choose_steps(25) == [1, 7, 13, 19, 25]
    assert choose_steps(3) == [1, 2, 3]
    assert choose_steps(1) == [1]


def test_the_middle_is_farthest_from_what_is_known() -> None:
    assert find_middle(hole()) in {(6, 8), (6, 9), (6, 10)}
    edge = np.zeros((8, 8), np.bool_)
    edge[:, :5] = True
    assert find_middle(edge)[1] == 2  # nothing is known beyond the edge, and nothing unknown


def test_distances_go_round_where_edges_meet() -> None:
    flat, round_it = (measure_distances((10, 12), (1, 1), (goes, goes)) for goes in (False, True))
    assert flat[9, 1] == 8 and round_it[9, 1] == 2
    assert round_it[1, 11] == 2 and round_it[4, 5] == 5


def test_radii_hold_their_share() -> None:
    distances = measure_distances((21, 21), (10, 10), (False, False))
    weights = np.zeros((21, 21), np.float32)
    weights[10, 10], weights[10, 14], weights[2, 10] = 0.5, 0.25, 0.25
    assert [find_radius(weights, distances, share) for share in (0.5, 0.6, 0.75, 0.95)] == [0, 4, 4, 8]


def test_the_influence_of_one_known_pixel_is_told() -> None:
    found = measure_step([moment(spread=6), moment(spread=6)])
    assert found.in_hole == pytest.approx(0.5) and found.from_known == pytest.approx(0.5)
    assert (found.half, found.most) == (0, 6)
    assert found.between["diffuse"] == pytest.approx({"diffuse": 0.5, "roughness": 0.5})
    assert found.between["roughness"] == pytest.approx({"diffuse": 0, "roughness": 1})


def test_moments_are_told_by_step() -> None:
    moments = [moment(number, spread=6) for number in (1, 5, 9)] * 2
    assert [[one.number for one in step] for step in group_steps(moments)] == [[1, 1], [5, 5], [9, 9]]
    section = explain_influence(moments)
    told = section.data["influence"]
    assert isinstance(told, list) and [one["step"] for one in told] == [1, 5, 9]
    assert [row[1] for row in section.tables[0].rows] == ["50%"] * 3
    assert all(np.ptp(figure.pixels) > 100 for figure in section.figures)
    assert (show_known(moments[0])[hole()] == 0).all()


def test_the_law_of_attention_is_told_beside_the_uniform_one() -> None:
    inside = torch.zeros(32, 32)
    inside[:8] = 1  # a quarter
    patches, target = 64, 3 * 8 + 2  # of the fourth row, 1.5 patches of 4 pixels from the rim
    key = torch.eye(patches)[None, None]
    pointing, even = (
        measure_attention("layer", query, key, (8, 8), inside)
        for query in (400.0 * key[:, :, [target] * patches], torch.zeros(1, 1, patches, patches))
    )
    taken = replace(moment(), influence=None, passes=((pointing, even), (pointing, even)))
    one, two = measure_layers([taken])
    assert (one.in_hole, two.in_hole, one.uniform) == pytest.approx((0, 0.25, 0.25), abs=1e-5)
    assert one.uniform_distance == pytest.approx(4 * np.mean([1.5, 0.5, 0.5, 1.5, 2.5, 3.5, 4.5, 5.5]))
    section = explain_attention([taken, replace(taken, number=9)])
    told = section.data["attention"]
    assert isinstance(told, list) and len(told) == 4
    assert "uniform attention would be 25%" in section.words[0]
    assert {figure.name for figure in section.figures} >= {"attention", "attention-distance", "attention-law"}
