"""HTTP client of the repair service, usable from any thread and free of bpy."""

from .address import Address, check_url, is_loopback
from .errors import Stopped, UserError
from .service import Service
from .source import Source

__all__ = ["Address", "Service", "Source", "Stopped", "UserError", "check_url", "is_loopback"]
