"""Operators, by which buttons and scripts call the session."""

from . import filling, hole, results, service

CLASSES = (*hole.CLASSES, *filling.CLASSES, *results.CLASSES, *service.CLASSES)
