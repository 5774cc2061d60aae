"""Models as files: they come back whole, and nothing else is taken for one."""

from __future__ import annotations

import json

import pytest
import torch

from svbrdf_core.diffusion.model import FORMAT, Model, packed, unpacked
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


def test_nothing_else_is_taken_for_a_model() -> None:
    from safetensors.torch import save

    data = model().to_bytes()
    foreign = bytes(save({"weight": torch.zeros(3)}))
    for wrong in (b"", b"no model", data[:-1], data[: len(data) // 2], foreign, data[:8] + b"x" + data[9:]):
        with pytest.raises(InputError, match="not a model of this program, or is damaged"):
            Model.from_bytes(wrong)


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
