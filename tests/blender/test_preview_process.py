"""The Blender that draws in the background: plain, polite, stoppable, and gone with its parent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import bpy
import pytest

from tests.blender.preview_helper import (
    draw_preview,
    images,
    maps,
    material,
    process,
    read_picture,
    request,
    wait,
)

LONG = {"samples": 50000, "size": 512, "engine": "CYCLES"}


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked about doesn't."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def vanishes(pid: int, folder: Path) -> bool:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if not alive(pid) and not list(folder.iterdir()):
            return True
        time.sleep(0.1)
    return False


def until_it_draws(pid: int) -> None:
    """Wait until a process has used two seconds of processor time: it is past its start."""
    end = time.monotonic() + 240
    while time.monotonic() < end:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        if (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK") > 3:
            return
        time.sleep(0.1)
    raise AssertionError("it never drew")


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")


def test_pictures_become_images_and_leave_nothing_behind(tmp_path: Path) -> None:
    old, new = images(maps()), images(maps(3), "_inpaint")
    material("Wall", new)
    before = {new[kind].name: old[kind].name for kind in old}
    wanted = request.PreviewRequest("Wall", before, engine="CYCLES", samples=1, size=32)
    one = request.start_preview(bpy.context, wanted, tmp_path)
    pictures = wait(one)
    (own,) = tmp_path.iterdir()
    assert sorted(path.name for path in own.iterdir()) == ["after.png", "before.png", "difference.png"]
    expected = {kind: read_picture(getattr(pictures, kind)) for kind in ("before", "after", "difference")}
    made = process.load_images(pictures)
    one.stop()
    assert list(tmp_path.iterdir()) == []
    assert [image.name for image in made.values()] == ["Inpaint before", "Inpaint after", "Inpaint difference"]
    for kind, image in made.items():
        assert image.packed_file is not None and tuple(image.size) == (32, 32)
        (tmp_path / f"{kind}.png").write_bytes(image.packed_file.data)
        assert (read_picture(tmp_path / f"{kind}.png") == expected[kind]).all()


@pytest.mark.ends
def test_a_second_preview_takes_the_place_of_the_first(tmp_path: Path) -> None:
    material("Wall", images(maps()))
    theirs = bpy.data.images.new("Inpaint after", 4, 4)
    shown = bpy.data.materials.new("Somebody's")
    if bpy.app.version < (5, 0, 0):
        shown.use_nodes = True
    node = shown.node_tree.nodes.new("ShaderNodeTexImage")
    first = process.load_images(draw_preview(tmp_path, material="Wall", size=32))
    node.image = first["after"]
    assert theirs.size[0] == 4 and first["after"] != theirs
    count = len(bpy.data.images)
    second = process.load_images(draw_preview(tmp_path, material="Wall", size=48))
    assert len(bpy.data.images) == count
    assert node.image == second["after"] and tuple(node.image.size) == (48, 48)
    assert theirs.size[0] == 4


@linux
def test_it_can_be_stopped_at_any_time(tmp_path: Path) -> None:
    material("Wall", images(maps()))
    one = request.start_preview(bpy.context, request.PreviewRequest("Wall", **LONG), tmp_path)
    pid = one._process.pid
    assert os.getpriority(os.PRIO_PROCESS, pid) >= os.getpriority(os.PRIO_PROCESS, 0) + 10
    assert one.poll() is None and one.fraction < 0.5
    until_it_draws(pid)
    started = time.monotonic()
    one.stop()
    assert time.monotonic() - started < 30
    assert not alive(pid) and list(tmp_path.iterdir()) == []
    assert "stopped" in one.poll()
    one.stop()


PARENT = """
import importlib, sys, time
from pathlib import Path
import tests.blender.conftest as conftest
conftest.pytest_sessionstart()
from tests.blender.preview_helper import images, maps, material, request, bpy
bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
material("Wall", images(maps()))
wanted = request.PreviewRequest("Wall", engine="CYCLES", samples=50000, size=512)
one = request.start_preview(bpy.context, wanted, Path(sys.argv[1]))
print("child", one._process.pid, flush=True)
time.sleep(300)
"""


@linux
@pytest.mark.ends
@pytest.mark.parametrize("when", ["while it starts", "while it draws"])
def test_it_ends_with_its_parent_and_leaves_nothing_behind(tmp_path: Path, when: str) -> None:
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], cwd=root, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = next(int(line.split()[1]) for line in parent.stdout if line.startswith("child"))
        if when == "while it draws":
            until_it_draws(pid)
        parent.send_signal(signal.SIGKILL)
        parent.wait(60)
        assert vanishes(pid, tmp_path)


@linux
def test_a_crash_is_a_sentence(tmp_path: Path) -> None:
    material("Wall", images(maps()))
    one = request.start_preview(bpy.context, request.PreviewRequest("Wall", **LONG), tmp_path)
    os.kill(one._process.pid, signal.SIGKILL)
    assert "memory" in wait(one)
    one.stop()
    assert list(tmp_path.iterdir()) == []


def test_a_blender_that_cannot_be_started_is_a_sentence(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    one = process.PreviewProcess([str(tmp_path / "no-such-blender")], own)
    assert "could not be started" in one.poll()
    one.stop()


def test_a_failure_in_the_child_is_a_sentence_with_its_last_words(tmp_path: Path) -> None:
    material("Wall", images(maps()))
    one = request.start_preview(
        bpy.context, request.PreviewRequest("Wall", engine="CYCLES", samples=-1, size="wide"), tmp_path
    )
    assert "TypeError" in wait(one)
    one.stop()


@pytest.mark.ends
def test_an_engine_that_is_missing_gives_way_to_cycles(tmp_path: Path) -> None:
    material("Wall", images(maps()))
    pictures = draw_preview(tmp_path, material="Wall", engine="LUXCORE")
    assert any("LUXCORE" in word and "Cycles" in word for word in pictures.words)
    plain = draw_preview(tmp_path, material="Wall", engine="CYCLES")
    assert (read_picture(pictures.after) == read_picture(plain.after)).all() and not plain.words


@pytest.mark.ends
def test_without_a_graphics_driver_cycles_draws_instead_of_eevee(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("__EGL_VENDOR_LIBRARY_FILENAMES", str(tmp_path / "nothing"))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    material("Wall", images(maps()))
    pictures = draw_preview(tmp_path, material="Wall", engine="EEVEE", size=32)
    assert any("EEVEE" in word and "Cycles" in word for word in pictures.words)


def test_eevee_draws_where_it_can(tmp_path: Path) -> None:
    material("Wall", images(maps()))
    bpy.context.scene.render.engine = "BLENDER_EEVEE" if bpy.app.version >= (5, 0, 0) else "BLENDER_EEVEE_NEXT"
    pictures = draw_preview(tmp_path, material="Wall", engine="SCENE", size=32, samples=2)
    assert read_picture(pictures.after).std() > 3
    assert not pictures.words


@pytest.mark.ends
def test_without_folders_of_the_user_and_below_a_name_in_any_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Contract B4."""
    (tmp_path / "file").write_text("nobody can write below this")
    for name in ("BLENDER_USER_RESOURCES", "HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "file" / "home"))
    work = tmp_path / "Żółw ユーザー"
    work.mkdir()
    made = images(maps())
    for kind, image in made.items():
        path = work / f"{kind} ß.png"
        path.write_bytes(image.packed_file.data)
        image.unpack(method="REMOVE")
        image.filepath = str(path)
    expected = read_picture(draw_preview(tmp_path, material=material("Packed", images(maps())).name).after)
    pictures = draw_preview(work, material=material("Wand ß 壁", made).name)
    assert (read_picture(pictures.after) == expected).all()


CHILD = """
import json, os, sys
from pathlib import Path
own = {name: value for name, value in os.environ.items() if name.startswith("BLENDER_USER_")}
Path(sys.argv[1]).with_name("answer.json").write_text(json.dumps({"sentence": json.dumps(own)}))
"""


def test_the_child_is_given_none_of_the_users_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BLENDER_USER_SCRIPTS", str(tmp_path))
    monkeypatch.setenv("BLENDER_USER_EXTENSIONS", str(tmp_path))
    own = tmp_path / "own"
    own.mkdir()
    one = process.PreviewProcess([sys.executable, "-c", CHILD], own)
    assert json.loads(wait(one)) == {"BLENDER_USER_RESOURCES": str(own / "user")}
    one.stop()


def test_blender_itself_is_started_plain_and_offline() -> None:
    """Contract B4."""
    assert request.child_command("")[0] == sys.executable
    command = request.child_command("/opt/blender")
    assert command[0] == "/opt/blender" and command[-1] == "--"
    assert {"--background", "--factory-startup", "--offline-mode"} < set(command)
    assert Path(command[command.index("--python") + 1]).is_file()
