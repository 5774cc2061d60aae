"""A window of a material with a hole comes in; the window filled by the method of a name goes out."""

from svbrdf_core.methods.interface import Detail, Filled, Method, NoSettings, Report, Task
from svbrdf_core.methods.registry import find, names
from svbrdf_core.methods.sources import SourceMap

__all__ = ["Detail", "Filled", "Method", "NoSettings", "Report", "SourceMap", "Task", "find", "names"]
