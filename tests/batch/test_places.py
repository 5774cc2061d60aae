"""Addresses are paths that begin with a scheme, and stores without their packages are told with what brings them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from svbrdf_core.batch.places import address, in_store, is_address, place
from svbrdf_core.batch.stores import list_below
from svbrdf_core.errors import InputError


@pytest.mark.parametrize(
    ("text", "path", "told"),
    [
        ("s3://bucket/a/b", "s3:/bucket/a/b", "s3://bucket/a/b"),
        ("GS://bucket//a/", "gs:/bucket/a", "gs://bucket/a"),
        ("s3:/bucket/a", "s3:/bucket/a", "s3://bucket/a"),  # as a path that was one before
    ],
)
def test_an_address_is_a_path_and_back(text: str, path: str, told: str) -> None:
    assert is_address(text) and place(text) == Path(path)
    assert in_store(place(text)) and address(place(text)) == told
    assert address(place(text) / "c" / "d.png") == f"{told}/c/d.png"


@pytest.mark.skipif(sys.platform == "win32", reason="paths with one slash")
def test_a_file_by_address_is_a_path_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert place("file:///somewhere/a%20b") == Path("/somewhere/a b")
    assert place("a/b") == tmp_path / "a" / "b" and not in_store(place("a/b"))


@pytest.mark.parametrize(
    ("text", "said"),
    [("file://elsewhere/a", "write three slashes"), ("s3://", "names no bucket"), ("s3://a/../b", "names no bucket")],
)
def test_what_is_no_place_is_told(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        place(text)


def test_a_store_without_its_package_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    if importlib.util.find_spec("fsspec") is not None:
        monkeypatch.setitem(sys.modules, "gcsfs", None)
        with pytest.raises(InputError, match=r"package is missing; install it with: pip install .*gcsfs"):
            list_below(place("gs://bucket/a"))
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(InputError, match=r"needs fsspec; install it with: pip install 'svbrdf-inpaint\[stores\]'$"):
        list_below(place("s3://bucket/a"))
