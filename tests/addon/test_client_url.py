"""Addresses as users give them."""

from __future__ import annotations

import pytest

from blender_addon.client import Address, check_url, is_loopback
from tests.addon.fake import error_of


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        (" HTTP://Box.Local:8000/ ", "http://box.local:8000"),
        ("https://box", "https://box"),
        ("http://[::1]:99", "http://[::1]:99"),
        ("http://my_box.lan:1", "http://my_box.lan:1"),
    ],
)
def test_an_address_is_taken(given: str, used: str) -> None:
    assert check_url(given) == used


@pytest.mark.parametrize(
    "given",
    ["", "box", "box:8000", "ftp://box", "http://", "http://a b", "http://user:word@box", "http://box/path",
     "http://box?x=1", "http://box#token=secret", "http://box:99999", "http://box:0x10", "http://[::1", "http://[::g]",
     "http://[1:2]", "http://bo\nx", "javascript:alert(1)", "http://b\u00f6x", "x" * 5000],
)  # fmt: skip
def test_what_is_no_address_is_said(given: str) -> None:
    found = error_of(lambda: check_url(given))
    assert found.kind == "refused" and "http://127.0.0.1:8000" in found.sentence
    assert "secret" not in found.sentence and "word" not in found.sentence


@pytest.mark.parametrize(
    ("url", "is_it"),
    [
        ("http://127.0.0.1:8000", True),
        ("http://localhost", True),
        ("http://LOCALHOST:1", True),
        ("http://[::1]:1", True),
        ("http://127.8.8.8", True),
        ("http://127.0.0.1.nip.io", False),
        ("http://localhost.evil", False),
        ("http://10.0.0.1", False),
        ("https://box", False),
        ("http://127.0.0.1@evil", False),
        ("http://0.0.0.0", False),
        ("nonsense", False),
        ("http://[", False),
    ],
)
def test_what_stays_on_this_machine(url: str, is_it: bool) -> None:
    assert is_loopback(url) is is_it


def test_a_token_is_never_shown() -> None:
    assert "secret" not in f"{Address('http://box', 'secret')} {Address('http://box', 'secret')!r}"
