"""Whatever is sent: never a fault, never a traceback, never a file where none belongs."""

from __future__ import annotations

import contextlib
import functools
import gzip
import hashlib
import json
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.formats.conftest import LOSSY, MAKERS
from tests.server import odd_files as odd
from tests.server.running import PATIENCE, Answer, Running, service
from tests.server.sending import ended, job, kept, made, put, quiet

ALL = list(HealthCheck)
LONG = 20
"""How many times as many examples the version for the stress run has."""


def examples(count: int) -> Callable[[Callable[..., None]], Any]:
    """Try some examples, the same ones in every plain run, and many random ones in a stress run."""

    def both(test: Callable[..., None]) -> Any:
        plain = settings(max_examples=count, derandomize=True, deadline=None, suppress_health_check=ALL)
        phases = [phase for phase in Phase if phase is not Phase.explain]
        long = settings(max_examples=count * LONG, phases=phases, deadline=None, suppress_health_check=ALL)
        marks = [pytest.param(plain, id="some"), pytest.param(long, id="many", marks=pytest.mark.stress)]

        @pytest.mark.parametrize("how", marks)
        @functools.wraps(test)
        def run(fuzzed: Running, how: settings) -> None:
            how(test)(fuzzed)

        del run.__wrapped__  # its arguments are not fixtures
        return run

    return both


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Give a service with low bounds, so that nothing takes long."""
    limits = ("pixels=1000000", "file=4000000", "check=30", "idle_body=2", "variations=2")
    options = [text for limit in limits for text in ("--limit", limit)]
    with service(tmp_path_factory.mktemp("fuzz"), *options) as running:
        yield running


@functools.cache
def real(maker: str) -> tuple[str, bytes]:
    """Return the ending and the bytes of a real file of a kind."""
    make = MAKERS[maker] if maker in MAKERS else LOSSY[maker][0]
    with tempfile.TemporaryDirectory() as folder:
        path = make(Path(folder), 24, 24, np.random.default_rng(0))
        return path.suffix, path.read_bytes()


@st.composite
def broken(draw: st.DrawFn) -> tuple[str, bytes]:
    """Draw a real file with some bytes changed, left out, repeated or put in, mostly in its header."""
    suffix, found = real(draw(st.sampled_from(sorted(MAKERS | LOSSY))))
    data = bytearray(found)
    for _ in range(draw(st.integers(1, 4))):
        most = min(len(data), draw(st.sampled_from([32, 120, 600, len(data)])))
        at = draw(st.integers(0, max(0, most - 1)))
        how = draw(st.sampled_from(["flip", "set", "word", "cut", "drop", "repeat", "put"]))
        if how == "flip" and data:
            data[at] ^= 1 << draw(st.integers(0, 7))
        elif how == "set":
            data[at : at + 1] = bytes([draw(st.sampled_from([0, 1, 127, 128, 255]))])
        elif how == "word":
            data[at : at + 4] = draw(st.sampled_from([b"\xff" * 4, b"\x7f\xff\xff\xff", bytes(4), b"\0\0\0\x80"]))
        elif how == "cut":
            del data[at:]
        elif how == "drop":
            del data[at : at + draw(st.integers(1, 40))]
        elif how == "repeat":
            data[at:at] = data[at : at + draw(st.integers(1, 200))]
        else:
            data[at:at] = draw(st.binary(max_size=20))
    return draw(st.sampled_from([suffix, suffix, suffix, ".png", ".tga", ".exr"])), bytes(data)


MAGICS = [
    odd.MAGIC, odd.MAGIC + b"\0\0\0\rIHDR", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0\0\x10JFIF\0", b"II*\0", b"MM\0*",
    b"II+\0\x08\0\0\0", b"\x76\x2f\x31\x01\x02\0\0\0", b"\x76\x2f\x31\x01\x02\x10\0\0", b"#?RADIANCE\n",
    b"#?RGBE\n\n-Y 9 +X 9\n", b"BM", b"\x93NUMPY\1\0", b"\x93NUMPY\1\0\x76\0{'descr': '<f4', ",
    b"RIFF\xff\0\0\0WEBPVP8L", b"RIFF\x10\0\0\0WEBPVP8X", b"\0\0\x02" + bytes(9), b"\0\1\x09", b"GIF89a",
    b"PK\3\4", b"%PDF-", b"<svg ", b"\x80\x04",
]  # fmt: skip
ENDINGS = [".png", ".jpg", ".tif", ".exr", ".hdr", ".bmp", ".npy", ".webp", ".tga", ".pic", ".svg", ".safetensors"]


def answered(answer: Answer) -> Answer:
    """Check that an answer is no fault, and that a refusal is a problem with a sentence."""
    assert answer.status < 500 or answer.status == 507, answer.body
    if answer.status >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"].endswith((".", ")."))
        assert "/data/" not in answer.json()["detail"]
    return answer


def used_up(run: Running, name: str, data: bytes) -> None:
    """Do with a file all that can be done with one: a map, a mask, a model."""
    digest = answered(put(run, data)).json()["file"]
    found = answered(run.post("/v1/materials", {"files": [{"name": name, "file": digest}]}))
    if found.status in (200, 201):
        material_id, maps = found.json()["id"], found.json()["maps"]
        for map_name in maps:
            path = f"/v1/materials/{material_id}/maps/{map_name}"
            for query, form in (("", "application/x-npy"), ("", "image/x-exr"), ("?size=16", "image/png")):
                answered(run.request("GET", path + query, accept=form))
        submitted(run, material_id, [{"shape": "nan"}, {"shape": "rect:1,1,3,3"}])
    submitted(run, sound(run), [{"file": digest, "name": name}])
    learning = {"model": {"file": digest}, "train_steps": 1}
    submitted(run, sound(run), [{"shape": "rect:1,1,3,3"}], method={"name": "diffusion", "settings": learning})


def submitted(run: Running, material_id: str, mask: list[Any], **wish: Any) -> None:
    """Ask for a job, which is not waited for."""
    answer = answered(
        run.post("/v1/jobs", {"material": material_id, "hole": {"masks": mask}, "previews": False, **wish})
    )
    if answer.status == 202:
        answered(run.post(f"/v1/jobs/{answer.json()['id']}/cancel", {}))


def sound(run: Running) -> str:
    """Return the id of a material that is as it should be."""
    return made(run, {"diffuse.png": odd.png(24, 24)})


@examples(60)
@given(file=broken())
def test_broken_files(fuzzed: Running, file: tuple[str, bytes]) -> None:
    with quiet(fuzzed):
        used_up(fuzzed, f"diffuse{file[0]}", file[1])


@examples(40)
@given(magic=st.sampled_from(MAGICS), rest=st.binary(max_size=400), ending=st.sampled_from(ENDINGS))
def test_random_bytes_behind_a_magic_number(fuzzed: Running, magic: bytes, rest: bytes, ending: str) -> None:
    with quiet(fuzzed):
        used_up(fuzzed, f"diffuse{ending}", magic + rest)


def encoded(coding: str, data: bytes) -> bytes:
    if coding == "gzip":
        return gzip.compress(data)
    return zstandard.compress(data) if coding == "zstd" else data


@examples(50)
@given(
    data=st.binary(max_size=3000),
    coding=st.sampled_from(["", "gzip", "zstd", "identity"]),
    told=st.sampled_from(["", "gzip", "zstd", "identity", "br", "GZIP", "gzip;q=1", "\xff"]),
    length=st.one_of(st.none(), st.integers(-5, 6000), st.sampled_from(["1e3", "", "0x5", "9" * 30, "4000001"])),
    part=st.integers(0, 3000),
    chunked=st.booleans(),
    more=st.binary(max_size=30),
)
def test_uploads_that_lie(
    fuzzed: Running, data: bytes, coding: str, told: str, length: object, part: int, chunked: bool, more: bytes
) -> None:
    body = encoded(coding, data)
    lines = [
        f"PUT /v1/files/{hashlib.sha256(data).hexdigest()} HTTP/1.1",
        f"Host: 127.0.0.1:{fuzzed.port}",
        f"Authorization: Bearer {fuzzed.token}",
        "Content-Type: application/octet-stream",
        *([f"Content-Encoding: {told}"] if told else []),
        *(["Transfer-Encoding: chunked"] if chunked else []),
        *([f"Content-Length: {len(body) if length is None else length}"] if not chunked or length == 7 else []),
    ]
    sent = (b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n") if chunked else body
    with quiet(fuzzed):
        found = exchanged(fuzzed, "\r\n".join([*lines, "", ""]).encode("latin-1") + sent[:part] + more)
        statuses = [int(line[9:12]) for line in found.split(b"\r\n") if line.startswith(b"HTTP/1.1 ")]
        assert all(status < 500 or status == 507 for status in statuses), found
        if fuzzed.request("HEAD", f"/v1/files/{hashlib.sha256(data).hexdigest()}").status == 200:
            digest = hashlib.sha256(data).hexdigest()
            assert (fuzzed.data / "files" / digest[:2] / digest).read_bytes() == data


def exchanged(run: Running, data: bytes) -> bytes:
    """Send bytes and no more, and return what comes back until the service closes."""
    found = b""
    with (
        socket.create_connection(("127.0.0.1", run.port), timeout=PATIENCE) as connection,
        contextlib.suppress(ConnectionError),
    ):
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        while piece := connection.recv(2**16):
            found += piece
    return found


@examples(60)
@given(
    data=st.binary(max_size=300),
    first=st.sampled_from(["GET / HTTP/1.1\r\n", "POST /v1/jobs HTTP/1.1\r\n", "PUT ", ""]),
)
def test_bytes_that_are_no_request(fuzzed: Running, data: bytes, first: str) -> None:
    with quiet(fuzzed):
        found = exchanged(fuzzed, first.encode() + data)
        assert found == b"" or found.startswith(b"HTTP/1.1 4"), found


WORDS = [
    "", "a", "..", "../x", "/etc/passwd", "a/b", "a\\b", "CON", "\0", "\ud800", "é", "x" * 5000, "0" * 32, "0" * 64,
    "patch", "auto", "diffusion", "nan", "alpha", "rect:1,1,4,4", "rect:-1%,0,1e9,9", "circle:50%,50%,3", "brush:7",
    "brush:" + "9" * 50, "polygon:0,0,9,0,9,9", "key:#ff00ff~8", "diffuse.png", "diffuse.png:R", "diffuse", "studio",
    "plane", "opengl", "cpu", "mps", "sample", "NaN",
]  # fmt: skip
NUMBERS = st.sampled_from(
    [0, 1, -1, 2, 64, 65, 1000001, 2**31, 2**53, 2**63, 2**64, 10**30, 0.5, -0.0, 1e308, float("nan"), float("inf")]
)
SCALARS = st.none() | st.booleans() | NUMBERS | st.sampled_from(WORDS) | st.text(max_size=8)
NAMES = [
    "material", "root", "folder", "hole", "masks", "forbid", "file", "name", "path", "shape", "invert", "grow",
    "feather", "method", "settings", "seed", "variations", "tileable", "device", "previews", "output", "preview",
    "source_map", "in_place", "files", "source", "overrides", "set_name", "only", "also", "normal", "job", "light",
    "size", "film", "relief", "turn", "variation", "patch", "diffusion", "model", "train_steps", "levels", "\0", "",
]  # fmt: skip
KEYS = st.sampled_from(NAMES)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


HOLE = {"masks": [{"shape": "rect:4,4,6,6"}], "grow": 0, "forbid": []}
SOURCE = {"overrides": {"diffuse": "diffuse.png"}, "normal": "auto"}


def nearly(good: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a request with some members replaced, left out or put in, at its top or in one of its parts."""
    parts = [name for name, part in good.items() if isinstance(part, dict)]
    inner = st.sampled_from(parts).flatmap(lambda name: changes(good[name]).map(lambda part: {**good, name: part}))
    return changes(good) | inner if parts else changes(good)


def changes(good: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw an object with some members replaced, left out or put in."""
    changed = st.dictionaries(KEYS, VALUES, max_size=2)
    kept_names = st.sets(st.sampled_from(sorted(good)), min_size=max(0, len(good) - 1))
    return st.builds(lambda names, more: {name: good[name] for name in sorted(names)} | more, kept_names, changed)


@examples(40)
@given(data=st.data())
def test_nearly_right_json(fuzzed: Running, data: st.DataObject) -> None:
    material_id, picture = sound(fuzzed), kept(fuzzed, odd.png(24, 24))
    if fuzzed.token not in DONE:
        DONE[fuzzed.token] = ended(fuzzed, job(fuzzed, material_id, "rect:4,4,6,6"))["id"]
    done = DONE[fuzzed.token]
    wishes: dict[str, dict[str, Any]] = {
        "/v1/jobs": {"material": material_id, "hole": HOLE, "method": {"name": "patch", "settings": {}}},
        "/v1/materials": {"files": [{"name": "diffuse.png", "file": picture}], "source": SOURCE},
        "/v1/render": {"material": material_id, "size": 16, "light": "studio"},
        f"/v1/jobs/{done}/retry": {"hole": HOLE, "method": {"seed": 3, "settings": {}}},
        f"/v1/jobs/{done}/cancel": {},
    }
    path = data.draw(st.sampled_from(sorted(path for path, good in wishes.items() if good)))
    body = data.draw(nearly(wishes[path]))
    with quiet(fuzzed):
        answer = answered(fuzzed.post(path, body))
        if answer.status == 202:
            answered(fuzzed.post(f"/v1/jobs/{answer.json()['id']}/cancel", {}))


DONE: dict[str, str] = {}
"""A job that is done, by the token of its service."""


@examples(60)
@given(
    path=st.sampled_from(
        ["/v1/jobs", "/v1/materials", "/v1/render", "/v1/release", "/v1/jobs/0/cancel", "/v1/jobs/0/retry"]
    ),
    body=st.one_of(st.binary(max_size=60), VALUES.map(lambda value: json.dumps(value).encode()), st.just(b"[" * 3000)),
)
def test_any_json_at_all(fuzzed: Running, path: str, body: bytes) -> None:
    with quiet(fuzzed):
        answered(fuzzed.request("POST", path, body, content_type="application/json"))
