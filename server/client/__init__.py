"""A client of a service."""

from .client import Client, Event
from .discovery import NoService, connect
from .errors import ServiceError

__all__ = ["Client", "Event", "NoService", "ServiceError", "connect"]
