"""A request for a fill comes in; its status, which changes until it ends, and results go out, without Blender."""

from .background import Background
from .records import Record, Records
from .request import Request
from .results import fetch, thumbnail
from .status import ENDED, Result, Status, Variation
from .watch import Watch

__all__ = [
    "ENDED",
    "Background",
    "Record",
    "Records",
    "Request",
    "Result",
    "Status",
    "Variation",
    "Watch",
    "fetch",
    "thumbnail",
]
