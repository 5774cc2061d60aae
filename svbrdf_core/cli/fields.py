"""Command line options of the fields of a request: a new field is an option without an edit here.

Flags, help, panel and metavar of an option are those in the field's metadata (`svbrdf_core.codec.option`); what is
typed becomes the data that the codec takes. Lower bounds of 0 or more are the parser's own, all others the codec's.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import typer

from svbrdf_core.cli.options import names, pairs
from svbrdf_core.codec import FieldSpec, InputFile, OutputFile, decode, fields_of
from svbrdf_core.codec.fields import members
from svbrdf_core.errors import FieldError, InputError
from svbrdf_core.request import MaskShape, TileMask

T = TypeVar("T")
Values = Mapping[str, Any]
"""What the parser found, by parameter."""


def parameters(
    part: type,
    group: str,
    panel: str | None,
    *,
    leave: Sequence[str] = (),
    arguments: Sequence[str] = (),
    optional: Sequence[str] = (),
) -> list[inspect.Parameter]:
    """Return the parameters of a command for the fields of a part of a request.

    Args:
        part: the dataclass.
        group: its name, which starts the names of its parameters.
        panel: where the help shows them, unless a field's metadata says otherwise.
        leave: fields that have no option.
        arguments: fields that are arguments, not options.
        optional: fields that have no default but need not be given.
    """
    found: list[inspect.Parameter] = []
    defaults = {field.name: field.default for field in fields(part)}
    for field in fields_of(part):
        if field.name in leave:
            continue
        name = f"{group}_{field.name}"
        if field.name in arguments:
            info: Any = typer.Argument(metavar=field.metadata["metavar"], help=field.description, show_default=False)
            found.append(_parameter(name, Path, info, inspect.Parameter.empty))
            continue
        found.append(_parameter(name, *_option(field, panel, defaults[field.name], field.name in optional)))
        if "none_flag" in field.metadata:
            words = field.metadata["none_description"]
            info = typer.Option(field.metadata["none_flag"], help=words, rich_help_panel=_panel(field, panel))
            found.append(_parameter(f"{name}_none", bool, info, False))
    return found


def option_parameter(
    name: str, flag: str, *, metavar: str, panel: str, description: str, required: bool
) -> inspect.Parameter:
    """Return the parameter of an option whose text a command takes apart itself."""
    info = typer.Option(flag, help=description, metavar=metavar, rich_help_panel=panel, show_default=False)
    return _parameter(name, str if required else str | None, info, inspect.Parameter.empty if required else None)


def with_parameters(
    command: Callable[..., T], derived: Sequence[inspect.Parameter], *, panels: Sequence[str]
) -> Callable[..., T]:
    """Return a command that takes derived parameters as ``**values``, with a signature that says so.

    Args:
        command: its parameters are keywords, but typer's context, which comes first if there is one.
        derived: see `parameters`.
        panels: of the help, in their order; in each the derived options come first.
    """
    own = list(inspect.signature(command, eval_str=True).parameters.values())
    kept = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own if one.kind is not one.VAR_KEYWORD]
    rank = {panel: number for number, panel in enumerate(panels, 1)}
    made = sorted([*derived, *kept], key=lambda one: rank.get(_panel_of(one) or "", 0))
    made.sort(key=lambda one: one.annotation is not typer.Context)

    def run(**given: Any) -> T:
        return command(**given)

    # typer looks at the signature and at the annotations.
    run.__name__, run.__doc__, run.__module__ = command.__name__.strip("_"), command.__doc__, command.__module__
    run.__signature__ = inspect.Signature(made)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in made}
    return run


def data_of(part: type, group: str, values: Values) -> dict[str, object]:
    """Return the data of a part of a request: the fields that were given, as the codec takes them.

    Raises:
        BadParameter: a text has not the form that its option asks for, or two options contradict each other.
        MaskError: a text describes no hole.
    """
    found: dict[str, object] = {}
    for field in fields_of(part):
        name = f"{group}_{field.name}"
        value = values.get(name)
        if values.get(f"{name}_none"):
            if value is not None:
                flags = _flags(field)
                raise typer.BadParameter(
                    f"{field.metadata['none_flag']} finds out what {' and '.join(flags)} say; "
                    f"give one of the {'three' if len(flags) == 2 else 'two'}."
                )
            found[field.name] = None
        elif value is not None and not (isinstance(value, list) and not value):
            found[field.name] = _data(field, value)
    return found


def part_of(part: type[T], group: str, values: Values, **given: object) -> T:
    """Return a part of a request from what the parser found, and from data that are given; see `data_of`.

    Raises:
        InputError: a value is out of bounds.
    """
    try:
        return decode(part, {**data_of(part, group, values), **given}, group)
    except FieldError as error:
        flags = {f"{group}.{field.name}": _flags(field)[0] for field in fields_of(part)}
        raise InputError(error.naming(flags.get(error.where, error.where))) from error


def _parameter(name: str, kind: Any, info: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, info])


def _option(field: FieldSpec, panel: str | None, default: Any, optional: bool) -> tuple[Any, Any, Any]:
    """Return type, option and default of a field's parameter."""
    known, kind = field.metadata, _kind(field)
    required = field.required and not optional
    low = known.get("ge")
    info = typer.Option(
        *_names_of(field),
        help=field.description,
        metavar=known.get("metavar"),
        min=low if low is not None and low >= 0 else None,
        rich_help_panel=_panel(field, panel),
        show_default=not required,
    )
    if required:
        return kind, info, inspect.Parameter.empty
    plain = isinstance(default, bool | int | float | str) and "none_flag" not in known
    return (kind, info, default) if plain else (kind | None, info, None)


def _panel_of(parameter: inspect.Parameter) -> str | None:
    info = (None, *typing.get_args(parameter.annotation))[-1]
    return typing.cast("str | None", getattr(info, "rich_help_panel", None))


def _panel(field: FieldSpec, panel: str | None) -> str | None:
    return typing.cast("str | None", field.metadata.get("panel", panel))


def _flags(field: FieldSpec) -> list[str]:
    return [flag for text in _names_of(field) for flag in text.split("/")]


def _names_of(field: FieldSpec) -> tuple[str, ...]:
    return tuple(field.metadata.get("flags", (f"--{field.name.replace('_', '-')}",)))


def _kind(field: FieldSpec) -> Any:
    """Return what the parser makes of the text: a number, a choice, a path, or texts for `_data`."""
    if "choices" in field.metadata:
        return Literal[field.metadata["choices"]]
    kinds = [member for member in members(field.hint) if member is not types.NoneType]
    if OutputFile in kinds or InputFile in kinds:
        return Path
    if kinds[0] in (bool, int, float, str, Path) or typing.get_origin(kinds[0]) is Literal:
        return kinds[0]
    return list[str]


def _data(field: FieldSpec, value: Any) -> object:
    hint = field.hint
    kinds = [member for member in members(hint) if member is not types.NoneType]
    if OutputFile in kinds:
        return str(value)
    if InputFile in kinds:
        words = [word for kind in kinds if typing.get_origin(kind) is Literal for word in typing.get_args(kind)]
        return str(value) if str(value) in words else InputFile(value)
    if not isinstance(value, list):
        return value
    if typing.get_origin(kinds[0]) is tuple and MaskShape in members(typing.get_args(kinds[0])[0]):
        from svbrdf_core.material import mask_parts

        return [_mask_data(part) for text in value for part in mask_parts(text)]
    if typing.get_origin(kinds[0]) is tuple:
        return list(names(value))
    return pairs(value, param_hint=_names_of(field)[0])


def _mask_data(part: MaskShape | InputFile | TileMask) -> object:
    if isinstance(part, TileMask):
        return {"tile": part.tile, "mask": _mask_data(part.mask)}
    return {"shape": part.shape} if isinstance(part, MaskShape) else part
