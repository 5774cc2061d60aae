"""The roles by which a service is told what the channels of the files are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from .naming import kind_of
from .result import Use

SINGLE = ("roughness", "metallic", "height", "ao", "opacity")


def assign_roles(
    uses: Iterable[Use], names: Mapping[str, str], *, grey: Collection[str], opaque: Collection[str] = ()
) -> dict[str, str]:
    """Return what is said of the files: map to ``FILE`` or ``FILE:CHANNELS``.

    A grey image is told of whole, by the first map that uses it: its file may have one channel or three alike. Where a
    map of one number is stored in colours, these are filled along as plain data.

    Args:
        uses: the maps that are to be filled.
        names: by image, its file's name at the service; uses of other images are passed over.
        grey: images whose red, green and blue are alike.
        opaque: images whose alpha is 1 everywhere; what uses it is passed over.
    """
    said: dict[str, str] = {}
    whole: set[str] = set()
    for use in uses:
        name, channels, role = names.get(use.image), use.channels, use.role
        if name is None or (channels == "A" and use.image in opaque):
            continue
        kind, colon, own = role.partition(":")
        if use.image in grey and channels != "A" and kind != "normal":
            if use.image in whole:
                continue
            whole.add(use.image)
            channels = "RGB"
        elif kind in SINGLE and channels == "RGB":
            kind, role = "extra", f"extra:{' '.join(filter(None, (kind, own)))}"
        if kind == "roughness" and use.inverted:
            role = f"glossiness{colon}{own}"
        said[role] = name if channels == "RGB" else f"{name}:{channels}"
    return said


def is_numeric(use: Use) -> bool:
    """Whether it matters for a use if its image is grey."""
    return use.channels != "A" and (kind_of(use.role) in SINGLE or use.channels != "RGB")


def normal_convention(uses: Iterable[Use]) -> str:
    """Return the convention of the normal map: ``opengl``, ``directx``, or ``auto`` where there is none."""
    for use in uses:
        if use.role == "normal":
            return "directx" if use.directx else "opengl"
    return "auto"
