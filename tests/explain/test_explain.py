"""The command: real fills by each kind of method, watched, with a page that shows what was found."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from svbrdf_core.cli import run
from svbrdf_core.example import write_example
from tests.methods.networks import guided

HOLE = ("--mask", "rect:26,30,18,16")
TINY = [
    word
    for text in ("train_steps=4", "batch_size=1", "crop_size=16", "width=8", "sampling_steps=6", "cache=false")
    for word in ("--option", text)
]
FEW = [word for text in ("sampling_steps=3", "jump_n_sample=1", "window=64") for word in ("--option", text)]


@pytest.fixture(scope="module")
def bricks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    write_example(folder, "bricks", 80)
    return folder / "damaged"


def explained(capfd: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    capfd.readouterr()
    code = run([str(word) for word in ("explain", *words)])
    return code, *capfd.readouterr()


def check_page(folder: Path) -> Any:
    """See that the page shows every picture that there is, and return the data beside it."""
    page, data = (folder / "index.html").read_text("utf-8"), json.loads((folder / "explain.json").read_text("utf-8"))
    shown = set(re.findall(r'<img src="([^"]+)"', page))
    assert shown == set(data["pictures"]) == {path.name for path in folder.glob("*.png")}
    for name in shown:
        with Image.open(folder / name) as picture:
            assert len(picture.convert("RGB").resize((64, 64)).getcolors() or range(999)) > 4, name
    assert "default-src 'none'" in page and "<script" not in page and "{{" not in page
    return data


def test_patches_are_explained_by_their_sources(
    tmp_path: Path, bricks: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = explained(capfd, bricks, *HOLE, "-o", tmp_path / "why", "--seed", "3", "--json")
    assert code == 0
    data = check_page(tmp_path / "why")
    assert json.loads(out) == data
    assert data["sources"]["pixels"] == 18 * 16 and data["influence"] == data["attention"] == []
    assert sum(region["share"] for region in data["sources"]["regions"]) <= 1
    assert set(data["sources"]["levelled"]) == set(data["maps"])
    # It is the fill that inpaint makes of the same words.
    words = ["inpaint", str(bricks), *HOLE, "--seed", "3", "--json", "-o", str(tmp_path / "out")]
    assert run([*words, "--source-map", str(tmp_path / "map.png")]) == 0
    filled = json.loads(capfd.readouterr().out)
    assert filled["variations"][0]["energy"] == data["energy"]
    places, mapped = (np.asarray(Image.open(path)) for path in (tmp_path / "why/places.png", tmp_path / "map.png"))
    times = places.shape[0] // 80  # small pictures are enlarged
    assert (places[::times, ::times][30:46, 26:44] == mapped[30:46, 26:44]).all()
    assert not (tmp_path / "why" / "diffuse.png").exists()


def test_a_network_of_ours_is_explained_by_its_gradients(
    tmp_path: Path, bricks: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    options = ["--method", "diffusion", *TINY, "--option", "coarse_hole=0", "--only", "diffuse,roughness"]
    code, out, err = explained(capfd, bricks, *HOLE, "-o", tmp_path / "why", *options)
    assert code == 0, err
    assert "of the influence comes from outside the hole" in out
    data = check_page(tmp_path / "why")
    assert data["sources"] is None and data["attention"] == []
    assert [one["step"] for one in data["influence"]] == [1, 2, 4, 5, 6]
    noise = [one["noise"] for one in data["influence"]]
    assert noise == sorted(noise, reverse=True) and 0 < noise[-1] < noise[0] <= 1
    for one in data["influence"]:
        assert one["in_hole"] + one["outside"] == pytest.approx(1)
        for row in one["between_maps"].values():
            assert sum(row.values()) == pytest.approx(1, abs=1e-4)


def test_a_network_with_attention_is_explained_by_that(
    tmp_path: Path, bricks: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    options: list[str | Path] = ["--method", "repaint", "--weights", guided(tmp_path).path, *FEW, "--only", "diffuse"]
    code, _, err = explained(capfd, bricks, *HOLE, "-o", tmp_path / "why", *options)
    assert code == 0, err
    data = check_page(tmp_path / "why")
    assert data["sources"] is None and data["influence"] == []
    assert {one["step"] for one in data["attention"]} == {1, 2, 3}
    for one in data["attention"]:
        assert 0 < one["in_hole"] < 1 and 0 < one["in_hole_uniform"] < 1


def test_what_cannot_be_explained_is_refused_in_one_sentence(
    tmp_path: Path, bricks: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, _, err = explained(capfd, bricks, *HOLE, "-o", tmp_path / "why", "--method", "poisson")
    assert code == 3
    assert "The method poisson neither says where pixels come from nor samples a network" in err
    assert not (tmp_path / "why").exists()
    assert explained(capfd, bricks, "-o", tmp_path / "why")[0] == 2
    (tmp_path / "why").mkdir()
    (tmp_path / "why" / "index.html").write_text("mine")
    code, _, err = explained(capfd, bricks, *HOLE, "-o", tmp_path / "why")
    assert code == 6 and "index.html exists already" in err and "--overwrite" in err
    assert [path.name for path in (tmp_path / "why").iterdir()] == ["index.html"]
    assert explained(capfd, bricks, *HOLE, "-o", bricks)[0] == 3


@pytest.mark.browser
def test_the_page_is_whole_in_a_browser(tmp_path: Path, bricks: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from tests.chromium import chromium
    from tests.compare.browser.window import opened

    assert explained(capfd, bricks, *HOLE, "-o", tmp_path / "why")[0] == 0
    with chromium() as browser:
        page, heard = opened(browser, tmp_path / "why" / "index.html")
        widths = page.eval_on_selector_all("img", "all => all.map(one => one.naturalWidth)")
        assert len(widths) == 5 and all(widths)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.context.close()
    assert heard.said == [] and heard.outside == []
