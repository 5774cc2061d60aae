"""Registry of metrics: what each figure means, and which way is better."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from svbrdf_core.tensors.maps import MAPS, order_key, spec_of

Better = Literal["lower", "higher", "one", "zero", "neither"]
Group = Literal["maps", "structure", "statistics", "sets", "render", "perceptual"]

GROUPS: tuple[str, ...] = ("maps", "structure", "statistics", "sets", "render", "perceptual")
"""What `measure` can be asked for, cheap ones first."""
CHEAP: tuple[str, ...] = ("maps", "structure", "statistics")
"""The groups that need nothing but numpy and scipy, and half a second."""
RENDER = "render"
"""What stands in the place of a map's name where a rendering is compared."""


@dataclass(frozen=True)
class Metric:
    """One figure.

    Attributes:
        name: as in what `measure` returns: the kind, and where there is one the map, ``mse/diffuse``.
        title: for tables.
        unit: of the figure, empty where it has none.
        better: ``lower``, ``higher``, ``one`` or ``zero`` (nearest to that is best), or ``neither``.
        group: which group of `measure` it comes with.
        truth: whether it needs the original without the hole.
        needs: the extra of this package that brings what it needs, None if it needs nothing.
        about: what it says, in a sentence.
        heading: its title without the map's name.
        map: the map it is of, empty for a figure of the whole material.
    """

    name: str
    title: str
    unit: str
    better: Better
    group: Group
    truth: bool
    needs: str | None
    about: str
    heading: str
    map: str = ""


def _kind(
    name: str, title: str, better: Better, about: str, group: Group = "maps", unit: str = "", *, truth: bool = True
) -> Metric:
    needs = {"render": "torch", "perceptual": "metrics"}.get(group)
    return Metric(name, title, unit, better, group, truth, needs, about, title)


_ACCURACY = (
    _kind("mse", "MSE", "lower", "mean squared error"),
    _kind("l1", "L1", "lower", "mean absolute error"),
    _kind("psnr", "PSNR", "higher", "peak signal-to-noise ratio, at most 100", unit="dB"),
    _kind("ssim", "SSIM", "higher", "structural similarity"),
    _kind("angle", "Angle", "lower", "mean angle between normals", unit="°"),
    _kind("angle95", "Angle, 95 %", "lower", "angle that 95 % of the normals stay under", unit="°"),
)
_DRAWINGS = _kind("bce", "BCE", "lower", "binary cross-entropy of a line drawing", unit="nat")
_DETAIL = (
    _kind("sharpness", "Sharpness", "one", "gradient energy over that of the original, or of comparable known patches",
          "structure", truth=False),
    _kind("tv", "TV", "one", "total variation over that of the original", "structure"),
    _kind("tv_known", "TV, to known", "one", "total variation over that of comparable known patches",
          "structure", truth=False),
    _kind("seam", "Seam", "one", "jumps across the hole's border over those that belong there",
          "structure", truth=False),
)  # fmt: skip
_COHERENCE = _kind(
    "coherence", "Coherence", "one", "how well edges of different maps coincide, over the known region",
    "structure", truth=False,
)  # fmt: skip
_TWO_SAMPLE = _kind(
    "two_sample", "Two-sample excess", "lower",
    "how much better the fill can be told from its surroundings than the original there, or than by chance (AUC)",
    "statistics", truth=False,
)  # fmt: skip
_SPANS = {"": "three sizes, their mean", "/1": "5 x 5 pixels", "/2": "10 x 10 pixels", "/4": "20 x 20 pixels"}
_WASSERSTEIN = tuple(
    _kind(
        f"wasserstein{scale}", f"Wasserstein {scale.removeprefix('/')}".rstrip(), "one",
        f"distance of patches ({span}) from those nearby, over the original's or what is usual there",
        "statistics", truth=False,
    )
    for scale, span in _SPANS.items()
)  # fmt: skip
_PATCHES = (
    _kind("patch/frechet", "Patch Fréchet", "lower", "Fréchet distance of the fill's patches from known ones", "sets",
          truth=False),
    _kind("patch/kernel", "Patch kernel", "zero", "unbiased kernel distance of the fill's patches from known ones",
          "sets", truth=False),
    _kind("patch/kernel_error", "Patch kernel, error", "neither", "standard error of the kernel distance", "sets",
          truth=False),
    _kind("patch/precision", "Patch precision", "higher", "share of the fill's patches that lie near known ones",
          "sets", truth=False),
    _kind("patch/recall", "Patch recall", "higher", "share of the known patches that lie near the fill's", "sets",
          truth=False),
    _kind("patch/density", "Patch density", "one", "how densely known patches lie around the fill's", "sets",
          truth=False),
    _kind("patch/coverage", "Patch coverage", "higher", "share of the known patches with one of the fill near", "sets",
          truth=False),
)  # fmt: skip
_RENDER = (
    _kind(
        "render/log_l1", "Render log L1", "lower", "mean absolute error of log(radiance + 0.01), nine views", "render"
    ),
    _kind("render/psnr", "Render PSNR", "higher", "PSNR of nine renderings in sRGB", "render", "dB"),
    _kind("render/seam", "Render seam", "one", "seam of nine renderings in sRGB", "render", truth=False),
)
_PERCEPTUAL = (
    _kind("flip", "FLIP", "lower", "difference seen when flipping between three renderings", "perceptual"),
    _kind("stlpips", "ST-LPIPS", "lower", "shift-tolerant learned distance", "perceptual"),
    _kind("lpips", "LPIPS", "lower", "learned distance, where AlexNet is on this machine", "perceptual"),
)


def _spread(kind: Metric, maps: Iterable[str]) -> list[Metric]:
    return [
        replace(kind, name=f"{kind.name}/{name}", title=f"{kind.title} {_map_words(name)}", map=name) for name in maps
    ]


def _map_words(name: str) -> str:
    kind, _, own = name.partition(":")
    return own if kind == "extra" else f"{ {'basecolor': 'base colour', 'ao': 'AO'}.get(kind, kind) } {own}".rstrip()


def _maps_of(kind: Metric, maps: Iterable[str]) -> list[str]:
    vector = kind.name.startswith("angle")
    return [name for name in maps if not vector or spec_of(name).encoding == "vector"]


def _all(maps: Iterable[str]) -> list[Metric]:
    """Return every figure for materials of some maps, in the order of tables."""
    names = sorted(maps, key=order_key)
    found = [m for kind in _ACCURACY for m in _spread(kind, _maps_of(kind, names))]
    found += _spread(_DRAWINGS, [name for name in names if spec_of(name).encoding != "vector"])
    found += [*_RENDER, _PERCEPTUAL[0]]
    found += [m for kind in _PERCEPTUAL[1:] for m in _spread(kind, [RENDER, *names])]
    found += [_TWO_SAMPLE, *_WASSERSTEIN, *_PATCHES, _COHERENCE]
    for kind in _DETAIL:
        if not kind.name.startswith("tv"):
            found.append(kind)
        found += _spread(kind, names)
    border = [_border_metric(kind) for kind in _ACCURACY]
    return found + [
        replace(m, about=f"{m.about}, within 4 pixels of the hole's border")
        for kind, plain in zip(border, _ACCURACY, strict=True)
        for m in _spread(kind, _maps_of(plain, names))
    ]


def _border_metric(kind: Metric) -> Metric:
    title = f"{kind.title} at the border"
    return replace(kind, name=f"band/{kind.name}", title=title, heading=title)


METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _all(MAPS)})
"""Every figure of the known maps by name, in the order of tables."""


def describe(names: Iterable[str]) -> list[Metric]:
    """Return what figures mean, in the order of tables; for those of extra maps too, which `METRICS` cannot know.

    Raises:
        KeyError: a name that is no figure's.
    """
    wanted = set(names)
    own = {found for name in wanted if (found := _own_map(name))}
    known = {metric.name: metric for metric in _all({*MAPS, *own})}
    order = {name: number for number, name in enumerate(known)}
    return [known[name] for name in sorted(wanted, key=lambda name: order[name])]


def _own_map(name: str) -> str | None:
    """Return the map of a figure's name that goes by a name of its own (``extra:cavity``, ``normal:detail``)."""
    colon = name.find(":")
    return name[name.rfind("/", 0, colon) + 1 :] if colon >= 0 else None
