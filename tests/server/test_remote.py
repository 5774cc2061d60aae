"""`svbrdf inpaint --server` leaves what `svbrdf inpaint` leaves: the same files, words, report and exit code."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from svbrdf_core.cli import run
from tests.cli.conftest import Ran, Svbrdf, process, tree
from tests.methods.networks import constant
from tests.server.desk import ended, stopped, working
from tests.server.remote_materials import WORDS, Twice, fresh, left, write_all
from tests.server.running import PATIENCE, Running, service, until

MASK = ("-m", "mask.png")
OUT = ("-o", "deep/out", "--json")
NO_DEVICE = "cuda" if sys.platform == "darwin" else "mps"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of materials and masks; not to be changed."""
    home = tmp_path_factory.mktemp("template")
    write_all(home)
    return home


@pytest.fixture
def found(shared: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    """Make this process one that finds the shared service."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", shared.variables()["XDG_RUNTIME_DIR"])
    monkeypatch.setenv("SVBRDF_CACHE", "off")
    monkeypatch.delenv("SVBRDF_TOKEN", raising=False)
    return shared


@pytest.fixture
def svbrdf(capfd: pytest.CaptureFixture[str]) -> Svbrdf:
    """Return a function that runs a command line in this process."""

    def invoke(*words: str | Path) -> Ran:
        capfd.readouterr()
        code = run([str(word) for word in words])
        return Ran(code, *capfd.readouterr())

    return invoke


@pytest.fixture
def home(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of materials of one test's own, where it works."""
    fresh(template, tmp_path / "home")
    monkeypatch.chdir(tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture
def twice(template: Path, home: Path, svbrdf: Svbrdf, found: Running) -> Twice:
    """Return a function that runs a command here and by the service, and demands that both leave the same."""

    def invoke(*words: str, command: str = "inpaint") -> Any:
        fresh(template, home)
        here = left(svbrdf(command, *words), home)
        fresh(template, home)
        there = left(svbrdf(command, *words, "--server", "auto"), home)
        assert there.code == here.code, there.err
        assert there.err == here.err
        assert there.out == here.out
        assert sorted(there.files) == sorted(here.files)
        assert [name for name in here.files if there.files[name] != here.files[name]] == []
        return there

    return invoke


SAME = {
    "plain": ("bricks", *MASK, *OUT),
    "words": ("bricks", "-m", WORDS, *OUT[:2]),
    "quiet": ("bricks", *MASK, *OUT[:2], "--quiet"),
    "variations": ("bricks", *MASK, *OUT, "--variations", "2", "--seed", "5"),
    "pictures": ("bricks", *MASK, *OUT, "--variations", "2", "--preview", "p.png", "--source-map", "deep.png"),
    "pictures inside": ("bricks", *MASK, "-o", "out", "--preview", "bricks/p.png"),
    "in place": ("bricks", *MASK, "--in-place", "--json"),
    "in place of one map": ("bricks", *MASK, "--in-place", "--json", "--only", "height"),
    "shaped": ("bricks", "-m", "inverse.png", "--invert", "--grow", "2", "--feather", "2.5", *OUT),
    "shrunk": ("bricks", *MASK, "-m", "circle:50%,70%,5", "--grow", "-1", *OUT),
    "forbidden": ("bricks", *MASK, "--forbid", "rect:0,0,64,16", "--forbid", "half.png", "--tileable", *OUT),
    "auto": ("bricks", *MASK, "--auto", *OUT),
    "a mask of another size": ("bricks", "-m", "half.png", *OUT),
    "shapes": ("bricks", "-m", "RECT: 24,20,16,14", "-m", "polygon:1,1;9,1;5,8", "-m", "brush:3", *OUT),
    "turned": ("bricks", *MASK, "--rotations", "--mirrors", *OUT),
    "another method": ("bricks", *MASK, "--method", "biharmonic", *OUT),
    "packed, 16 bits, EXR": ("packed", *MASK, *OUT),
    "packed, in place": ("packed", *MASK, "--in-place", "--preview", "p.png", "--json"),
    "directx": ("packed", *MASK, "--normal", "directx", *OUT),
    "strip": ("strips/one.png", *MASK, *OUT),
    "strip among others": ("strips", "--set", "one", *MASK, *OUT),
    "single image": ("strips/photo.png", *MASK, *OUT),
    "single image, in place": ("other/stain.png", *MASK, "--in-place", "--json"),
    "jpeg": ("jpeg", *MASK, *OUT),
    "jpeg, in place": ("jpeg", *MASK, "--in-place", "--json"),
    "names": ("rote Ziegel #1 (naß)", *MASK, *OUT),
    "one of two sets": ("sets", "--set", "wood_2k", *MASK, *OUT),
    "by hand": (
        "named", "--map", "diffuse=a.png", "--map", "roughness=b.png:G", "--map", "ao=../other/stain.png:R", *MASK, *OUT
    ),
    "also": ("named", "--map", "diffuse=a.png", "--also", "c", *MASK, *OUT),
    "only": ("packed", "--only", "diffuse,ao", *MASK, *OUT),
    "tiles": ("tiles", "-m", "rect:24,148,80,14", "--grow", "1", "--variations", "2", *OUT),
    "tiles, in place": ("tiles", "-m", "rect:24,148,80,14", "--in-place", "--json"),
    "one tile of several": ("tiles", "-m", "1022:mask.png", *OUT),
    "over what is there": ("jpeg", *MASK, "-o", "bricks", "--overwrite", "--json"),
}  # fmt: skip


@pytest.mark.parametrize("words", SAME.values(), ids=SAME.keys())
def test_the_service_leaves_what_the_command_leaves(twice: Twice, template: Path, words: tuple[str, ...]) -> None:
    done = twice(*words)
    assert done.code == 0, done.err
    assert done.files != tree(template)


CANVAS = {
    "extended, in place": ((80, 72), "extend", "bricks", "--right", "16", "--top", "8", "--in-place", "--json"),
    "extended with a hole": ((80, 72), "extend", "bricks", "--to", "80x72", *MASK, *OUT),
    "made to tile": ((64, 64), "tile", "bricks", "--axis", "x", *OUT),
    "a sheet of two": ((48, 32), "grow", "bricks", "--size", "48x32", "--source", "swatch", *OUT),
    "from another": ((64, 64), "inpaint", "bricks", *MASK, "--source", "swatch", *OUT),
}


@pytest.mark.parametrize(("size", "command", "words"), [(s, c, w) for s, c, *w in CANVAS.values()], ids=CANVAS.keys())
def test_a_canvas_by_the_service_is_that_of_the_command(
    twice: Twice, size: tuple[int, int], command: str, words: list[str]
) -> None:
    done = twice(*words, command=command)
    assert done.code == 0, done.err
    assert done.json["size"] == list(size)


REFUSED = {
    "no folder": (3, "nowhere", *MASK, *OUT),
    "two sets": (3, "sets", *MASK, *OUT),
    "no method": (3, "bricks", *MASK, *OUT, "--method", "magic"),
    "no mask": (4, "bricks", "-m", "nowhere.png", *OUT),
    "no picture": (3, "bricks", "-m", "no picture.png", *OUT),
    "an empty mask": (4, "bricks", "-m", "empty.png", *OUT),
    "a full mask": (4, "bricks", "-m", "rect:0,0,100%,100%", *OUT),
    "a mask of another shape": (4, "bricks", "-m", "small.png", *OUT),
    "no words for a mask": (4, "bricks", "-m", "square:1,2", *OUT),
    "the output is the input": (3, "bricks", *MASK, "-o", "bricks", "--json"),
    "the output is there": (6, "bricks", *MASK, "-o", "jpeg/../there", "--json"),
    "the output is a file": (6, "bricks", *MASK, "-o", "mask.png", "--json"),
    "the picture is there": (6, "bricks", *MASK, *OUT, "--preview", "half.png"),
    "the picture is the mask": (3, "bricks", *MASK, *OUT, "--preview", "mask.png", "--overwrite"),
    "a passenger is there": (6, "jpeg", *MASK, "--only", "roughness", "-o", "clash", "--json"),
    "not to be traced": (3, "bricks", *MASK, *OUT, "--method", "biharmonic", "--source-map", "s.png"),
    "no model": (3, "bricks", *MASK, *OUT, "--method", "diffusion", "--model", "nowhere.safetensors"),
    "a picture as a model": (3, "bricks", *MASK, *OUT, "--method", "diffusion", "--model", "mask.png"),
    "no weights": (3, "bricks", *MASK, *OUT, "--method", "repaint"),
    "a picture as weights": (3, "bricks", *MASK, *OUT, "--method", "lama", "--weights", "mask.png"),
    "half a file": (3, "broken", *MASK, *OUT),
    "no patch is left": (5, "bricks", "-m", "rect:1,1,62,62", *OUT),
    "usage": (2, "bricks", *MASK, "--json"),
    "a device that no machine of this kind has": (3, "bricks", *MASK, *OUT, "--device", NO_DEVICE),
    "a folder not to be written": (6, "bricks", *MASK, "-o", "/proc/out", "--json"),
}


@pytest.mark.parametrize("words", REFUSED.values(), ids=REFUSED.keys())
def test_the_service_refuses_what_the_command_refuses(twice: Twice, template: Path, words: tuple[Any, ...]) -> None:
    """Contract P7."""
    code, *rest = words
    done = twice(*rest)
    assert done.code == code
    assert done.files == tree(template), "something was written"


@pytest.fixture(scope="module")
def model(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model of the bricks that knows next to nothing."""
    path = tmp_path_factory.mktemp("models") / "model.safetensors"
    assert run(["train", str(template / "bricks"), "-o", str(path), "--budget", "1s", "--quiet"]) == 0
    return path


def test_a_model_fills_there_as_here(twice: Twice, model: Path) -> None:
    done = twice("bricks", *MASK, *OUT, "--method", "diffusion", "--model", str(model), "--variations", "2")
    assert done.code == 0 and done.json["method"] == "diffusion"
    done = twice("bricks", *MASK, *OUT, "--method", "auto", "--model", str(model), "--rotations", "--auto")
    assert done.code == 0 and len(done.json["notes"]) > 1, done.err


def test_an_earlier_result_is_varied_there_as_here(twice: Twice, model: Path) -> None:
    words = ("bricks", *MASK, "--method", "diffusion", "--model", str(model), "--from-step", "0.3")
    assert twice(*words, *OUT, "--variations", "2").code == 0
    done = twice(*words, *OUT, "--vary", "bricks")
    assert done.code == 0, done.err
    assert twice(*words, *OUT, "--vary", "nowhere").code == 3


def test_the_three_files_of_a_network_are_sent_along(twice: Twice, tmp_path: Path) -> None:
    few = ("--option", "sampling_steps=1", "--option", "jump_n_sample=1", "--option", "window=64")
    network = ("--weights", str(constant(tmp_path / "network")), *few)
    assert twice("bricks", *MASK, *OUT, "--method", "repaint", *network).code == 0


def test_a_service_elsewhere_is_asked_with_its_token(
    svbrdf: Svbrdf, shared: Running, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    words = ("inpaint", "bricks", *MASK, *OUT, "--server", shared.url + "/")
    ran = svbrdf(*words)
    assert ran.code == 3 and "SVBRDF_TOKEN" in ran.json["error"]["message"]
    monkeypatch.setenv("SVBRDF_TOKEN", shared.token[:-1] + "é")
    assert svbrdf(*words).code == 3
    monkeypatch.setenv("SVBRDF_TOKEN", shared.token[:-1])
    ran = svbrdf(*words)
    assert ran.code == 3 and "another token" in ran.json["error"]["message"]
    assert not (home / "deep").exists()
    monkeypatch.setenv("SVBRDF_TOKEN", shared.token)
    assert svbrdf(*words).code == 0


class _Stranger(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if "json" not in self.server.said else 201)  # type: ignore[attr-defined]
        body = self.server.said.encode()  # type: ignore[attr-defined]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # the base's name
        pass


@pytest.fixture(params=["<html>a router</html>", "[]", '{"json": 1}', ""])
def stranger(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give the address of a web server that is no service."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Stranger) as server:
        server.said = request.param  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_stranger_on_the_port_is_told_from_a_service(
    svbrdf: Svbrdf, home: Path, stranger: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract B1."""
    monkeypatch.setenv("SVBRDF_TOKEN", "t" * 20)
    ran = svbrdf("inpaint", "bricks", *MASK, *OUT, "--server", stranger)
    assert ran.code == 3 and "no service of ours" in ran.json["error"]["message"]


WRONG = {
    "nothing there": "http://127.0.0.1:1",
    "no address": "localhost",
    "no number": "http://localhost:http",
    "a large number": "http://localhost:99999",
    "no host": "http://",
    "no name": "http://nowhere.invalid:8000",
    "another kind": "ftp://localhost:21",
    "the page's address": "http://127.0.0.1:8000/#token=secret",
    "a password": "http://user:secret@127.0.0.1:8000",
    "empty": "",
}


@pytest.mark.parametrize("address", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_address_is_said_to_be_one(
    svbrdf: Svbrdf, home: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SVBRDF_TOKEN", "t" * 20)
    ran = svbrdf("inpaint", "bricks", *MASK, *OUT, "--server", address)
    assert (ran.code, ran.json["error"]["type"]) == (3, "InputError")
    assert "secret" not in ran.out + ran.err
    assert not (home / "deep").exists()


def test_no_service_at_all(svbrdf: Svbrdf, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    ran = svbrdf("inpaint", "bricks", *MASK, *OUT, "--server", "auto")
    assert ran.code == 3 and "svbrdf serve" in ran.json["error"]["message"]


def test_what_the_service_needs_must_be_installed(svbrdf: Svbrdf, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    ran = svbrdf("inpaint", "bricks", *MASK, *OUT, "--server", "auto")
    assert ran.code == 3 and "pip install 'svbrdf-inpaint[server]'" in ran.json["error"]["message"]
    assert svbrdf("inpaint", "bricks", *MASK, *OUT).code == 0


def test_what_the_method_needs_may_be_there_alone(
    svbrdf: Svbrdf, found: Running, home: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    words = ("inpaint", "bricks", *MASK, *OUT, "--method", "diffusion", "--model", model)
    ran = svbrdf(*words)
    assert ran.code == 3 and "cannot be used here" in ran.json["error"]["message"]
    assert svbrdf(*words, "--server", "auto").code == 0


def slow(service: Running, cwd: Path) -> subprocess.Popen[str]:
    """Start a command whose job takes longer than any test waits."""
    words = ("inpaint", "bricks", *MASK, *OUT, "--variations", "64", "--preview", "p.png", "--server", "auto")
    return process(*words, "--method", "patch", cwd=cwd, **own(service))


def own(service: Running) -> dict[str, str]:
    """Return what leads a program to a service."""
    return {"XDG_RUNTIME_DIR": service.variables()["XDG_RUNTIME_DIR"], "SVBRDF_CACHE": "off"}


def running_job(service: Running) -> str:
    """Return the id of the job that runs, when one does."""
    with service.client() as client:
        until(lambda: client.jobs(states=["running"])["jobs"])
        return str(client.jobs(states=["running"])["jobs"][0]["id"])


@pytest.mark.parametrize("presses", [1, 3])
def test_ctrl_c_cancels_the_job_and_leaves_nothing(shared: Running, template: Path, home: Path, presses: int) -> None:
    """Contract Q3."""
    command = slow(shared, home)
    job = running_job(shared)
    for _ in range(presses):
        command.send_signal(signal.SIGINT)
        time.sleep(0.02)
    out, err = command.communicate(timeout=PATIENCE)
    assert (command.returncode, "Traceback" in err) == (130, False), err
    assert json.loads(out)["error"]["message"] == "Stopped; nothing was written."
    assert tree(home) == tree(template)
    assert ended(shared, job)["state"] == "cancelled"


def test_ctrl_c_of_a_command_that_waits_leaves_the_running_job_alone(
    shared: Running, template: Path, home: Path
) -> None:
    """Contract Q4."""
    first = slow(shared, home)
    job = running_job(shared)
    with shared.client() as client, stopped(working(shared, job)):
        second = slow(shared, home)
        until(lambda: client.jobs(states=["queued"])["jobs"])
        waiting = client.jobs(states=["queued"])["jobs"][0]["id"]
        second.send_signal(signal.SIGINT)
        second.communicate(timeout=PATIENCE)
        assert second.returncode == 130
        assert client.job(waiting)["state"] == "cancelled"
        assert client.job(job)["state"] == "running"
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=PATIENCE)
    assert first.returncode == 130
    assert tree(home) == tree(template)


def test_a_job_that_is_cancelled_elsewhere(shared: Running, template: Path, home: Path) -> None:
    command = slow(shared, home)
    with shared.client() as client:
        client.cancel(running_job(shared))
    out, _ = command.communicate(timeout=PATIENCE)
    assert command.returncode == 130 and "was cancelled in the service" in out
    assert tree(home) == tree(template)


def test_a_worker_and_a_service_that_die(template: Path, home: Path, tmp_path: Path) -> None:
    """Contract Q2."""
    with service(tmp_path / "own") as mine:
        command = slow(mine, home)
        job = running_job(mine)
        with mine.client() as client:
            working(mine, job).kill()
            out, _ = command.communicate(timeout=PATIENCE)
            assert command.returncode == 5 and "was killed" in json.loads(out)["error"]["message"]
            assert client.job(job)["kind"] == "worker"
        command = slow(mine, home)
        job = running_job(mine)
        mine.kill()
        out, err = command.communicate(timeout=PATIENCE)
    assert (command.returncode, "Traceback" in err) == (6, False), err
    assert job in json.loads(out)["error"]["message"] and mine.url in out
    assert tree(home) == tree(template)


def test_what_is_too_much_for_the_service(
    svbrdf: Svbrdf, template: Path, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = ("pixels=4095", "maps=5", "variations=3", "file=20000")
    with service(tmp_path / "own", *(f"--limit={limit}" for limit in limits)) as mine:
        for name, value in own(mine).items():
            monkeypatch.setenv(name, value)

        def refused(*words: str) -> str:
            ran = svbrdf("inpaint", *words, *MASK, *OUT, "--max-pixels", "5000", "--server", "auto")
            assert ran.code == 3, ran.err
            return str(ran.json["error"]["message"])

        said = refused("other")
        assert said.startswith("other/stain.png claims 64 x 64") and "--limit pixels=N" in said
        assert "at most 5 files" in refused("bricks")
        assert "20000 bytes" in refused("packed")
    assert tree(home) == tree(template)


def test_the_bar_is_the_same(shared: Running, home: Path) -> None:
    seen: list[str] = []
    for more in ((), ("--server", "auto")):
        words = ("inpaint", "bricks", *MASK, "-o", f"out{len(seen)}", "--variations", "3", *more)
        main, end = pty.openpty()
        command = [sys.executable, "-m", "svbrdf_core", *words]
        env = {**os.environ, **own(shared), "TERM": "xterm", "COLUMNS": "100"}
        with subprocess.Popen(command, cwd=home, env=env, stdout=subprocess.DEVNULL, stderr=end) as done:
            os.close(end)
            raw = b""
            with contextlib.suppress(OSError):  # the end of a terminal whose writers are gone
                while piece := os.read(main, 2**16):
                    raw += piece
        os.close(main)
        assert done.returncode == 0, raw
        seen.append(raw.decode())
    for said in seen:
        assert "━" in said and "%" in said
        assert re.search(r"[123]/3 \w", said), said
