"""Requests that passed the gate come in; the service is asked, and answers go out: version 1 of the interface."""
