"""Mapping nodes in front of images of another size, by which the picture stays where it was, or its scale as it was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bpy.app.translations import pgettext_iface as _

from .nodes import ImageNode, node_at

LABEL, SHEET_LABEL = "Inpaint Extend", "Inpaint Grow"
"""What a Mapping node of ours is called: before a larger picture, before a sheet."""
BESIDE = 200
"""Units of the node editor that a node of ours stands to the left of what it feeds."""
PLAIN = ([0.0, 0.0, 0.0], [1.0, 1.0, 1.0])
"""Location and scale that do nothing."""

Knobs = dict[str, Any]
"""A Mapping node by its ``path`` of names through groups, and its ``location`` and ``scale`` as they were; of a ``new``
one, what was made for it."""


@dataclass(frozen=True)
class Frame:
    """Where a picture lies in the larger one that it has become, in pixels of the larger one.

    Attributes:
        left, top: of its upper left corner.
        width, height: of itself.
        size: width and height of the larger one.
        sheet: whether that is made anew, so that the picture is no part of it, and lies there by its scale alone.
    """

    left: int
    top: int
    width: int
    height: int
    size: tuple[int, int]
    sheet: bool = False

    @classmethod
    def of_sheet(cls, picture: tuple[int, int], size: tuple[int, int]) -> Frame:
        """Return the frame by which a sheet shows as many pixels a face as the picture did: width and height of both.

        Their lower left corners meet.
        """
        return cls(0, size[1] - picture[1], *picture, size, sheet=True)

    @property
    def scale(self) -> tuple[float, float]:
        """Its share of the larger one, across and up."""
        return self.width / self.size[0], self.height / self.size[1]

    @property
    def location(self) -> tuple[float, float]:
        """Its lower left corner in the larger one, in parts of that."""
        return self.left / self.size[0], 1 - (self.top + self.height) / self.size[1]

    def to_json(self) -> list[int]:
        """Return plain numbers, from which `of` makes the same."""
        return [self.left, self.top, self.width, self.height, *self.size, int(self.sheet)]

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Frame:
        """Return the frame of plain numbers."""
        left, top, width, height, across, down, sheet = numbers
        return cls(left, top, width, height, (across, down), sheet=bool(sheet))


def adapt(material: Any, places: Iterable[ImageNode], frame: Frame) -> tuple[list[Knobs], list[str]]:
    """Have nodes show their images, which are larger now, so that the old picture lies where it lay.

    A Mapping node that feeds these nodes alone, and turns nothing, is set anew; else one of ours is put before them.

    Returns:
        What `restore` takes back, and sentences: what was adapted, and what could not be.
    """
    known: dict[Any, ImageNode] = {}
    for place in places:
        known.setdefault(place.node, place)
    fixed = [place for place in known.values() if not _can_adapt(place.node)]
    groups: dict[tuple[Any, Any], list[ImageNode]] = {}
    for place in known.values():
        if place not in fixed:
            groups.setdefault((place.tree, _source_of(place.node.inputs["Vector"])), []).append(place)
    done = [_adapt_group(source, group, frame) for (_tree, source), group in groups.items()]
    return done, [*_explain(done, frame), *_explain_fixed(fixed)]


def _can_adapt(node: Any) -> bool:
    """Whether coordinates that are scaled and moved do the same to the picture."""
    own = getattr(node, "texture_mapping", None)
    moved = own is not None and (any(own.translation) or any(own.rotation) or tuple(own.scale) != (1.0, 1.0, 1.0))
    return getattr(node, "projection", "") == "FLAT" and not moved


def _source_of(plug: Any) -> Any:
    """Return the output that feeds an input; None if none does."""
    link = next((link for link in plug.links if not link.is_muted), None)
    return None if link is None else link.from_socket


def _adapt_group(source: Any, group: list[ImageNode], frame: Frame) -> Knobs:
    """Adapt nodes of one tree that go by the same coordinates."""
    node = None if source is None else source.node
    if node is not None and _is_ours_to_set(node, {place.node for place in group}):
        knobs = {
            "location": list(node.inputs["Location"].default_value),
            "scale": list(node.inputs["Scale"].default_value),
        }
    else:
        node, made = _insert(source, group, SHEET_LABEL if frame.sheet else LABEL)
        knobs = {"location": PLAIN[0], "scale": PLAIN[1], "new": made}
    for at, (scale, move) in enumerate(zip(frame.scale, frame.location, strict=True)):
        node.inputs["Scale"].default_value[at] *= scale
        node.inputs["Location"].default_value[at] = node.inputs["Location"].default_value[at] * scale + move
    return {"path": [*group[0].path[:-1], node.name], **knobs}


def _is_ours_to_set(node: Any, fed: set[Any]) -> bool:
    """Whether a node is a Mapping whose numbers can be set without anything else changing."""
    if node.bl_idname != "ShaderNodeMapping" or node.mute or node.vector_type != "POINT":
        return False
    if node.id_data.animation_data is not None:
        return False  # what moves would put back the numbers that are set
    free = not any(node.inputs[name].is_linked for name in ("Location", "Rotation", "Scale"))
    turned = any(node.inputs["Rotation"].default_value)
    return free and not turned and {link.to_node for link in node.outputs[0].links} <= fed


def _insert(source: Any, group: list[ImageNode], label: str) -> tuple[Any, list[str]]:
    """Return a new Mapping before nodes, and the names of the nodes that were made."""
    tree, first = group[0].tree, min((place.node for place in group), key=lambda node: node.location.x)
    mapping = tree.nodes.new("ShaderNodeMapping")
    mapping.name = mapping.label = label
    mapping.parent = first.parent
    mapping.location = first.location.x - BESIDE, first.location.y
    made = [mapping.name]
    if source is None:
        coordinates = tree.nodes.new("ShaderNodeTexCoord")
        coordinates.parent = first.parent
        coordinates.location = mapping.location.x - BESIDE, mapping.location.y
        made.append(coordinates.name)
        source = coordinates.outputs["UV"]
    tree.links.new(source, mapping.inputs["Vector"])
    for place in group:
        tree.links.new(mapping.outputs[0], place.node.inputs["Vector"])
    return mapping, made


def restore(material: Any, done: Iterable[Knobs]) -> list[str]:
    """Take back what `adapt` did; sentences say what is not there any more."""
    said = []
    for knobs in done:
        node = node_at(material, knobs["path"])
        if node is None or node.bl_idname != "ShaderNodeMapping":
            sentence = _("The Mapping node “{name}” is gone; see that the picture lies where it should.")
            said.append(sentence.format(name=knobs["path"][-1]))
        elif "new" in knobs:
            _remove(node, knobs["new"])
        else:
            node.inputs["Location"].default_value = knobs["location"]
            node.inputs["Scale"].default_value = knobs["scale"]
    return said


def _remove(node: Any, made: list[str]) -> None:
    """Take a Mapping of ours out again; what it fed goes by the coordinates that went into it."""
    tree = node.id_data
    source = _source_of(node.inputs["Vector"])
    own = source is not None and source.node.name in made
    targets = [link.to_socket for link in node.outputs[0].links]
    for target in () if source is None or own else targets:
        tree.links.new(source, target)
    if source is not None and own and all(link.to_node == node for each in source.node.outputs for link in each.links):
        tree.nodes.remove(source.node)
    tree.nodes.remove(node)


def plain_knobs(written: Iterable[str]) -> list[Mapping[str, Any]]:
    """Return path, location and scale of Mapping nodes, by which a picture lies as it was, of what changes keep."""
    return [
        {name: knobs[name] for name in ("path", "location", "scale")}
        for text in written
        for knobs in json.loads(text)["knobs"]
    ]


def _explain(done: list[Knobs], frame: Frame) -> list[str]:
    said = []
    kept = _("The scale on the surface stays as it was") if frame.sheet else _("The picture stays where it was")
    for new, change in (
        (True, _("{kept}: the Mapping node {names} was put before the images.")),
        (False, _("{kept}: the Mapping node {names} was set anew.")),
    ):
        names = sorted({f"“{knobs['path'][-1]}”" for knobs in done if ("new" in knobs) == new})
        if names:
            said.append(change.format(kept=kept, names=" and ".join(names)))
    return said


def _explain_fixed(fixed: list[ImageNode]) -> list[str]:
    if not fixed:
        return []
    names = ", ".join(sorted(f"“{place.node.name}”" for place in fixed))
    sentence = _(
        "{names} projects its image or maps it by itself, and shows the larger picture in the place of the old."
    )
    return [sentence.format(names=names)]
