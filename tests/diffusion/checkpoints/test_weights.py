"""Files of weights: what is read, and that of what is not nothing runs."""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from svbrdf_core.diffusion.checkpoints.weights import read_shapes, read_weights
from svbrdf_core.errors import InputError

TENSORS = {"a.weight": torch.arange(6.0).view(2, 3), "a.count": torch.tensor(7)}


class Hostile:
    """Makes a folder where it is unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.place),)


def refuse(path: Path, words: str) -> None:
    """Check that both readers say the same one sentence."""
    said = []
    for read in (read_shapes, read_weights):
        with pytest.raises(InputError, match=words) as caught:
            read(path)
        said.append(str(caught.value))
    assert said[0] == said[1] and said[0].count(".\n") == 0 and said[0].endswith(".")


@pytest.mark.parametrize("kind", ["safetensors", "zip", "legacy", "nested", "prefixed", "half precision"])
def test_weights_are_read_from_every_format(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "w"
    if kind == "safetensors":
        save_file(TENSORS, path)
    elif kind == "legacy":
        torch.save(OrderedDict(TENSORS), path, _use_new_zipfile_serialization=False)
    elif kind == "nested":
        torch.save({"epoch": 3, "state_dict": TENSORS, "lr": [0.1]}, path)
    elif kind == "prefixed":
        torch.save({f"module.{name}": value for name, value in TENSORS.items()}, path)
    elif kind == "half precision":
        torch.save(
            {name: value.half() if value.is_floating_point() else value for name, value in TENSORS.items()}, path
        )
    else:
        torch.save(TENSORS, path)
    found = read_weights(path)
    assert read_shapes(path) == {"a.weight": (2, 3), "a.count": ()}
    assert all(torch.equal(found[name], value) and found[name].dtype == value.dtype for name, value in TENSORS.items())


@pytest.mark.parametrize("form", ["safetensors", "zip"])
def test_shapes_are_read_without_the_weights(tmp_path: Path, form: str) -> None:
    """A file whose weights are a hole in the disk is not read: 8 GB would take seconds, or all memory."""
    path = tmp_path / "w"
    if form == "zip":
        torch.save({"a": torch.zeros(1000, 1000)}, path)
        assert read_shapes(path) == {"a": (1000, 1000)}
        return
    header = json.dumps({"a": {"dtype": "F32", "shape": [2_000_000, 1000], "data_offsets": [0, 8 * 10**9]}}).encode()
    with path.open("wb") as stream:
        stream.write(len(header).to_bytes(8, "little") + header)
        stream.truncate(8 + len(header) + 8 * 10**9)
    assert read_shapes(path) == {"a": (2_000_000, 1000)}


@pytest.mark.parametrize("form", ["pickle", "zip", "nested"])
def test_nothing_of_a_hostile_pickle_runs(tmp_path: Path, form: str) -> None:
    path, place = tmp_path / "w.pt", tmp_path / "made"
    if form == "pickle":
        path.write_bytes(pickle.dumps(Hostile(place)))
    elif form == "zip":
        torch.save(Hostile(place), path)
    else:
        torch.save({**TENSORS, "more": Hostile(place)}, path)
    refuse(path, "code that would run" if form != "pickle" else "code that would run|fetch it again")
    assert not place.exists()


def test_what_is_no_file_of_weights_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w"
    for data in (b"", b"not weights\n" * 50, b"\x89PNG\r\n\x1a\n" + bytes(90), b"\x80\x02}q\x00.", bytes(200)):
        path.write_bytes(data)
        refuse(path, "fetch it again|no weights")
    refuse(tmp_path / "nowhere", "cannot be read: No such file")
    refuse(tmp_path, "cannot be read: Is a directory")


@pytest.mark.parametrize("form", ["safetensors", "zip"])
def test_half_a_file_is_refused(tmp_path: Path, form: str) -> None:
    path = tmp_path / "w"
    many = {f"{number}": torch.randn(40, 40) for number in range(4)}
    save_file(many, path) if form == "safetensors" else torch.save(many, path)
    data = path.read_bytes()
    for length in (len(data) // 2, len(data) - 7, 12):
        path.write_bytes(data[:length])
        refuse(path, "fetch it again")


def test_torchscript_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "big-lama.pt"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("data.pkl", "constants.pkl", "code/__torch__/model.py"):
            archive.writestr(f"big-lama/{name}", b"\x80\x02}.")
    refuse(path, "TorchScript program; save its state_dict alone")


def test_a_compressed_archive_is_not_read(tmp_path: Path) -> None:
    """One that holds gigabytes of zeros is small."""
    torch.save(TENSORS, tmp_path / "stored")
    path = tmp_path / "w"
    with zipfile.ZipFile(tmp_path / "stored") as stored, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in stored.infolist():
            archive.writestr(entry.filename, stored.read(entry))
    refuse(path, "fetch it again")


def test_tensors_that_claim_more_than_the_file_holds_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "w"
    torch.save({"a": torch.zeros(1).expand(10**9, 1000)}, path)
    refuse(path, "fetch it again")


def test_what_holds_more_than_tensors_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "w"
    for found in ({"a": TENSORS["a.weight"], "b": 3}, {1: torch.zeros(2)}, {"a": torch.eye(3).to_sparse()}):
        torch.save(found, path)
        refuse(path, "save its state_dict alone")
    empty: list[object] = [{}, [torch.zeros(3)], torch.zeros(3)]
    for nothing in empty:
        torch.save(nothing, path)
        refuse(path, "no weights of a network")
