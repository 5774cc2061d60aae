"""HTML pages from templates, each in one file.

Style and script stand in the page itself. The policy in its head allows exactly these two by their hashes, pictures
from data URIs and from beside the page, and nothing else: no network, no other script, wherever the report is opened.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any

from svbrdf_core.errors import InputError

if TYPE_CHECKING:
    from jinja2 import Environment

POLICY = (
    "default-src 'none'; img-src data: 'self'; style-src {style}; script-src {script}; "
    "base-uri 'none'; form-action 'none'"
)


class Pages:
    """Renders the templates of this folder.

    Raises:
        InputError: Jinja2 is not installed.
    """

    def __init__(self) -> None:
        self._environment = _environment()

    def page(self, name: str, values: Mapping[str, Any]) -> str:
        """Return the page ``name`` (``index``, ``case``); everything in ``values`` is escaped."""
        style = asset("base.css") + asset(f"{name}.css")
        script = asset("base.js") + asset(f"{name}.js")
        policy = policy_for(style, script)
        template = self._environment.get_template(f"{name}.html")
        return template.render(**values, style=style, script=script, policy=policy)


def policy_for(style: str, script: str | None = None) -> str:
    """Return the policy of a page with this style and script in it."""
    return POLICY.format(style=_hash(style), script="'none'" if script is None else _hash(script))


def asset(name: str) -> str:
    """Return the text of a file of the ``templates`` folder, as installed."""
    return resources.files("svbrdf_core.compare").joinpath("templates", name).read_text(encoding="utf-8")


def _environment() -> Environment:
    try:
        from jinja2 import Environment, FunctionLoader, StrictUndefined
    except ImportError:
        raise InputError("the report needs Jinja2; install it with: pip install 'svbrdf-inpaint[compare]'") from None
    made = Environment(
        loader=FunctionLoader(asset), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.policies["json.dumps_kwargs"] = {"sort_keys": False, "separators": (",", ":"), "allow_nan": False}
    return made


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
