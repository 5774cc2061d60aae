"""Requests of every kind, for hypothesis."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

from svbrdf_core.request import (
    ExtendSpec,
    GrowSpec,
    GuideSpec,
    HoleSpec,
    InpaintRequest,
    InputFile,
    LoadOptions,
    MaskShape,
    MethodChoice,
    OutputFile,
    OutputSpec,
    TileSpec,
)

WORD = st.text(st.characters(exclude_characters="/\\\0", exclude_categories=["C"]), min_size=1, max_size=20)
PATHS = st.lists(WORD.filter(lambda word: word not in (".", "..")), min_size=1, max_size=3).map(
    lambda parts: Path("/", *parts)
)
INPUTS = PATHS.map(InputFile)
OUTPUTS = st.none() | PATHS.map(OutputFile)
SHAPES = st.sampled_from(["rect:1,2,3,4", "circle:50%,50%,20", "alpha", "nan", "brush:7", "key:#ff00ff~3"]).map(
    MaskShape
)
PARTS = SHAPES | INPUTS
NUMBERS = st.floats(-10_000, 10_000, allow_nan=False)
NAMES = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=10).filter(
    lambda name: name not in ("file", "name")
)

SOURCES = st.builds(
    LoadOptions,
    path=PATHS,
    overrides=st.dictionaries(NAMES, WORD, max_size=3),
    only=st.none() | st.lists(WORD, min_size=1, max_size=3).map(tuple),
    also=st.lists(WORD, max_size=3).map(tuple),
    set_name=st.none() | WORD,
    normal=st.sampled_from(["auto", "opengl", "directx"]),
    max_pixels=st.none() | st.integers(1, 2**40),
)
HOLES = st.builds(
    HoleSpec,
    masks=st.lists(PARTS, min_size=1, max_size=4).map(tuple),
    forbid=st.lists(PARTS, max_size=3).map(tuple),
    invert=st.booleans(),
    grow=NUMBERS,
    feather=st.floats(0, 10_000),
    tileable=st.none() | st.booleans(),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORD | INPUTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)
METHODS = st.builds(
    MethodChoice,
    name=WORD,
    settings=st.dictionaries(NAMES, VALUES, max_size=4),
    seed=st.integers(0, 2**53),
    variations=st.integers(1, 10_000),
    from_step=st.floats(0, 1, exclude_min=True),
    device=st.sampled_from(["auto", "cpu", "cuda", "cuda:1", "mps"]),
)
OUTPUT = st.builds(
    OutputSpec, folder=PATHS, in_place=st.booleans(), overwrite=st.booleans(), preview=OUTPUTS, source_map=OUTPUTS
)
SIZES = st.tuples(st.integers(16, 65_536), st.integers(16, 65_536))
PIXELS = st.integers(0, 65_536)
CANVASES = (
    st.none()
    | st.builds(ExtendSpec, left=PIXELS, right=PIXELS, top=PIXELS, bottom=PIXELS, to=st.none() | SIZES)
    | st.builds(TileSpec, axis=st.sampled_from(["x", "y", "both"]), band=st.floats(0.1, 50), flatten=st.booleans())
    | st.builds(GrowSpec, size=SIZES)
)
GUIDES = st.builds(
    GuideSpec,
    colours=st.none() | INPUTS,
    source_colours=st.none() | INPUTS,
    protect=st.lists(PARTS, max_size=2).map(tuple),
    grain=st.none() | st.just("auto") | INPUTS,
)
REQUESTS = st.builds(
    InpaintRequest,
    source=SOURCES,
    hole=HOLES,
    method=METHODS,
    output=OUTPUT,
    canvas=CANVASES,
    guides=GUIDES,
    examples=st.lists(SOURCES, max_size=2).map(tuple),
    former=st.none() | SOURCES,
)
