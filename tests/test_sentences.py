"""Sentences: a fact and what can be done about it, which each surface words its way and none in another's."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from blender_addon.job import wording
from svbrdf_core.cli.remedies import OPTIONS, worded
from svbrdf_core.errors import InputError
from svbrdf_core.sentences import REMEDY_KINDS, Remedy, Sentence, harmless_sentence

ROOT = Path(__file__).parents[1]
FLAG = re.compile(r"(?<![\w-])--[a-z]")
TERMINAL = ("svbrdf_core/cli", "server/commands", "server/client", "server/run.py", "server/config.py")
"""What speaks to a terminal alone."""
STARTING = ("server/data/layout.py", "server/jobs/sqlite.py")
"""What stops `svbrdf serve` before anybody is served."""
NAMES = {"flags", "none_flag", "shortcut"}
"""Arguments that name options."""


def spoken(path: Path) -> Iterator[str]:
    """Yield the texts of more than a word in a module, without docstrings and names of options."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    silent: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            silent.add(node.value)
        if isinstance(node, ast.keyword) and node.arg in NAMES:
            silent.update(ast.walk(node.value))
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and node not in silent else None
        if isinstance(text, str) and " " in text.strip():
            yield text


def modules() -> list[Path]:
    found = [path for room in ("svbrdf_core", "server", "blender_addon") for path in (ROOT / room).rglob("*.py")]
    names = {path: path.relative_to(ROOT).as_posix() for path in found}
    return sorted(path for path, name in names.items() if not name.startswith((*TERMINAL, *STARTING)))


def test_no_sentence_but_a_terminals_names_an_option() -> None:
    said = {(path.relative_to(ROOT).as_posix(), text) for path in modules() for text in spoken(path)}
    assert len(said) > 1000
    assert not {(path, text) for path, text in said if FLAG.search(text)}


def test_no_word_of_the_page_names_an_option() -> None:
    for path in (ROOT / "server" / "page").iterdir():
        if path.suffix in (".js", ".html"):
            assert not FLAG.search(path.read_text(encoding="utf-8")), path


def test_every_surface_words_every_kind_of_remedy() -> None:
    script = (ROOT / "server" / "page" / "words.js").read_text(encoding="utf-8")
    table = script[script.index("const REMEDIES") : script.index("};", script.index("const REMEDIES"))]
    page = set(re.findall(r"^  (\w+):", table, re.MULTILINE))
    assert set(OPTIONS) == page == set(REMEDY_KINDS)
    assert set(wording.REMEDIES) <= set(REMEDY_KINDS)
    assert not any("--" in words for words in wording.REMEDIES.values())


SENTENCES = (
    Sentence("It is so."),
    Sentence("a.png and b.png could both be it", Remedy("map", "say which is", {"map": "height", "file": "a b.png"})),
    Sentence("It is large; cut it", Remedy("only", "leave it out"), Remedy("pixels", "raise the limit")),
)


def test_a_sentence_is_whole_in_words_that_are_true_everywhere() -> None:
    assert SENTENCES == (
        "It is so.",
        "a.png and b.png could both be it; say which is.",
        "It is large; cut it, or leave it out, or raise the limit.",
    )


def test_the_command_line_names_its_options() -> None:
    assert [worded(said) for said in (*SENTENCES, "plain")] == [
        "It is so.",
        'a.png and b.png could both be it; say which is (--map height="a b.png").',
        "It is large; cut it, or leave it out (--only), or raise the limit (--max-pixels N).",
        "plain",
    ]
    assert SENTENCES[2].worded(lambda remedy: "" if remedy.kind == "only" else "go") == "It is large; cut it, or go."
    assert SENTENCES[1].worded(lambda remedy: "") == "a.png and b.png could both be it."


@pytest.mark.parametrize("said", SENTENCES)
def test_sentences_survive_their_travels(said: Sentence) -> None:
    for same in (Sentence.from_json(said.to_json()), copy.deepcopy(said), Sentence.of(said)):
        assert (same, same.fact, same.remedies) == (str(said), said.fact, said.remedies)
    error = InputError(said.fact, *said.remedies)
    assert str(error) == said and error.sentence.remedies == said.remedies
    again = copy.deepcopy(error)
    assert str(again) == said and again.sentence.remedies == said.remedies


def test_every_part_of_a_sentence_is_made_harmless() -> None:
    said = harmless_sentence(Sentence("a\x1b[2Jb", Remedy("map", "say\x07 it", {"file": "c\u202ed"})))
    assert "\x1b" not in str(said.to_json()) and "\x07" not in worded(said) and "\u202e" not in worded(said)
    assert said.after("Note: ").fact == "Note: a\\x1b[2Jb"
