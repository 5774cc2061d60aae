"""Every figure that is measured has a title, a direction and an extra, and stands in one order."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from svbrdf_core.metrics import CHEAP, GROUPS, METRICS, describe, measure
from svbrdf_core.metrics.groups import NEEDS, usable_groups
from svbrdf_core.tensors.layout import ChannelLayout
from tests.metrics.conftest import Case, Floats


def test_every_figure_is_described(case: Case, noisy: Floats) -> None:
    groups, _ = usable_groups(None)
    assert set(CHEAP) <= set(groups)
    found = measure(noisy, case.truth, case.layout, case.hole, groups=groups)
    assert found.keys() <= METRICS.keys()
    described = describe(found)
    assert [m.name for m in described] == [name for name in METRICS if name in found]
    for metric in described:
        assert metric.title and metric.about and metric.better in ("lower", "higher", "one", "zero", "neither")
        assert metric.heading in metric.title
        assert metric.map == "" or metric.name.endswith(f"/{metric.map}")


def test_groups_measure_what_belongs_to_them(case: Case, noisy: Floats) -> None:
    for group in usable_groups(None)[0]:
        found = measure(noisy, case.truth, case.layout, case.hole, groups=(group,))
        assert found and {METRICS[name].group for name in found} == {group}


def test_figures_that_need_the_truth_say_so(case: Case, noisy: Floats) -> None:
    groups = usable_groups(None)[0]
    without = measure(noisy, None, case.layout, case.hole, groups=groups)
    assert without.keys() == {
        name for name in measure(noisy, case.truth, case.layout, case.hole, groups=groups) if not METRICS[name].truth
    }


def test_extra_maps_are_described(case: Case) -> None:
    layout = ChannelLayout(("roughness", "extra:wear"), (1, 1))
    truth = case.truth[6:8]
    found = measure(np.clip(truth + 0.1 * case.hole, 0, 1), truth, layout, case.hole)
    assert "mse/extra:wear" in found
    titles = {metric.name: metric.title for metric in describe(found)}
    assert titles["mse/extra:wear"] == "MSE wear"
    with pytest.raises(KeyError):
        describe(["mse/nothing"])


def test_the_command_knows_what_the_groups_need() -> None:
    assert set(NEEDS) == {metric.group for metric in METRICS.values() if metric.needs} <= set(GROUPS)
    for group, (extra, modules) in NEEDS.items():
        assert {metric.needs for metric in METRICS.values() if metric.group == group} == {extra}
        assert (group in usable_groups(None)[0]) == all(find_spec(name) for name in modules)
