"""Vocabulary of texture file names, and what each word says about the file's channels.

Gathered from ambientCG (cc0textures), Poly Haven, Poliigon, Quixel Megascans, Substance export presets, V-Ray, glTF,
Unity, Unreal, CryEngine, Godot, ArmorPaint and Blender's Node Wrangler. Words are folded: lower case, without accents
(`svbrdf_core.formats.names.fold`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Convention = Literal["opengl", "directx"]

ALL = ""
"""Channel letters of a use that takes whatever colour channels the file has."""

DATA = "extra:"
"""What the names of maps start with that are filled along as plain data (`svbrdf_core.tensors.maps.EXTRA_PREFIX`)."""


@dataclass(frozen=True)
class Use:
    """One map found in a file.

    Attributes:
        map: map name; ``colour`` for a word that means base colour or diffuse by what else is there, ``bump`` for one
            that means height or a normal map; ``extra:NAME`` for data that is no map of ours.
        channels: letters of the file's channels (``RGB``, ``G``, ``A``), or ``ALL``.
        inverted: whether the file stores one minus the map (glossiness for roughness).
        convention: of a normal map, where the name tells it.
        variant: number of several maps of one kind (``COL_VAR2``); None if the name tells none.
    """

    map: str
    channels: str = ALL
    inverted: bool = False
    convention: Convention | None = None
    variant: int | None = None


Uses = tuple[Use, ...]


def _words(text: str, *uses: Use) -> dict[str, Uses]:
    return dict.fromkeys(text.split(), uses)


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LETTERS: Mapping[str, tuple[str, bool]] = {
    "a": ("ao", False), "o": ("ao", False), "r": ("roughness", False), "m": ("metallic", False),
    "s": ("roughness", True), "g": ("roughness", True), "d": ("height", False), "h": ("height", False),
}  # fmt: skip
"""What the letters of a packing (``orm``) stand for, and whether inverted."""


def _packings(text: str, longer: Mapping[str, str] | None = None) -> dict[str, Uses]:
    """Return packings, a letter a channel; ``longer`` has other names for some."""
    names = {word: word for word in text.split()} | dict(longer or {})
    return {name: tuple(_packed(letters)) for name, letters in names.items()}


def _packed(letters: str) -> Iterable[Use]:
    for letter, channel in zip(letters, "RGBA", strict=False):
        name, inverted = _LETTERS[letter]
        yield Use(name, channel, inverted)


STRONG: dict[str, Uses] = {
    **_words("basecolor basecolour basecol basec basemap basetexture basecolortexture", Use("basecolor")),
    **_words("albedo color colour maintex colortexture albedotexture", Use("colour")),
    **_words("diffuse diffusecolor diffusecolour diffusealbedo", Use("diffuse")),
    **_words("normal normals nrm nrm16 nrml norm nor nmap nml tangentnormal normalcamera", Use("normal")),
    **_words(
        "normalgl normalopengl normalogl norgl nrmgl norgl normgl nopengl openglnormal openglnormals ngl nogl",
        Use("normal", convention="opengl"),
    ),
    **_words(
        "normaldx normaldirectx normaldirect nordx nrmdx normdx directxnormal directxnormals ndx ndirectx",
        Use("normal", convention="directx"),
    ),
    **_words("roughness rgh specularroughness diffuseroughness", Use("roughness")),
    **_words(
        "gloss glossiness glossy smoothness smooth reflectionglossiness reflectglossiness reflgloss reflglossiness"
        " reflectiongloss specularglossiness specgloss",
        Use("roughness", inverted=True),
    ),
    **_words(
        "specular specularcolor specularcolour specularlevel specularity reflection reflect reflectance specularf0"
        " reflectioncolor specularintensity",
        Use("specular"),
    ),
    **_words("metallic metalness metalic metallicness metallness metalmask metalnessmask", Use("metallic")),
    **_words(
        "displacement height displace elevation displ disp16 parallax heightfield", Use("height")
    ),
    **_words("ambientocclusion occlusion ambientocc occ ambocc mixedao", Use("ao")),
    **_words("opacity transparency alphamask opacitymask cutout", Use("opacity")),
    **_words(
        "emission emissive emissivecolor emissioncolor emit selfillum selfillumination selfillummask luminance",
        Use("emission"),
    ),
    **_words("bump", Use("bump")),
    **_packings(
        "orm arm aorm rma rmao mra mrao mro rmo ormh ormd",
        {
            "occlusionroughnessmetallic": "orm", "occlusionroughnessmetalness": "orm", "aoroughmetal": "orm",
            "aoroughnessmetallic": "orm", "ambientocclusionroughnessmetallic": "orm", "aoroughmetallic": "orm",
            "aorm": "arm", "rmao": "rma", "mrao": "mra", "roughnessmetallicao": "rma", "metallicroughnessao": "mra",
            "roughnessmetallicocclusion": "rma", "metallicroughnessocclusion": "mra", "metallicaosmoothness": "mas",
            "metallicocclusionsmoothness": "mas",
        },
    ),
    **_words(
        "metallicroughness metalnessroughness roughnessmetallic roughnessmetalness metallicrough roughmetallic"
        " metalrough roughmetal",
        Use("roughness", "G"), Use("metallic", "B"),
    ),
    **_words(
        "maskmap mads mods metallicaodetailsmoothness",
        Use("metallic", "R"), Use("ao", "G"), Use("roughness", "A", inverted=True),
    ),
}  # fmt: skip
"""Words that say what a file is wherever they stand in its name."""

STRONG |= {
    # French, German, Spanish, Italian, Portuguese, as export tables and people name files.
    **_words(
        "couleur couleurdebase couleurbase farbe grundfarbe basisfarbe colorbase colorebase corbase colore",
        Use("colour"),
    ),
    **_words("diffus difuso difusa diffuso diffusa diffusfarbe", Use("diffuse")),
    **_words("normale normalen", Use("normal")),
    **_words(
        "rugosite rauheit rauigkeit rauhigkeit rugosidad rugosita ruvidita rugosidade aspereza", Use("roughness")
    ),
    **_words("brillance glanz brillo lucentezza brilho", Use("roughness", inverted=True)),
    **_words("specularite speculaire spekular glanzlicht especular especularidad speculare", Use("specular")),
    **_words("metallique metalique metallisch metalico metalicidad metallico metallicita", Use("metallic")),
    **_words(
        "hauteur deplacement relief hohe hoehe verschiebung altura desplazamiento altezza spostamento deslocamento",
        Use("height"),
    ),
    **_words(
        "occlusionambiante umgebungsverdeckung verdeckung oclusion oclusionambiental occlusione occlusioneambientale"
        " oclusao",
        Use("ao"),
    ),
    **_words(
        "opacite deckkraft opazitat opacidad transparencia opacita trasparenza opacidade transparenz", Use("opacity")
    ),
    **_words("emissif leuchten emision emisivo emissione emissao emissivo", Use("emission")),
}  # fmt: skip

STRONG |= {
    word: (Use(DATA + name),)
    for name, words in {
        "cavity": "cavity",
        "curvature": "curvature",
        "translucency": "translucency",
        "transmission": "transmission transmissive",
        "thickness": "thickness",
        "subsurface": "subsurface sss subsurfacecolor scattering scattercolor",
        "sheen": "sheen sheencolor",
        "fuzz": "fuzz",
        "clearcoat": "clearcoat coatweight clearcoatmask",
        "clearcoatroughness": "clearcoatroughness coatroughness",
        "anisotropy": "anisotropy anisotropic anisotropylevel",
        "anisotropyangle": "anisotropyangle anisotropyrotation",
        "ior": "ior",
        "rimmask": "rimmask",
        "specularmask": "specularmask",
        "detailmask": "detailmask",
        "packed": "packed",
    }.items()
    for word in words.split()
}
"""Words of files that hold something else about the same surface: they are filled along as data of that name."""

WEAK: dict[str, Uses] = {
    **_words("col base clr", Use("colour")),
    **_words("diff dif", Use("diffuse")),
    **_words("alb bc", Use("colour")),
    **_words("rough rou roug", Use("roughness")),
    **_words("metal mtl met mtlc mtllc", Use("metallic")),
    **_words("spec spc refl ref", Use("specular")),
    **_words("disp dis dsp ht depth hgt", Use("height")),
    **_words("bmp", Use("bump")),
    **_words("ao ambient", Use("ao")),
    **_words("opac alpha opaque mask trans", Use("opacity")),
    **_words("emis emm glow", Use("emission")),
    **_words("ddna ddn", Use("normal")),
    **_words("d c cor", Use("colour")),
    **_words("n", Use("normal")),
    **_words("r", Use("roughness")),
    **_words("m", Use("metallic")),
    **_words("h", Use("height")),
    **_words("b", Use("bump")),
    **_words("g", Use("roughness", inverted=True)),
    **_words("s", Use("specular")),
    **_words("e", Use("emission")),
    **_words("o", Use("ao")),
    **_words("a", Use("opacity")),
    **_packings("rom ram omr amr ard ord orh arh mas mos", {"ordp": "ord"}),
}
"""Words that count only at the end of a name."""

LONELY = _set(
    "col base clr mtl metal met depth alpha d c n r m h g s e o a b cor ref dis mask opaque ambient glow trans rom ram"
    " mas mos ard"
)
"""Weak words that are believed only beside other maps of the same set: ``rusty_metal`` may be a name."""

NAMED = _set("mask")
"""Words that are believed only after the name of a set: ``mask.png`` alone is the mask of a hole."""

_NORMAL_ROUGH: Uses = (Use("normal", "RGB"), Use("roughness", "A"))
_NORMAL_GLOSS: Uses = (Use("normal", "RGB"), Use("roughness", "A", inverted=True))
_COLOUR_HEIGHT: Uses = (Use("colour", "RGB"), Use("height", "A"))

RGB: dict[str, Uses] = {
    **_words("albedotransparency basecoloropacity basecoloralpha albedoopacity albedosmoothness coloropacity"
             " diffusealpha albedoalpha basecolortransparency", Use("colour")),
    **_words("metallicsmoothness metallicgloss metallicglossmap", Use("metallic")),
    **_words("specularsmoothness specularglossmap specglossmap", Use("specular")),
}  # fmt: skip
"""Words for files of four channels that mean the first three alone where there is no fourth."""

RGBA: dict[str, Uses] = {
    **_words("albht albedoheight albedoht albheight colorheight basecolorheight diffuseheight", *_COLOUR_HEIGHT),
    **_words("nrmrgh normalroughness normalrough nrmrough norrough nrmroughness", *_NORMAL_ROUGH),
    **_words("normalgloss normalglossiness ddna", *_NORMAL_GLOSS),
    **_words("normalheight nrmht", Use("normal", "RGB"), Use("height", "A")),
    **_words("albedotransparency basecoloropacity basecoloralpha albedoopacity coloropacity diffusealpha albedoalpha"
             " basecolortransparency", Use("colour", "RGB"), Use("opacity", "A")),
    **_words("albedosmoothness", Use("colour", "RGB"), Use("roughness", "A", inverted=True)),
    **_words("albedoroughness basecolorroughness", Use("colour", "RGB"), Use("roughness", "A")),
    **_words("metallicsmoothness metallicgloss metallicglossmap", Use("metallic", "RGB"),
             Use("roughness", "A", inverted=True)),
    **_words("specularglossiness specularsmoothness specgloss specularglossinness specglossmap specularglossmap",
             Use("specular", "RGB"), Use("roughness", "A", inverted=True)),
}  # fmt: skip
"""Words for files of four channels that hold two maps; a file of fewer channels is read by its last word."""

CONVENTIONS: dict[str, Convention] = {
    "gl": "opengl", "ogl": "opengl", "opengl": "opengl", "dx": "directx", "directx": "directx", "d3d": "directx",
}  # fmt: skip

PREVIEWS = _set("preview thumb thumbnail screenshot contactsheet")
"""Words of files that show a material rather than hold one of its maps."""

SUBJECTS = _set("render sphere icon swatch billboard")
"""Words that mean the same unless the word of a map follows: ``Sphere_BaseColor`` is a map of a sphere."""

WORKFLOWS = _set("metalness specular")
"""Words of maps that may end the names of all maps of a set, and say for which kind of shader it is made."""

HELPERS = ("map", "texture", "tex")
"""Endings that may be glued to a word of a map: ``AOMap``, ``normaltex``."""

NOISE = _set(
    "jpg jpeg png tif tiff exr tga 8bit 16bit 32bit srgb linear raw acescg noncolor tex texture map img"
    " image u1 v1 lod0 lod1 lod2 seamless tileable tiling 4096 8192 2048 1024 512 256 128 16384"
)
"""Words that say nothing about which map a file holds."""

TILES: dict[str, str] = {
    "UDIM": r"(?P<udim>1[0-9]{3}|2000)",
    "UVTILE": r"u(?P<u>[0-9]{1,2})_?v(?P<v>[0-9]{1,2})",
}
"""How a name tells a tile, after its folding: 1001 to 2000, ten to a row; or column and row, counted from 1 (Mudbox) or
0 (ZBrush). In a pattern ``<UDIM>`` and ``<UVTILE>`` stand for them."""

SIZES = _set("1024")
"""Numbers of tiles that are more often the size of a picture: they are tiles only where two others are."""

TILE_ROWS = 10
"""A set has a tile in one of so many lowest rows; numbers that begin higher count materials, or photographs."""
