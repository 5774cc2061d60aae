"""The report as files: complete in itself, safe against names, small, and written all or not at all."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from urllib.parse import unquote, urlsplit

import numpy as np
import pytest
from PIL import Image

from svbrdf_core.compare import thumbs
from svbrdf_core.compare.report import write_report
from svbrdf_core.errors import InputError
from tests.compare.sample import NASTY, WHY, Plan, write_sample

ROOT = Path(__file__).parents[2]
TEMPLATES = {"base.css", "base.js", "index.html", "index.css", "index.js", "case.html", "case.css", "case.js"}


class Reader(HTMLParser):
    """Collects what a page loads, links to, runs and says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.sources: list[str] = []
        self.inline: dict[str, list[str]] = {"script": [], "style": [], "json": []}
        self.policy = ""
        self.text = ""
        self.attributes: set[str] = set()
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.attributes |= set(found)
        self.inside = tag
        if tag == "script" and found.get("type") == "application/json":
            self.inside = "json"
        if found.get("http-equiv") == "Content-Security-Policy":
            self.policy = found["content"]
        self.links += [found["href"]] if "href" in found else []
        self.sources += [found["src"]] if "src" in found else []

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside in self.inline:
            self.inline[self.inside].append(data)
        else:
            self.text += data


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_sample(folder, Plan(size=96, materials=2, seeds=(0, 1)))
    write_report(folder)
    return folder


def pages(folder: Path) -> dict[Path, Reader]:
    return {path: Reader(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.html"))}


def test_one_page_a_case_and_one_in_front(report: Path) -> None:
    names = [path.relative_to(report).as_posix() for path in pages(report)]
    assert names == [f"cases/m{n}-{mask}.html" for n in (0, 1) for mask in ("brush", "square")] + ["index.html"]


def test_every_page_is_complete_in_itself(report: Path) -> None:
    for path, page in pages(report).items():
        assert all(source.startswith("data:image/webp;base64,") for source in page.sources), path
        for link in page.links:
            parts = urlsplit(link)
            assert parts.scheme in ("", "data") and not parts.netloc, link
            if parts.path and parts.scheme != "data":
                assert (path.parent / unquote(parts.path)).is_file(), link
        assert not re.findall(r"(?:https?:)?//[\w.-]+\.\w+", page.text.replace(WHY, ""))


def test_the_policy_allows_only_the_page_itself(report: Path) -> None:
    for page in pages(report).values():
        rules = dict(rule.strip().split(" ", 1) for rule in page.policy.split(";"))
        assert rules["default-src"] == "'none'" and rules["img-src"] == "data: 'self'"
        assert rules["base-uri"] == rules["form-action"] == "'none'"
        for kind in ("script", "style"):
            (text,) = page.inline[kind]
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert rules[f"{kind}-src"] == f"'sha256-{digest}'"
        assert not {name for name in page.attributes if name.startswith("on") or name == "style"}


def test_names_are_text_wherever_they_stand(report: Path) -> None:
    for path, page in pages(report).items():
        text = path.read_text(encoding="utf-8")
        assert "<b>x" not in text and "<img src=x" not in text, path
        json.loads(page.inline["json"][0])
        assert len(page.inline["json"]) == 1
    front = pages(report)[report / "index.html"]
    assert NASTY in front.text and WHY in front.text
    assert html.escape(NASTY, quote=True).replace("&quot;", "&#34;") in (report / "index.html").read_text("utf-8")


def test_sets_stand_in_front_with_the_truth_and_their_errors(report: Path) -> None:
    front = pages(report)[report / "index.html"].text
    section = " ".join(front[front.index("Fills as sets") :].split())
    assert "130 of each method against 400 of the known regions" in section
    assert "1 case is left out, because a method failed there." in section
    row = section[section.index("KID") :]
    assert row.index("-0.01") < row.index("± 0.10") < row.index("0.20") < row.index("± 0.12") < row.index("30.00")


def test_a_failed_run_says_why_on_its_page(report: Path) -> None:
    assert WHY in pages(report)[report / "cases" / "m1-brush.html"].text
    assert WHY not in pages(report)[report / "cases" / "m0-brush.html"].text


def test_pictures_of_fills_hold_only_what_changed(report: Path) -> None:
    data = json.loads(pages(report)[report / "cases" / "m0-square.html"].inline["json"][0])
    truth, fill = data["sources"][0]["pictures"]["diffuse"], data["sources"][1]["pictures"]["diffuse"]
    assert truth["box"] == [0, 0, 96, 96]
    mask = np.asarray(Image.open(report / "cases" / "m0-square" / "mask.png"))
    rows, columns = np.nonzero(mask)
    left, top, width, height = fill["box"]
    assert left <= columns.min() and columns.max() < left + width < 96
    assert top <= rows.min() and rows.max() < top + height < 96


def test_large_pictures_are_reduced_and_keep_their_places(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 255, (700, 1400), dtype=np.uint8))
    small = thumbs.reduce_picture(picture)
    assert small.size == (512, 256)
    changed = picture.copy()
    changed.paste(0, (700, 350, 840, 420))
    box = thumbs.show_change(thumbs.reduce_picture(changed), small, "x.png").box
    assert box == (256 - 16, 128 - 16, 52 + 32, 26 + 32)  # 140 x 70 pixels at 0.3657, 16 around
    assert thumbs.show_change(small, small, "x.png").src == ""


def test_odd_file_names_are_addresses() -> None:
    assert thumbs.address("a b/50%#?.png") == "a%20b/50%25%23%3F.png"


@pytest.mark.parametrize("size", [(1, 1), (5, 300), (300, 5)])
def test_any_shape_of_picture_has_a_square_around_its_hole(size: tuple[int, int]) -> None:
    mask = Image.new("L", size, 0)
    mask.putpixel((size[0] - 1, size[1] - 1), 255)
    left, top, width, height = thumbs.hole_box(mask)
    assert width == height and 0 <= left <= left + width <= size[0] and 0 <= top <= top + height <= size[1]
    assert thumbs.thumb(mask, (left, top, width, height), mask).startswith("data:image/webp")


def test_a_missing_picture_leaves_the_old_report(report: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(report, tmp_path / "copy"))
    before = {path: path.read_bytes() for path in folder.rglob("*.html")}
    (folder / "cases" / "m1-square" / "copy-0" / "normal.png").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"normal.png cannot be read .*; run the comparison again"):
        write_report(folder)
    assert {path: path.read_bytes() for path in folder.rglob("*.html")} == before
    assert not list(folder.glob(".svbrdf-*"))


def test_a_report_can_be_written_again_and_is_the_same(report: Path) -> None:
    before = (report / "index.html").read_bytes()
    write_report(report)
    assert (report / "index.html").read_bytes() == before


def test_one_method_alone_and_no_runs_at_all(tmp_path: Path) -> None:
    results = write_sample(tmp_path, Plan(size=48, materials=1, methods=("copy",)))
    write_report(tmp_path)
    assert 'id="differences"' not in (tmp_path / "index.html").read_text("utf-8")
    (tmp_path / "results.json").write_text(json.dumps(results | {"cells": [], "cases": []}), encoding="utf-8")
    write_report(tmp_path)
    assert "0 materials" in (tmp_path / "index.html").read_text("utf-8")


def test_without_jinja_there_is_one_sentence(tmp_path: Path) -> None:
    write_sample(tmp_path, Plan(size=48, materials=1, methods=("copy",)))
    code = (
        "import sys; sys.modules['jinja2'] = None\n"
        "from pathlib import Path\nfrom svbrdf_core.compare.report import write_report\nwrite_report(Path(sys.argv[1]))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "InputError: the report needs Jinja2; install it with: pip install 'svbrdf-inpaint[compare]'" in run.stderr


def test_templates_are_found_as_installed() -> None:
    folder = resources.files("svbrdf_core.compare").joinpath("templates")
    assert {entry.name for entry in folder.iterdir()} == TEMPLATES


def test_templates_are_in_what_is_built(tmp_path: Path) -> None:
    command = ["-q", "egg_info", "--egg-base", str(tmp_path), "build_py", "--build-lib", str(tmp_path / "built")]
    subprocess.run([sys.executable, "setup.py", *command], cwd=ROOT, check=True, capture_output=True)
    built = tmp_path / "built" / "svbrdf_core" / "compare" / "templates"
    assert {path.name for path in built.iterdir()} == TEMPLATES


def _tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))


def _luminance(colour: str) -> float:
    """Relative luminance of WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_words_can_be_read_on_every_ground(scheme: int) -> None:
    style = resources.files("svbrdf_core.compare").joinpath("templates", "base.css").read_text(encoding="utf-8")
    tokens = _tokens(style.split("prefers-color-scheme")[scheme])
    for ground in ("paper", "raised"):
        for ink in ("ink", "soft", "accent", "good", "bad", "open"):
            light, dark = sorted((_luminance(tokens[ground]), _luminance(tokens[ink])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (ground, ink)
