"""Requests to fill holes come in over HTTP, are kept, and worked off by processes of their own; maps go out."""
