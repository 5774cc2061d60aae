"""``svbrdf extend``, ``tile``, ``grow`` and ``inpaint --source``, as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from svbrdf_core import formats
from tests.cli.conftest import SIZE, Svbrdf


def size_of(folder: Path) -> tuple[int, int]:
    info = formats.probe(folder / "height.png")
    return info.width, info.height


def test_each_command_makes_what_its_name_says(svbrdf: Svbrdf, bricks: Path, made: Path, tmp_path: Path) -> None:
    clean = made / "clean"
    assert svbrdf("extend", clean, "--right", "20", "-o", tmp_path / "a").code == 0
    assert size_of(tmp_path / "a") == (SIZE + 20, SIZE)
    done = svbrdf("extend", clean, "--to", f"{SIZE + 8}x{SIZE + 16}", "-o", tmp_path / "b", "--json")
    assert done.json["size"] == [SIZE + 8, SIZE + 16] == list(size_of(tmp_path / "b"))
    done = svbrdf("tile", clean, "--axis", "x", "-o", tmp_path / "c", "--json")
    assert done.code == 0 and set(done.json["tiling"]) >= {"band", "edge_columns", "repetition"}
    assert svbrdf("grow", clean, "--size", "100x60", "-o", tmp_path / "d", "--seed", "3").code == 0
    assert size_of(tmp_path / "d") == (100, 60)
    done = svbrdf("inpaint", bricks, "-m", made / "mask.png", "--source", clean, "-o", tmp_path / "e", "--json")
    assert done.code == 0 and done.json["request"]["examples"][0]["path"] == str(clean)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("extend",), 3, "nothing to extend"),
        (("extend", "--left", "-5"), 2, "greater than or equal to 0"),
        (("extend", "--to", "big"), 2, "not a size such as"),
        (("tile", "--band", "80"), 3, "--band must be a number of more than 0 and at most 50, not 80"),
        (("tile", "--axis", "z"), 2, "'z'"),
        (("grow",), 2, "--size"),
        (("grow", "--size", "8x8"), 3, "too small"),
        (("extend", "--left", "9", "--guide", "none.png"), 3, "none.png"),
        (("grow", "--size", "64x64", "--source", "nowhere"), 3, "nowhere"),
    ],
)
def test_what_cannot_be_done_is_said(
    svbrdf: Svbrdf, made: Path, tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    done = svbrdf(words[0], made / "clean", *words[1:], "-o", tmp_path / "out")
    assert done.code == code, done.err
    assert said in " ".join(done.err.split())
    assert not (tmp_path / "out").exists()
