"""The zip: packed, validated by Blender's own tool, installed, used, disabled, removed and installed again."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import bpy
import pytest

from tests.blender.child import blender, hear, wait_for_end
from tests.blender.helper import NAME, ROOT
from tests.blender.walls import Running

ADDON = ROOT / "blender_addon"
TOOL = Path(bpy.utils.resource_path("LOCAL"), "scripts", "addons_core", "bl_pkg", "cli", "blender_ext.py")


def tool(*words: str) -> str:
    """Run Blender's tool for extensions."""
    run = subprocess.run(
        [sys.executable, str(TOOL), *words], capture_output=True, text=True, check=False, timeout=180, cwd=ROOT
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip, as ``make addon`` builds it."""
    folder = tmp_path_factory.mktemp("build")
    tool("validate", str(ADDON))
    packed = subprocess.run(
        [sys.executable, str(ROOT / ".ci" / "pack_addon.py"), str(folder)], capture_output=True, text=True, check=True
    )
    assert packed.stdout.strip() == str(next(folder.iterdir()))
    return Path(packed.stdout.strip())


def test_the_zip_is_valid_and_holds_what_it_must_alone(archive: Path, tmp_path: Path) -> None:
    manifest = tomllib.loads((ADDON / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert archive.name == f"{manifest['id']}-{manifest['version']}.zip"
    tool("validate", str(archive))
    with zipfile.ZipFile(archive) as opened:
        names = {name for name in opened.namelist() if not name.endswith("/")}
        assert opened.testzip() is None
        licence = opened.read("LICENSE").decode()
    wanted = {path.relative_to(ADDON).as_posix() for path in ADDON.rglob("*.py")}
    assert names == wanted | {"LICENSE", "blender_manifest.toml"}
    assert "GNU GENERAL PUBLIC LICENSE" in licence and "Version 3" in licence
    assert archive.stat().st_size < 500_000
    tool("build", "--source-dir", str(ADDON), "--output-dir", str(tmp_path))
    with zipfile.ZipFile(next(tmp_path.iterdir())) as theirs:
        assert {name for name in theirs.namelist() if not name.endswith("/")} == names


def test_installed_used_disabled_removed_and_installed_again(archive: Path, tmp_path: Path, running: Running) -> None:
    home = tmp_path / "user"
    home.mkdir()
    script = f"""
    def install():
        done = bpy.ops.extensions.package_install_files(
            filepath={str(archive)!r}, repo="user_default", enable_on_install=True)
        assert done == {{"FINISHED"}}, done
        assert {NAME!r} in bpy.context.preferences.addons
        assert hasattr(bpy.types.Material, "svbrdf") and "inpaint" in dir(bpy.ops.svbrdf)

    folder = Path({str(home)!r}, "extensions", "user_default", "svbrdf_inpaint")
    install()
    assert not folder.is_symlink() and (folder / "LICENSE").is_file()
    material = make_wall(Path({str(tmp_path)!r}))
    assert bpy.ops.svbrdf.inpaint(box=box(*HOLE)) == {{"FINISHED"}}
    say(shown=shown_images(material))
    before = {{path.relative_to(folder) for path in folder.rglob("*") if "__pycache__" not in path.parts}}
    addon_utils.disable({NAME!r}, default_set=True)
    assert not hasattr(bpy.types.Material, "svbrdf")
    addon_utils.enable({NAME!r}, default_set=True)
    assert fill_and_wait(material, hole=(2, 40, 14, 52)).applied
    assert before == {{path.relative_to(folder) for path in folder.rglob("*") if "__pycache__" not in path.parts}}
    addon_utils.disable({NAME!r}, default_set=True)
    repos = [repo.module for repo in bpy.context.preferences.extensions.repos]
    bpy.ops.extensions.package_uninstall(repo_index=repos.index("user_default"), pkg_id="svbrdf_inpaint")
    assert not folder.exists() and {NAME!r} not in bpy.context.preferences.addons
    install()
    again = bpy.data.materials["Wall"]
    assert len(again.svbrdf_changes) == 8  # what it had put into the file is there again
    say(fine=fill_and_wait(again).applied)
    sys.stdout.flush()
    os._exit(0)  # bpy 4.5 may hang at its end once an extension was installed
    """
    process = blender(home, script, install=False)
    assert hear(process)["shown"]["normal"] == "wall_normal_inpaint.png"
    assert hear(process) == {"fine": True}
    wait_for_end(process)
