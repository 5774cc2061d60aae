"""The client on a bad connection, and a client that anyone can write with NumPy alone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from svbrdf_core.formats import read_image
from svbrdf_server.client import Client, ServiceError
from svbrdf_server.client.client import digest_of
from tests.server.conftest import Sample
from tests.server.desk import QUICK
from tests.server.proxy import Cut, Proxy, proxy
from tests.server.running import PATIENCE, Json, Running

EXAMPLE = Path(__file__).parents[2] / "examples" / "service_client.py"


@pytest.fixture
def bad(shared: Running) -> Iterator[Proxy]:
    """Give a bad connection to the shared service."""
    with proxy(shared.port) as made:
        yield made


@pytest.fixture
def client(shared: Running, bad: Proxy) -> Iterator[Client]:
    """Give a client on the bad connection."""
    with Client(bad.url, shared.token, transport=httpx.HTTPTransport(trust_env=False)) as found:
        yield found


def wish(client: Client, sample: Sample, **more: object) -> Json:
    """Return a quick job to ask for, of a material that is sent."""
    material = client.material(sample.files())
    return {
        "material": material["id"],
        "hole": {"masks": [{"file": client.upload(sample.mask)}], "tileable": True},
        "method": {"settings": QUICK},
        **more,
    }


def numbers(client: Client) -> set[int]:
    """Return the numbers of all jobs."""
    return {job["number"] for job in client.jobs(count=200)["jobs"]}


def test_a_job_whose_answer_is_lost_is_asked_for_again_and_done_once(
    client: Client, bad: Proxy, sample: Sample
) -> None:
    """Contract Q8."""
    wanted = wish(client, sample)
    before = numbers(client)
    lost = Cut(b"POST /v1/jobs HTTP", 0, 1)
    bad.cuts.append(lost)
    job = client.submit(wanted)
    assert lost.left == 0
    assert numbers(client) - before == {job["number"]}
    again = client.submit(wanted, key="a-key-of-my-own")
    assert client.submit(wanted, key="a-key-of-my-own")["id"] == again["id"] != job["id"]
    for one in (job, again):
        assert list(client.events(one["id"]))[-1].data["state"] == "done"


def test_events_go_on_where_the_connection_broke(client: Client, bad: Proxy, sample: Sample) -> None:
    """Contract Q8."""
    job = client.submit(wish(client, sample, method={"variations": 32, "settings": QUICK}))[
        "id"
    ]  # enough to tell of, however fast the machine
    broken = Cut(b"/events HTTP", 2300, 4)
    bad.cuts.append(broken)
    found = list(client.events(job))
    assert broken.left < 4
    told = [event for event in found if event.kind != "job"]
    assert [event.seq for event in told] == sorted({event.seq for event in told})
    assert [event.data["state"] for event in told if event.kind == "state"] == ["queued", "running", "done"]
    assert sum(event.kind == "job" for event in found) > 1
    after = [event for event in found if event.kind == "state"][1].seq
    rest = [event for event in client.events(job, after=after) if event.kind != "job"]
    assert min(event.seq for event in rest) > after and rest[-1].data["state"] == "done"


def test_nothing_is_sent_twice(client: Client, bad: Proxy, sample: Sample, tmp_path: Path) -> None:
    mine = {}
    for name, path in sample.files().items():
        mine[name] = tmp_path / name
        mine[name].write_bytes(path.read_bytes() + b"this test's own")
    size = sum(path.stat().st_size for path in mine.values())
    first = client.material(mine)
    assert bad.sent > size
    before = bad.sent
    assert client.material(mine) == first
    assert client.upload(mine["ao.png"]) == digest_of(mine["ao.png"])
    changed = {**mine, "ao.png": sample.files()["ao.png"]}
    assert client.material(changed)["id"] != first["id"]
    assert bad.sent - before < 8000 + sample.files()["ao.png"].stat().st_size


def test_masks_are_sent_when_a_job_lacks_them(client: Client, bad: Proxy, sample: Sample, tmp_path: Path) -> None:
    mask = tmp_path / "mask.png"
    mask.write_bytes(sample.mask.read_bytes() + b"this test's own")
    digest = digest_of(mask)
    wanted = {**wish(client, sample), "hole": {"masks": [{"file": digest, "name": "mask.png"}]}}
    with pytest.raises(ServiceError, match="sent first") as missing:
        client.submit(wanted)
    assert (missing.value.kind, missing.value.more["missing"]) == ("missing", [digest])
    job = client.submit(wanted, files={digest: mask})
    client.cancel(job["id"])
    assert list(client.events(job["id"]))[-1].data["state"] in ("cancelled", "done")


def test_a_download_that_breaks_off_begins_anew(client: Client, bad: Proxy, sample: Sample, tmp_path: Path) -> None:
    job = client.submit(wish(client, sample))["id"]
    assert list(client.events(job))[-1].data["state"] == "done"
    client.fetch(job, "maps/diffuse.png", tmp_path / "whole.png")
    broken = Cut(b"/files/maps/diffuse.png", 5000, 2)
    bad.cuts.append(broken)
    client.fetch(job, "maps/diffuse.png", tmp_path / "again.png")
    assert broken.left == 0
    assert (tmp_path / "again.png").read_bytes() == (tmp_path / "whole.png").read_bytes()
    with pytest.raises(FileExistsError):
        client.fetch(job, "maps/diffuse.png", tmp_path / "again.png")
    with pytest.raises(ServiceError, match="no such") as nowhere:
        client.fetch(job, "maps/../../../jobs.sqlite", tmp_path / "none")
    assert nowhere.value.status == 404


def test_a_service_that_is_gone_is_said_to_be(shared: Running, sample: Sample) -> None:
    with proxy(shared.port) as bad:
        gone = Client(bad.url, shared.token, transport=httpx.HTTPTransport(trust_env=False))
        job = gone.submit(wish(gone, sample))["id"]
    with gone:
        began = time.monotonic()
        with pytest.raises(ServiceError, match="does not answer") as error:
            list(gone.events(job))
        assert error.value.status == 0 and time.monotonic() - began < 20


def test_a_client_of_numpy_alone(shared: Running, sample: Sample, tmp_path: Path) -> None:
    """The example runs where nothing else of ours can be imported, and gets what the files hold."""
    (tmp_path / "wall").mkdir()
    arrays = {path.stem: read_image(path).samples for path in sample.files().values()}
    for name, array in arrays.items():
        np.save(tmp_path / "wall" / f"{name}.npy", array)
    hole = read_image(sample.mask).samples[..., 0]
    np.save(tmp_path / "mask.npy", hole)
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('svbrdf_core', 'svbrdf_server', 'httpx', 'PIL')));"
        "import runpy; sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    words = [sys.executable, "-c", code, str(EXAMPLE), shared.url, "wall", "mask.npy", "out"]
    done = subprocess.run(
        words, cwd=tmp_path, env={**os.environ, "SVBRDF_TOKEN": shared.token}, capture_output=True, text=True,
        check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for name, array in arrays.items():
        got = np.load(tmp_path / "out" / f"{name}.npy", allow_pickle=False)
        assert got.dtype == array.dtype
        assert np.array_equal(got.reshape(array.shape)[hole == 0], array[hole == 0])
        assert (got.reshape(array.shape)[hole > 0] != array[hole > 0]).any(), name
    words[5] = "nowhere"
    again = subprocess.run(
        words, cwd=tmp_path, env={**os.environ, "SVBRDF_TOKEN": shared.token}, capture_output=True, text=True,
        check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert again.returncode == 1 and "RuntimeError" in again.stderr


@pytest.mark.slow
def test_ten_channels_of_4096_go_through_in_seconds(shared: Running, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    files = {}
    for name, channels in (("diffuse", 3), ("normal", 3), ("specular", 3), ("roughness", 1)):
        files[f"{name}.npy"] = tmp_path / f"{name}.npy"
        np.save(files[f"{name}.npy"], rng.integers(0, 256, (4096, 4096, channels), np.uint8))
    with shared.client() as client:
        began = time.monotonic()
        material = client.material(files)
        up = time.monotonic() - began
        for path in files.values():
            answer = shared.request("GET", f"/v1/materials/{material['id']}/maps/{path.stem}")
            assert answer.body == path.read_bytes()
        down = time.monotonic() - began - up
    print(f"10 channels of 4096 x 4096 x 8 bits: {up:.2f} s there, {down:.2f} s back")
    assert max(up, down) < 20
