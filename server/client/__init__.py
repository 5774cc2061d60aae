"""What is to be filled comes in; a service is asked for it over HTTP, and what it made goes out."""

from .client import Client, Event, ServiceError
from .discovery import NoService, connect

__all__ = ["Client", "Event", "NoService", "ServiceError", "connect"]
