"""Model files: round trips, and refusals of everything else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from svbrdf_core.codec.plain import Json
from svbrdf_core.diffusion.model_file import Model, build, probe
from svbrdf_core.errors import InputError
from svbrdf_core.learning.archive import FORMAT, OLD_FORMAT, Facts, pack, unpack
from tests.diffusion.made import spec


def model(recipe: str = "ours") -> Model:
    return Model(spec(recipe), build(spec(recipe)).eval())


READERS: list[Callable[[Path], object]] = [probe, lambda path: Model.from_bytes(path.read_bytes())]


@pytest.mark.parametrize("recipe", ["ours", "published"])
def test_a_model_comes_back_whole(recipe: str) -> None:
    first = model(recipe)
    again = Model.from_bytes(first.to_bytes())
    assert again.spec == first.spec
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
    tensors, facts = unpack(model().to_bytes())
    wider = pack(tensors, json.loads(json.dumps(facts).replace('"width": 8', '"width": 16')))
    with pytest.raises(InputError, match="does not fit what it says"):
        Model.from_bytes(wider)
    described = spec().to_json()
    wrong: list[Facts] = [
        {},
        {"spec": 3},
        {"spec": {**described, "channels": []}},
        {"spec": {**described, "task": "other"}},
        {"spec": {**described, "parametrization": {}}},
        {"spec": {**described, "parametrization": {"schedule": "other", "noisy_known": True}}},
    ]
    for facts in wrong:
        with pytest.raises(InputError, match="does not say what kind"):
            Model.from_bytes(pack(tensors, facts))
    for change, said in (
        ({"task": "filling"}, "of another kind, no denoiser"),
        ({"architecture": "x"}, "does not fit"),
    ):
        with pytest.raises(InputError, match=said):
            Model.from_bytes(pack(tensors, {"spec": {**described, **change}}))


def test_a_model_of_an_older_version_is_refused_in_its_own_words(tmp_path: Path) -> None:
    from safetensors.torch import save

    (tmp_path / "a").write_bytes(save({"a": torch.zeros(1)}, {OLD_FORMAT: "{}"}))
    for read in READERS:
        with pytest.raises(InputError, match="trained by an older version of this program; train it again"):
            read(tmp_path / "a")


LIES: dict[str, dict[str, Json]] = {
    "wide": {"arguments": {"width": 4096}},
    "far too wide": {"arguments": {"width": 10**12}},
    "without end": {"arguments": {"width": float("inf")}},
    "narrow": {"arguments": {"width": 0}},
    "unnumbered": {"arguments": {"width": "8"}},
    "with more inputs": {"arguments": {"width": 8, "inputs": 10**9}},
    "without arguments": {"arguments": {}},
    "many": {"channels": ["a"] * 5000},
    "none": {"channels": []},
    "below": {"scale": -1},
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_about_its_size_costs_nothing(lie: str, tmp_path: Path) -> None:
    facts: Facts = {"spec": {**spec().to_json(), **LIES[lie]}}
    (tmp_path / "a").write_bytes(pack(dict(model().network.state_dict()), facts))
    for read in READERS:
        with pytest.raises(InputError, match="does not fit|does not say"):
            read(tmp_path / "a")


@pytest.mark.parametrize("facts", ["[" * 100_000, "[]", "{}", "9" * 5000, "NaN"])
def test_facts_that_are_none(facts: str, tmp_path: Path) -> None:
    from safetensors.torch import save

    (tmp_path / "a").write_bytes(save({"a": torch.zeros(1)}, {FORMAT: facts}))
    for read in READERS:
        with pytest.raises(InputError, match="not a model|does not say"):
            read(tmp_path / "a")


def test_a_model_is_told_from_its_header(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(model().to_bytes())
    assert probe(tmp_path / "a") == spec()
    with pytest.raises(InputError, match="cannot be read"):
        probe(tmp_path / "b")
