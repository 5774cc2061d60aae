"""Cards of models: what they were trained on and how, and whether a material is among that."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from svbrdf_core.codec.plain import Json
from svbrdf_core.errors import InputError
from svbrdf_core.learning.archive import Facts
from svbrdf_core.learning.store import list_blocks
from svbrdf_core.tensors.layout import ChannelLayout

Prints = Mapping[str, NDArray[np.uint32]]
"""Of each map, row and column of some blocks, and the CRC of their values, ``(N, 3)``."""
MOST = 64
"""Blocks of a map that are kept."""
ROOM = 2**19
"""Bytes that the prints of all materials may take in a file's header; large libraries keep fewer blocks of each."""
EQUAL = 3
"""Blocks that must be equal for a material to be known again, and half of those compared must be."""
Curve = tuple[tuple[int, Mapping[str, float]], ...]


@dataclass(frozen=True)
class SeenMaterial:
    """A material that a model was trained on.

    Attributes:
        name: what users call it.
        licence: of its files, as far as told.
        prints: by which it is known again.
    """

    name: str
    licence: str = ""
    prints: Prints = field(default_factory=dict)


@dataclass(frozen=True)
class Card:
    """What is to be known of a model besides its weights.

    Attributes:
        materials: it was trained on.
        steps: it took.
        settings: it was trained with, as JSON knows them.
        history: losses by step, some of them.
    """

    materials: tuple[SeenMaterial, ...] = ()
    steps: int = 0
    settings: Mapping[str, Json] = field(default_factory=dict)
    history: Curve = ()

    def to_json(self) -> Facts:
        """Return the card as JSON knows it."""
        most = max(4, min(MOST, ROOM // (16 * max(1, sum(len(one.prints) for one in self.materials)))))
        return {
            "materials": [
                {
                    "name": one.name,
                    "licence": one.licence,
                    "prints": {name: _to_text(_thin(table, most)) for name, table in one.prints.items()},
                }
                for one in self.materials
            ],
            "steps": self.steps,
            "settings": dict(self.settings),
            "history": [[step, dict(losses)] for step, losses in self.history],
        }

    def find_seen(self, prints: Prints) -> str | None:
        """Return the name of the material that prints are of, None if the model has not seen it."""
        return next((one.name for one in self.materials if _is_same(one.prints, prints)), None)


def parse_card(facts: Json) -> Card:
    """Return the card that a file holds.

    Raises:
        InputError: it holds none.
    """
    try:
        assert isinstance(facts, dict)
        materials = tuple(
            SeenMaterial(
                str(one["name"]),
                str(one["licence"]),
                {str(name): _from_text(str(text)) for name, text in one["prints"].items()},
            )
            for one in facts["materials"]
        )
        history = tuple((int(step), {str(k): float(v) for k, v in losses.items()}) for step, losses in facts["history"])
        settings = facts["settings"]
        assert isinstance(settings, dict)
        return Card(materials, int(str(facts["steps"])), settings, history)
    except (AssertionError, KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        raise InputError("The model does not say what it was trained on; train it again.") from error


def make_prints(
    tensor: NDArray[np.float32],
    layout: ChannelLayout,
    known: NDArray[np.bool_],
    corner: tuple[int, int],
    size: tuple[int, int],
    most: int | None = None,
) -> Prints:
    """Return by what a material is known again; maps and blocks that do not vary say nothing.

    Args:
        tensor: float32 ``(C, H, W)``, of a window.
        layout: of the tensor.
        known: bool ``(H, W)``.
        corner: row and column of the window in the material.
        size: of the material.
        most: blocks of a map; None for all.
    """
    found: dict[str, NDArray[np.uint32]] = {}
    for name in layout.names:
        values = tensor[layout.slice_of(name)]
        flat = np.broadcast_to(values[:, :1, :1], values.shape)
        blocks, same = (list_blocks(of, known, *corner, size) for of in (values, flat))
        rows = [(*place, crc) for place, crc in sorted(blocks.items()) if crc != same[place]]
        if rows:
            table = np.array(rows, np.uint32)
            found[name] = table if most is None else _thin(table, most)
    return found


def describe(card: Card, title: str, maps: Sequence[str]) -> str:
    """Return a card as Markdown, for people."""
    lines = [f"# {title}", "", f"Fills {', '.join(maps)}. Trained for {card.steps} steps on:", ""]
    lines += [f"- {one.name}" + (f" ({one.licence})" if one.licence else "") for one in card.materials]
    if not all(one.licence for one in card.materials):
        lines += ["", "Where no licence is named, none was told; see what the materials' authors allow."]
    lines += ["", "| setting | value |", "| --- | --- |"]
    lines += [f"| {name} | {json.dumps(value)} |" for name, value in card.settings.items()]
    if card.history:
        names = list(card.history[-1][1])
        lines += ["", f"| step | {' | '.join(names)} |", "| --- |" + " --- |" * len(names)]
        every = max(1, len(card.history) // 20)
        for step, losses in card.history[::every]:
            cells = " | ".join(f"{losses[name]:.4g}" if name in losses else "" for name in names)
            lines.append(f"| {step} | {cells} |")
    return "\n".join(lines) + "\n"


def _thin(table: NDArray[np.uint32], most: int) -> NDArray[np.uint32]:
    """Return at most as many rows, from everywhere in the picture."""
    if len(table) <= most:
        return table
    return table[np.random.default_rng(0).permutation(len(table))[:most]]


def _is_same(ours: Prints, theirs: Prints) -> bool:
    for name in set(ours) & set(theirs):
        places = {(int(row), int(column)): int(crc) for row, column, crc in theirs[name]}
        compared = [(places[row, column], crc) for row, column, crc in ours[name].tolist() if (row, column) in places]
        equal = sum(one == other for one, other in compared)
        if equal >= EQUAL and 2 * equal >= len(compared):
            return True
    return False


def _to_text(table: NDArray[np.uint32]) -> str:
    return base64.b64encode(np.ascontiguousarray(table, "<u4").tobytes()).decode()


def _from_text(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(base64.b64decode(text, validate=True), "<u4").reshape(-1, 3)
