"""What file names say, as ambientCG, Poly Haven, Quixel, Substance, glTF, Unity, Unreal and people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from svbrdf_core.formats.names import match_name

ORM = "ao:R roughness:G metallic:B"
GLTF = "roughness:G metallic:B"

# file stem, channels, key of the set, maps (name, :channels, ~ inverted, /convention)
TABLE = [
    # ambientCG
    ("WoodFloor051_1K-JPG_Color", 3, "woodfloor051", "colour"),
    ("WoodFloor051_1K-JPG_NormalGL", 3, "woodfloor051", "normal/opengl"),
    ("WoodFloor051_1K-JPG_NormalDX", 3, "woodfloor051", "normal/directx"),
    ("WoodFloor051_1K-JPG_AmbientOcclusion", 1, "woodfloor051", "ao"),
    ("WoodFloor051_8K-PNG_Displacement", 1, "woodfloor051", "height"),
    ("Metal007_1K_Metalness", 1, "metal007", "metallic"),
    ("Metal007_1K_Roughness", 1, "metal007", "roughness"),
    ("Leaf001_2K-PNG_Opacity", 1, "leaf001", "opacity"),
    ("Lava004_1K_Emission", 3, "lava004", "emission"),
    # Poly Haven
    ("rosewood_veneer1_diff_1k", 3, "rosewood veneer1", "diffuse"),
    ("rosewood_veneer1_nor_gl_1k", 3, "rosewood veneer1", "normal/opengl"),
    ("brick_wall_nor_dx_4k", 3, "brick wall", "normal/directx"),
    ("brick_wall_rough_4k", 3, "brick wall", "roughness"),
    ("brick_wall_arm_4k", 3, "brick wall", ORM),
    ("brick_wall_disp_4k", 1, "brick wall", "height"),
    ("brick_wall_ao_4k", 1, "brick wall", "ao"),
    ("rusty_metal_02_metal_2k", 1, "rusty metal 02", "metallic"),
    ("rusty_metal_02_spec_2k", 1, "rusty metal 02", "specular"),
    ("rough_wood_diff_2k", 3, "rough wood", "diffuse"),
    # Quixel
    ("vbmhcg3_4K_Albedo", 3, "vbmhcg3", "colour"),
    ("vbmhcg3_4K_Normal_LOD0", 3, "vbmhcg3", "normal"),
    ("vbmhcg3_4K_Gloss", 1, "vbmhcg3", "roughness~"),
    ("T_Stone_vbmhcg3_2K_ORM", 3, "stone vbmhcg3", ORM),
    ("T_Stone_vbmhcg3_2K_D", 3, "stone vbmhcg3", "colour"),
    ("T_Stone_vbmhcg3_2K_N", 3, "stone vbmhcg3", "normal"),
    # Substance
    ("Wall_Base_Color", 3, "wall", "basecolor"),
    ("Wall_BaseColor", 3, "wall", "basecolor"),
    ("Wall_baseColor", 3, "wall", "basecolor"),
    ("Wall_Normal_OpenGL", 3, "wall", "normal/opengl"),
    ("Wall_Normal_DirectX", 3, "wall", "normal/directx"),
    ("Wall_NormalOpenGL", 3, "wall", "normal/opengl"),
    ("Wall_Ambient_Occlusion", 1, "wall", "ao"),
    ("Wall_Height", 1, "wall", "height"),
    ("Wall_Metallic", 1, "wall", "metallic"),
    ("Wall_OcclusionRoughnessMetallic", 3, "wall", ORM),
    ("Wall_SpecularGlossiness", 4, "", "specular:RGB roughness:A~"),
    ("Wall_Glossiness", 1, "wall", "roughness~"),
    ("Wall_Emissive", 3, "wall", "emission"),
    # glTF
    ("metallicRoughness", 3, "", GLTF),
    ("metallic_roughness", 3, "", GLTF),
    ("chair_metallicRoughness", 3, "chair", GLTF),
    ("chair_occlusionRoughnessMetallic", 3, "chair", ORM),
    # packed in RGBA
    ("ground037_alb_ht", 4, "ground037", "colour:RGB height:A"),
    ("ground037_nrm_rgh", 4, "ground037", "normal:RGB roughness:A"),
    ("rock_albedo_height", 4, "rock", "colour:RGB height:A"),
    ("rock_normal_roughness", 4, "rock", "normal:RGB roughness:A"),
    ("rock_MaskMap", 4, "rock", "metallic:R ao:G roughness:A~"),
    ("rock_MetallicSmoothness", 4, "rock", "metallic:RGB roughness:A~"),
    ("rock_AlbedoTransparency", 4, "rock", "colour:RGB opacity:A"),
    # Unreal letters
    ("T_Wood_BC", 3, "wood", "colour"),
    ("T_Wood_N", 3, "wood", "normal"),
    ("T_Wood_R", 1, "wood", "roughness"),
    # plain words
    ("diffuse", 3, "", "diffuse"),
    ("normal", 3, "", "normal"),
    ("basecolor", 3, "", "basecolor"),
    ("base_color", 3, "", "basecolor"),
    ("nor_gl", 3, "", "normal/opengl"),
    ("normal_brick01", 3, "brick01", "normal"),
    ("wood-diffuse-4096x4096", 3, "wood", "diffuse"),
    ("wood.1001.BaseColor", 3, "wood 1001", "basecolor"),
    # words that are names, not maps
    ("Metal_Roughness", 1, "metal", "roughness"),
    ("Metal_Roughness", 3, "metal", "roughness"),
    ("MetalRoughness", 1, "metal", "roughness"),
    ("rusty_metal_diffuse", 3, "rusty metal", "diffuse"),
    ("wood_normal_height", 1, "wood normal", "height"),
    ("normal_wall_basecolor", 3, "normal wall", "basecolor"),
    ("glossy_paint_roughness", 1, "glossy paint", "roughness"),
    ("metal_plates_nor_gl", 3, "metal plates", "normal/opengl"),
    # nothing said
    ("Metal007", 3, "metal007", ""),
    ("line_drawing", 1, "line drawing", ""),
    ("IMG_2041", 3, "2041", ""),
]  # fmt: skip


def said(stem: str, channels: int) -> str:
    def text(use: object) -> str:
        letters = f":{use.channels}" if use.channels else ""  # type: ignore[attr-defined]
        turned = "~" if use.inverted else ""  # type: ignore[attr-defined]
        convention = f"/{use.convention}" if use.convention else ""  # type: ignore[attr-defined]
        return f"{use.map}{letters}{turned}{convention}"  # type: ignore[attr-defined]

    return " ".join(text(u) for u in match_name(stem, channels).uses)


@pytest.mark.parametrize(("stem", "channels", "key", "maps"), TABLE, ids=[f"{r[0]}-{r[1]}" for r in TABLE])
def test_name(stem: str, channels: int, key: str, maps: str) -> None:
    assert said(stem, channels) == maps
    if key:
        assert match_name(stem, channels).key == key


@pytest.mark.parametrize("stem", ["rusty_metal", "plan_c", "sky_base", "old_col"])
def test_words_that_need_company_are_marked(stem: str) -> None:
    assert match_name(stem).weak


@pytest.mark.parametrize("stem", ["WoodFloor051_preview", "thumb", "Wall_render", "Wall_Thumbnail_256"])
def test_previews_are_marked(stem: str) -> None:
    assert match_name(stem).preview


@given(st.text(max_size=60), st.integers(1, 4))
def test_any_name_is_read_without_error(stem: str, channels: int) -> None:
    match = match_name(stem, channels)
    assert len({u.map for u in match.uses}) == len(match.uses)


@given(st.sampled_from(["_", "-", " ", "."]), st.sampled_from(["1k", "2K", "4096", "8k"]))
def test_separators_and_sizes_do_not_matter(separator: str, size: str) -> None:
    stem = separator.join(["old", "brick", "nor", "gl", size])
    assert said(stem, 3) == "normal/opengl"
    assert match_name(stem).key == "old brick"
