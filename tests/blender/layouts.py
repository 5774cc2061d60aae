"""A layout that takes what Blender's takes, and nothing else, and writes down what is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import bpy

FUNCTIONS = dict(bpy.types.UILayout.bl_rna.functions.items())
PROPERTIES = set(bpy.types.UILayout.bl_rna.properties.keys())
ICONS = {one.identifier for one in FUNCTIONS["label"].parameters["icon"].enum_items}
INNER = {"row", "column", "box", "split", "grid_flow", "column_flow"}


@dataclass
class Drawn:
    """What was drawn."""

    texts: list[str] = field(default_factory=list)
    operators: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    props: list[str] = field(default_factory=list)
    icons: list[int] = field(default_factory=list)

    @property
    def buttons(self) -> set[str]:
        return {name for name, _ in self.operators}

    @property
    def text(self) -> str:
        return " ".join(self.texts)


class Settings:
    """What a button sets: only what its operator has."""

    def __init__(self, kind: Any, values: dict[str, Any]) -> None:
        self.__dict__.update(kind=kind, values=values)

    def __setattr__(self, name: str, value: object) -> None:
        known = self.__dict__["kind"].properties
        assert name in known, f"{name} is none of {list(known.keys())}"
        kind = {"STRING": str, "INT": int, "BOOLEAN": bool, "FLOAT": float}.get(known[name].type, object)
        assert isinstance(value, kind), (name, value)
        self.__dict__["values"][name] = value


class Layout:
    """One piece of a panel."""

    def __init__(self, drawn: Drawn) -> None:
        self.__dict__["drawn"] = drawn

    def __setattr__(self, name: str, value: object) -> None:
        assert name in PROPERTIES, name

    def __getattr__(self, name: str) -> Any:
        assert name in FUNCTIONS, f"a layout has no {name}"
        return lambda *given, **words: self._drawn(name, given, words)

    def _drawn(self, name: str, given: tuple[Any, ...], words: dict[str, Any]) -> Any:
        parameters = [one for one in FUNCTIONS[name].parameters if not one.is_output]
        words |= {one.identifier: value for one, value in zip(parameters, given, strict=False)}
        unknown = set(words) - {one.identifier for one in parameters} - {"text_ctxt"}
        assert not unknown, f"{name} takes no {unknown}"
        missing = {one.identifier for one in parameters if one.is_required} - set(words)
        assert not missing, f"{name} needs {missing}"
        assert words.get("icon", "NONE") in ICONS, words
        drawn: Drawn = self.__dict__["drawn"]
        if words.get("text"):
            assert isinstance(words["text"], str)
            drawn.texts.append(words["text"])
        if "icon_value" in words:
            drawn.icons.append(words["icon_value"])
        if name == "operator":
            return self._operator(words["operator"])
        if "property" in words:
            assert words["property"] in words["data"].bl_rna.properties, words
            drawn.props.append(words["property"])
        if name == "template_list":
            assert words["propname"] in words["dataptr"].bl_rna.properties, words
            assert words["active_propname"] in words["active_dataptr"].bl_rna.properties, words
            drawn.props.append(words["active_propname"])
        return Layout(drawn) if name in INNER else None

    def _operator(self, name: str) -> Settings:
        module, _, rest = name.partition(".")
        assert rest in dir(getattr(bpy.ops, module)), f"there is no operator {name}"
        kind = getattr(getattr(bpy.ops, module), rest).get_rna_type()
        values: dict[str, Any] = {}
        self.__dict__["drawn"].operators.append((name, values))
        return Settings(kind, values)
