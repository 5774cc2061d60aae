"""Names of public tag tables, exporters and libraries: nearly all are recognised, and none is taken for another map."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from svbrdf_core.formats.names import match_name, match_names
from svbrdf_core.formats.wordlist import page_with_table
from tests.formats.test_names import said

LIST = Path(__file__).parent / "tag_tables.txt"
MATERIALS = ("Bricks001", "old_wood_floor", "Castle")


def names() -> Iterator[tuple[str, int, str, str]]:
    """Yield section, number of channels, name and what it means; in every Unicode form."""
    section = ""
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            meaning, _, words = line.partition(": ")
            meant, _, depth = meaning.rstrip(":").rpartition(" ")
            for word in words.split():
                for material in MATERIALS if "$" in word else ("",):
                    stem = word.replace("$", material)
                    for form in {unicodedata.normalize(f, stem) for f in ("NFC", "NFD")}:
                        yield section, int(depth), form, "" if meant == "-" else meant.replace("#", " ")


NAMES = list(names())


@pytest.mark.parametrize("section", sorted({row[0] for row in NAMES}))
def test_no_name_is_misread(section: str) -> None:
    """A wrong map is worse than none, of which the user is told."""
    wrong = [(n, d, got, m) for s, d, n, m in NAMES if s == section and (got := said(n, d)) not in (m, "")]
    assert not wrong


def test_nearly_every_name_is_recognised() -> None:
    missed = [(section, name, meant) for section, depth, name, meant in NAMES if said(name, depth) != meant]
    assert len(NAMES) > 1000
    assert len(missed) < 0.01 * len(NAMES), missed


def test_all_forms_of_a_name_are_one_set() -> None:
    forms = [unicodedata.normalize(form, "Träger_rugosité") for form in ("NFC", "NFD", "NFKC", "NFKD")]
    assert len({match_name(stem).key for stem in forms}) == 1
    assert said(forms[1], 1) == "roughness"


# What names say beside each other: names of one folder, three channels each but where a number says another.
TOGETHER = {
    "Bronze_COL_4K_METALNESS Bronze_NRM_4K_METALNESS Bronze_METALNESS_4K_METALNESS": "colour normal metallic",
    "Bronze_COL_4K_SPECULAR Bronze_REFL_4K_SPECULAR Bronze_COL_4K_METALNESS": "colour specular metallic",
    "Paint_Metallic_BaseColor Paint_Metallic_Normal Paint_Metallic_Roughness": "basecolor normal roughness",
    "Paint_Metallic_BaseColor Paint_Metallic_scribbles Paint_Metallic_ao": "basecolor - ao",
    "chair_baseColor chair_normal chair_metallicRoughness": "basecolor normal roughness,metallic",
    "a_metallicRoughness_1k a_metallicRoughness_2k a_metallic": "roughness,metallic roughness,metallic metallic",
    "Wood_Metal_N Wood_Rough_N Wood_Metal_D Wood_Rough_D": "normal normal colour colour",
    "wall_normal_opengl wall_normal_directx wall_diffuse": "normal normal diffuse",
}


@pytest.mark.parametrize("stems", TOGETHER)
def test_names_are_read_beside_each_other(stems: str) -> None:
    found = match_names((stem, 3) for stem in stems.split())
    assert " ".join(",".join(use.map for use in match.uses) or "-" for match in found) == TOGETHER[stems]


def test_a_workflow_is_part_of_the_set() -> None:
    stems = ("Bronze_COL_4K_METALNESS", "Bronze_NRM_4K_METALNESS", "Bronze_COL_4K_SPECULAR", "Bronze_NRM_4K_SPECULAR")
    assert [m.key for m in match_names((stem, 3) for stem in stems)] == ["bronze metalness"] * 2 + [
        "bronze specular"
    ] * 2


def test_the_page_on_names_shows_all_words() -> None:
    page = (Path(__file__).parents[2] / "docs" / "names.md").read_text(encoding="utf-8")
    assert page == page_with_table(page), "python -m svbrdf_core.formats.wordlist docs/names.md writes it anew"
