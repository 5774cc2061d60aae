"""Every shared material is repaired with each of its fixed holes, and better than the published patch code does it."""

from __future__ import annotations

import pytest

import svbrdf_core as sv
from benchmarks import error
from benchmarks.common import MAPS, SHARED

WORST = 1.6
"""No single case may be worse than this against the reference; `benchmarks` names those above 1.25."""
TOLERATED = {"ds19_creature_scales_26_square": 2.6}
"""One seed in five (seed 0 is one) continues an orange-tipped scale that is not there in the truth."""


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "cases").is_dir(), reason="the shared materials and cases are not beside the clone")
def test_the_fixed_cases_stay_below_the_reference() -> None:
    found = error.measure(SHARED, (), (0,), sv.PatchSettings())["summary"]
    for name in MAPS:
        assert found["maps"][name]["mean"] < 1, name
        assert found["maps"][name]["median"] < 1, name
        assert found["maps"][name]["largest_where_reference_is_0"] < 5e-5, name  # facade005_square: its normal varies
    assert [entry for entry in found["above_limit"] if entry[3] > TOLERATED.get(entry[0], WORST)] == []
    assert found["sharpness_median"] > 0.6
