"""Names and paths in requests and options: cases P1 to P4, P6, P8 and P9 of the contract."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from svbrdf_core import read_image, write_png
from tests.server.conftest import Sample
from tests.server.naming import EVERY, Tried, outside
from tests.server.running import Answer, Json, Running, until
from tests.server.surface import Wire


@pytest.fixture(scope="module")
def tried(shared: Running, sample: Sample) -> Iterator[Tried]:
    with shared.client() as client, Wire(shared) as wire:
        files = {name: client.upload(path) for name, path in sample.files().items()}
        material = client.material(sample.files())["id"]
        job = client.submit({"material": material, "hole": masks({"shape": "rect:4,4,8,8"}), "previews": False})["id"]
        for _ in client.events(job):
            pass
        assert client.job(job)["state"] == "done"
        found = Tried(shared, wire, material, files, job, outside(shared, sample))
        assert found.reading().status == 200
        yield found


Field = Callable[[Tried, str], Answer]
ROOT = {"root": "sample", "folder": "damaged"}
ONE = {"shape": "rect:1,1,8,8"}


def masks(*parts: Json) -> Json:
    """Return a hole."""
    return {"masks": list(parts)}


def choice(name: str, **settings: object) -> Json:
    """Return a choice of a method."""
    return {"name": name, "settings": settings}


def _first(tried: Tried) -> str:
    return next(iter(tried.files.values()))


FIELDS: dict[str, Field] = {
    "NamedFile.name": lambda t, bad: t.post("/v1/materials", {"files": [{"name": bad, "file": _first(t)}]}),
    "NamedFile.file": lambda t, bad: t.post("/v1/materials", {"files": [{"name": "a.png", "file": bad}]}),
    "MaterialBody.name": lambda t, bad: t.reading(name=bad),
    "source.overrides": lambda t, bad: t.reading(source={"overrides": {"basecolor": bad}}),
    "source.overrides channels": lambda t, bad: t.reading(
        source={"overrides": {"basecolor": f"{next(iter(t.files))}:{bad}"}}
    ),
    "source.overrides map": lambda t, bad: t.reading(source={"overrides": {bad: next(iter(t.files))}}),
    "source.set_name": lambda t, bad: t.reading(source={"set_name": bad}),
    "source.only": lambda t, bad: t.reading(source={"only": [bad]}),
    "source.also": lambda t, bad: t.reading(source={"also": [bad]}),
    "source.path": lambda t, bad: t.reading(source={"path": bad}),
    "RootBody.root": lambda t, bad: t.post("/v1/jobs", {"root": {"root": bad}, "hole": masks(ONE)}),
    "RootBody.folder": lambda t, bad: t.post("/v1/jobs", {"root": {**ROOT, "folder": bad}, "hole": masks(ONE)}),
    "RootBody.name": lambda t, bad: t.post("/v1/jobs", {"root": {**ROOT, "name": bad}, "hole": masks(ONE)}),
    "RootFile.path": lambda t, bad: t.post("/v1/jobs", {"root": ROOT, "hole": masks({"path": bad})}),
    "RootFile.path without root": lambda t, bad: t.wish(hole=masks({"path": bad})),
    "UploadedFile.name": lambda t, bad: t.wish(hole=masks({"file": _first(t), "name": bad})),
    "UploadedFile.file": lambda t, bad: t.wish(hole=masks({"file": bad})),
    "MaskShape.shape": lambda t, bad: t.wish(hole=masks({"shape": bad})),
    "MaskShape.shape file": lambda t, bad: t.wish(hole=masks({"shape": f"file:{bad}"})),
    "MaskShape.shape rect": lambda t, bad: t.wish(hole=masks({"shape": f"rect:{bad}"})),
    "forbid.path": lambda t, bad: t.post("/v1/jobs", {"root": ROOT, "hole": {**masks(ONE), "forbid": [{"path": bad}]}}),
    "settings.model": lambda t, bad: t.wish(method=choice("diffusion", model=bad)),
    "settings nested": lambda t, bad: t.wish(method=choice("auto", diffusion={"model": {"file": bad}})),
    "method": lambda t, bad: t.wish(method={"name": bad}),
    "device": lambda t, bad: t.wish(method={"device": bad}),
    "JobBody.material": lambda t, bad: t.wish(material=bad),
    "RetryBody.masks": lambda t, bad: t.post(
        f"/v1/jobs/{t.job}/retry", {"hole": masks({"file": _first(t), "name": bad})}
    ),
    "RetryBody.masks path": lambda t, bad: t.post(f"/v1/jobs/{t.job}/retry", {"hole": masks({"path": bad})}),
    "RetryBody.settings": lambda t, bad: t.post(
        f"/v1/jobs/{t.job}/retry", {"method": choice("diffusion", model={"file": bad})}
    ),
    "RenderBody.material": lambda t, bad: t.post("/v1/render", {"material": bad}),
    "RenderBody.job": lambda t, bad: t.post("/v1/render", {"job": bad}),
    "RenderBody.light": lambda t, bad: t.post("/v1/render", {"material": t.material, "light": bad}),
}


@pytest.mark.parametrize("field", FIELDS)
def test_bad_names_in_bodies_are_refused(tried: Tried, sample: Sample, field: str) -> None:
    """Contract P1, P2, P3."""
    blobs = set((tried.running.data / "files").rglob("*"))
    for case, bad in EVERY:
        answer = FIELDS[field](tried, bad)
        assert 400 <= answer.status < 500, (case, bad, answer)
        assert answer.headers["content-type"] == "application/problem+json"
    assert outside(tried.running, sample) == tried.before
    assert set((tried.running.data / "files").rglob("*")) == blobs
    until(lambda: not list((tried.running.data / "unfinished").iterdir()))


PLACES = [
    "GET /v1/jobs/{}", "DELETE /v1/jobs/{}", "GET /v1/jobs/{}/events", "GET /v1/jobs/{}/preview", "HEAD /v1/files/{}",
    "GET /v1/jobs/{}/files/x", "GET /v1/jobs/{}/maps/basecolor", "GET /v1/jobs/{job}/files/{}", "GET /page/{}",
    "GET /v1/jobs/{job}/files/maps/{}", "GET /v1/jobs/{job}/maps/{}", "GET /v1/materials/{}", "PUT /v1/files/{}",
    "GET /v1/materials/{}/maps/basecolor", "GET /v1/materials/{material}/maps/{}", "POST /v1/jobs/{}/cancel",
]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_bad_names_in_addresses_are_refused(tried: Tried, sample: Sample, place: str) -> None:
    """Contract P1, P2, P3."""
    method, _, path = place.partition(" ")
    path = path.replace("{job}", tried.job).replace("{material}", tried.material)
    shown = {chr(code) for code in range(33, 127)} - set("?#\\")
    for case, bad in EVERY:
        forms = {quote(bad, safe=""), quote(bad), quote(quote(bad, safe=""), safe=""), bad.replace("/", "%2f")}
        for form in {bad, *forms}:
            if set(form) <= shown:  # what else there is cannot be sent in an address
                answer = tried.get(method, path.format(form))
                assert 400 <= answer.status < 500, (case, form, answer)
    assert outside(tried.running, sample) == tried.before


def test_empty_names_are_refused_and_the_root_itself_is_no_file(tried: Tried) -> None:
    """Contract P3."""
    for field in sorted(set(FIELDS) - {"RootBody.folder", "source.path"}):  # which are the root, and all files
        assert 400 <= FIELDS[field](tried, "").status < 500, field
        if field not in ("RootBody.folder", "source.set_name"):
            assert 400 <= FIELDS[field](tried, ".").status < 500, field
    for folder in ("damaged", "damaged/", "nothing", "mask.png/x", "nothing/../mask.png"):
        answer = FIELDS["RootFile.path"](tried, folder)
        assert (answer.status, answer.json()["type"]) == (422, "urn:svbrdf:problem:path"), (folder, answer)


def test_odd_names_that_are_legal_are_kept(tried: Tried, sample: Sample, tmp_path: Path) -> None:
    """Contract P6."""
    names = ["test..png", "a b.png", "é.png", ".hidden.png", "x;y&z=1,'(2)'+#.png", "100%.png", "日本語.png"]
    source = next(path for path in sample.files().values() if path.suffix == ".png")
    roles = dict(zip(("basecolor", "extra:a", "extra:b"), names[:3], strict=True))
    with tried.running.client() as client:
        view = client.material(dict.fromkeys(names, source), name="ein Name.. mit é", source={"overrides": roles})
        assert view["files"] == sorted(names) and view["name"] == "ein Name.. mit é"
        job = client.submit({"material": view["id"], "hole": masks({"shape": "rect:4,4,8,8"})})["id"]
        for _ in client.events(job):
            pass
        done = client.job(job)
        assert done["state"] == "done", done
        files = {Path(file).name: file for file in done["result"]["variations"][0]["files"]}
        assert set(names[:3]) <= set(files)
        for number, name in enumerate(names[:3]):
            answer = tried.get("GET", f"/v1/jobs/{job}/files/{quote(files[name])}")
            assert answer.status == 200 and answer.body.startswith(b"\x89PNG"), name
            client.fetch(job, files[name], tmp_path / str(number))
        mask = client.upload(sample.mask)
        wish = {"material": tried.material, "hole": masks({"file": mask, "name": "Maske.. é"}), "previews": False}
        client.cancel(client.submit(wish)["id"])
    assert outside(tried.running, sample) == tried.before


def test_names_that_one_folder_cannot_hold_together_are_refused(tried: Tried) -> None:
    """Contract P6."""
    for pair in (("a.png", "a.png"), ("A.png", "a.PNG"), ("é.png", "e\u0301.png"), ("ß.png", "SS.png")):
        answer = tried.post("/v1/materials", {"files": [{"name": name, "file": _first(tried)} for name in pair]})
        assert answer.status == 422, pair


def test_what_is_said_of_a_result_names_no_folder_either(tried: Tried, sample: Sample, tmp_path: Path) -> None:
    """Contract P9."""
    (tmp_path / "notes.png").write_bytes(b"no image at all")
    write_png(tmp_path / "half.png", read_image(sample.mask).samples[::2, ::2])
    with tried.running.client() as client:
        view = client.material({**sample.files(), "notes.png": tmp_path / "notes.png"})
        wish = {
            "material": view["id"],
            "hole": masks({"file": client.upload(tmp_path / "half.png"), "name": "half.png"}),
        }
        job = client.submit(wish)["id"]
        for event in client.events(job):
            assert str(tried.running.home) not in str(event)
    assert "notes.png is left alone" in str(view["warnings"])
    done = tried.get("GET", f"/v1/jobs/{job}").json()
    assert done["state"] == "done"
    assert "was scaled" in str(done["hole"]["notes"]) and "notes.png is left alone" in str(done["result"]["warnings"])
    for path in (f"/v1/materials/{view['id']}", "/v1/jobs", "/v1/info", "/v1/openapi.json"):
        assert tried.get("GET", path).status == 200


def archives() -> dict[str, bytes]:
    """Return archives with members that lead out of the folder they would be unpacked in."""
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        for name in ("../escaped.png", "/tmp/escaped.png", "inside.png"):
            archive.writestr(name, b"x")
    with tarfile.open(fileobj=tarred, mode="w:gz") as packed:
        for name in ("../escaped.png", "inside.png"):
            packed.addfile(tarfile.TarInfo(name), io.BytesIO(b""))
        link = tarfile.TarInfo("link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        packed.addfile(link)
    return {"zip": zipped.getvalue(), "tar.gz": tarred.getvalue()}


@pytest.mark.parametrize("ending", ["zip", "tar.gz"])
def test_archives_are_no_material_and_nothing_is_unpacked(
    tried: Tried, sample: Sample, tmp_path: Path, ending: str
) -> None:
    """Contract P8."""
    body = archives()[ending]
    (tmp_path / "archive").write_bytes(body)
    with tried.running.client() as client:
        digest = client.upload(tmp_path / "archive")
    assert digest == hashlib.sha256(body).hexdigest()
    for name in (f"material.{ending}", "basecolor.png", "basecolor.tif", "basecolor.exr", "basecolor.npy"):
        answer = tried.post("/v1/materials", {"files": [{"name": name, "file": digest}]})
        assert answer.status == 422, (name, answer)
        assert tried.wish(hole=masks({"file": digest, "name": name})).status == 422
    assert tried.wish(method=choice("diffusion", model={"file": digest})).status in (202, 422)
    found = {path.name for path in tried.running.data.rglob("*")}
    assert not found & {"escaped.png", "inside.png", "link.png"}
    assert not Path("/tmp/escaped.png").exists()
    assert outside(tried.running, sample) == tried.before
