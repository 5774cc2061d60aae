"""Analysis of a node tree, of which it has a plain copy: which channels of which images are which maps. No bpy."""

from .model import Node, Tree, Value
from .result import IDENTITY, Left, Matrix, TraceResult, Use
from .roles import assign_roles, is_numeric, normal_convention
from .trace import trace

__all__ = [
    "IDENTITY",
    "Left",
    "Matrix",
    "Node",
    "TraceResult",
    "Tree",
    "Use",
    "Value",
    "assign_roles",
    "is_numeric",
    "normal_convention",
    "trace",
]
