"""A client of a service."""

from .client import Client, Event, ServiceError
from .discovery import NoService, connect

__all__ = ["Client", "Event", "NoService", "ServiceError", "connect"]
