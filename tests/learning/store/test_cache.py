"""What is put into the cache comes out again, in the order of use, or it is a miss: damage never reaches the caller."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

from svbrdf_core.learning.store import LIMIT, ModelStore, list_blocks, make_key, open_store
from svbrdf_core.learning.store.content import hash_bytes, tabulate_blocks
from svbrdf_core.learning.store.record import MAGIC, is_safetensors, pack
from tests.learning.store.cases import KEY, SIZE, Met, known, met, model, picture

HERE = met(picture(), known())
ELSEWHERE = met(picture(), known(10, 180))
OTHER = met(picture(1), known())


@pytest.fixture
def cache(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "parent" / "models")


def put(cache: ModelStore, what: Met, data: bytes, title: str = "bricks") -> Path:
    """Keep a model and return its file."""
    before = {entry.name for entry in cache.entries()}
    assert cache.put(KEY, what.content, what.blocks, data, title) is None
    (name,) = {entry.name for entry in cache.entries()} - before
    return cache.folder / name


def find(cache: ModelStore, what: Met) -> tuple[bytes | None, bool, list[str]]:
    told: list[str] = []
    found = cache.find(KEY, what.content, what.blocks, told.append)
    return (found.data, found.exact, told) if found else (None, False, told)


def age(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


def test_an_empty_cache_finds_and_holds_nothing(cache: ModelStore) -> None:
    assert find(cache, HERE) == (None, False, [])
    assert cache.entries() == [] and cache.clear() == 0
    assert not cache.folder.exists(), "nothing is made before something is kept"


def test_the_same_content_gives_the_same_bytes(cache: ModelStore) -> None:
    put(cache, HERE, model())
    assert find(cache, HERE) == (model(), True, [])
    assert cache.find(make_key(steps=601), HERE.content, HERE.blocks) is None
    assert find(cache, OTHER) == (None, False, [])


def test_another_hole_in_the_same_material_finds_it_too(cache: ModelStore) -> None:
    put(cache, HERE, model())
    assert find(cache, ELSEWHERE) == (model(), False, [])
    part = picture()[:, 32:160, 64:256]
    blocks = list_blocks(part, known()[32:160, 64:256], 32, 64, (SIZE, SIZE))
    found = cache.find(KEY, "another", blocks)
    assert found and found.data == model() and not found.exact
    moved = list_blocks(part, known()[32:160, 64:256], 64, 64, (SIZE, SIZE))
    assert cache.find(KEY, "another", moved) is None, "the same values at another place are another material"


def test_the_model_with_most_in_common_is_taken(cache: ModelStore) -> None:
    put(cache, met(picture(), known(10, 10, 90)), model(1))
    put(cache, met(picture(), known(10, 10, 40)), model(2))
    put(cache, met(picture(), known(10, 10, 120)), model(3))
    assert find(cache, ELSEWHERE) == (model(2), False, [])


def test_a_second_model_for_the_same_content_takes_the_place_of_the_first(cache: ModelStore) -> None:
    put(cache, HERE, model(1))
    assert cache.put(KEY, HERE.content, HERE.blocks, model(2), "again") is None
    assert find(cache, HERE)[0] == model(2)
    assert [entry.title for entry in cache.entries()] == ["again"]


def test_entries_say_what_is_kept_the_last_used_first(cache: ModelStore) -> None:
    old, new = put(cache, HERE, model(1), "old \ud800 ß"), put(cache, OTHER, model(2), "new")
    age(old, 100)
    age(new, 50)
    entries = cache.entries()
    assert [(entry.title, entry.name) for entry in entries] == [("new", new.name), ("old \ud800 ß", old.name)]
    assert [entry.nbytes for entry in entries] == [new.stat().st_size, old.stat().st_size]
    assert abs(time.time() - 50 - entries[0].used) < 30
    find(cache, HERE)
    assert cache.entries()[0].name == old.name, "a hit counts as use"


def test_the_least_recently_used_go_when_there_is_no_room(cache: ModelStore) -> None:
    paths = [put(cache, met(picture(seed), known()), model(seed), str(seed)) for seed in range(4)]
    for number, path in enumerate(paths):
        age(path, 100 - number)
    assert find(cache, met(picture(0), known()))[0] == model(0)
    small = ModelStore(cache.folder, sum(path.stat().st_size for path in paths))
    put(small, met(picture(9), known()), model(9), "9")
    assert {entry.title for entry in small.entries()} == {"0", "2", "3", "9"}
    tiny = ModelStore(cache.folder, paths[0].stat().st_size + 10)
    age(cache.folder / small.entries()[0].name, -1000)  # a clock that was wrong must not cost the newest
    put(tiny, met(picture(10), known()), model(10), "new")
    assert [entry.title for entry in tiny.entries()] == ["new"]


def test_a_model_larger_than_the_cache_is_not_kept(cache: ModelStore) -> None:
    kept = put(cache, HERE, model(numbers=10))
    told = ModelStore(cache.folder, kept.stat().st_size).put(KEY, OTHER.content, OTHER.blocks, model(), "large")
    assert told and "not kept" in told
    assert kept.exists()


def truncated(data: bytes) -> bytes:
    return data[:-100]


def longer(data: bytes) -> bytes:
    return data + b"x"


def emptied(_data: bytes) -> bytes:
    return b""


def flipped(place: float) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        at = int(place * (len(data) - 1))
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]

    return change


def cut_in_the_description(data: bytes) -> bytes:
    return data[:100]


def foreign(_data: bytes) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + bytes(1000)


def bare(_data: bytes) -> bytes:
    return model()


def no_safetensors(_data: bytes) -> bytes:
    return pack(KEY, HERE.content, "bricks", tabulate_blocks(HERE.blocks), b"weights" * 100)


def of_another(_data: bytes) -> bytes:
    return pack(KEY, OTHER.content, "bricks", tabulate_blocks(HERE.blocks), model())


def described_as(facts: object) -> Callable[[bytes], bytes]:
    def change(_data: bytes) -> bytes:
        line = (facts if isinstance(facts, bytes) else json.dumps(facts).encode()) + b"\n"
        return MAGIC + hash_bytes(line).encode() + b"\n" + line + model()

    return change


DAMAGE = {
    "truncated": truncated,
    "longer": longer,
    "empty": emptied,
    "flipped at the start": flipped(0),
    "flipped in the first line": flipped(0.001),
    "flipped in the description": flipped(0.02),
    "flipped in the middle": flipped(0.5),
    "flipped at the end": flipped(1),
    "cut in the description": cut_in_the_description,
    "foreign": foreign,
    "bare": bare,
    "no safetensors": no_safetensors,
    "of another": of_another,
    "no JSON": described_as(b"{"),
    "deep JSON": described_as(b"[" * 100_000),
    "a list": described_as([1]),
    "no key": described_as({"blocks": ""}),
    "odd blocks": described_as({"key": KEY, "content": "", "title": "", "digest": "", "blocks": "AAAA"}),
    "no blocks": described_as({"key": KEY, "content": "", "title": "", "digest": "", "blocks": 5}),
}


@pytest.mark.parametrize("asked", [HERE, ELSEWHERE], ids=["exact", "alike"])
@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_file_is_a_miss_and_is_removed(cache: ModelStore, how: str, asked: Met) -> None:
    path = put(cache, HERE, model())
    path.write_bytes(DAMAGE[how](path.read_bytes()))
    assert len(cache.entries()) == 1, "listing does not fail and does not remove"
    data, _, told = find(cache, asked)
    assert data is None and not path.exists()
    assert len(told) == 1 and path.name in told[0] and told[0].endswith(".")
    assert find(cache, asked) == (None, False, [])
    put(cache, HERE, model(5))
    assert find(cache, HERE) == (model(5), True, [])


def test_a_damaged_file_does_not_hide_a_whole_one(cache: ModelStore) -> None:
    path = put(cache, HERE, model(1))
    put(cache, ELSEWHERE, model(2))
    path.write_bytes(truncated(path.read_bytes()))
    data, exact, told = find(cache, HERE)
    assert data == model(2) and not exact and len(told) == 1


def test_only_safetensors_files_are_kept(cache: ModelStore) -> None:
    whole = model()
    assert is_safetensors(whole)
    header = b'{"__metadata__":{"a":"b"}}'
    assert is_safetensors(len(header).to_bytes(8, "little") + header), "no tensors at all"
    length = int.from_bytes(whole[:8], "little")
    for bad in (
        b"", whole[:7], whole[:8], whole[: 8 + length - 1], whole[:-1], whole + b"x", (2**63).to_bytes(8, "little"),
        bytes(8) + whole, *(len(text).to_bytes(8, "little") + text for text in (
            b"[1]", b"null", b"{", b"\xff\xff", b'{"a":1}', b'{"a":{}}', b'{"a":{"data_offsets":[0]}}',
            b'{"a":{"data_offsets":[0,"0"]}}', b"[" * 100_000,
        )),
    ):  # fmt: skip
        assert not is_safetensors(bad), bad[:40]
        with pytest.raises(ValueError, match="safetensors"):
            cache.put(KEY, HERE.content, HERE.blocks, bad, "bad")


def test_a_folder_that_cannot_be_made_does_not_fail_the_caller(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for folder in (tmp_path / "file", tmp_path / "file" / "models"):
        cache = ModelStore(folder)
        told = cache.put(KEY, HERE.content, HERE.blocks, model(), "bricks")
        assert told and "SVBRDF_CACHE" in told and told.endswith(".")
        assert find(cache, HERE) == (None, False, []) and cache.entries() == [] and cache.clear() == 0
    assert (tmp_path / "file").read_text() == "no folder"


def test_a_place_that_is_taken_does_not_fail_the_caller(cache: ModelStore) -> None:
    path = put(cache, HERE, model())
    path.unlink()
    path.mkdir()
    assert find(cache, HERE) == (None, False, []) and cache.entries() == []
    told = cache.put(KEY, HERE.content, HERE.blocks, model(), "bricks")
    assert told and path.is_dir() and list(cache.folder.iterdir()) == [path]


def test_clear_removes_what_is_ours_and_nothing_else(cache: ModelStore) -> None:
    paths = [put(cache, HERE, model(1)), put(cache, OTHER, model(2))]
    paths[0].write_bytes(b"damaged")
    names = ("notes.txt", "svbrdf-mine.model", "svbrdf-" + "0" * 32 + ".part.bak", "a" + paths[0].name)
    others = [cache.folder / name for name in names]
    for other in others:
        other.write_bytes(b"mine")
    fresh, stale = (cache.folder / f"svbrdf-{digit * 32}.part" for digit in "01")
    for path in (fresh, stale):
        path.write_bytes(bytes(10))
    age(stale, 3700)
    link = cache.folder / ("svbrdf-" + "0" * 16 + "-" + "0" * 16 + ".model")
    link.symlink_to(others[0])
    expected = len(b"damaged") + paths[1].stat().st_size + 10
    assert cache.clear() == expected
    assert set(cache.folder.iterdir()) == {*others, fresh, link}
    assert cache.clear() == 0


def test_put_sweeps_what_was_left_behind(cache: ModelStore) -> None:
    put(cache, HERE, model())
    stale = cache.folder / f"svbrdf-{'1' * 32}.part"
    stale.write_bytes(bytes(10))
    put(cache, OTHER, model())
    assert stale.exists(), "another process may still write it"
    age(stale, 3700)
    put(cache, met(picture(2), known()), model())
    assert not stale.exists()


def test_the_environment_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SVBRDF_CACHE", str(tmp_path / "here"))
    assert open_store() == ModelStore(tmp_path / "here", LIMIT)
    monkeypatch.setenv("SVBRDF_CACHE", "off")
    assert open_store() is None
    monkeypatch.delenv("SVBRDF_CACHE")
    usual = open_store()
    assert usual and usual.folder.parts[-1] == "models" and "svbrdf-inpaint" in usual.folder.parts
    monkeypatch.setenv("SVBRDF_CACHE", "")
    assert open_store() == usual
    monkeypatch.setattr(platformdirs, "user_cache_path", lambda *_, **__: Path("~/.cache/svbrdf-inpaint"))
    assert open_store() is None, "there is no home folder"
