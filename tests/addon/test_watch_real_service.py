"""A fill from the add-on's side by the real service: images go up in every form, and come back in the same."""

from __future__ import annotations

import os
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest
from numpy.typing import NDArray

from blender_addon.client import Address, Service, Source, UserError
from blender_addon.client.address import read_address
from blender_addon.client.source import prepare_upload
from blender_addon.job import (
    ENDED,
    GrowSpec,
    GuideSpec,
    HoleSpec,
    InpaintRequest,
    LoadOptions,
    MethodChoice,
    Record,
    Records,
    Status,
    Watch,
    fetch_results,
    fetch_thumbnail,
)
from tests.server.running import PATIENCE, Running, until
from tests.server.running import service as running_service

SIDE = 64


@pytest.fixture
def client(real: Running) -> Iterator[Service]:
    with Service(Address(real.url, real.token)) as made:
        yield made


def picture(channels: int, dtype: Any = np.uint8, side: int = SIDE) -> NDArray[Any]:
    """Return bricks of which no two channels are the same."""
    y, x = np.mgrid[:side, :side]
    mortar = ((y % 16) < 2) | (((x + 8 * ((y // 16) % 2)) % 16) < 2)
    noise = np.random.default_rng(channels).random((side, side, channels))
    values = np.where(mortar[..., None], 0.2, 0.5 + 0.1 * np.arange(channels)) + 0.1 * noise
    if np.dtype(dtype).kind == "f":
        return values.astype(dtype)
    return (values * np.iinfo(dtype).max).round().astype(dtype)


def hole(side: int = SIDE) -> NDArray[np.uint8]:
    mask = np.zeros((side, side), np.uint8)
    mask[20:31, 24:40] = 1
    return mask


def request(
    *images: Source,
    side: int = SIDE,
    roles: Mapping[str, str] | None = None,
    mask: NDArray[np.uint8] | None = None,
    forbid: tuple[NDArray[np.uint8], ...] = (),
    grow: float = 0.0,
    **method: Any,
) -> InpaintRequest:
    roles = roles or {"basecolor": images[0].name + ":RGB"}
    return InpaintRequest(
        title="Wall: old/new",
        images=images,
        source=LoadOptions(overrides=roles, only=tuple(roles), normal="opengl"),
        hole=HoleSpec((hole(side) if mask is None else mask,), forbid, grow=grow, tileable=True),
        method=MethodChoice(device="cpu", **method),
    )


def run_fill(client: Service, wanted: InpaintRequest) -> tuple[Watch, Status]:
    watch = Watch(client, wanted)
    status = watch.run()
    assert status.phase == "done" and status.result is not None, status
    return watch, status


def assert_same_outside_hole(before: NDArray[Any], after: NDArray[Any], *channels: int) -> None:
    """Check that these channels were filled, and nothing else was touched."""
    assert after.shape == before.shape and after.dtype == before.dtype
    changed = before != after
    inside = hole(before.shape[0]) > 0
    assert not changed[~inside].any()
    filled_ones = channels or tuple(range(before.shape[2]))
    for channel in range(before.shape[2]):
        share = changed[inside][:, channel].mean()
        assert share > 0.5 if channel in filled_ones else share == 0, (channel, share)


def test_a_sheet_grows_by_colours_and_a_hole_is_filled_by_guides(client: Service) -> None:
    wanted = request(Source("0.npy", picture(3)))
    colours = np.zeros((SIDE, SIDE, 3), np.uint8)
    colours[:, SIDE // 2 :] = 255
    guides = GuideSpec(colours[:48, :40], colours, grain=colours[:48, :40, 0])
    sheet = replace(wanted, hole=HoleSpec((), tileable=False), canvas=GrowSpec((40, 48)), guides=guides)
    watch, status = run_fill(client, sheet)
    result = status.result
    assert result is not None and result.grown and not result.extended
    assert result.size == (40, 48) and result.placed is None
    assert np.asarray(fetch_results(watch.service, result, 1, ["0.npy"])["0.npy"]).shape == (48, 40, 3)
    guided = replace(wanted, guides=GuideSpec(colours, protect=(hole(),), grain="auto"))
    watch, status = run_fill(client, guided)
    assert status.result is not None and not status.result.grown
    assert_same_outside_hole(picture(3), np.asarray(fetch_results(watch.service, status.result, 1, ["0.npy"])["0.npy"]))
    alone = Watch(client, replace(sheet, guides=GuideSpec(colours[:48, :40]))).run()
    assert alone.phase == "failed" and alone.error is not None
    assert "no colours for what is copied from" in alone.error.sentence


def test_a_whole_material_by_its_files_bytes_with_names_that_mean_nothing(client: Service, tmp_path: Path) -> None:
    images = {"0.png": picture(3), "1.png": picture(3), "2.png": picture(3), "3.png": picture(1)}
    images["1.png"][..., 2] = 255
    data = {name: bytes(imagecodecs.png_encode(image.squeeze())) for name, image in images.items()}
    (tmp_path / "on disk.png").write_bytes(data["3.png"])
    sources = [Source(name, data[name]) for name in ("0.png", "1.png", "2.png")]
    sources.append(Source("3.png", tmp_path / "on disk.png"))
    roles = {
        "basecolor": "0.png",
        "normal": "1.png",
        "roughness": "2.png:G",
        "metallic": "2.png:B",
        "extra:2.R": "2.png:R",
        "height": "3.png",
    }
    watch, status = run_fill(client, request(*sources, roles=roles, variations=2))
    assert status.job is not None and status.result is not None and status.fraction == 1.0
    assert [one.number for one in status.result.variations] == [1, 2]
    assert {one.seed for one in status.result.variations} == {0, 1}
    assert status.preview is not None and imagecodecs.png_decode(status.preview).ndim == 3
    both = [fetch_results(watch.service, status.result, number, images) for number in (1, 2)]
    for made in both:
        for name, before in images.items():
            found = made[name]
            assert isinstance(found, bytes) and found.startswith(b"\x89PNG")
            after = imagecodecs.png_decode(found).reshape(before.shape)
            if name == "1.png":
                assert_same_outside_hole(before[..., :2], after[..., :2])
            else:
                assert_same_outside_hole(before, after)
    assert status.result.variations[0].files["0.png"] != status.result.variations[1].files["0.png"]
    small = imagecodecs.png_decode(fetch_thumbnail(client, status.job, 2, 32))
    assert max(small.shape[:2]) == 32 and small.std() > 1


def test_roles_of_single_channels_leave_the_others_as_they_were(client: Service) -> None:
    packed, colour = picture(4), picture(3)
    sources = (Source("0.npy", colour), Source("1.npy", packed))
    roles = {"basecolor": "0.npy", "roughness": "1.npy:G", "extra:1.A": "1.npy:A"}
    watch, status = run_fill(client, request(*sources, roles=roles))
    assert status.result is not None
    made = fetch_results(watch.service, status.result, 1, ["1.npy"])["1.npy"]
    assert isinstance(made, np.ndarray)
    assert_same_outside_hole(packed, made, 1, 3)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_arrays_come_back_as_they_were_sent(client: Service, dtype: Any, channels: int) -> None:
    before = picture(channels, dtype)
    role = "roughness" if channels == 1 else "basecolor"
    wanted = request(Source("0.npy", before), roles={role: "0.npy" if channels < 4 else "0.npy:RGB"})
    watch, status = run_fill(client, wanted)
    assert status.result is not None
    after = fetch_results(watch.service, status.result, 1, ["0.npy"])["0.npy"]
    assert isinstance(after, np.ndarray)
    assert_same_outside_hole(before, after, *range(min(channels, 3)))


def test_sixteen_bits_stay_sixteen_bits_and_a_jpeg_comes_back_without_loss(client: Service) -> None:
    deep = picture(3, np.uint16)
    jpeg = imagecodecs.jpeg8_encode(picture(3), level=90)
    sources = (Source("0.png", bytes(imagecodecs.png_encode(deep))), Source("1.jpg", bytes(jpeg)))
    watch, status = run_fill(client, request(*sources, roles={"basecolor": "0.png", "specular": "1.jpg"}))
    assert status.result is not None
    made = fetch_results(watch.service, status.result, 1, ["0.png", "1.jpg"])
    assert isinstance(made["0.png"], bytes) and isinstance(made["1.jpg"], bytes)
    assert_same_outside_hole(deep, imagecodecs.png_decode(made["0.png"]))
    assert_same_outside_hole(imagecodecs.jpeg8_decode(jpeg), imagecodecs.png_decode(made["1.jpg"]))


def test_where_nothing_may_be_copied_from(client: Service) -> None:
    colour = picture(3)
    colour[40:, :, 0] = 255  # a red part
    forbid = np.zeros((SIDE, SIDE), np.uint8)
    forbid[38:] = 7
    watch, status = run_fill(client, request(Source("0.npy", colour), forbid=(forbid,), grow=1.0))
    assert status.result is not None
    after = fetch_results(watch.service, status.result, 1, ["0.npy"])["0.npy"]
    assert isinstance(after, np.ndarray)
    assert after[19:32, 23:41, 0].max() < 255 and (after != colour).any(-1).sum() > hole().sum()


def test_a_job_is_picked_up_by_its_number_from_a_record(client: Service, real: Running, tmp_path: Path) -> None:
    sources = (Source("0.npy", picture(3)), Source("1.npy", picture(1)))
    _, status = run_fill(client, request(*sources, roles={"basecolor": "0.npy", "roughness": "1.npy"}))
    assert status.job is not None and status.result is not None
    Records(tmp_path).add(Record(status.job, real.url, "/a/b.blend", "Wall", {"0.npy": "wall colour"}, 1.0))
    (record,) = Records(tmp_path).all()
    with Service(Address(record.url, real.token)) as other:
        again = Watch(other, job=record.job).run()
        assert again.phase == "done" and again.result == status.result
        with pytest.raises(UserError) as caught:
            fetch_results(other, status.result, 2, ["0.npy"])
        assert caught.value.kind == "gone"
        with pytest.raises(UserError) as caught:
            fetch_results(other, status.result, 1, ["9.npy"])
        assert caught.value.kind == "gone" and "9.npy" in caught.value.sentence
        headers = {"Authorization": f"Bearer {real.token}"}
        gone = urllib.request.Request(f"{real.url}/v1/jobs/{record.job}", method="DELETE", headers=headers)
        urllib.request.urlopen(gone).close()
        assert Watch(other, job=record.job).run().error is not None
        with pytest.raises(UserError) as caught:
            fetch_results(other, status.result, 1, ["0.npy"])
        assert caught.value.kind == "gone"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"mask": np.zeros((SIDE, SIDE), np.uint8)}, "mask"),
        ({"mask": np.ones((SIDE, SIDE), np.uint8)}, "hole"),
        ({"name": "wishing"}, "method"),
        ({"settings": {"nonsense": 1}}, "nonsense"),
        ({"roles": {"basecolor": "7.png"}}, "7.png"),
        ({"roles": {"basecolour of the wall": "0.npy"}}, "basecolour of the wall"),
        ({"variations": 5000}, "variations"),
        ({"images": (Source("0.png", b"no picture"),), "roles": {"basecolor": "0.png"}}, "0.png"),
        ({"images": (Source("a/b.npy", picture(3)),), "roles": {"basecolor": "b.npy"}}, "name"),
    ],
)
def test_what_cannot_be_done_is_said_by_the_service(
    client: Service, real: Running, change: dict[str, Any], said: str
) -> None:
    more = dict(change)
    images = more.pop("images", (Source("0.npy", picture(3)),))
    status = Watch(client, request(*images, **more)).run()
    assert status.phase == "failed" and status.error is not None and status.error.kind == "bad"
    assert said in status.error.sentence.lower(), status.error.sentence
    assert str(real.home) not in status.error.sentence


def test_titles_of_every_kind_are_taken(client: Service) -> None:
    for title in ("", "..", "CON", "con.001", "x" * 500, "Ziegel\n\u2028", "%2e%2e", "стена" * 40, " ~a", "\ud800"):
        wanted = replace(request(Source("0.npy", picture(3))), title=title)
        upload = prepare_upload(wanted.images[0])
        client.send_file(upload)
        found = client.create_material(wanted.material_json({"0.npy": upload.digest}))
        assert len(found["id"]) == 32, title


def long_request(side: int = 128) -> InpaintRequest:
    """Return a request that takes longer than any test looks at it."""
    return request(Source("0.npy", picture(3, side=side)), side=side, variations=64)


@contextmanager
def run_to_phase(watch: Watch, phase: str) -> Iterator[None]:
    """Run a watch and give it when it is in a phase; see that it ends soon after."""
    thread = threading.Thread(target=watch.run)
    thread.start()
    try:
        until(lambda: watch.status.phase == phase or watch.status.phase in ENDED)
        assert watch.status.phase == phase, watch.status
        yield
        thread.join(PATIENCE)
    finally:
        watch.cancel()
        thread.join()


def test_jobs_are_cancelled_while_they_wait_and_while_they_run(client: Service) -> None:
    first, second = Watch(client, long_request()), Watch(client, long_request(96))
    with run_to_phase(first, "running"):
        with run_to_phase(second, "queued"):
            assert second.status.ahead == 0
            second.cancel()
        assert [second.status.phase, first.status.phase] == ["cancelled", "running"]
        until(lambda: (first.status.fraction or 0) > 0)
        first.cancel()
    assert first.status.result is None
    assert all(client.get_job(str(one.status.job))["state"] == "cancelled" for one in (first, second))


@pytest.mark.parametrize("resumes", [True, False])
def test_a_service_that_is_killed_and_started_anew(tmp_path: Path, resumes: bool) -> None:
    with running_service(tmp_path / "home") as run:
        again: Callable[[], Address | None] = lambda: read_address(run.runtime_file)  # noqa: E731
        with Service(Address(run.url, run.token), find_again=again) as client:
            watch = Watch(client, request(Source("0.npy", picture(3)), variations=20))
            with run_to_phase(watch, "running"):
                old = watch.service.address
                run.kill()
                until(lambda: watch.status.obstacle is not None)
                assert watch.status.phase == "running"
                run.start(*(["--resume"] if resumes else []))
                until(lambda: watch.service.address != old)
                if resumes:
                    until(lambda: watch.status.obstacle is None and watch.status.variation[1] == 20)
            status = watch.status
        assert status.phase == ("done" if resumes else "interrupted"), status
        assert (status.result is not None) == resumes
        assert resumes or status.error is not None
        with Service(Address(run.url, run.token)) as new:
            picked = Watch(new, job=str(status.job)).run()
            assert picked.phase == status.phase and picked.result == status.result


def test_a_service_that_ends_for_good_in_good_order(tmp_path: Path) -> None:
    with running_service(tmp_path / "home") as run, Service(Address(run.url, run.token)) as client:
        watch = Watch(client, long_request(), retry_seconds=1.0)
        with run_to_phase(watch, "running"):
            client.shut_down()
        status = watch.status
        assert (
            status.phase == "interrupted"
            and status.error is not None
            and status.error.kind in ("absent", "lost", "job")
        )
        until(run.ended)


def test_every_file_goes_through_memory_once_at_most(client: Service) -> None:
    """Sending takes little memory besides the images, and fetching little besides what comes."""
    import tracemalloc

    big = np.zeros((2048, 2048, 4), np.uint8)
    big[..., 0] = np.arange(2048, dtype=np.uint8)
    tracemalloc.start()
    try:
        client.send_file(prepare_upload(Source("0.npy", big)))
        assert tracemalloc.get_traced_memory()[1] < big.nbytes / 4
    finally:
        tracemalloc.stop()


def test_the_service_tells_what_the_panel_shows(client: Service) -> None:
    found = client.get_info()
    assert {"methods", "limits", "endings", "devices"} <= set(found)
    assert client.release_memory()["released"] is True
    assert os.environ.get("SVBRDF_TOKEN") is None and client.address.token not in repr(client) + repr(client.address)
