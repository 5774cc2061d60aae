"""Models in folders of a service: listed as they are, taken without being sent, and kept while they lie there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import svbrdf_core as sv
from svbrdf_core.learned.card import Card, SeenMaterial
from svbrdf_server.data.blobs import Blobs
from tests.methods.networks import COUNTS, denoiser, filler
from tests.server import odd_files as odd
from tests.server.running import PATIENCE, Json, Running, service, until
from tests.server.sending import ended, job, made, quiet, refused, results

COLOURS = {"diffuse": 3}
TAUGHT = Card((SeenMaterial("Bricks", "CC0-1.0"), SeenMaterial("Wood\u202e floor")), steps=7)
NEVER = "0.0001"
"""Hours that an upload which nothing uses is kept: less than a second."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return a model of each kind, of colours alone."""
    home = tmp_path_factory.mktemp("files")
    (home / "mosaic").mkdir()
    made_here = {
        "filler": filler(home, COLOURS, TAUGHT),
        "mosaic": filler(home / "mosaic", COLOURS, start="mosaic"),
        "denoiser": denoiser(home, COLOURS),
        "prior": denoiser(home, COLOURS, prior=True),
    }
    return {name: file.path for name, file in made_here.items()}


def shelves(home: Path) -> tuple[Path, Path]:
    """Return the folders of models of the service with such a home; they are not in it."""
    return Path(f"{home}-models", "one"), Path(f"{home}-models", "two")


@pytest.fixture(scope="module")
def offering(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Give a service with two folders of models."""
    home = tmp_path_factory.mktemp("service")
    for folder in shelves(home):
        folder.mkdir(parents=True)
    folders = [word for folder in shelves(home) for word in ("--models", str(folder))]
    with service(home, *folders, "--limit", "models=6") as running:
        yield running


@pytest.fixture
def run(offering: Running) -> Iterator[Running]:
    """Give it with nothing in the folders."""
    for folder in shelves(offering.home):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    with quiet(offering):
        yield offering


def offered(run: Running) -> tuple[dict[str, Json], dict[str, str]]:
    """Return the models by name, and why files are none."""
    with run.client() as client:
        found = client.models()
    assert str(run.home) not in json.dumps(found)
    return {one["name"]: one for one in found["models"]}, {one["name"]: one["why"] for one in found["refused"]}


def test_what_a_list_says(run: Running, files: dict[str, Path]) -> None:
    assert offered(run) == ({}, {})
    for name, path in files.items():
        shutil.copy(path, shelves(run.home)[name == "prior"] / f"{name}.safetensors")
    found, why = offered(run)
    assert not why and list(found) == ["denoiser.safetensors", "filler.safetensors", *list(found)[2:]]
    ours = found["filler.safetensors"]
    data = files["filler"].read_bytes()
    assert ours == {
        "file": hashlib.sha256(data).hexdigest(), "name": "filler.safetensors", "bytes": len(data), "kind": "filler",
        "task": "glcic", "methods": {"learned": "model"}, "fits": {}, "maps": ["diffuse"],
        "channels": ["diffuse.0", "diffuse.1", "diffuse.2"], "scale": 2, "steps": 7,
        "materials": [{"name": "Bricks", "licence": "CC0-1.0"}, {"name": "Wood\\u202e floor", "licence": ""}],
        "materials_seen": 2,
    }  # fmt: skip
    assert found["mosaic.safetensors"]["fits"] == {"finish": ["network"]}
    both = {"auto": "diffusion.model", "diffusion": "model"}
    for name in ("denoiser", "prior"):
        one = found[f"{name}.safetensors"]
        assert (one["kind"], one["task"], one["methods"], one["steps"]) == (name, "diffusion", both, None)
        assert (
            ("repaint" in one["fits"]["sampler.solver"])
            == (name == "prior")
            != ("ddim" in one["fits"]["sampler.solver"])
        )


def test_a_setting_says_which_models_it_takes(run: Running) -> None:
    methods = {one["name"]: one["schema"] for one in run.request("GET", "/v1/info").json()["methods"]}
    assert methods["learned"]["properties"]["model"]["models"] == ["filler"]
    assert methods["diffusion"]["properties"]["model"]["models"] == ["denoiser", "prior"]
    assert "models" not in methods["lama"]["properties"]["weights"]


def test_a_job_names_a_model_that_was_never_sent(run: Running, files: dict[str, Path]) -> None:
    material_id = made(run, {"diffuse.png": odd.png()})
    digest = hashlib.sha256(files["filler"].read_bytes()).hexdigest()
    method = {"name": "learned", "settings": {"model": {"file": digest, "name": "a.safetensors"}, "finish": "network"}}
    wanted: Json = {"hole": {"tileable": False}, "method": method}
    if run.request("HEAD", f"/v1/files/{digest}").status == 404:
        refused(job(run, material_id, "rect:20,20,16,16", **wanted), 409, "must be sent first")
    shutil.copy(files["filler"], shelves(run.home)[0] / "a.safetensors")
    done = ended(run, job(run, material_id, "rect:20,20,16,16", **wanted))  # nobody has asked for the list
    assert list(results(run, done)) == ["diffuse.png"]
    assert done["request"]["method"]["settings"]["model"] == {"file": digest, "name": "a.safetensors"}


def test_a_prior_goes_with_the_solvers_it_fits(run: Running, files: dict[str, Path]) -> None:
    material_id = made(run, {"diffuse.png": odd.png()})
    shutil.copy(files["prior"], shelves(run.home)[1] / "prior.safetensors")
    one = offered(run)[0]["prior.safetensors"]
    settings: Json = {"model": {"file": one["file"], "name": one["name"]}, "sampling_steps": 2, "coarse_hole": 0}
    method = {"name": "diffusion", "settings": settings}
    refused(job(run, material_id, "rect:20,20,16,16", method=method), 422, "is a prior")
    settings["sampler"] = {"solver": one["fits"]["sampler.solver"][1]}
    ended(run, job(run, material_id, "rect:20,20,16,16", method=method))


def test_what_comes_goes_and_is_replaced_is_noticed(run: Running, files: dict[str, Path], tmp_path: Path) -> None:
    place = shelves(run.home)[0] / "model.safetensors"
    shutil.copy(files["filler"], place)
    first = offered(run)[0]["model.safetensors"]
    shutil.copy(files["denoiser"], place)
    second = offered(run)[0]["model.safetensors"]
    assert (first["kind"], second["kind"]) == ("filler", "denoiser") and first["file"] != second["file"]
    shutil.copy(files["denoiser"], shelves(run.home)[1] / "again.safetensors")  # the same is offered once
    assert list(offered(run)[0]) == ["model.safetensors"]
    place.rename(place.with_name("other.safetensors"))
    assert list(offered(run)[0]) == ["other.safetensors"]
    place.with_name("other.safetensors").unlink()
    assert list(offered(run)[0]) == ["again.safetensors"]
    whole = files["filler"].read_bytes()
    place.write_bytes(whole[: len(whole) // 2])  # it is on its way
    assert "is damaged" in offered(run)[1]["model.safetensors"]
    place.write_bytes(whole)
    assert "model.safetensors" in offered(run)[0]
    shutil.rmtree(shelves(run.home)[1])
    found, why = offered(run)
    assert list(found) == ["model.safetensors"] and "cannot be read" in why["folder 2"]


def test_no_file_is_read_twice(run: Running, files: dict[str, Path]) -> None:
    place = shelves(run.home)[0] / "model.safetensors"
    shutil.copy(files["filler"], place)
    before = offered(run)
    os.utime(place, ns=(1, place.stat().st_mtime_ns))
    kept = run.data / "files" / before[0]["model.safetensors"]["file"][:2] / before[0]["model.safetensors"]["file"]
    data, times = place.read_bytes(), place.stat()
    with place.open("r+b") as stream:  # by its stamp it is the same
        stream.write(bytes(len(data)))
    os.utime(place, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert offered(run) == before and kept.read_bytes() == data  # and what is kept is a copy


def test_what_is_no_model_is_told_and_never_run(run: Running, files: dict[str, Path], tmp_path: Path) -> None:
    marker, folder = tmp_path / "it ran", shelves(run.home)[0]
    pickled = b"cos\nmkdir\n(V" + str(marker).encode() + b"\ntR."
    (folder / "a pickle.safetensors").write_bytes(pickled)
    with zipfile.ZipFile(folder / "torch.safetensors", "w") as packed:
        packed.writestr("model/data.pkl", pickled)
    (folder / "empty.safetensors").write_bytes(b"")
    (folder / "weights.pt").write_bytes(pickled)  # not looked at
    (folder / ".hidden.safetensors").write_bytes(pickled)
    (folder / "folder.safetensors").mkdir()
    header = json.dumps({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    foreign = len(header).to_bytes(8, "little") + header + bytes(4)
    (folder / "foreign.safetensors").write_bytes(foreign)
    found, why = offered(run)
    assert not found and not marker.exists()
    assert set(why) == {"a pickle.safetensors", "torch.safetensors", "empty.safetensors", "foreign.safetensors"}
    assert all("not a model of this program, or is damaged" in said for said in why.values())
    assert "a pickle.safetensors is not offered" in run.log


@pytest.mark.skipif(os.name != "posix", reason="links need rights elsewhere")
def test_links_and_pipes(run: Running, files: dict[str, Path]) -> None:
    folder = shelves(run.home)[0]
    (folder / "below").mkdir()
    shutil.copy(files["filler"], folder / "below" / "inner.safetensors")
    (folder / "inner.safetensors").symlink_to("below/inner.safetensors")
    (folder / "outer.safetensors").symlink_to(files["denoiser"])
    (folder / "loop.safetensors").symlink_to("loop.safetensors")
    (folder / "nowhere.safetensors").symlink_to("nothing")
    os.mkfifo(folder / "pipe.safetensors")
    shutil.copy(files["prior"], folder / "bad\nname.safetensors")
    found, why = offered(run)
    assert list(found) == ["inner.safetensors"] and set(why) == {"outer.safetensors", "bad\\x0aname.safetensors"}
    assert all("put the file itself there" in said for said in why.values())


def test_no_more_than_the_limits_allow(run: Running, files: dict[str, Path]) -> None:
    for number in range(8):
        (shelves(run.home)[0] / f"{number}.safetensors").write_bytes(b"x" * number)
    why = offered(run)[1]
    assert len(why) == 7 and "6 models are offered at most" in why["2 more"]


def test_a_model_that_knows_too_much(run: Running, files: dict[str, Path]) -> None:
    data = files["filler"].read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    for number, change in enumerate(({"scale": 10**300}, {"channels": [f"a.{n}" for n in range(300)]}, {"task": "x"})):
        facts = json.loads(header["__metadata__"]["svbrdf-inpaint 2"])
        facts["spec"] |= change
        text = json.dumps({**header, "__metadata__": {"svbrdf-inpaint 2": json.dumps(facts)}}).encode()
        lie = len(text).to_bytes(8, "little") + text + data[8 + length :]
        (shelves(run.home)[0] / f"{number}.safetensors").write_bytes(lie)
    found, why = offered(run)
    assert not found and len(why) == 3 and all("train it again" in said for said in why.values())


def test_the_folder_of_a_service_that_was_given_none(home: Path, files: dict[str, Path]) -> None:
    """It is private, nothing sweeps what it offers, and what was taken out of it goes like an upload."""
    with service(home, "--limit", f"keep_hours={NEVER}", "--limit", "file=1000000") as run, quiet(run):
        folder = run.data / "models"
        if os.name == "posix":
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        shutil.copy(files["filler"], folder / "filler.safetensors")
        (folder / "large.safetensors").write_bytes(bytes(1_000_001))
        found, why = offered(run)
        assert list(found) == ["filler.safetensors"] and "larger than the 1000000" in why["large.safetensors"]
        digest = found["filler.safetensors"]["file"]
    run.start()  # which sweeps at once, before anybody has asked for the list
    until(lambda: run.request("GET", "/v1/info").json()["store"])  # it has; now nothing that is sent is swept
    with quiet(run):
        method = {"name": "learned", "settings": {"model": {"file": digest}, "finish": "network"}}
        material_id = made(run, {"diffuse.png": odd.png()})
        assert job(run, material_id, "rect:8,8,8,8", method=method).status == 202
        (folder / "filler.safetensors").unlink()
        assert offered(run)[0] == {}
    run.stop()


def test_a_sweep_leaves_what_is_held(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "blobs", tmp_path)
    digests = []
    for data in (b"held", b"not held"):
        with blobs.start_upload() as incoming:
            incoming.write(data)
            digests.append(incoming.keep())
    blobs.sweep(-1, frozenset(digests[:1]))
    assert [blobs.has(digest) for digest in digests] == [True, False]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    run = Running(tmp_path / "home", ("--models", str(tmp_path / "nothing")))
    run.launch()
    assert run.process is not None and run.process.wait(PATIENCE) == 3
    assert "takes one that is there" in run.log


def test_facts_of_all_maps(tmp_path: Path) -> None:
    facts = sv.probe_model(filler(tmp_path).path)
    assert facts.maps == tuple(COUNTS) and facts.kind == "filler" and not facts.materials
    with pytest.raises(sv.InputError, match="not a model of this program"):
        (tmp_path / "x").write_bytes(b"x" * 100)
        sv.probe_model(tmp_path / "x")
