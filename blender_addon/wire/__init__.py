"""Requests and arrays come in; the answers of a service, or Trouble, go out: by HTTP, from any thread, without bpy."""

from .address import Address, checked, is_loopback
from .errors import Stopped, Trouble
from .service import Service
from .source import Source

__all__ = ["Address", "Service", "Source", "Stopped", "Trouble", "checked", "is_loopback"]
