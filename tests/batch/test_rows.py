"""Rows of a batch: each set of a library once, with the one mask that is its own."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from svbrdf_core.batch import BatchTemplate, MaskRule, find_rows, read_manifest
from svbrdf_core.batch.records import mask_files
from svbrdf_core.errors import InputError, MaskError
from svbrdf_core.request import MethodChoice
from tests.batch.library import SETS, write_library, write_mask, write_set


@pytest.fixture
def template(tmp_path: Path) -> BatchTemplate:
    return BatchTemplate(tmp_path / "out", method=MethodChoice("telea", seed=5))


def test_each_set_is_a_row_with_the_mask_of_its_name(tmp_path: Path, template: BatchTemplate) -> None:
    library, masks = write_library(tmp_path)
    rows = find_rows(library, MaskRule(str(masks)), template)
    assert [row.name for row in rows] == list(SETS)
    for row in rows:
        assert row.request is not None
        assert row.request.source.path == library / row.name
        assert row.request.output.folder == tmp_path / "out" / row.name
        assert mask_files(row) == [masks / f"{Path(row.name).name}_mask.png"]


def test_a_set_without_a_mask_is_a_row_that_says_so(tmp_path: Path, template: BatchTemplate) -> None:
    library, masks = write_library(tmp_path)
    (masks / "oak_mask.png").unlink()
    oak, *others = find_rows(library, MaskRule(str(masks)), template)
    assert oak.request is None and oak.why is not None and "named oak" in oak.why
    assert all(row.request is not None for row in others)


def test_of_two_masks_of_one_name_the_path_decides_or_the_row_says_which_there_are(
    tmp_path: Path, template: BatchTemplate
) -> None:
    library, masks = write_library(tmp_path, ("floors/oak", "walls/oak"))
    write_mask(masks / "walls" / "oak.png")
    floor, wall = find_rows(library, MaskRule(str(masks)), template)
    assert mask_files(wall) == [masks / "walls" / "oak.png"]
    assert floor.why is not None and "oak_mask.png" in floor.why and "walls/oak.png" in floor.why


@pytest.mark.parametrize("file", ["mask_oak.png", "Oak.png", "floors/oak.tif", "oak/mask.png", "floors/oak/Mask.png"])
def test_a_mask_may_be_named_in_several_ways(tmp_path: Path, template: BatchTemplate, file: str) -> None:
    library, masks = write_library(tmp_path, ("floors/oak",))
    (masks / "oak_mask.png").unlink()
    write_mask(masks / file)
    (row,) = find_rows(library, MaskRule(str(masks)), template)
    assert mask_files(row) == [masks / file]


@pytest.mark.parametrize("pattern", ["{home}/masks/{{name}}_mask.png", "{home}/{{path}}/m.png", "{{folder}}/mask.png"])
def test_a_pattern_names_the_mask(tmp_path: Path, template: BatchTemplate, pattern: str) -> None:
    library, _ = write_library(tmp_path, ("floors/oak",))
    write_mask(tmp_path / "floors/oak/m.png")
    write_mask(library / "floors/oak/mask.png")
    (row,) = find_rows(library, MaskRule(pattern.format(home=tmp_path)), template)
    assert len(mask_files(row)) == 1 and row.name == "floors/oak"


def test_a_folder_of_several_sets_is_several_rows(tmp_path: Path, template: BatchTemplate) -> None:
    for number, prefix in enumerate(("oak_", "slate_")):
        write_set(tmp_path / "library", number, prefix=prefix)
    rows = find_rows(tmp_path / "library", MaskRule("rect:10,10,8,8", made=True), template)
    assert [(row.name, row.request and row.request.source.set_name) for row in rows] == [
        ("oak", "oak"),
        ("slate", "slate"),
    ]


def test_masks_and_results_inside_a_library_are_no_sets(tmp_path: Path) -> None:
    library, masks = write_library(tmp_path)
    inner = masks.rename(library / "masks")
    write_set(library / "done" / "oak", 9)
    rows = find_rows(library, MaskRule(str(inner)), BatchTemplate(library / "done"))
    assert [row.name for row in rows] == list(SETS)


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links")
def test_links_lead_to_no_set_twice_and_round_in_no_circle(tmp_path: Path, template: BatchTemplate) -> None:
    library, masks = write_library(tmp_path)
    (library / "walls" / "again").symlink_to(library)
    rows = find_rows(library, MaskRule(str(masks)), template)
    assert [row.name for row in rows] == list(SETS)


def test_what_cannot_be_a_library_or_a_rule_is_told(tmp_path: Path, template: BatchTemplate) -> None:
    rule = MaskRule("alpha", made=True)
    for library in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(InputError, match="give the folder that all sets are in"):
            find_rows(library, rule, template)
    write_set(tmp_path / "oak", 1)
    with pytest.raises(InputError, match="give another output folder"):
        find_rows(tmp_path, rule, BatchTemplate(tmp_path))
    with pytest.raises(InputError, match="give a folder of masks"):
        MaskRule(str(tmp_path / "mask.png"))
    with pytest.raises(MaskError):
        MaskRule("rect:1,2", made=True)


def test_a_manifest_says_what_each_row_has_of_its_own(tmp_path: Path, template: BatchTemplate) -> None:
    write_library(tmp_path)
    table = tmp_path / "rows.csv"
    table.write_text(
        'source,mask,out,method,seed\nlibrary/floors/oak,masks/oak_mask.png,new/oak,,\n'
        'library/walls/brick,"rect:4,4,8,8",,mean,7\n',
        encoding="utf-8",
    )  # fmt: skip
    oak, brick = read_manifest(table, template)
    assert oak.name == "new/oak" and brick.name == "brick"
    assert oak.request is not None and brick.request is not None
    assert (oak.request.method.name, oak.request.method.seed) == ("telea", 5)
    assert (brick.request.method.name, brick.request.method.seed) == ("mean", 7)
    assert mask_files(oak) == [tmp_path / "masks" / "oak_mask.png"] and mask_files(brick) == []
    lines = tmp_path / "rows.jsonl"
    told = [
        {"source": "library/floors/oak", "mask": "masks/oak_mask.png", "out": "new/oak"},
        {"source": "library/walls/brick", "mask": "rect:4,4,8,8", "method": "mean", "seed": 7},
    ]
    lines.write_text("\n\n".join(map(json.dumps, told)), encoding="utf-8")
    assert read_manifest(lines, template) == [oak, brick]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "source,mask\n", "has no row"),
        ("a.csv", "source,mask\na,alpha\nb/a,alpha\n", "Lines 2 and 3 of a.csv have the same output a"),
        ("a.csv", "source,mask\n,alpha\n", "Line 2 of a.csv has no source"),
        ("a.csv", "source,masks\na,alpha\n", "The header of a.csv has masks, which is none of source, mask"),
        ("a.csv", "source,out\na,b\n", "The header of a.csv has no mask"),
        ("a.csv", "source,mask,sead\na,alpha,3\n", "has sead"),
        ("a.csv", "source,mask\na,rect:1,2,3,4\n", "more cells than the header"),
        ("a.csv", "source,mask,out\na,alpha,../b\n", "below the output folder"),
        ("a.jsonl", "[1]\n", "is no object"),
        ("a.jsonl", '{"source": "a", "mask": "alpha", "sead": 3}\n', "Line 1 of a.jsonl has sead"),
        ("a.jsonl", '{"source": "a"\n', "Line 1 of a.jsonl is no JSON"),
    ],
)
def test_a_manifest_that_is_wrong_is_told_with_its_line(
    tmp_path: Path, template: BatchTemplate, name: str, text: str, words: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_manifest(tmp_path / name, template)
    assert words in str(caught.value)


def test_a_row_with_a_value_that_cannot_be_is_told_beside_the_others(tmp_path: Path, template: BatchTemplate) -> None:
    table = tmp_path / "a.csv"
    table.write_text('source,mask,seed\na,alpha,many\nb,"rect:1,2",\nc,alpha,3\nd,,4\n', encoding="utf-8")
    first, second, third, fourth = read_manifest(table, template)
    assert first.why is not None and first.why.startswith("Line 2 of a.csv has seed many")
    assert second.request is None and second.why and third.request is not None
    assert fourth.request is None and fourth.why == "Line 5 of a.csv has no mask; give one."
