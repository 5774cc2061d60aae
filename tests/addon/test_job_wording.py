"""What the service says, in the words of Blender's user."""

from __future__ import annotations

import pytest

from blender_addon.job import in_blenders_words

IMAGES = {"0.jpg": "wall 4K.jpg", "1.npy": "rough"}
SAID = {
    "/srv/data/materials/ab12/0.jpg is a JPEG of 4 components; convert it to RGB.":
        "“wall 4K.jpg” is a JPEG of 4 components; convert it to RGB.",
    "roughness is 32 x 64 but basecolor is 64 x 64, another aspect; resize one, or leave it out with --only.":
        "roughness is 32 x 64 but base colour is 64 x 64, another aspect; resize one, or untick it under Maps.",
    "0.png has no channel 'A'; give --map opacity=0.png:CHANNEL with one of R, G, B.":
        "“wall 4K.jpg” has no channel 'A'; untick it under Maps, or use another image.",
    "The result holds no 1.npy; fill again.": "The result holds no “rough”; fill again.",
    "The method patch gives the same fill for every seed; leave --variations out.":
        "The method patch gives the same fill for every seed; set Variations to 1.",
    "The map extra:dirt varies 1.5 to 2.0; 7.png is no image of it.":
        "The map “dirt” varies 1.5 to 2.0; 7.png is no image of it.",
    "The hole is 12.5 % of 0 images.": "The hole is 12.5 % of 0 images.",
}  # fmt: skip


@pytest.mark.parametrize("said", SAID)
def test_images_go_by_their_names_and_nothing_is_advised_that_only_a_command_line_has(said: str) -> None:
    assert in_blenders_words(said, IMAGES) == SAID[said]
