"""Models that the service offers: asked for in the background, and held against what a material needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..client import UserError
from .selection import Selection
from .settings import read_values
from .state import state

Json = dict[str, Any]
SHOWN = 4
"""Materials that a model was trained on, of those that are named."""


def refresh_models() -> None:
    """Ask the service which models lie in its folders now; nothing waits for the answer."""
    connection = state.connection
    if connection is None:
        return

    def take(found: Json | UserError) -> None:
        known = {} if isinstance(found, UserError) else found
        state.models, state.refused_models = tuple(known.get("models", ())), tuple(known.get("refused", ()))

    state.background.run(connection.service.get_models, take)


def models_for(setting: Any) -> tuple[Json, ...]:
    """Return the models that a setting takes."""
    kinds = setting.models.split()
    return tuple(model for model in state.models if model["kind"] in kinds)


def chosen_model(setting: Any) -> Json | None:
    """Return the model that a setting has, if it is one of the service's and is still there."""
    return next((model for model in models_for(setting) if model["file"] == setting.offered), None)


def find_misfit(model: Mapping[str, Any], setting: Any, ours: Any, selection: Selection) -> str:
    """Return why a model cannot be taken now; empty if it can.

    Args:
        model: as the service describes it.
        setting: that would take it.
        ours: all settings of the material.
        selection: its maps.
    """
    unknown = [name for name in _maps_of(selection) if name not in model["maps"]]
    if unknown:
        return f"does not know {', '.join(unknown)}"
    values = read_values(ours)
    where = setting.name.rpartition(".")
    for path, wanted in model["fits"].items():
        value = values.get(f"{where[0]}{where[1]}{path}")
        if value is not None and value not in wanted:
            return f"does not go with {path.rpartition('.')[2].replace('_', ' ')} {value}"
    return ""


def describe_model(model: Mapping[str, Any]) -> str:
    """Return what a model knows, and of which materials."""
    size = f", at 1/{model['scale']} of their size" if model["scale"] > 1 else ""
    named = [f"{one['name']} ({one['licence']})" if one["licence"] else one["name"] for one in model["materials"]]
    more = model["materials_seen"] - len(named[:SHOWN])
    taught = f" Trained on {', '.join(named[:SHOWN])}{f' and {more} more' if more else ''}." if named else ""
    return f"Knows {', '.join(model['maps'])}{size}.{taught}"


def _maps_of(selection: Selection) -> list[str]:
    """Return what the service calls the maps that are to be filled."""
    roles = [("glossiness" if row.use.inverted else row.use.role) for row in selection.rows if row.chosen]
    return list(dict.fromkeys(roles))
