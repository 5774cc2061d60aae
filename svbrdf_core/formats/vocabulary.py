"""Vocabulary of texture file names, and what each word says about the file's channels.

Gathered from ambientCG, Poly Haven, Quixel Megascans, Substance export presets, glTF, Unity, Unreal and Godot names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Convention = Literal["opengl", "directx"]

ALL = ""
"""Channel letters of a use that takes whatever colour channels the file has."""


@dataclass(frozen=True)
class Use:
    """One map found in a file.

    Attributes:
        map: map name, or ``colour`` for a word that means base colour or diffuse by what else is there.
        channels: letters of the file's channels (``RGB``, ``G``, ``A``), or ``ALL``.
        inverted: whether the file stores one minus the map (glossiness for roughness).
        convention: of a normal map, where the name tells it.
    """

    map: str
    channels: str = ALL
    inverted: bool = False
    convention: Convention | None = None


Uses = tuple[Use, ...]


def _words(text: str, *uses: Use) -> dict[str, Uses]:
    return dict.fromkeys(text.split(), uses)


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


STRONG: dict[str, Uses] = {
    **_words("basecolor basecolour basecol basec", Use("basecolor")),
    **_words("albedo color colour", Use("colour")),
    **_words("diffuse diffusecolor", Use("diffuse")),
    **_words("normal normals normalmap nrm nrml norm nor nmap", Use("normal")),
    **_words(
        "normalgl normalopengl normalogl norgl nrmgl norgl normgl nopengl openglnormal openglnormals",
        Use("normal", convention="opengl"),
    ),
    **_words(
        "normaldx normaldirectx normaldirect nordx nrmdx normdx directxnormal directxnormals",
        Use("normal", convention="directx"),
    ),
    **_words("roughness roughnessmap rgh", Use("roughness")),
    **_words("gloss glossiness glossy smoothness smooth", Use("roughness", inverted=True)),
    **_words("specular specularcolor specularlevel", Use("specular")),
    **_words("metallic metalness metalic metallicness", Use("metallic")),
    **_words("displacement height heightmap displace elevation", Use("height")),
    **_words("ambientocclusion occlusion ambientocc occ", Use("ao")),
    **_words("opacity transparency alphamask cutout", Use("opacity")),
    **_words("emission emissive emissivecolor emit", Use("emission")),
    **_words(
        "orm occlusionroughnessmetallic occlusionroughnessmetalness aoroughmetal aoroughnessmetallic arm",
        Use("ao", "R"), Use("roughness", "G"), Use("metallic", "B"),
    ),
    **_words("rma roughnessmetallicao", Use("roughness", "R"), Use("metallic", "G"), Use("ao", "B")),
    **_words("mra metallicroughnessao", Use("metallic", "R"), Use("roughness", "G"), Use("ao", "B")),
    **_words(
        "metallicroughness metalnessroughness roughnessmetallic roughnessmetalness metallicrough roughmetallic",
        Use("roughness", "G"), Use("metallic", "B"),
    ),
    **_words(
        "maskmap mads", Use("metallic", "R"), Use("ao", "G"), Use("roughness", "A", inverted=True)
    ),
}  # fmt: skip
"""Words that say what a file is wherever they stand in its name."""

WEAK: dict[str, Uses] = {
    **_words("col base", Use("colour")),
    **_words("diff dif", Use("diffuse")),
    **_words("alb bc", Use("colour")),
    **_words("rough", Use("roughness")),
    **_words("metal mtl met", Use("metallic")),
    **_words("spec", Use("specular")),
    **_words("disp bump ht depth", Use("height")),
    **_words("ao", Use("ao")),
    **_words("opac alpha", Use("opacity")),
    **_words("emis", Use("emission")),
    **_words("d c", Use("colour")),
    **_words("n", Use("normal")),
    **_words("r", Use("roughness")),
    **_words("m", Use("metallic")),
    **_words("h", Use("height")),
    **_words("g", Use("roughness", inverted=True)),
    **_words("s", Use("specular")),
    **_words("e", Use("emission")),
    **_words("o", Use("ao")),
}
"""Words that count only at the end of a name."""

LONELY = _set("col base mtl metal met depth alpha d c n r m h g s e o")
"""Weak words that are believed only beside other maps of the same set: ``rusty_metal`` may be a name."""

_NORMAL_ROUGH: Uses = (Use("normal", "RGB"), Use("roughness", "A"))
_COLOUR_HEIGHT: Uses = (Use("colour", "RGB"), Use("height", "A"))

RGBA: dict[str, Uses] = {
    **_words("albht albedoheight albedoht albheight colorheight basecolorheight diffuseheight", *_COLOUR_HEIGHT),
    **_words("nrmrgh normalroughness normalrough nrmrough norrough nrmroughness", *_NORMAL_ROUGH),
    **_words("normalgloss normalglossiness", Use("normal", "RGB"), Use("roughness", "A", inverted=True)),
    **_words("normalheight nrmht", Use("normal", "RGB"), Use("height", "A")),
    **_words("albedotransparency basecoloropacity basecoloralpha albedoopacity", Use("colour", "RGB"),
             Use("opacity", "A")),
    **_words("albedosmoothness", Use("colour", "RGB"), Use("roughness", "A", inverted=True)),
    **_words("albedoroughness basecolorroughness", Use("colour", "RGB"), Use("roughness", "A")),
    **_words("metallicsmoothness metallicgloss", Use("metallic", "RGB"), Use("roughness", "A", inverted=True)),
    **_words("specularglossiness specularsmoothness specgloss specularglossinness", Use("specular", "RGB"),
             Use("roughness", "A", inverted=True)),
}  # fmt: skip
"""Words for files of four channels that hold two maps; a file of fewer channels is read by its last word."""

CONVENTIONS: dict[str, Convention] = {
    "gl": "opengl", "ogl": "opengl", "opengl": "opengl", "dx": "directx", "directx": "directx", "d3d": "directx",
}  # fmt: skip

PREVIEWS = _set("preview thumb thumbnail render sphere icon swatch screenshot contactsheet billboard")
"""Words of files that show a material rather than hold one of its maps."""

NOISE = _set(
    "jpg jpeg png tif tiff exr tga 8bit 16bit 32bit srgb linear raw acescg noncolor tex texture map img image u1 v1"
    " lod0 lod1 lod2 seamless tileable tiling 4096 8192 2048 1024 512 256 128 16384"
)
"""Words that say nothing about which map a file holds."""
