"""A plain copy of a node tree in; which channels of which images are which maps out. Never imports bpy."""

from .asking import convention, numeric, roles
from .found import IDENTITY, Found, Left, Matrix, Use
from .model import Node, Tree, Value
from .trace import trace

__all__ = [
    "IDENTITY",
    "Found",
    "Left",
    "Matrix",
    "Node",
    "Tree",
    "Use",
    "Value",
    "convention",
    "numeric",
    "roles",
    "trace",
]
