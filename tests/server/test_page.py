"""The files of the page: all are sent, to everyone, as what they are, and none does what its policy forbids."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from svbrdf_core.render import LIGHTS
from svbrdf_server import page
from svbrdf_server.api.shapes import Light
from tests.server.running import Running

FOLDER = Path(page.__file__).parent
FILES = sorted(path.name for path in FOLDER.iterdir() if path.suffix in (".js", ".css", ".html", ".svg"))


def test_the_list_of_files_is_complete() -> None:
    assert sorted(page.KINDS) == FILES


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_the_page_needs_no_token(shared: Running, name: str) -> None:
    """Contract T4."""
    answer = shared.request("GET", f"/page/{name}", token="")
    assert answer.status == 200 and answer.body == (FOLDER / name).read_bytes()
    assert answer.headers["content-type"].partition(";")[0] == page.KINDS[name]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/page/", "/page/__init__.py", "/page/app.js/", "/page/%2e%2e/api/page.py", "/page/x"]
)
def test_what_is_no_file_of_the_page_needs_one(shared: Running, path: str) -> None:
    """Contract T4."""
    assert shared.request("GET", path, token="").status == 401
    assert shared.request("GET", path).status in (307, 404)


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith((".js", ".html"))])
def test_the_page_writes_no_markup_and_runs_no_text(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|localStorage|https?://"
    assert re.findall(forbidden, text) == []
    if name.endswith(".html"):
        assert re.findall(r"<style|\sstyle=|\son[a-z]+=|<script>", text) == []


def test_every_module_is_there_and_used() -> None:
    modules = [name for name in FILES if name.endswith(".js")]
    texts = [(FOLDER / name).read_text(encoding="utf-8") for name in modules]
    used = {found for text in texts for found in re.findall(r'from "\./([a-z0-9]+\.js)"', text)}
    assert used | {"app.js"} == set(modules)


def test_every_element_that_is_looked_for_is_in_the_page() -> None:
    ids = set(re.findall(r'\sid="([a-z-]+)"', (FOLDER / "index.html").read_text(encoding="utf-8")))
    texts = [(FOLDER / name).read_text(encoding="utf-8") for name in FILES if name.endswith(".js")]
    sought = {found for text in texts for found in re.findall(r'byId\("([a-z-]+)"\)', text)}
    assert sought <= ids


def test_the_lights_that_are_offered_are_those_that_there_are() -> None:
    assert get_args(Light) == LIGHTS
