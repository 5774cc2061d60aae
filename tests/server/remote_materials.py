"""Materials as people have them, all in one folder, and a command that is run twice on copies of it: here and there."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from svbrdf_core.example import make_example
from svbrdf_core.formats import write_exr, write_png
from tests.cli.conftest import Ran, tree

SIZE = 64
HOLE = np.s_[20:34, 24:40]
WORDS = "rect:24,20,16,14"


def write_all(home: Path) -> None:
    """Write every material that the tests use, each damaged at `HOLE`."""
    maps = {name: _damaged(samples) for name, samples in make_example("bricks", SIZE, 0).clean.items()}
    for name, samples in maps.items():
        write_png(_at(home, "bricks", f"{name}.png"), samples)
    packed = np.dstack([maps["ao"], maps["roughness"], np.zeros_like(maps["ao"])])
    write_png(_at(home, "packed", "wall_diff.png"), maps["diffuse"])
    write_png(_at(home, "packed", "wall_arm.png"), packed)
    write_png(_at(home, "packed", "wall_disp.png"), maps["height"].astype(np.uint16))
    write_exr(_at(home, "packed", "wall_nor_gl.exr"), maps["normal"].astype(np.float32) / 127.5 - 1)
    write_png(_at(home, "packed", "wall_preview.png"), maps["diffuse"])
    clean = make_example("bricks", SIZE, 0).clean  # a hole in its normals would hide what it is
    tiles = [np.broadcast_to(_deep(clean[n]), (SIZE, SIZE, 3)) for n in ("normal", "diffuse", "roughness", "specular")]
    write_png(_at(home, "strips", "one.png"), np.hstack(tiles))
    write_png(_at(home, "strips", "photo.png"), maps["diffuse"])
    _at(home, "jpeg", "floor_Color.jpg").write_bytes(imagecodecs.jpeg_encode(maps["diffuse"], 95))
    _at(home, "clash", "floor_Color.jpg").write_bytes(b"mine")
    _at(home, "jpeg", "floor_Roughness.jpg").write_bytes(imagecodecs.jpeg_encode(maps["roughness"], 95))
    for name in ("diffuse", "normal"):
        write_png(_at(home, "rote Ziegel #1 (naß)", f"Ziegel 100%41 #2+é_{name}.png"), maps[name])
        write_png(_at(home, "sets", f"wood_1k_{name}.png"), maps[name][:32, :32])
        write_png(_at(home, "sets", f"wood_2k_{name}.png"), maps[name])
    write_png(_at(home, "other", "stain.png"), maps["roughness"])
    write_png(_at(home, "named", "a.png"), maps["diffuse"])
    write_png(_at(home, "named", "b.png"), packed)
    write_png(_at(home, "named", "c.png"), maps["ao"])
    write_png(_at(home, "there", "height.png"), maps["height"])
    other = make_example("bricks", SIZE, 1).clean
    for name in maps:
        write_png(_at(home, "swatch", f"{name}.png"), other[name])
    for number, turn in ((1001, 0), (1002, 5), (1011, 9), (1022, 3)):
        for name in ("diffuse", "roughness"):
            write_png(_at(home, "tiles", f"hero_{name}.{number}.png"), np.roll(maps[name], turn, axis=1))
    whole = _at(home, "broken", "wall_diffuse.png")
    write_png(whole, maps["diffuse"])
    whole.write_bytes(whole.read_bytes()[:2000])
    mask = np.zeros((SIZE, SIZE), np.uint8)
    write_png(home / "empty.png", mask)
    write_png(home / "small.png", mask[:40, :60] + np.uint8(255))
    mask[HOLE] = 255
    write_png(home / "mask.png", mask)
    write_png(home / "inverse.png", 255 - mask)
    write_png(home / "half.png", mask[::2, ::2])
    (home / "no picture.png").write_text("nothing")


def _at(home: Path, folder: str, name: str) -> Path:
    (home / folder).mkdir(exist_ok=True)
    return home / folder / name


def _deep(samples: NDArray[Any]) -> NDArray[Any]:
    return samples if samples.ndim == 3 else samples[..., None]


def _damaged(samples: NDArray[Any]) -> NDArray[Any]:
    out = samples.copy()
    out[HOLE] = 0
    return out


@dataclass(frozen=True)
class Left:
    """What a command left: code, what it said, and the files round it; without what two runs never share."""

    code: int
    out: str
    err: str
    files: dict[str, bytes]

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def left(ran: Ran, home: Path) -> Left:
    """Return what a command left in a folder."""
    files = {_timeless(name): content for name, content in tree(home).items()}
    lines = [line for line in ran.err.splitlines() if not line.startswith("compiling")]
    return Left(ran.code, _timeless(ran.out), _timeless("\n".join(lines)), files)


def _timeless(text: str) -> str:
    text = re.sub(r'("seconds": |filled in )[0-9.]+', r"\g<1>0", text)
    return re.sub(r"backup-[0-9]{8}-[0-9]{6}", "backup-TIME", text)


def fresh(template: Path, home: Path) -> None:
    """Make a folder a copy of another; it stays the same folder, for a process may work in it."""
    for path in home.iterdir() if home.exists() else ():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(template, home, dirs_exist_ok=True)


Twice = Callable[..., Left]
