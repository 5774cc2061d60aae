"""Models as files: they come back whole, and nothing else is taken for one."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
import torch

from svbrdf_core.diffusion.model import FORMAT, Model, packed, probe, unpacked
from svbrdf_core.errors import InputError
from tests.diffusion.made import kind


def model(recipe: str = "ours") -> Model:
    return Model(kind(recipe), kind(recipe).network().eval())


@pytest.mark.parametrize("recipe", ["ours", "published"])
def test_a_model_comes_back_whole(recipe: str) -> None:
    first = model(recipe)
    again = Model.from_bytes(first.to_bytes())
    assert again.kind == first.kind
    for name, tensor in first.network.state_dict().items():
        assert (again.network.state_dict()[name] == tensor).all()
    assert not any(weight.requires_grad for weight in again.network.parameters())


def test_nothing_else_is_taken_for_a_model(tmp_path: Path) -> None:
    from safetensors.torch import save

    data = model().to_bytes()
    foreign = bytes(save({"weight": torch.zeros(3)}))
    for wrong in (b"", b"no model", data[:-1], data[: len(data) // 2], foreign, data[:8] + b"x" + data[9:]):
        with pytest.raises(InputError, match="not a model of this program, or is damaged"):
            Model.from_bytes(wrong)
        (tmp_path / "a").write_bytes(wrong)
        with pytest.raises(InputError, match="not a model of this program, or is damaged"):
            probe(tmp_path / "a")


def test_a_model_that_is_not_what_it_says_is_refused() -> None:
    tensors, facts = unpacked(model().to_bytes())
    wider = packed(tensors, json.loads(json.dumps(facts).replace('"width": 8', '"width": 16')))
    with pytest.raises(InputError, match="does not fit what it says"):
        Model.from_bytes(wider)
    other = {"recipe": "other", "channels": [], "width": 8, "scale": 4}
    wrong: list[dict[str, object]] = [{}, {"kind": 3}, {"kind": other}]
    for told in wrong:
        with pytest.raises(InputError, match="does not say what kind"):
            Model.from_bytes(packed(tensors, told))
    assert FORMAT.startswith("svbrdf-inpaint")


LIES: dict[str, dict[str, object]] = {
    "wide": {"width": 4096},
    "far too wide": {"width": 10**12},
    "without end": {"width": float("inf")},
    "narrow": {"width": 0},
    "many": {"channels": ["a"] * 5000},
    "none": {"channels": []},
    "below": {"scale": -1},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_about_its_size_costs_nothing(lie: str, tmp_path: Path) -> None:
    told: dict[str, object] = {"kind": {**asdict(kind()), **LIES[lie]}}
    (tmp_path / "a").write_bytes(packed(dict(model().network.state_dict()), told))
    for read in (probe, lambda path: Model.from_bytes(path.read_bytes())):
        with pytest.raises(InputError, match="does not fit|does not say"):
            read(tmp_path / "a")


@pytest.mark.parametrize("facts", ["[" * 100_000, "[]", "{}", "9" * 5000, "NaN"])
def test_facts_that_are_none(facts: str, tmp_path: Path) -> None:
    from safetensors.torch import save

    (tmp_path / "a").write_bytes(save({"a": torch.zeros(1)}, {FORMAT: facts}))
    for read in (probe, lambda path: Model.from_bytes(path.read_bytes())):
        with pytest.raises(InputError, match="not a model|does not say"):
            read(tmp_path / "a")


def test_a_model_is_told_from_its_header(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(model().to_bytes())
    assert probe(tmp_path / "a") == kind()
    with pytest.raises(InputError, match="cannot be read"):
        probe(tmp_path / "b")
