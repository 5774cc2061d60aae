"""What the service says, in the words of Blender's user."""

from __future__ import annotations

from typing import Any

import pytest

from blender_addon.job import in_blenders_words
from svbrdf_core.sentences import Remedy, Sentence

IMAGES = {"0.jpg": "wall 4K.jpg", "1.npy": "rough"}
ASPECT = "roughness is 32 x 64 but basecolor is 64 x 64, another aspect; resize one"
SAID: dict[str, tuple[Any, str]] = {
    "an image": (
        "/srv/data/materials/ab12/0.jpg is a JPEG of 4 components; convert it to RGB.",
        "“wall 4K.jpg” is a JPEG of 4 components; convert it to RGB.",
    ),
    "ticks": (
        Sentence(ASPECT, Remedy("only", "leave it out")),
        "roughness is 32 x 64 but base colour is 64 x 64, another aspect; resize one, or leave it out (ticks under "
        "Maps).",
    ),
    "another image": (
        Sentence("0.png has no channel 'A'", Remedy("map", "give one of R, G, B", {"map": "opacity"})),
        "“wall 4K.jpg” has no channel 'A'; use another image, or untick this one under Maps.",
    ),
    "a sentence without remedies": (Sentence("The result holds no 1.npy; fill again."),
        "The result holds no “rough”; fill again."),
    "variations": (
        Sentence("The method x gives the same fill for every seed", Remedy("variations", "ask for one fill")),
        "The method x gives the same fill for every seed; set Variations to 1.",
    ),
    "nothing to do here": (
        Sentence("0.jpg: channel A is left as it is", Remedy("channels", "choose extra:0.A too")),
        "“wall 4K.jpg”: channel A is left as it is.",
    ),
    "a kind of a newer service": (
        {"text": "", "fact": "It is dark", "remedies": [{"kind": "sun", "words": "wait for noon"}]},
        "It is dark; wait for noon.",
    ),
    "a map": ("The map extra:dirt varies 1.5 to 2.0; 7.png is no image of it.",
        "The map “dirt” varies 1.5 to 2.0; 7.png is no image of it."),
    "a second map": ("normal:detail is 8 x 8.", "normal “detail” is 8 x 8."),
    "numbers": ("The hole is 12.5 % of 0 images.", "The hole is 12.5 % of 0 images."),
    "no sentence at all": ({"remedies": 3}, ""),
}  # fmt: skip


@pytest.mark.parametrize("case", SAID)
def test_images_go_by_their_names_and_advice_is_for_the_tab(case: str) -> None:
    said, shown = SAID[case]
    assert in_blenders_words(said.to_json() if isinstance(said, Sentence) else said, IMAGES) == shown
