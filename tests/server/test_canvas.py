"""Jobs whose result has another size than their material, or is copied from others: extended, made to tile, grown."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.server import odd_files as odd
from tests.server.desk import query
from tests.server.running import Answer, Json, Running, service, until
from tests.server.sending import ended, made, quiet, refused, results

METHOD = {"name": "patch", "settings": {"levels": 1, "iterations": 2, "richness": 0, "pieces": 0}, "device": "cpu"}


@pytest.fixture(scope="module")
def material(shared: Running) -> str:
    """Return a material of two maps of noise, 64 x 64."""
    return made(shared, {"diffuse.png": odd.png(), "roughness.png": odd.grey()})


@pytest.fixture(scope="module")
def swatch(shared: Running) -> str:
    """Return a material of the same maps that is one colour."""
    files = {"diffuse.png": Image.new("RGB", (64, 48), (40, 90, 160)), "roughness.png": Image.new("L", (64, 48), 77)}
    return made(shared, {name: odd.saved(image, "PNG") for name, image in files.items()})


def asked(run: Running, material: str, canvas: Json | None, **more: object) -> Answer:
    """Ask for a job on a canvas."""
    return run.post("/v1/jobs", {"material": material, "canvas": canvas, "method": METHOD, **more})


def size(data: bytes) -> tuple[int, int]:
    """Return width and height of a picture."""
    return Image.open(io.BytesIO(data)).size


def pixels(data: bytes) -> np.ndarray:
    """Return the samples of a picture."""
    return np.asarray(Image.open(io.BytesIO(data)))


@pytest.fixture(scope="module")
def larger(shared: Running, material: str) -> Json:
    """Return a done job that has extended the material to 80 x 72."""
    done = ended(shared, asked(shared, material, {"left": 16, "bottom": 8}, output={"preview": True}))
    assert done["state"] == "done", done["reason"]
    return done


def test_an_extended_material_is_served_in_its_own_size(run: Running, larger: Json) -> None:
    assert larger["result"]["size"] == [80, 72] and larger["result"]["placed"] == [16, 0, 64, 64]
    assert larger["hole"]["pixels"] == 80 * 72 - 64 * 64
    files = results(run, larger)
    assert {name: size(data) for name, data in files.items()} == {"diffuse.png": (80, 72), "roughness.png": (80, 72)}
    kept = pixels(files["diffuse.png"])[:64, 16:]
    assert np.array_equal(kept, odd.noise())
    path = f"/v1/jobs/{larger['id']}"
    array = run.request("GET", f"{path}/maps/roughness", accept="application/x-npy").body
    assert np.load(io.BytesIO(array), allow_pickle=False).shape == (72, 80, 1)
    assert size(run.request("GET", f"{path}/maps/diffuse?size=40").body) == (40, 36)
    assert size(run.request("GET", f"{path}/preview").body) == (80, 72)
    assert size(run.post("/v1/render", {"job": larger["id"], "size": 40}).body) == (40, 36)


def test_a_part_of_a_larger_result_is_filled_in_its_size(run: Running, larger: Json) -> None:
    retry = f"/v1/jobs/{larger['id']}/retry"
    part = ended(run, run.post(retry, {"hole": {"masks": [{"shape": "rect:70,60,6,6"}]}, "variation": 1}))
    assert part["state"] == "done" and part["result"]["size"] == [80, 72]
    assert part["request"]["canvas"] is None and part["hole"]["pixels"] == 36
    assert part["parent"] == {"job": larger["id"], "variation": 1} and part["material"] != larger["material"]
    before, after = (results(run, one)["diffuse.png"] for one in (larger, part))
    differs = np.argwhere((pixels(before) != pixels(after)).any(axis=2))
    assert len(differs) and (differs >= [60, 70]).all() and (differs <= [65, 75]).all()
    more = run.post(retry, {"hole": {"masks": []}, "canvas": {"right": 16}}).json()
    assert more["request"]["canvas"]["right"] == 16 and more["request"]["canvas"]["left"] == 0
    assert more["hole"]["pixels"] == 16 * 72


def test_a_retry_without_masks_lays_the_canvas_anew(run: Running, larger: Json) -> None:
    retry = f"/v1/jobs/{larger['id']}/retry"
    again = run.post(retry, {}).json()
    assert again["material"] == larger["material"] and again["request"]["canvas"] == larger["request"]["canvas"]
    assert again["parent"] == {"job": larger["id"], "variation": None} and larger["parent"] is None
    wider = run.post(retry, {"canvas": {"right": 8}}).json()["request"]["canvas"]
    assert (wider["left"], wider["right"]) == (16, 8)
    other = run.post(retry, {"canvas": {"axis": "y"}}).json()["request"]["canvas"]
    assert other == {"axis": "y", "band": 15.0, "flatten": False}
    refused(run.post(retry, {"hole": {"masks": []}}), 422, "mask")


def test_a_material_that_was_made_to_tile_tiles_on(run: Running, material: str) -> None:
    hole = {"masks": [{"shape": "rect:30,30,6,6"}], "tileable": None}
    done = ended(run, asked(run, material, {"axis": "both", "band": 20}, hole=hole))
    assert done["state"] == "done" and done["result"]["size"] == [64, 64] and done["result"]["tileable"]
    assert set(done["result"]["tiling"]) >= {"band", "edge_rows", "edge_columns", "repetition"}
    said = " ".join(note["text"] for note in done["result"]["notes"])
    assert "edges" in said and "does not tile" not in said
    part = run.post(f"/v1/jobs/{done['id']}/retry", {"hole": {"masks": [{"shape": "rect:0,0,4,4"}]}}).json()
    assert part["request"]["hole"]["tileable"] is True and part["request"]["canvas"] is None


def test_a_sheet_is_grown_and_a_hole_filled_from_other_materials(run: Running, material: str, swatch: str) -> None:
    sheet = ended(run, asked(run, swatch, {"size": [48, 32]}))
    assert size(results(run, sheet)["roughness.png"]) == (48, 32)
    assert np.unique(pixels(results(run, sheet)["roughness.png"])).tolist() == [77]
    hole = {"masks": [{"shape": "rect:20,20,8,8"}]}
    done = ended(run, asked(run, material, None, hole=hole, examples=[swatch]))
    assert done["request"]["examples"] == [swatch] and done["state"] == "done", done["reason"]
    filled = pixels(results(run, done)["diffuse.png"])[22:26, 22:26].reshape(-1, 3)
    assert np.ptp(filled.astype(int), axis=0).max() <= 8, "one colour, unlike the noise around"
    again = run.post(f"/v1/jobs/{done['id']}/retry", {}).json()
    assert again["request"]["examples"] == [swatch]
    own = run.post(f"/v1/jobs/{done['id']}/retry", {"examples": []}).json()
    assert own["request"]["examples"] == []


REFUSED: dict[str, tuple[Json | None, int, str]] = {
    "nothing": (None, 422, "mask"),
    "no side": ({"left": 0}, 422, "0 pixels"),
    "a side below 0": ({"top": -1}, 422, "canvas.ExtendSpec.top"),
    "a side without end": ({"top": 65_537}, 422, "canvas.ExtendSpec.top"),
    "smaller than it is": ({"to": [32, 64]}, 422, "smaller"),
    "more pixels than the limit": ({"right": 60_000, "bottom": 60_000}, 422, "more than the limit"),
    "a sheet of more than the limit": ({"size": [65_536, 65_536]}, 422, "more than the limit"),
    "a sheet of nothing": ({"size": [0, -4]}, 422, "too small"),
    "a sheet beyond numbers": ({"size": [10**30, 64]}, 422, "more than the limit"),
    "half a size": ({"size": [64]}, 422, "canvas.GrowSpec.size"),
    "a band of all": ({"band": 51}, 422, "canvas.TileSpec.band"),
    "no kind": ({}, 422, "canvas"),
    "two kinds": ({"axis": "x", "size": [64, 64]}, 422, "canvas"),
}


@pytest.mark.parametrize(("canvas", "status", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_no_canvas_can_be_is_refused(
    run: Running, material: str, canvas: Json | None, status: int, said: str
) -> None:
    start = time.monotonic()
    refused(asked(run, material, canvas), status, said)
    assert time.monotonic() - start < 30


def test_an_example_must_be_there_and_fit(run: Running, material: str) -> None:
    hole = {"masks": [{"shape": "rect:20,20,8,8"}]}
    refused(asked(run, material, None, hole=hole, examples=["0" * 32]), 404, "examples[0]")
    refused(asked(run, material, None, hole=hole, examples=["../etc"]), 422, "examples.0")
    refused(asked(run, material, None, hole=hole, examples=[material] * 17), 422, "examples")
    other = made(run, {"roughness.png": odd.grey()})
    refused(asked(run, material, None, hole=hole, examples=[other]), 422, "diffuse")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Running]:
    """Give a service that has little of everything."""
    limits = ("pixels=1000000", "memory=330000000", "keep_hours=1")
    options = [word for limit in limits for word in ("--limit", limit)]
    with service(tmp_path / "home", *options) as running, quiet(running):
        yield running


def test_the_cost_of_a_canvas_counts_and_examples_stay_as_long_as_their_jobs(small: Running) -> None:
    material = made(small, {"diffuse.png": odd.png()})
    said = refused(asked(small, material, {"size": [1000, 1000]}), 422, "of memory")
    assert "0.3 GiB here" in said
    refused(asked(small, material, {"size": [1001, 1000]}), 422, "more than the limit of 1000000 pixels")
    example, unused = (made(small, {"diffuse.png": odd.png(48, side)}) for side in (32, 40))
    hole = {"masks": [{"shape": "rect:20,20,8,8"}]}
    ended(small, asked(small, material, None, hole=hole, examples=[example]))
    small.stop()
    for path in (small.data / "materials").iterdir():
        os.utime(path, (time.time() - 7200,) * 2)
    query(small.data, "UPDATE jobs SET state = 'queued'")
    small.start("--resume")
    until(lambda: small.request("GET", f"/v1/materials/{unused}").status == 404)
    assert small.request("GET", f"/v1/materials/{example}").status == 200
