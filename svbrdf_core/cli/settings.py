"""Settings of a method from ``--option``, a preset, and the named shortcuts of single settings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from svbrdf_core.codec import InputFile, changed_fields, dataclass_in, fields_of, setting_from_text
from svbrdf_core.errors import FieldError, InputError
from svbrdf_core.inpainting.call import usable
from svbrdf_core.methods import Method, settings_of

Data = dict[str, object]
OF_TRAINING = ("--preset", "--budget", "--model", "--solver")


def settings_data(
    name: str,
    *,
    preset: str | None = None,
    shortcuts: Mapping[str, object] | None = None,
    options: Sequence[str] = (),
    here: bool = True,
) -> Data:
    """Return the settings of a method that differ from its defaults, as `MethodChoice` holds them.

    Args:
        name: of the method.
        preset: name of one of `Method.presets`, which all else changes.
        shortcuts: flag to value; each setting with that flag as ``shortcut`` in its metadata has the value.
        options: texts ``NAME=VALUE``, which count most.
        here: whether the method must be ready to be run on this machine.

    Raises:
        InputError: there is no such method here, or it lacks what an option is about.
    """
    method = usable(name, here=here)
    found: Data = {} if preset is None else changed_fields(_preset(method, preset))
    for flag, value in (shortcuts or {}).items():
        places = [place for place, short in _shortcuts(method.settings) if short == flag]
        if not places:
            raise _unusable(method, flag)
        for place in places:
            _merge(found, _nest(place, value))
        if isinstance(value, InputFile) and value.path.is_dir():
            _merge(found, _find_members(method, flag, value.path))
    try:
        for text in options:
            _merge(found, setting_from_text(method.settings, text))
        settings_of(method, found, where="")
    except FieldError as error:
        typed = {text.partition("=")[0].strip() for text in options}
        raise InputError(error.naming(_option_of(method, error.where, typed))) from error
    return found


def _option_of(method: Method, where: str, typed: Collection[str]) -> str:
    """Return what gave a setting: ``--option`` for those that were typed so, else the option that is short for it."""
    short = dict(_shortcuts(method.settings)).get(tuple(where.split(".")))
    return option_named(where, method.name) if short is None or where in typed else short


def option_named(where: str, owner: str) -> str:
    """Return what ``--option`` gives: one setting, or all of a method or a task if their path is empty."""
    return f"--option {where}" if where else f"The settings of {owner}"


def _preset(method: Method, name: str) -> object:
    if not method.presets:
        raise _unusable(method, "--preset")
    if name not in method.presets:
        raise InputError(f"There is no preset {name!r} of {method.name}; choose from {', '.join(method.presets)}.")
    return method.presets[name]


def _unusable(method: Method, flag: str) -> InputError:
    why = "trains nothing and " if flag in OF_TRAINING and not method.traits().trains else ""
    return InputError(f"The method {method.name} {why}cannot use {flag}; leave it out.")


def _shortcuts(kind: type) -> Iterator[tuple[tuple[str, ...], str]]:
    """Return the paths of settings that a flag is short for, with the flag; those in nested settings too."""
    for field in fields_of(kind):
        inner = dataclass_in(field.hint)
        if "shortcut" in field.metadata:
            yield (field.name,), field.metadata["shortcut"]
        elif inner is not None:
            yield from (((field.name, *place), flag) for place, flag in _shortcuts(inner))


def _find_members(method: Method, flag: str, folder: Path) -> Data:
    """Return the files that a flag means whose value is a folder of several, by setting.

    Raises:
        InputError: a file is missing there, or the method takes one file alone.
    """
    found: Data = {}
    for field in fields_of(method.settings):
        names = field.metadata.get("members", ())
        if flag not in (field.metadata.get("shortcut"), field.metadata.get("beside")):
            continue
        path = next((folder / name for name in names if (folder / name).is_file()), None)
        if path is None:
            wanted = f"it holds no {' or '.join(names)}" if names else f"{method.name} needs a file"
            raise InputError(f"The folder {folder} cannot be used for {flag}: {wanted}.")
        found[field.name] = InputFile(path)
    return found


def _nest(place: Sequence[str], value: object) -> Data:
    return {place[0]: value if len(place) == 1 else _nest(place[1:], value)}


def _merge(data: Data, more: Mapping[str, object]) -> None:
    """Put more into nested data; what is there already counts less."""
    for name, value in more.items():
        old = data.get(name)
        if isinstance(value, Mapping) and isinstance(old, dict):
            _merge(old, value)
        else:
            data[name] = dict(value) if isinstance(value, Mapping) else value
