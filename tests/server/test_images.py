"""Images that are broken, odd, or lie about themselves: cases I1 to I5 of the contract."""

from __future__ import annotations

import io
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.formats.conftest import LOSSY, MAKERS
from tests.server import odd_files as odd
from tests.server.running import PATIENCE, Running, until
from tests.server.sending import (
    MB,
    ended,
    job,
    kept,
    little_memory,
    made,
    material,
    refused,
    results,
    tool_of,
)


def file_of(maker: str, folder: Path) -> tuple[str, bytes]:
    """Return the name that a map has, and the bytes, of a real file of a kind."""
    make = MAKERS[maker] if maker in MAKERS else LOSSY[maker][0]
    path = make(folder, odd.SIDE, odd.SIDE, np.random.default_rng(0))
    return f"diffuse{path.suffix}", path.read_bytes()


def fetched(run: Running, material_id: str, name: str = "diffuse", form: str = "application/x-npy") -> np.ndarray:
    """Return the stored samples of a map."""
    answer = run.request("GET", f"/v1/materials/{material_id}/maps/{name}", accept=form)
    assert answer.status == 200, answer.body
    found: np.ndarray = np.load(io.BytesIO(answer.body), allow_pickle=False)
    return found


def claim(side: int, size: int = MB) -> bytes:
    """Return a PNG that claims so many pixels a side, and has some megabytes."""
    return odd.png_chunks(side, side, pixels=bytes(size), kind=6)


def test_a_png_that_claims_40000_pixels_a_side_is_refused_from_its_header(run: Running) -> None:
    """Contract I1."""
    data = claim(40_000)
    assert 0.9 * MB < len(data) < 1.1 * MB
    with little_memory(run):
        start = time.monotonic()
        refused(material(run, {"diffuse.png": data}), 422, "claims 40000 x 40000 pixels, more than the limit")
        assert time.monotonic() - start < 30


def test_a_second_page_that_claims_too_much_is_refused_from_its_header(run: Running, tmp_path: Path) -> None:
    """Contract C2: all pages are decoded when the file is written anew."""
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(odd.noise())
        writer.write(odd.noise(), compression="deflate")
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as opened:
        page: Any = opened.pages[1]
        for name in ("ImageWidth", "ImageLength", "RowsPerStrip"):
            page.tags[name].overwrite(40_000)
    data = (tmp_path / "a.tif").read_bytes()
    with little_memory(run):
        refused(material(run, {"diffuse.tif": data}), 422, "claims 1600000000 pixels in its pages or parts together")
        refused(job(run, made(run, {"diffuse.png": odd.png()}), data), 422, "more than the limit")


def test_so_is_a_mask_by_the_bound_of_this_service(run: Running) -> None:
    """Contract I1."""
    material_id = made(run, {"diffuse.png": odd.png()})
    with little_memory(run):  # 17,000 pixels a side are below the engine's own bound, not below the service's
        refused(job(run, material_id, claim(17_000)), 422, "claims 17000 x 17000 pixels, more than the limit")
    forbid = [{"file": kept(run, claim(40_000))}]
    refused(job(run, material_id, "rect:8,8,8,8", hole={"forbid": forbid}), 422, "40000 x 40000")
    guides = {"colours": {"file": kept(run, claim(17_000))}}
    with little_memory(run):
        refused(
            job(run, material_id, "rect:8,8,8,8", guides=guides),
            422,
            "claims 17000 x 17000 pixels, more than the limit",
        )


@pytest.mark.parametrize("kind", ["BMP", "TGA", "HDR", "NPY", "TIFF", "EXR", "JPEG", "WEBP"])
def test_every_format_is_refused_from_its_header(run: Running, kind: str) -> None:
    """Contract I1."""
    side = 40_000
    heads = {
        "BMP": b"BM" + struct.pack("<IIIIiiHHIIIIII", 0, 0, 54, 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0),
        "TGA": struct.pack("<BBBHHBHHHHBB", 0, 0, 2, 0, 0, 0, 0, 0, side, side, 24, 0),
        "HDR": b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 40000 +X 40000\n",
        "NPY": b"\x93NUMPY\1\0\x4a\0{'descr': '|u1', 'fortran_order': False, 'shape': (40000, 40000), }".ljust(84),
        "TIFF": odd.tiff((256, 4, 1, side), (257, 4, 1, side)),
        "EXR": odd.exr_header(1).replace(struct.pack("<ii", 63, 63), struct.pack("<ii", side - 1, side - 1)),
        "JPEG": b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 11, 8, side, side, 1) + b"\1\x11\0\xff\xda\0\2",
        # WebP cannot claim so much: 16,383 pixels a side are its most, which libwebp refuses to believe of nothing.
        "WEBP": b"RIFF" + struct.pack("<I", 4096) + b"WEBPVP8L" + struct.pack("<IBI", 4, 0x2F, 0xFFFFFFF),
    }
    ending = {"JPEG": "jpg", "TIFF": "tif"}.get(kind, kind.lower())
    with little_memory(run):
        said = refused(material(run, {f"diffuse.{ending}": heads[kind] + bytes(64)}), 422)
    assert ("40000 x 40000" in said) != (kind in ("WEBP", "NPY")), said  # an array's size is known to be wrong first


@pytest.mark.parametrize("maker", ["png8x3", "png-palette4", "tiff16", "exr-half", "jpeg", "webp", "npy16", "tga-rle",
                                   "bmp-rgb", "hdr"])  # fmt: skip
def test_a_truncated_file_is_refused_whatever_is_left_of_it(run: Running, maker: str, tmp_path: Path) -> None:
    """Those whose header is whole are materials, for pixels are not read before they are needed; no map comes out.
    (Contract I2.)"""
    name, data = file_of(maker, tmp_path)
    for part in (1, 7, 30, len(data) // 10, len(data) // 2, len(data) - 60):
        answer = material(run, {name: data[:part]})
        if answer.status == 422:
            refused(answer, 422)
            continue
        path = f"/v1/materials/{answer.json()['id']}/maps/{next(iter(answer.json()['maps']))}"
        for query in ("", "?size=32"):
            refused(run.request("GET", path + query), 422, "is damaged or incomplete")


def test_a_job_on_a_truncated_file_fails_with_a_sentence_about_it(run: Running, tmp_path: Path) -> None:
    """Contract I2."""
    name, data = file_of("tiff16", tmp_path)
    material_id = made(run, {name: data[:-50], "roughness.png": odd.grey()})
    done = ended(run, job(run, material_id, "rect:8,8,8,8"))
    assert done["state"] == "failed" and done["result"] is None
    assert done["reason"]["text"].startswith("diffuse.tif is damaged or incomplete")
    assert str(run.data) not in done["reason"]["text"]
    assert not list((run.data / "jobs" / done["id"]).glob("result-*"))


def test_a_truncated_mask_is_refused(run: Running) -> None:
    """Contract I2."""
    material_id = made(run, {"diffuse.png": odd.png()})
    refused(job(run, material_id, odd.mask(0.2)[:-30]), 422, "is damaged or incomplete")


def test_a_lying_extension_is_told_and_the_content_counts(run: Running, tmp_path: Path) -> None:
    """Contract I2."""
    files = {"diffuse.jpg": odd.png(), "roughness.exr": odd.grey(), "height.png": file_of("jpeg-grey", tmp_path)[1]}
    answer = material(run, files)
    found = answer.json()
    assert answer.status == 201 and set(found["maps"]) == {"diffuse", "roughness", "height"}
    assert len([text for text in map(str, found["warnings"]) if "is really a" in text]) == 3
    done = ended(run, job(run, found["id"], "rect:8,8,8,8"))
    made_of = results(run, done)
    assert set(made_of) == set(files) and all(data.startswith(odd.MAGIC) for data in made_of.values())


@pytest.mark.parametrize("name", ["diffuse.png", "diffuse.svg", "diffuse.tif"])
@pytest.mark.parametrize("kind", ["SVG", "HTML", "ZIP", "nothing", "text"])
def test_what_is_no_image_is_no_map(run: Running, kind: str, name: str) -> None:
    """Contract I2."""
    content = {
        "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>fetch("http://x")</script></svg>',
        "HTML": b"<!doctype html><script>alert(1)</script>",
        "ZIP": b"PK\3\4" + bytes(100),
        "nothing": b"",
        "text": b"I am a map",
    }[kind]
    said = refused(material(run, {name: content}), 422)
    assert "not an image" in said or "no image" in said or "is empty" in said


def test_of_a_polyglot_only_the_image_is_taken(run: Running) -> None:
    """Contract I2."""
    data = odd.polyglot()
    assert b"PK\3\4" in data
    material_id = made(run, {"diffuse.png": data})
    done = ended(run, job(run, material_id, "rect:8,8,8,8"))
    (result,) = results(run, done).values()
    assert b"PK" not in result[-200:] and b"escaped" not in result
    assert not list(run.home.rglob("*escaped*"))


def test_an_animation_is_its_first_frame_or_refused(run: Running) -> None:
    """Contract I2."""
    answer = material(run, {"diffuse.png": odd.apng()})
    assert answer.status == 201 and "is animated; only its first frame is used" in str(answer.json()["warnings"][0])
    assert np.array_equal(fetched(run, answer.json()["id"]), odd.noise())
    refused(material(run, {"diffuse.webp": odd.animated("WEBP")}), 422, "is an animated WebP; give a still image")


@pytest.mark.parametrize(("height", "width"), [(0, 64), (64, 0), (0, 0)])
def test_no_pixels_are_no_image(run: Running, height: int, width: int) -> None:
    """Contract I2."""
    refused(material(run, {"diffuse.png": odd.png_chunks(width, height)}), 422, "impossible header")
    empty = np.zeros((height, width), np.uint8)
    stream = io.BytesIO()
    np.save(stream, empty)
    refused(material(run, {"diffuse.npy": stream.getvalue()}), 422, "is an array of the shape")


@pytest.mark.parametrize(("height", "width"), [(1, 64), (64, 1), (2, 2)])
def test_one_pixel_is_wide_enough(run: Running, height: int, width: int) -> None:
    """Contract I2."""
    material_id = made(run, {"diffuse.png": odd.png(height, width)})
    assert fetched(run, material_id).shape == (height, width, 3)
    done = ended(run, job(run, material_id, "rect:0,0,1,1"))  # but nothing is found in so little
    assert done["state"] == "failed" and "The picture is smaller than a patch" in done["reason"]["text"]


def test_a_single_pixel_leaves_nothing_to_copy_from(run: Running) -> None:
    """Contract I2."""
    material_id = made(run, {"diffuse.png": odd.png(1, 1)})
    refused(job(run, material_id, "rect:0,0,1,1"), 422, "nothing is left to copy from")
    for form in ("image/png", "image/x-exr", "application/x-npy"):
        assert run.request("GET", f"/v1/materials/{material_id}/maps/diffuse", accept=form).status == 200


def test_nan_and_infinity_are_a_hole_and_denormals_stay(run: Running, tmp_path: Path) -> None:
    """Contract I3."""
    samples = np.random.default_rng(0).random((64, 64, 3)).astype(np.float16)
    samples[20:24, 20:24] = np.nan
    samples[24, 20:24] = np.inf
    samples[25, 20:24] = -np.inf
    samples[0, :8] = np.array([6e-8, 1e-7, 5e-7, 1e-6, 1e-5, 3e-5, 6e-5, 0], np.float16)[:, None]
    material_id = made(run, {"diffuse.exr": odd.exr(tmp_path, samples)})
    done = ended(run, job(run, material_id, "nan"))
    assert done["hole"]["box"] == [20, 20, 6, 4]
    (result,) = results(run, done).values()
    after = odd.read_exr(tmp_path, result)
    assert after.dtype == np.float16 and np.isfinite(after).all()
    known = np.isfinite(samples)
    assert np.array_equal(after[known].view(np.uint16), samples[known].view(np.uint16))


def test_nan_round_the_hole_is_filled_too_or_nothing_is(run: Running, tmp_path: Path) -> None:
    """Contract I3."""
    samples = np.random.default_rng(0).random((64, 64, 3)).astype(np.float32)
    samples[40:50, 40:50] = np.nan
    material_id = made(run, {"diffuse.exr": odd.exr(tmp_path, samples)})
    failed = ended(run, job(run, material_id, "rect:8,8,10,10"))
    assert failed["state"] == "failed" and "fill them too by adding the mask 'nan'" in failed["reason"]["text"]
    (result,) = results(run, ended(run, job(run, material_id, "rect:8,8,10,10", "nan"))).values()
    assert np.isfinite(odd.read_exr(tmp_path, result)).all()
    values = run.request("GET", f"/v1/materials/{material_id}/maps/diffuse?size=32")
    assert values.status == 200 and values.headers["content-type"] == "image/png"


@pytest.mark.parametrize(
    "maker", ["png16x3", "png-palette8", "png-palette-alpha", "png8x4", "tiff8-alpha", "png-grey2", "npy16-big-endian"]
)
def test_depth_palette_and_alpha_stay(run: Running, maker: str, tmp_path: Path) -> None:
    """Contract I3."""
    name, data = file_of(maker, tmp_path)
    material_id = made(run, {name: data})
    done = ended(run, job(run, material_id, "rect:20,20,8,8"))
    (result,) = results(run, done).values()
    before, after = fetched(run, material_id), fetched(run, made(run, {name: result}))
    assert after.dtype == before.dtype and after.shape == before.shape
    known = np.ones((64, 64), bool)
    known[20:28, 20:28] = False
    assert np.array_equal(after[known], before[known])
    if name.endswith(".png"):
        assert result[24:26] == data[24:26]  # depth and colour type


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_refused_with_what_to_do(run: Running, kind: str) -> None:
    """Contract I3."""
    data = odd.saved(Image.fromarray(odd.noise()).convert("CMYK"), kind)
    said = refused(material(run, {f"diffuse.{kind.lower()}": data}), 422, "convert it to")
    assert "RGB" in said


def test_a_colour_profile_stays(run: Running) -> None:
    """Contract I3."""
    data = odd.png(icc_profile=b"profile" * 30)
    done = ended(run, job(run, made(run, {"diffuse.png": data}), "rect:8,8,8,8"))
    (result,) = results(run, done).values()
    assert Image.open(io.BytesIO(result)).info["icc_profile"] == b"profile" * 30


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
def test_a_rotation_is_told_and_ignored(run: Running, kind: str) -> None:
    """Contract I3."""
    image = Image.fromarray(odd.noise(32, 64))
    if kind == "TIFF":
        data = odd.saved(image, kind, tiffinfo={274: 6})
    else:
        exif = Image.Exif()
        exif[274] = 6
        data = odd.saved(image, kind, exif=exif)
    answer = material(run, {f"diffuse.{kind.lower()}": data})
    assert any("rotation" in text and "is ignored" in text for text in map(str, answer.json()["warnings"]))
    assert fetched(run, answer.json()["id"]).shape == (32, 64, 3)  # as stored


def test_maps_of_one_aspect_are_filled_together_each_at_its_size(run: Running) -> None:
    """Contract I4."""
    small = odd.saved(Image.fromarray(odd.noise(32, 32, 3)), "PNG")
    found = material(run, {"diffuse.png": odd.png(), "normal.png": small}).json()
    assert (found["height"], found["width"], found["maps"]["normal"]["height"]) == (64, 64, 32)
    done = ended(run, job(run, found["id"], "rect:16,16,16,16"))
    sizes = {name: Image.open(io.BytesIO(data)).size for name, data in results(run, done).items()}
    assert sizes == {"diffuse.png": (64, 64), "normal.png": (32, 32)}


def test_maps_of_two_aspects_are_refused(run: Running) -> None:
    """Contract I4."""
    files = {"diffuse.png": odd.png(), "normal.png": odd.png(32, 64)}
    refused(material(run, files), 422, "normal is 64 x 32 but diffuse is 64 x 64, another aspect")
    alone = material(run, files, only=["diffuse"])  # what is not asked for stops nothing, and is named
    assert alone.status in (200, 201) and "normal.png" in str(alone.json()["notes"][0])


MASKS = {
    "all 0": (odd.mask(0), "The mask is empty"),
    "all 1": (odd.mask(1), "covers the whole picture"),
    "another shape": (odd.mask(0.3, 64, 32), "is 32 x 64 but the material is 64 x 64, which is another shape"),
    "no picture": (b"mask", "is not an image"),
    "empty file": (b"", "is empty"),
}


@pytest.mark.parametrize("name", MASKS)
def test_a_mask_that_is_none(run: Running, name: str) -> None:
    """Contract I4."""
    data, said = MASKS[name]
    material_id = made(run, {"diffuse.png": odd.png()})
    before = {path.name for path in (run.data / "jobs").iterdir()}
    refused(job(run, material_id, data), 422, said)
    assert {path.name for path in (run.data / "jobs").iterdir()} <= before


def test_no_mask_at_all(run: Running) -> None:
    """Contract I4."""
    material_id = made(run, {"diffuse.png": odd.png()})
    refused(job(run, material_id), 422, "mask")
    refused(run.post("/v1/jobs", {"material": material_id}), 422, "hole.masks is empty")
    unsent = "0" * 64
    answer = run.post("/v1/jobs", {"material": material_id, "hole": {"masks": [{"file": unsent}]}})
    refused(answer, 409, "must be sent first")
    assert answer.json()["missing"] == [unsent]


def test_a_mask_of_another_size_is_scaled_and_that_is_said(run: Running) -> None:
    """Contract I4."""
    accepted = job(run, made(run, {"diffuse.png": odd.png()}), odd.mask(0.25, 128, 128))
    assert accepted.json()["hole"]["pixels"] == 16 * 16
    assert any("was scaled to 64 x 64" in note for note in map(str, accepted.json()["hole"]["notes"]))
    assert ended(run, accepted)["state"] == "done"


def test_a_soft_mask_blends(run: Running) -> None:
    """Contract I4."""
    before = odd.noise()
    soft = np.zeros((64, 64), np.uint8)
    soft[20:40, 20:40] = 1
    soft[24:36, 24:36] = 255
    stream = odd.saved(Image.fromarray(soft), "PNG")
    done = ended(run, job(run, made(run, {"diffuse.png": odd.png()}), stream))
    assert done["hole"]["pixels"] == 20 * 20
    (result,) = results(run, done).values()
    after = np.asarray(Image.open(io.BytesIO(result))).astype(int)
    assert np.array_equal(after[soft == 0], before[soft == 0])
    rim = np.abs(after - before)[soft == 1]
    assert rim.max() <= 1  # a hole of 1/255 moves a sample by a 255th of the difference
    assert np.abs(after - before)[soft == 255].max() > 16


def test_an_exr_of_a_million_channels(run: Running) -> None:
    """Contract I5."""
    with little_memory(run, 80 * MB):  # its 16 MB of names are read, and no more
        start = time.monotonic()
        refused(material(run, {"diffuse.exr": odd.exr_header(700_000)}), 422, "more than 4096 channels")
        refused(material(run, {"diffuse.exr": odd.exr_header(1, parts=20_000)}), 422, "more than 4096 channels")
        assert time.monotonic() - start < 60


def test_an_exr_of_4000_channels_is_no_map(run: Running) -> None:
    """Contract I5."""
    answer = material(run, {"diffuse.exr": odd.exr_header(4000)})
    if answer.status == 201:  # its header may pass; its pixels, which are missing, do not
        path = f"/v1/materials/{answer.json()['id']}/maps/{next(iter(answer.json()['maps']))}"
        answer = run.request("GET", path)
    refused(answer, 422)


def test_a_tiff_of_many_tags_and_pages_and_one_of_a_huge_count(run: Running) -> None:
    """Contract I5."""
    tool_of(run)
    with little_memory(run, 80 * MB):
        start = time.monotonic()
        many = odd.tiff(*((1000 + code, 3, 1, 1) for code in range(60_000)))
        refused(material(run, {"diffuse.tif": many}), 422, "suspicious number of tags")
        counts: tuple[int, int, int, int]
        for counts in ((270, 2, 0xFFFFFFFF, 8), (273, 4, 0xFFFFFFFF, 8), (65000, 12, 0x7FFFFFFF, 8)):
            answer = material(run, {"diffuse.tif": odd.tiff(counts)})
            assert answer.status in (200, 201, 422), answer.body
            if answer.status != 422:  # a foreign tag that is nonsense does not concern the pixels
                found = run.request("GET", f"/v1/materials/{answer.json()['id']}/maps/diffuse")
                assert found.status == (422 if counts[0] == 273 else 200), found.body
        pages = material(run, {"diffuse.tif": odd.tiff(pages=20_000)})
        assert "has 20000 pages; the first is used" in str(pages.json()["warnings"][0])
        assert time.monotonic() - start < 60


@pytest.mark.parametrize("kind", ["zTXt", "iTXt", "iCCP"])
def test_a_text_bomb_in_a_png_is_never_unpacked(run: Running, kind: str) -> None:
    """Contract I5."""
    head = {"zTXt": b"a\0\0", "iTXt": b"a\0\1\0\0\0", "iCCP": b"a\0\0"}[kind]
    data = odd.png_chunks(64, 64, (kind.encode(), head + BOMB))
    assert len(data) < 3 * MB
    with little_memory(run):
        material_id = made(run, {"diffuse.png": data})
        for query in ("", "?size=32"):
            assert run.request("GET", f"/v1/materials/{material_id}/maps/diffuse{query}").status == 200


BOMB = odd.bomb(2000)
"""2 MB that inflate to 2 GB."""


def test_pixels_that_inflate_beyond_their_claim_are_not_unpacked(run: Running) -> None:
    """Contract I5."""
    with little_memory(run):
        material_id = made(run, {"diffuse.png": odd.png_chunks(64, 64, pixels=odd.bomb(200))})
        answer = run.request("GET", f"/v1/materials/{material_id}/maps/diffuse")
        assert answer.status in (200, 422)


def test_the_death_of_the_process_that_reads_is_an_answer_and_the_next_request_works(run: Running) -> None:
    for pause in (0.5, 5.0, 50.0):  # when the task is on its way to the process, which shows nowhere
        tool = tool_of(run)
        tool.suspend()
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(material, run, {"diffuse.png": odd.png(40, 40), "roughness.png": odd.grey(40, 40)})
            until(lambda: list((run.data / "unfinished").glob("*/maps/*/*.png")))
            time.sleep(pause)
            tool.kill()
            answer = asked.result(PATIENCE)
        if answer.status == 422:
            break
    refused(answer, 422, "could not be read")
    assert made(run, {"diffuse.png": odd.png(40, 40), "roughness.png": odd.grey(40, 40)})
    assert tool_of(run).pid != tool.pid


def test_chunks_of_a_png_that_are_out_of_place(run: Running) -> None:
    data = odd.png_chunks(64, 64, (b"IHDR", struct.pack(">IIBBBBB", 9, 9, 8, 0, 0, 0, 0)), (b"PLTE", b"abc"))
    answer = material(run, {"diffuse.png": data})
    if answer.status == 201:
        answer = run.request("GET", f"/v1/materials/{answer.json()['id']}/maps/diffuse")
    assert answer.status in (200, 422)
