"""Requests to fill come in and are on disk before they are accepted; their states, events and results go out."""
