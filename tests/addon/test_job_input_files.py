"""Files among settings: found wherever they are, sent by their digests, and refused before anything is sent."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from blender_addon.client import Service, UserError
from blender_addon.job import InpaintRequest, InputFile, MethodChoice, Watch, decode_files
from tests.addon.fake import Fake, view

SENT = {"file": "e" * 64, "name": "known.bin"}


def test_files_of_every_depth_are_sent_by_digest_though_they_have_one_name(tmp_path: Path) -> None:
    paths = [tmp_path / folder / "m.bin" for folder in ("a", "b")]
    data = {"deep": {"model": {"file": str(paths[0])}}, "list": [1, {"file": str(paths[1])}], "there": SENT, "n": None}
    choice = MethodChoice("any", decode_files(data))
    assert {where: file.path for where, file in choice.input_files().items()} == {
        "method.settings.deep.model": paths[0],
        "method.settings.list[1]": paths[1],
    }
    digests = {"method.settings.deep.model": "a" * 64, "method.settings.list[1]": "b" * 64}
    assert choice.to_json(digests)["settings"] == {
        "deep": {"model": {"file": "a" * 64, "name": "m.bin"}},
        "list": [1, {"file": "b" * 64, "name": "m.bin"}],
        "there": SENT,
        "n": None,
    }


@pytest.mark.parametrize(("name", "taken"), [("a\\b\n.bin", "a_b_.bin"), ("x" * 250 + ".bin", "x" * 196 + ".bin")])
def test_names_are_such_as_the_service_takes(name: str, taken: str) -> None:
    assert InputFile(Path("/models", name)).name == taken


def test_paths_are_what_the_caller_says_they_mean() -> None:
    found = decode_files({"model": {"file": "//m.bin"}}, lambda text: text.replace("//", "/blend/"))
    assert found == {"model": InputFile(Path("/blend/m.bin"))}


def test_a_file_is_uploaded_with_images_and_masks(
    bad: Fake, service: Service, request_of_one: InpaintRequest, tmp_path: Path
) -> None:
    bad.job = view("done")
    (tmp_path / "m.bin").write_bytes(b"a model")
    settings = {"model": InputFile(tmp_path / "m.bin")}
    Watch(service, replace(request_of_one, method=MethodChoice("any", settings))).run()
    digest = hashlib.sha256(b"a model").hexdigest()
    sent = {request.path.rpartition("/")[2] for request in bad.requests if request.method == "PUT"}
    posted = {request.path: json.loads(request.body) for request in bad.requests if request.method == "POST"}
    assert digest in sent and len(sent) == 3
    assert posted["/v1/jobs"]["method"]["settings"] == {"model": {"file": digest, "name": "m.bin"}}


@pytest.mark.parametrize("kind", ["absent", "folder", "pipe", "locked"])
def test_a_file_that_cannot_be_read_is_one_sentence_and_nothing_is_sent(
    bad: Fake, service: Service, request_of_one: InpaintRequest, tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "m.bin"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "locked":
        path.touch(0o000)
        if os.access(path, os.R_OK):
            pytest.skip("this user may read everything")
    settings = {"deep": {"model": InputFile(path)}}
    choice = MethodChoice("any", settings)
    with pytest.raises(UserError, match=r"m\.bin, the setting deep\.model, cannot be read \(.+\); choose another file"):
        choice.check_files()
    status = Watch(service, replace(request_of_one, method=choice)).run()
    assert status.error is not None and status.error.kind == "file" and "deep.model" in status.error.sentence
    assert [request for request in bad.requests if request.method in ("PUT", "POST")] == []
